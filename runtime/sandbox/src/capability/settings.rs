//! `settings`: what the operator configured, as one JSON value.

use innominatus_effect::{Call, Outcome};
use innominatus_model::Code;

use crate::contract::since_1_0::{json_to_guest, wit::settings};
use crate::host::Host;

impl settings::Host for Host {
    async fn get(&mut self) -> wasmtime::Result<String> {
        self.admit("settings.get", 0)?;
        match self.cross(Call::SettingsGet).await? {
            Outcome::Json(value) => json_to_guest(Code::Internal, || "the settings".into(), &value)
                .map_err(|error| self.abort(error)),
            _ => Err(self.misshapen("settings.get")),
        }
    }
}
