//! `report`: checkpoints that survive the call, and progress for whoever waits. Each becomes an event, and events are
//! kept in a limited number, so a guest that reports too much is quietened like one that logs too much.

use innominatus_effect::{Call, Outcome};

use crate::bounds::{MESSAGE, percent};
use crate::capability::log::Verdict;
use crate::contract::since_1_0::state;
use crate::contract::since_1_0::wit::report;
use crate::contract::since_1_0::wit::types::State;
use crate::host::Host;
use crate::text::clean;

impl report::Host for Host {
    async fn checkpoint(&mut self, guest: State) -> wasmtime::Result<()> {
        self.admit("report.checkpoint", weight(&guest))?;
        let state = self.checked(state(guest))?;
        match self.cross(Call::Checkpoint { state }).await? {
            Outcome::Done => Ok(()),
            _ => Err(self.misshapen("report.checkpoint")),
        }
    }

    async fn progress(&mut self, message: String, done: Option<u8>) -> wasmtime::Result<()> {
        self.admit("report.progress", message.len())?;
        let percent = self.checked(percent(done))?;
        let mut message = clean(&message, MESSAGE);
        match self.progress.judge(message.len()) {
            Verdict::Write => {}
            Verdict::Silence => {
                message = "further progress of this call is not shown: it has reported too much".into();
            }
            Verdict::Drop => return Ok(()),
        }
        match self.cross(Call::Progress { message, percent }).await? {
            Outcome::Done => Ok(()),
            _ => Err(self.misshapen("report.progress")),
        }
    }
}

fn weight(state: &State) -> usize {
    let outputs: usize = state.outputs.iter().map(|output| output.name.len() + output.value.len()).sum();
    let artifacts: usize =
        state.artifacts.iter().map(|artifact| artifact.name.len() + artifact.content.len()).sum();
    state.handle.len() + outputs + artifacts
}
