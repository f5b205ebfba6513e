//! Notes into the ledger, together with the lines that tell of them.

use std::sync::Arc;

use async_trait::async_trait;
use innominatus_effect::{Journal, JournalError, Note};
use innominatus_ledger::{Execution, NoteSequence};
use tokio::sync::Mutex;

use crate::world;

/// The journal of one execution.
pub(super) struct Keeper {
    pub(super) execution: Execution,
    pub(super) world: Arc<world::Execution>,
    pub(super) sequence: Mutex<NoteSequence>,
}

#[async_trait]
impl Journal for Keeper {
    async fn append(&self, notes: Vec<Note>) -> Result<(), JournalError> {
        let mut sequence = self.sequence.lock().await;
        let Execution { scope, resource, id, .. } = &self.execution;
        let lines = self
            .world
            .scrubbed_lines(None)
            .await
            .map_err(|error| JournalError(self.world.keep_trouble(error)))?;
        let ledger = self.world.engine.ledger();
        match ledger.append_notes(scope, *resource, *id, *sequence, &notes, &lines).await {
            Ok(next) => {
                *sequence = next;
                Ok(())
            }
            Err(error) => {
                self.world.put_back(lines);
                Err(JournalError(self.world.keep_trouble(error)))
            }
        }
    }
}
