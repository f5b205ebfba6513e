//! Answers that are no success: what AWS says, and what the host can do about it.

use std::time::Duration;

use innominatus_guest::{Failure, HttpResponse};
use serde::Deserialize;

use super::xml;

/// Nothing came of a request.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// AWS said no.
    Refused(Box<Refusal>),
    /// There is no answer of AWS.
    Failed(Failure),
}

/// AWS said no.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: u16,
    code: String,
    message: String,
    request: Option<String>,
    retry_after: Option<Duration>,
    purpose: String,
    permission: String,
}

/// What a refusal comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Throttled,
    Unavailable,
    Settling,
    Vanished,
    Credential,
    Denied,
    Quota,
    Conflict,
    Refused,
}

/// The shapes that refusals have: S3's, that of actions, and a rarer one with a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Body {
    code: String,
    message: String,
    request_id: Option<String>,
    error: Option<Inner>,
    errors: Option<Listed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inner {
    code: String,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    error: Vec<Inner>,
}

/// The answer, if it is a success.
pub(super) fn judged(answer: HttpResponse, purpose: &str, permission: &str) -> Result<HttpResponse, Trouble> {
    if answer.is_success() {
        return Ok(answer);
    }
    let text = answer.text();
    let body: Body = xml::read(&text).unwrap_or_default();
    let inner = body.error.or_else(|| body.errors?.error.into_iter().next());
    let (code, mut message) = match inner {
        Some(inner) => (inner.code, inner.message),
        None => (body.code, body.message),
    };
    if code.is_empty() {
        message = text.chars().take(200).collect();
    }
    let header = |name| answer.header(name).map(str::to_owned);
    let request =
        body.request_id.or_else(|| header("x-amz-request-id")).or_else(|| header("x-amzn-requestid"));
    Err(Trouble::Refused(Box::new(Refusal {
        status: answer.status,
        code,
        message: message.trim().to_owned(),
        request: request.filter(|request| !request.is_empty()),
        retry_after: answer.retry_after(),
        purpose: purpose.to_owned(),
        permission: permission.to_owned(),
    })))
}

impl Trouble {
    /// Whether AWS answered with one of these codes.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused(refusal) if codes.contains(&refusal.code.as_str()))
    }

    /// Whether AWS answered with this status.
    pub(crate) fn has_status(&self, status: u16) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }

    /// Whether there was an answer, larger than the operator allows.
    pub(crate) fn is_too_large(&self) -> bool {
        matches!(self, Self::Failed(failure) if failure.code == "answer-too-large")
    }

    /// A conflict, with what to do about it.
    pub(crate) fn conflict(self, code: &str, remedy: &str) -> Failure {
        match self {
            Self::Refused(refusal) => Failure::conflict(code, format!("{}; {remedy}", refusal.shown())),
            Self::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(refusal) => refusal.failure(),
            Trouble::Failed(failure) => failure,
        }
    }
}

/// For what may be missing.
pub(crate) trait Absent<T> {
    /// None where AWS says so with one of these codes.
    fn unless(self, codes: &[&str]) -> Result<Option<T>, Trouble>;
}

impl<T> Absent<T> for Result<T, Trouble> {
    fn unless(self, codes: &[&str]) -> Result<Option<T>, Trouble> {
        match self {
            Ok(found) => Ok(Some(found)),
            Err(trouble) if trouble.is(codes) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }
}

impl Refusal {
    fn meaning(&self) -> Meaning {
        match self.code.as_str() {
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "BandwidthLimitExceeded"
            | "PriorRequestNotComplete" => Meaning::Throttled,
            "RequestTimeout" | "InternalError" | "InternalFailure" | "ServiceUnavailable" => {
                Meaning::Unavailable
            }
            "OperationAborted"
            | "ConcurrentModification"
            | "EntityTemporarilyUnmodifiable"
            | "InvalidDBInstanceState"
            | "InvalidDBInstanceStateFault" => Meaning::Settling,
            // It was looked for before: it went away since, or has not arrived everywhere.
            "NoSuchBucket" | "NoSuchEntity" | "DBInstanceNotFound" | "DBInstanceNotFoundFault" => {
                Meaning::Vanished
            }
            "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidToken"
            | "UnrecognizedClientException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "AuthorizationHeaderMalformed"
            | "OptInRequired" => Meaning::Credential,
            "AccessDenied"
            | "AccessDeniedException"
            | "AllAccessDisabled"
            | "UnauthorizedOperation"
            | "NotAuthorized" => Meaning::Denied,
            "LimitExceeded"
            | "TooManyBuckets"
            | "InstanceQuotaExceeded"
            | "StorageQuotaExceeded"
            | "SnapshotQuotaExceeded" => Meaning::Quota,
            "EntityAlreadyExists"
            | "BucketAlreadyExists"
            | "BucketAlreadyOwnedByYou"
            | "DBInstanceAlreadyExists"
            | "DBSnapshotAlreadyExists"
            | "DeleteConflict" => Meaning::Conflict,
            _ => match self.status {
                408 | 425 | 500 | 502 | 504.. => Meaning::Unavailable,
                429 | 503 => Meaning::Throttled,
                401 | 403 => Meaning::Denied,
                409 | 412 => Meaning::Conflict,
                _ => Meaning::Refused,
            },
        }
    }

    fn failure(&self) -> Failure {
        let shown = self.shown();
        let transient = |code: &str| {
            let failure = Failure::transient(code, shown.clone());
            match self.retry_after {
                Some(wait) => failure.after(wait),
                None => failure,
            }
        };
        match self.meaning() {
            Meaning::Throttled => transient("aws-throttled"),
            Meaning::Unavailable => transient("aws-unavailable"),
            Meaning::Settling | Meaning::Vanished => transient("aws-not-settled"),
            Meaning::Credential => {
                let remedy =
                    "correct the credential binding `aws`: its secrets, its region, and this machine's clock";
                Failure::permanent("aws-credential", format!("{shown}; {remedy}"))
            }
            Meaning::Denied => {
                let remedy =
                    format!("allow `{}` to the identity of the credential binding `aws`", self.permission);
                Failure::permanent("aws-access-denied", format!("{shown}; {remedy}"))
            }
            Meaning::Quota => {
                let remedy = "raise the quota of the account, or remove what is not needed";
                Failure::permanent("aws-quota", format!("{shown}; {remedy}"))
            }
            Meaning::Conflict => Failure::conflict("aws-conflict", shown),
            Meaning::Refused => Failure::permanent("aws-refused", shown),
        }
    }

    /// For people: what was asked, and all that AWS says of it.
    fn shown(&self) -> String {
        let Self { status, code, message, request, purpose, .. } = self;
        let request = request.as_ref().map(|request| format!(" (request {request})")).unwrap_or_default();
        let code = if code.is_empty() { String::new() } else { format!(" {code}") };
        let message = if message.is_empty() { String::new() } else { format!(": {message}") };
        format!("{purpose}: AWS answered {status}{code}{message}{request}")
    }
}

#[cfg(test)]
mod tests;
