//! `random`: bytes from the port, so that they are recorded. Not for secrets.

use innominatus_effect::{Call, Outcome};

use crate::bounds::{Breach, RANDOM};
use crate::contract::since_1_0::wit::random;
use crate::host::Host;

impl random::Host for Host {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.admit("random.bytes", count as usize)?;
        if count > RANDOM {
            let message = format!("`random.bytes`: {count} bytes, more than {RANDOM} at once");
            return Err(self.fault(Breach::size(message)));
        }
        match self.cross(Call::RandomBytes { count }).await? {
            Outcome::Bytes(bytes) if bytes.len() == count as usize => Ok(bytes),
            _ => Err(self.misshapen("random.bytes")),
        }
    }
}
