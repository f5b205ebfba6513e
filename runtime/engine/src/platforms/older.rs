//! An older version may have faults that a newer one mended, so going back to one has to be meant.

use innominatus_model::{Code, Name, Version};

use crate::EngineError;

/// Refuses a version below the highest that was ever installed, unless that is meant; `remedy` says how it is.
pub(super) fn refuse_older(
    name: &Name,
    version: &Version,
    highest: Option<&Version>,
    meant: bool,
    remedy: impl FnOnce() -> String,
) -> Result<(), EngineError> {
    match highest {
        Some(highest) if version < highest && !meant => Err(EngineError::refused(
            Code::PlatformDowngrade,
            format!("{name}@{version} is older than {highest}, which was installed already"),
            Some(remedy()),
        )),
        _ => Ok(()),
    }
}
