//! Calls and outcomes: the values.

use innominatus_model::{Capability, Denial, Digest, Json, State, canonical};
use serde_json::json;

use crate::{HttpError, HttpRequest, HttpResponse};

/// How urgent a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// For whoever looks.
    Info,
    /// Someone should look.
    Warn,
    /// Something is wrong.
    Error,
}

impl LogLevel {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What a call does to the world outside the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing that anybody else could see; but its answer must be the same in a replay.
    Observe,
    /// Looks at the world.
    Read,
    /// Keeps something in the runtime's own state: durable when it returns, and the same when it is done again.
    Keep,
    /// Changes something outside, that nobody can take back.
    Write,
}

/// One thing a guest asks of the host.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `log.write`
    Log {
        /// How urgent.
        level: LogLevel,
        /// The line.
        message: String,
        /// Structured fields.
        fields: Vec<(String, String)>,
    },
    /// `clock.now-ms`
    ClockNow,
    /// `clock.remaining-ms`
    ClockRemaining,
    /// `random.bytes`
    RandomBytes {
        /// How many.
        count: u32,
    },
    /// `settings.get`
    SettingsGet,
    /// `report.checkpoint`
    Checkpoint {
        /// Becomes `prior` if the call does not end well.
        state: State,
    },
    /// `report.progress`
    Progress {
        /// What is going on.
        message: String,
        /// How far, if known.
        percent: Option<u8>,
    },
    /// `secrets.reference`
    SecretReference {
        /// The operator's name for it.
        name: String,
    },
    /// `secrets.generate`
    SecretGenerate {
        /// The component's name for it, unique per resource.
        name: String,
        /// `password`, …
        recipe: String,
        /// Options of the recipe.
        options: Json,
    },
    /// `http.send`
    Http {
        /// What is sent.
        request: Box<HttpRequest>,
    },
}

/// The name of the call that keeps a state.
pub(crate) const CHECKPOINT: &str = "report.checkpoint";

impl Call {
    /// The name in the contract: `interface.function`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Log { .. } => "log.write",
            Self::ClockNow => "clock.now-ms",
            Self::ClockRemaining => "clock.remaining-ms",
            Self::RandomBytes { .. } => "random.bytes",
            Self::SettingsGet => "settings.get",
            Self::Checkpoint { .. } => CHECKPOINT,
            Self::Progress { .. } => "report.progress",
            Self::SecretReference { .. } => "secrets.reference",
            Self::SecretGenerate { .. } => "secrets.generate",
            Self::Http { .. } => "http.send",
        }
    }

    /// Which capability it needs.
    pub fn capability(&self) -> Capability {
        match self {
            Self::Log { .. } => Capability::Log,
            Self::ClockNow | Self::ClockRemaining => Capability::Clock,
            Self::RandomBytes { .. } => Capability::Random,
            Self::SettingsGet => Capability::Settings,
            Self::Checkpoint { .. } | Self::Progress { .. } => Capability::Report,
            Self::SecretReference { .. } | Self::SecretGenerate { .. } => Capability::Secrets,
            Self::Http { .. } => Capability::Http,
        }
    }

    /// What it does to the world by its nature. The authoriser has the last word: an operator may know that a
    /// `POST` only looks.
    pub fn access(&self) -> Access {
        match self {
            Self::Log { .. }
            | Self::ClockNow
            | Self::ClockRemaining
            | Self::RandomBytes { .. }
            | Self::SettingsGet
            | Self::Progress { .. } => Access::Observe,
            Self::SecretReference { .. } => Access::Read,
            Self::Checkpoint { .. } | Self::SecretGenerate { .. } => Access::Keep,
            Self::Http { request } if request.method.is_safe() => Access::Read,
            Self::Http { .. } => Access::Write,
        }
    }

    /// The request as JSON: what a recording shows and the digest covers. Holds no secret, because a
    /// guest holds none.
    pub fn request(&self) -> Json {
        match self {
            Self::Log { level, message, fields } => {
                let fields: serde_json::Map<String, Json> =
                    fields.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
                json!({"level": level.as_str(), "message": message, "fields": fields})
            }
            Self::ClockNow | Self::ClockRemaining | Self::SettingsGet => json!({}),
            Self::RandomBytes { count } => json!({"count": count}),
            Self::Checkpoint { state } => json!({
                "handle": state.handle,
                "outputs": state.outputs.iter().map(|output| json!({
                    "name": output.name, "value": output.value, "sensitive": output.sensitive,
                })).collect::<Vec<_>>(),
                "artifacts": state.artifacts.iter().map(|artifact| json!({
                    "name": artifact.name, "mediaType": artifact.media_type,
                    "content": artifact.content, "sensitive": artifact.sensitive,
                })).collect::<Vec<_>>(),
            }),
            Self::Progress { message, percent } => json!({"message": message, "percent": percent}),
            Self::SecretReference { name } => json!({"name": name}),
            Self::SecretGenerate { name, recipe, options } => {
                json!({"name": name, "recipe": recipe, "options": options})
            }
            Self::Http { request } => request.json(),
        }
    }

    /// Equal calls have equal digests; a replay compares them position by position.
    pub fn digest(&self) -> Digest {
        Digest::of(canonical(&json!([self.name(), self.request()])))
    }
}

/// A secret as its guest sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// Stands for the secret.
    pub token: String,
    /// The part that is not secret (a public key), if the recipe has one.
    pub public: Option<String>,
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretError {
    /// Not granted.
    Denied(Denial),
    /// No secret of that name.
    NotFound,
}

/// What the host answers. Each call has one shape of outcome; see [`Call`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// `log.write`, `report.*`: done.
    Done,
    /// `clock.*`: milliseconds.
    Millis(u64),
    /// `random.bytes`.
    Bytes(Vec<u8>),
    /// `settings.get`.
    Json(Json),
    /// `secrets.reference`: a token.
    Token(Result<String, SecretError>),
    /// `secrets.generate`.
    Minted(Result<Minted, SecretError>),
    /// `http.send`.
    Http(Result<HttpResponse, HttpError>),
}

impl Outcome {
    /// Whether it is open what became of the call: also where there was an answer that nobody could read.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Http(Err(HttpError::OutcomeUnknown(_) | HttpError::TooLarge(_))))
    }

    /// Why it was refused, if it was.
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Token(Err(SecretError::Denied(denial)))
            | Self::Minted(Err(SecretError::Denied(denial)))
            | Self::Http(Err(HttpError::Denied(denial))) => Some(denial),
            _ => None,
        }
    }

    /// The outcome that says no, in the shape the call's answer has; none for calls that cannot be denied.
    pub fn denied(call: &Call, denial: Denial) -> Option<Self> {
        match call {
            Call::SecretReference { .. } => Some(Self::Token(Err(SecretError::Denied(denial)))),
            Call::SecretGenerate { .. } => Some(Self::Minted(Err(SecretError::Denied(denial)))),
            Call::Http { .. } => Some(Self::Http(Err(HttpError::Denied(denial)))),
            Call::Log { .. }
            | Call::ClockNow
            | Call::ClockRemaining
            | Call::RandomBytes { .. }
            | Call::SettingsGet
            | Call::Checkpoint { .. }
            | Call::Progress { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_tells_calls_apart_and_nothing_else() {
        let generate =
            |options| Call::SecretGenerate { name: "pw".into(), recipe: "password".into(), options };
        let a = generate(json!({"length": 24, "alphabet": "x"}));
        let b = generate(json!({"alphabet": "x", "length": 24}));
        let c = generate(json!({"length": 25}));
        assert_eq!(a.digest(), b.digest());
        assert_ne!(a.digest(), c.digest());
        assert_ne!(Call::ClockNow.digest(), Call::ClockRemaining.digest());
    }
}
