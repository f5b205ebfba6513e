//! Records become wire types. Nothing sensitive passes here in clear unless `reveal` was asked for.

mod application;
mod event;
mod grant;
mod look;
mod plan;
mod platform;
mod receipt;
mod resource;
mod reveal;
mod run;
mod secret;

pub(crate) use application::{application, application_detail};
pub(crate) use event::event;
pub(crate) use grant::{examination, grants};
pub(crate) use look::{available, behind, difference, listed, unasked};
pub(crate) use plan::{plan, rendered};
pub(crate) use platform::{installed, migration, platform, platform_detail, switched, uninstalled, updated};
pub(crate) use receipt::{applied, deleting, now};
pub(crate) use resource::{outputs, resource, resource_detail};
pub(crate) use run::{artifact, run};
pub(crate) use secret::{key_rotated, secret, secret_removed, secret_set};

use innominatus_api::wire::ErrorView;
use innominatus_ledger::LastError;

/// RFC 3339 in UTC.
pub(crate) fn time(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn error(error: &LastError) -> ErrorView {
    ErrorView {
        code: error.code.clone(),
        reason: error.reason.clone(),
        message: error.message.clone(),
        hint: error.hint.clone(),
        at: time(error.at_ms),
    }
}
