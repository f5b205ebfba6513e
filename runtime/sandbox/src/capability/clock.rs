//! `clock`: coarse time, from the port so that it is recorded.

use innominatus_effect::{Call, Outcome};

use crate::contract::since_1_0::wit::clock;
use crate::host::Host;

impl clock::Host for Host {
    async fn now_ms(&mut self) -> wasmtime::Result<u64> {
        self.millis(Call::ClockNow).await
    }

    async fn remaining_ms(&mut self) -> wasmtime::Result<u64> {
        self.millis(Call::ClockRemaining).await
    }
}

impl Host {
    async fn millis(&mut self, call: Call) -> wasmtime::Result<u64> {
        let name = call.name();
        self.admit(name, 0)?;
        match self.cross(call).await? {
            Outcome::Millis(millis) => Ok(millis),
            _ => Err(self.misshapen(name)),
        }
    }
}
