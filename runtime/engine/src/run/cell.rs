//! The record of a resource while it is worked on: every writer goes through here, one after the other.

use innominatus_ledger::{Change, Ledger, LedgerError, Resource, Stored};
use innominatus_model::Event;
use tokio::sync::Mutex;

use super::execution::{Ending, close};
use crate::clock::now_ms;

/// One resource's record, and when it was read.
pub(crate) struct Cell(Mutex<Stored<Resource>>);

impl Cell {
    pub(crate) fn new(stored: Stored<Resource>) -> Self {
        Self(Mutex::new(stored))
    }

    /// The record as last written.
    pub(crate) async fn get(&self) -> Resource {
        self.0.lock().await.value.clone()
    }

    /// As last written, with its revision.
    pub(crate) async fn stored(&self) -> Stored<Resource> {
        self.0.lock().await.clone()
    }

    /// Changes the record and tells of it, in one transaction. Durable when it returns.
    pub(crate) async fn update(
        &self,
        ledger: &Ledger,
        events: &[Event],
        edit: impl FnOnce(&mut Resource),
    ) -> Result<Resource, LedgerError> {
        self.update_with(ledger, events, edit, |_| {}).await
    }

    /// The same; and closes an execution that has ended.
    pub(super) async fn update_closing(
        &self,
        ledger: &Ledger,
        events: &[Event],
        ending: Option<Ending>,
        edit: impl FnOnce(&mut Resource),
    ) -> Result<Resource, LedgerError> {
        let Some(ending) = ending else { return self.update(ledger, events, edit).await };
        let mut stored = self.0.lock().await;
        let mut next = stored.value.clone();
        edit(&mut next);
        self.write(&mut stored, next, ledger, events, |next, change| close(ending, next, change)).await
    }

    /// The same, with more in the same transaction.
    pub(super) async fn update_with(
        &self,
        ledger: &Ledger,
        events: &[Event],
        edit: impl FnOnce(&mut Resource),
        more: impl FnOnce(&mut Change<'_>),
    ) -> Result<Resource, LedgerError> {
        let mut stored = self.0.lock().await;
        let mut next = stored.value.clone();
        edit(&mut next);
        self.write(&mut stored, next, ledger, events, |_, change| more(change)).await
    }

    async fn write(
        &self,
        stored: &mut Stored<Resource>,
        mut next: Resource,
        ledger: &Ledger,
        events: &[Event],
        more: impl FnOnce(&mut Resource, &mut Change<'_>),
    ) -> Result<Resource, LedgerError> {
        next.updated_ms = now_ms();
        // Many log lines go ahead of the change they lead to.
        let (ahead, with) = events.split_at(events.len().saturating_sub(64));
        for lines in ahead.chunks(64) {
            let mut change = ledger.change();
            for line in lines {
                change.event(line);
            }
            change.commit().await?;
        }
        let mut change = ledger.change();
        more(&mut next, &mut change);
        change.put_resource(&next, Some(stored));
        for event in with {
            change.event(event);
        }
        change.commit().await?;
        let id = next.id;
        *stored = ledger
            .resource(id)
            .await?
            .ok_or_else(|| LedgerError::Conflict { what: format!("resource {id}") })?;
        Ok(stored.value.clone())
    }
}
