//! Effects: what a guest asked, what it was told, and what left.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_effect::{HttpError, HttpResponse, Intent, Minted, Note, Outcome, SecretError};
use innominatus_model::{Denial, Digest, Json, Unsettled};
use serde::{Deserialize, Serialize};

/// Why a stored effect is not one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadEffect(String);

#[derive(Serialize, Deserialize)]
struct DenialRecord {
    capability: String,
    wanted: String,
    remedy: String,
}

impl From<&Denial> for DenialRecord {
    fn from(denial: &Denial) -> Self {
        let Denial { capability, wanted, remedy } = denial.clone();
        Self { capability, wanted, remedy }
    }
}

impl From<DenialRecord> for Denial {
    fn from(record: DenialRecord) -> Self {
        let DenialRecord { capability, wanted, remedy } = record;
        Self { capability, wanted, remedy }
    }
}

/// An outcome, by its shape.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OutcomeRecord {
    Done,
    Millis(u64),
    Bytes(String),
    Json(Json),
    Token(String),
    NoToken(Option<DenialRecord>),
    Minted { token: String, public: Option<String> },
    NotMinted(Option<DenialRecord>),
    Answer { status: u16, headers: Vec<(String, String)>, body: String },
    Denied(DenialRecord),
    NotSent(String),
    Unknown(String),
    TooLarge(u64),
}

fn refusal(error: &SecretError) -> Option<DenialRecord> {
    match error {
        SecretError::Denied(denial) => Some(denial.into()),
        SecretError::NotFound => None,
    }
}

fn secret_error(denial: Option<DenialRecord>) -> SecretError {
    denial.map_or(SecretError::NotFound, |denial| SecretError::Denied(denial.into()))
}

impl From<&Outcome> for OutcomeRecord {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Millis(millis) => Self::Millis(*millis),
            Outcome::Bytes(bytes) => Self::Bytes(BASE64.encode(bytes)),
            Outcome::Json(value) => Self::Json(value.clone()),
            Outcome::Token(Ok(token)) => Self::Token(token.clone()),
            Outcome::Token(Err(error)) => Self::NoToken(refusal(error)),
            Outcome::Minted(Ok(minted)) => {
                Self::Minted { token: minted.token.clone(), public: minted.public.clone() }
            }
            Outcome::Minted(Err(error)) => Self::NotMinted(refusal(error)),
            Outcome::Http(Ok(HttpResponse { status, headers, body })) => {
                Self::Answer { status: *status, headers: headers.clone(), body: BASE64.encode(body) }
            }
            Outcome::Http(Err(HttpError::Denied(denial))) => Self::Denied(denial.into()),
            Outcome::Http(Err(HttpError::NotSent(why))) => Self::NotSent(why.clone()),
            Outcome::Http(Err(HttpError::OutcomeUnknown(why))) => Self::Unknown(why.clone()),
            Outcome::Http(Err(HttpError::TooLarge(bytes))) => Self::TooLarge(*bytes),
        }
    }
}

impl TryFrom<OutcomeRecord> for Outcome {
    type Error = BadEffect;

    fn try_from(record: OutcomeRecord) -> Result<Self, BadEffect> {
        let bytes = |text: String| {
            BASE64.decode(text).map_err(|error| BadEffect(format!("its bytes are not base64: {error}")))
        };
        Ok(match record {
            OutcomeRecord::Done => Self::Done,
            OutcomeRecord::Millis(millis) => Self::Millis(millis),
            OutcomeRecord::Bytes(text) => Self::Bytes(bytes(text)?),
            OutcomeRecord::Json(value) => Self::Json(value),
            OutcomeRecord::Token(token) => Self::Token(Ok(token)),
            OutcomeRecord::NoToken(denial) => Self::Token(Err(secret_error(denial))),
            OutcomeRecord::Minted { token, public } => Self::Minted(Ok(Minted { token, public })),
            OutcomeRecord::NotMinted(denial) => Self::Minted(Err(secret_error(denial))),
            OutcomeRecord::Answer { status, headers, body } => {
                Self::Http(Ok(HttpResponse { status, headers, body: bytes(body)? }))
            }
            OutcomeRecord::Denied(denial) => Self::Http(Err(HttpError::Denied(denial.into()))),
            OutcomeRecord::NotSent(why) => Self::Http(Err(HttpError::NotSent(why))),
            OutcomeRecord::Unknown(why) => Self::Http(Err(HttpError::OutcomeUnknown(why))),
            OutcomeRecord::TooLarge(size) => Self::Http(Err(HttpError::TooLarge(size))),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct IntentRecord {
    purpose: String,
    request: Json,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    repeatable: bool,
    sent_ms: u64,
    timeout_ms: u64,
}

/// One note: an outcome, an intent, or that what is kept from there on counts no more.
#[derive(Serialize, Deserialize)]
pub(crate) struct NoteRecord {
    at: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    digest: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    call: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intent: Option<IntentRecord>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl From<&Note> for NoteRecord {
    fn from(note: &Note) -> Self {
        match note {
            Note::Outcome { position, digest, call, outcome } => Self {
                at: *position,
                digest: digest.to_string(),
                call: call.clone(),
                outcome: Some(outcome.into()),
                intent: None,
                again: false,
            },
            Note::Intent { position, digest, intent } => Self {
                at: *position,
                digest: digest.to_string(),
                call: intent.call.clone(),
                outcome: None,
                intent: Some(IntentRecord {
                    purpose: intent.purpose.clone(),
                    request: intent.request.clone(),
                    key: intent.key.clone(),
                    repeatable: intent.repeatable,
                    sent_ms: intent.sent_ms,
                    timeout_ms: intent.timeout_ms,
                }),
                again: false,
            },
            Note::Again { position } => Self {
                at: *position,
                digest: String::new(),
                call: String::new(),
                outcome: None,
                intent: None,
                again: true,
            },
        }
    }
}

impl TryFrom<NoteRecord> for Note {
    type Error = BadEffect;

    fn try_from(record: NoteRecord) -> Result<Self, BadEffect> {
        let NoteRecord { at: position, digest, call, outcome, intent, again } = record;
        if again {
            return Ok(Self::Again { position });
        }
        let digest: Digest = digest.parse().map_err(|error| BadEffect(format!("its digest {error}")))?;
        match (outcome, intent) {
            (Some(outcome), None) => {
                Ok(Self::Outcome { position, digest, call, outcome: outcome.try_into()? })
            }
            (None, Some(intent)) => {
                let IntentRecord { purpose, request, key, repeatable, sent_ms, timeout_ms } = intent;
                let intent = Intent { call, purpose, request, key, repeatable, sent_ms, timeout_ms };
                Ok(Self::Intent { position, digest, intent })
            }
            _ => Err(BadEffect("it is neither an outcome nor an intent".into())),
        }
    }
}

/// A write that may have happened.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnsettledRecord {
    purpose: String,
    sent_ms: u64,
    request: Json,
}

impl From<&Unsettled> for UnsettledRecord {
    fn from(unsettled: &Unsettled) -> Self {
        let Unsettled { purpose, sent_ms, request } = unsettled.clone();
        Self { purpose, sent_ms, request }
    }
}

impl From<UnsettledRecord> for Unsettled {
    fn from(record: UnsettledRecord) -> Self {
        let UnsettledRecord { purpose, sent_ms, request } = record;
        Self { purpose, sent_ms, request }
    }
}
