//! The record of a resource while it is worked on: every writer goes through here, one after the other.

use std::sync::atomic::{AtomicU32, Ordering};

use innominatus_ledger::{Change, Execution, Ledger, LedgerError, Resource, Stored};
use innominatus_model::{Event, EventKind, Severity};
use serde_json::json;
use tokio::sync::Mutex;

use super::execution::Ending;
use crate::clock::now_ms;

/// What a component may say of one resource in one run, over all its calls: log lines, progress, why it waits, what it
/// only looks at. One that is called again and again would push out of the events what others said.
const SAYINGS: u32 = 2_000;

/// One resource's record, and when it was read.
pub(crate) struct Cell {
    stored: Mutex<Stored<Resource>>,
    sayings: AtomicU32,
}

impl Cell {
    pub(crate) fn new(stored: Stored<Resource>) -> Self {
        Self { stored: Mutex::new(stored), sayings: AtomicU32::new(SAYINGS + 1) }
    }

    /// Of something that a component says, what is kept: it, in place of the first that is too much a word about that,
    /// and then nothing.
    pub(crate) fn hear(&self, said: Event) -> Option<Event> {
        let left =
            self.sayings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(1) => Some(Event {
                kind: EventKind::GuestLog,
                severity: Some(Severity::Warning),
                message: "what it says further in this run is dropped".to_owned(),
                details: json!({"level": "warn", "component": said.details["component"]}),
                ..said
            }),
            Ok(_) => Some(said),
            Err(_) => None,
        }
    }

    /// The record as last written.
    pub(crate) async fn get(&self) -> Resource {
        self.stored.lock().await.value.clone()
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
        self.write(ledger, events, ending, edit, |_| {}).await
    }

    /// The same, with more in the same transaction.
    pub(super) async fn update_with(
        &self,
        ledger: &Ledger,
        events: &[Event],
        edit: impl FnOnce(&mut Resource),
        more: impl Fn(&mut Change<'_>),
    ) -> Result<Resource, LedgerError> {
        self.write(ledger, events, None, edit, more).await
    }

    /// Takes the record away, and tells of it.
    pub(super) async fn delete(&self, ledger: &Ledger, events: &[Event]) -> Result<(), LedgerError> {
        let mut stored = self.stored.lock().await;
        let with = ahead(ledger, events).await?;
        self.commit(&mut stored, ledger, None, with, |stored, change| change.delete_resource(stored)).await
    }

    async fn write(
        &self,
        ledger: &Ledger,
        events: &[Event],
        ending: Option<Ending>,
        edit: impl FnOnce(&mut Resource),
        more: impl Fn(&mut Change<'_>),
    ) -> Result<Resource, LedgerError> {
        let mut stored = self.stored.lock().await;
        let mut next = stored.value.clone();
        edit(&mut next);
        if let Some(ending) = &ending {
            ending.leave(&mut next);
            if !next.status.wrote {
                let Execution { scope, resource, id, .. } = &ending.act.value;
                let (past, _) = ledger.journal(scope, *resource, *id).await?;
                next.status.wrote = past.iter().any(|past| past.intent.is_some());
            }
        }
        next.updated_ms = now_ms();
        let with = ahead(ledger, events).await?;
        self.commit(&mut stored, ledger, ending, with, |stored, change| {
            more(change);
            change.put_resource(&next, Some(stored));
        })
        .await?;
        let id = next.id;
        *stored = ledger
            .resource(id)
            .await?
            .ok_or_else(|| LedgerError::Conflict { what: format!("resource {id}") })?;
        Ok(stored.value.clone())
    }

    /// One transaction over the record as it is. Nobody else changes it, but it is sealed anew when the store's key is
    /// replaced, which may be just now; so is that of the execution.
    async fn commit(
        &self,
        stored: &mut Stored<Resource>,
        ledger: &Ledger,
        mut ending: Option<Ending>,
        events: &[Event],
        write: impl Fn(&Stored<Resource>, &mut Change<'_>),
    ) -> Result<(), LedgerError> {
        loop {
            let mut change = ledger.change();
            if let Some(ending) = &ending {
                ending.close(&mut change);
            }
            write(stored, &mut change);
            for event in events {
                change.event(event);
            }
            let Err(error) = change.commit().await else { return Ok(()) };
            let is_anew = matches!(error, LedgerError::Conflict { .. })
                && (resealed(stored, ledger).await? | reread(ending.as_mut(), ledger).await?);
            if !is_anew {
                return Err(error);
            }
        }
    }
}

/// Many log lines go ahead of the change they lead to. Those that go with it.
async fn ahead<'e>(ledger: &Ledger, events: &'e [Event]) -> Result<&'e [Event], LedgerError> {
    let (ahead, with) = events.split_at(events.len().saturating_sub(64));
    for lines in ahead.chunks(64) {
        let mut change = ledger.change();
        for line in lines {
            change.event(line);
        }
        change.commit().await?;
    }
    Ok(with)
}

/// Whether the record is what it was and only its revision is another; then it is taken over.
async fn resealed(stored: &mut Stored<Resource>, ledger: &Ledger) -> Result<bool, LedgerError> {
    let Some(fresh) = ledger.resource(stored.value.id).await? else { return Ok(false) };
    let is_anew = fresh.value == stored.value && fresh != *stored;
    if is_anew {
        *stored = fresh;
    }
    Ok(is_anew)
}

/// The same for the execution that is to be closed.
async fn reread(ending: Option<&mut Ending>, ledger: &Ledger) -> Result<bool, LedgerError> {
    let Some(act) = ending.map(|ending| &mut ending.act) else { return Ok(false) };
    let Execution { scope, resource, id, .. } = &act.value;
    let Some(fresh) = ledger.execution(scope, *resource, *id).await? else { return Ok(false) };
    let is_anew = fresh.value == act.value && fresh != *act;
    if is_anew {
        *act = fresh;
    }
    Ok(is_anew)
}
