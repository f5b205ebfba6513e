//! What every route can reach.

use innominatus_engine::Engine;
use innominatus_model::{Code, Name, Scope};
use tokio::sync::watch;

use crate::limits::Limits;
use crate::problem::ApiError;
use crate::work::Work;

/// Shared by all requests.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) started_ms: u64,
    /// Turns true when the server stops: streams end then.
    pub(crate) stopping: watch::Receiver<bool>,
    /// Whatever changes something is done here.
    pub(crate) work: Work,
}

/// Tenant and environment of a request. There is one tenant until there are identities to tell them apart.
pub(crate) fn scope(environment: Option<&str>) -> Result<Scope, ApiError> {
    match environment {
        None => Ok(Scope::default()),
        Some(text) => Ok(Scope { environment: name("environment", text)?, ..Scope::default() }),
    }
}

/// Whether a record is the caller's. Ids are known across tenants: what is found by one may be another's, and is
/// then answered as if it were not there.
pub(crate) fn is_ours(tenant: &Name) -> bool {
    *tenant == Scope::default().tenant
}

/// A name from a request.
pub(crate) fn name(what: &str, text: &str) -> Result<Name, ApiError> {
    Name::new(text).map_err(|error| ApiError::new(Code::IdInvalid, format!("{what}: {error}")))
}

/// An id from a request.
pub(crate) fn id<T: std::str::FromStr<Err = innominatus_model::InvalidId>>(
    text: &str,
) -> Result<T, ApiError> {
    text.parse()
        .map_err(|error: innominatus_model::InvalidId| ApiError::new(Code::IdInvalid, error.to_string()))
}
