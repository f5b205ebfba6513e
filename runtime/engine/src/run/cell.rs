//! The record of a resource while it is worked on: every writer goes through here, one after the other.

use std::sync::atomic::{AtomicU32, Ordering};

use innominatus_ledger::{Change, Execution, Ledger, LedgerError, Resource, Stored};
use innominatus_model::Event;
use tokio::sync::Mutex;

use super::execution::{Ending, close};
use crate::clock::now_ms;

/// What a component may say of one resource in one run, over all its calls: log lines, progress, why it waits. One that
/// is called again and again would push out of the events what others said.
const SAYINGS: u32 = 2_000;

/// One resource's record, and when it was read.
pub(crate) struct Cell {
    stored: Mutex<Stored<Resource>>,
    sayings: AtomicU32,
}

/// Whether something that a component says is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Yes,
    /// Nothing more is, and that is to be said in its place.
    NotAnyMore,
    No,
}

impl Cell {
    pub(crate) fn new(stored: Stored<Resource>) -> Self {
        Self { stored: Mutex::new(stored), sayings: AtomicU32::new(SAYINGS) }
    }

    /// To be asked once for each thing that a component says.
    pub(crate) fn hear(&self) -> Heard {
        let left =
            self.sayings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(1) => Heard::NotAnyMore,
            Ok(_) => Heard::Yes,
            Err(_) => Heard::No,
        }
    }

    /// The record as last written.
    pub(crate) async fn get(&self) -> Resource {
        self.stored.lock().await.value.clone()
    }

    /// As last written, with its revision.
    pub(crate) async fn stored(&self) -> Stored<Resource> {
        self.stored.lock().await.clone()
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
        let Some(mut ending) = ending else { return self.update(ledger, events, edit).await };
        // Its record is written anew when the store's key is replaced.
        let Execution { scope, resource, id, .. } = &ending.act.value;
        if let Some(fresh) = ledger.execution(scope, *resource, *id).await? {
            ending.act = fresh;
        }
        let mut stored = self.stored.lock().await;
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
        let mut stored = self.stored.lock().await;
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
        // So is this one's. Nobody else writes it.
        if let Some(fresh) = ledger.resource(next.id).await?
            && fresh.value == stored.value
        {
            *stored = fresh;
        }
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
