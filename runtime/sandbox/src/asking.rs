//! Asking a component what it is, with nothing behind its calls.

use std::sync::Arc;

use innominatus_effect::{Authoriser, Export, Interrupt, Live, Outcome, Permit, World};
use innominatus_model::{Grant, Json};

use crate::{Call, Limits};

/// A call in which a component says something of itself: metadata, schemas. It may log, look at a clock that stands and
/// at empty settings; everything else breaks off the call. `entry` is whose log lines they are.
pub fn asking(entry: &str, export: Export) -> Call {
    let port = Live::new(Authoriser::new(export, entry, Grant::default()), Arc::new(Nothing));
    Call::new(Arc::new(port)).with_limits(Limits::for_export(export))
}

/// While a platform is asked what it is, nothing stands behind its calls.
struct Nothing;

#[async_trait::async_trait]
impl World for Nothing {
    async fn perform(
        &self,
        call: innominatus_effect::Call,
        _permit: Permit,
        _key: Option<String>,
    ) -> Result<Outcome, Interrupt> {
        match call {
            innominatus_effect::Call::Log { .. } | innominatus_effect::Call::Progress { .. } => {
                Ok(Outcome::Done)
            }
            innominatus_effect::Call::ClockNow => Ok(Outcome::Millis(0)),
            innominatus_effect::Call::ClockRemaining => Ok(Outcome::Millis(1000)),
            innominatus_effect::Call::SettingsGet => Ok(Outcome::Json(Json::Object(Default::default()))),
            other => Err(Interrupt::Breach(format!(
                "`{}` has no place while a platform is asked what it is",
                other.name()
            ))),
        }
    }
}
