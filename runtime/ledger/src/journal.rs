//! Executions and their journals: what each call of an export that writes did, sealed, in the order it did it.
//!
//! An execution has a head (what it was asked, by which bytes) and notes in batches, one record for each append.
//! Notes are never changed; together they are the beginning of what happened (see `effect`). A resource points to
//! the execution that has not ended: it goes on where it was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_effect::{Export, Note, Past};
use innominatus_model::{Event, ExecutionId, Name, ResourceId, RunId, Scope, Target};
use innominatus_plan::ComponentRef;
use serde::{Deserialize, Serialize};

use crate::key::KeyBuilder;
use crate::record::{ComponentRecord, NoteRecord, RecordError, TargetRecord, Text, TextOption, Via};
use crate::{Change, Ledger, LedgerError, Stored};

/// Executions of one resource that are kept after they ended.
pub const EXECUTIONS_KEPT: usize = 4;
/// Notes are sealed once, at a place of their own.
const NOTES_VERSION: u64 = 1;
/// Events that go with an append at most; the store takes 128 operations.
const EVENTS_WITH_NOTES: usize = 64;

/// One call of an export that writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Identity.
    pub id: ExecutionId,
    /// What it is done for.
    pub resource: ResourceId,
    /// Whose, and where.
    pub scope: Scope,
    /// The application.
    pub application: Name,
    /// The run that began it.
    pub run: Option<RunId>,
    /// By which bytes.
    pub component: ComponentRef,
    /// Which export.
    pub export: Export,
    /// What the component was told.
    pub target: Target,
    /// When it began, milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When it ended; none while it is open.
    pub ended_ms: Option<u64>,
    /// How it ended, in a word.
    pub ended: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ExecutionRecord {
    #[serde(with = "Text")]
    id: ExecutionId,
    #[serde(with = "Text")]
    resource: ResourceId,
    #[serde(with = "Text")]
    tenant: Name,
    #[serde(with = "Text")]
    environment: Name,
    #[serde(with = "Text")]
    application: Name,
    #[serde(with = "TextOption")]
    run: Option<RunId>,
    #[serde(with = "Via::<ComponentRecord>")]
    component: ComponentRef,
    export: String,
    started_ms: u64,
    ended_ms: Option<u64>,
    ended: Option<String>,
    /// The target, sealed.
    sealed: String,
    /// Counts writes of this record; what is sealed is bound to it.
    writes: u64,
}

#[derive(Serialize, Deserialize)]
struct NotesRecord {
    sealed: String,
}

fn executions_prefix(scope: &Scope, resource: ResourceId) -> KeyBuilder {
    KeyBuilder::scoped("exec", scope).part(resource.as_bytes())
}

fn execution_key(scope: &Scope, resource: ResourceId, id: ExecutionId) -> Vec<u8> {
    executions_prefix(scope, resource).part(id.as_bytes()).build()
}

fn notes_prefix(scope: &Scope, resource: ResourceId, id: ExecutionId) -> KeyBuilder {
    KeyBuilder::scoped("note", scope).part(resource.as_bytes()).part(id.as_bytes())
}

/// Appends to the journal of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoteSequence(u32);

impl Ledger {
    /// One execution of a resource.
    pub async fn execution(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
    ) -> Result<Option<Stored<Execution>>, LedgerError> {
        let key = execution_key(scope, resource, id);
        match self.read::<ExecutionRecord>(&key, format!("execution {id}")).await? {
            Some(stored) => self.opened(stored).map(Some),
            None => Ok(None),
        }
    }

    /// The executions of a resource that are kept, oldest first.
    pub async fn executions(
        &self,
        scope: &Scope,
        resource: ResourceId,
    ) -> Result<Vec<Stored<Execution>>, LedgerError> {
        let prefix = executions_prefix(scope, resource).build();
        let records = self.list::<ExecutionRecord>(prefix, "an execution").await?;
        records.into_iter().map(|stored| self.opened(stored)).collect()
    }

    fn opened(&self, stored: Stored<ExecutionRecord>) -> Result<Stored<Execution>, LedgerError> {
        let Stored { value: record, revision, pointer } = stored;
        let what = format!("execution {}", record.id);
        let scope = Scope { tenant: record.tenant, environment: record.environment };
        let key = execution_key(&scope, record.resource, record.id);
        let clear = self.unsealed_bytes(&key, record.writes, &record.sealed, &what)?;
        let target: TargetRecord = serde_json::from_slice(&clear)
            .map_err(|error| LedgerError::Record { what: what.clone(), source: RecordError::Shape(error) })?;
        let export = Export::parse(&record.export).ok_or_else(|| LedgerError::Chunks {
            what: what.clone(),
            reason: format!("there is no export `{}`", record.export),
        })?;
        let value = Execution {
            id: record.id,
            resource: record.resource,
            scope,
            application: record.application,
            run: record.run,
            component: record.component,
            export,
            target: target.into(),
            started_ms: record.started_ms,
            ended_ms: record.ended_ms,
            ended: record.ended,
        };
        Ok(Stored { value, revision, pointer })
    }

    fn unsealed_bytes(
        &self,
        key: &[u8],
        version: u64,
        sealed: &str,
        what: &str,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, LedgerError> {
        let sealed = BASE64.decode(sealed).map_err(|_| LedgerError::Chunks {
            what: what.to_owned(),
            reason: "the sealed part is not base64".into(),
        })?;
        self.keys
            .open(key, version, &sealed)
            .map_err(|source| LedgerError::Seal { what: what.to_owned(), source })
    }

    /// Everything that is known of an execution, by position; and the number of the next append.
    pub async fn journal(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
    ) -> Result<(Vec<Past>, NoteSequence), LedgerError> {
        let (notes, next) = self.notes(scope, resource, id).await?;
        Ok((put_together(notes, id)?, next))
    }

    /// Everything that its component did when it was called last, that included which the next call would ask again.
    pub async fn journal_as_it_was(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
    ) -> Result<Vec<Past>, LedgerError> {
        let (mut notes, _) = self.notes(scope, resource, id).await?;
        let last = notes.iter().rposition(|note| !matches!(note, Note::Again { .. })).map_or(0, |at| at + 1);
        notes.truncate(last);
        put_together(notes, id)
    }

    async fn notes(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
    ) -> Result<(Vec<Note>, NoteSequence), LedgerError> {
        let what = format!("the journal of {id}");
        let prefix = notes_prefix(scope, resource, id).build();
        let heads = self.heads(prefix).await?;
        let mut notes: Vec<Note> = Vec::new();
        for (key, _) in &heads {
            let Some(stored) = self.read::<NotesRecord>(key, &what).await? else { continue };
            let clear = self.unsealed_bytes(key, NOTES_VERSION, &stored.value.sealed, &what)?;
            let shape = |error| LedgerError::Record { what: what.clone(), source: RecordError::Shape(error) };
            let records: Vec<NoteRecord> = serde_json::from_slice(&clear).map_err(shape)?;
            for record in records {
                let note = record.try_into().map_err(|error: crate::record::BadEffect| {
                    LedgerError::Chunks { what: what.clone(), reason: error.to_string() }
                })?;
                notes.push(note);
            }
        }
        Ok((notes, NoteSequence(u32::try_from(heads.len()).unwrap_or(u32::MAX))))
    }

    /// Keeps notes and the events that tell of them, in one transaction; durable when it returns. Gives the number
    /// of the next append.
    pub async fn append_notes(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
        sequence: NoteSequence,
        notes: &[Note],
        events: &[Event],
    ) -> Result<NoteSequence, LedgerError> {
        let what = format!("the journal of {id}");
        let key = notes_prefix(scope, resource, id).part(sequence.0.to_be_bytes()).build();
        let records: Vec<NoteRecord> = notes.iter().map(Into::into).collect();
        let clear = serde_json::to_vec(&records)
            .map_err(|error| LedgerError::Record { what: what.clone(), source: RecordError::Shape(error) })?;
        let clear = zeroize::Zeroizing::new(clear);
        let record = NotesRecord { sealed: BASE64.encode(self.keys.seal(&key, NOTES_VERSION, &clear)) };
        let (ahead, with) = events.split_at(events.len().saturating_sub(EVENTS_WITH_NOTES));
        for events in ahead.chunks(EVENTS_WITH_NOTES) {
            let mut change = self.change();
            for event in events {
                change.event(event);
            }
            change.commit().await?;
        }
        let mut change = self.change();
        change.put(key, what, &record, None::<&Stored<NotesRecord>>);
        for event in with {
            change.event(event);
        }
        change.commit().await?;
        Ok(NoteSequence(sequence.0 + 1))
    }

    /// Forgets ended executions of a resource beyond those that are kept; all of them when it is `gone`.
    pub async fn forget_executions(
        &self,
        scope: &Scope,
        resource: ResourceId,
        gone: bool,
    ) -> Result<(), LedgerError> {
        let executions = self.executions(scope, resource).await?;
        let kept = if gone { 0 } else { EXECUTIONS_KEPT };
        let excess = executions.len().saturating_sub(kept);
        for stored in &executions[..excess] {
            if stored.value.ended_ms.is_none() && !gone {
                continue;
            }
            self.forget_notes(scope, resource, stored.value.id).await?;
            let mut change = self.change();
            let key = execution_key(scope, resource, stored.value.id);
            change.delete(key, format!("execution {}", stored.value.id), stored);
            change.commit().await?;
        }
        Ok(())
    }

    async fn forget_notes(
        &self,
        scope: &Scope,
        resource: ResourceId,
        id: ExecutionId,
    ) -> Result<(), LedgerError> {
        let heads = self.heads(notes_prefix(scope, resource, id).build()).await?;
        // The last ones first: what is left after a crash is still the beginning of what happened.
        for heads in heads.rchunks(64) {
            let mut change = self.change();
            for (key, head) in heads.iter().rev() {
                change.delete(key.clone(), "notes", head);
            }
            change.commit().await?;
        }
        Ok(())
    }
}

fn put_together(notes: Vec<Note>, id: ExecutionId) -> Result<Vec<Past>, LedgerError> {
    let what = format!("the journal of {id}");
    innominatus_effect::past(notes).map_err(|gap| LedgerError::Chunks { what, reason: gap.to_string() })
}

impl Change<'_> {
    /// Writes the whole journal of an execution that is new: what is to be taken as having happened.
    pub fn put_journal(&mut self, execution: &Execution, past: &[Past]) {
        let notes: Vec<NoteRecord> = notes_of(past).iter().map(Into::into).collect();
        if notes.is_empty() {
            return;
        }
        let first = NoteSequence(0);
        let key = notes_prefix(&execution.scope, execution.resource, execution.id)
            .part(first.0.to_be_bytes())
            .build();
        let what = format!("the journal of {}", execution.id);
        match serde_json::to_vec(&notes) {
            Ok(clear) => {
                let clear = zeroize::Zeroizing::new(clear);
                let sealed = BASE64.encode(self.ledger().keys.seal(&key, NOTES_VERSION, &clear));
                self.put(key, what, &NotesRecord { sealed }, None::<&Stored<NotesRecord>>);
            }
            Err(error) => self.fail(LedgerError::Record { what, source: RecordError::Shape(error) }),
        }
    }

    /// Writes the head of an execution: as it was read, or with `before` none, new.
    pub fn put_execution(&mut self, execution: &Execution, before: Option<&Stored<Execution>>) {
        let key = execution_key(&execution.scope, execution.resource, execution.id);
        let what = format!("execution {}", execution.id);
        // The head is written twice: when it begins and when it ends.
        let writes = if before.is_some() { 2 } else { 1 };
        let clear = match serde_json::to_vec(&TargetRecord::from(&execution.target)) {
            Ok(clear) => zeroize::Zeroizing::new(clear),
            Err(error) => {
                self.fail(LedgerError::Record { what, source: RecordError::Shape(error) });
                return;
            }
        };
        let record = ExecutionRecord {
            id: execution.id,
            resource: execution.resource,
            tenant: execution.scope.tenant.clone(),
            environment: execution.scope.environment.clone(),
            application: execution.application.clone(),
            run: execution.run,
            component: execution.component.clone(),
            export: execution.export.as_str().to_owned(),
            started_ms: execution.started_ms,
            ended_ms: execution.ended_ms,
            ended: execution.ended.clone(),
            sealed: BASE64.encode(self.ledger().keys.seal(&key, writes, &clear)),
            writes,
        };
        self.put(key, what, &record, before);
    }
}

/// What is known, as notes.
pub(crate) fn notes_of(past: &[Past]) -> Vec<Note> {
    past.iter().enumerate().flat_map(|(at, past)| notes(at, past)).collect()
}

/// What is known of one position, as notes.
fn notes(at: usize, past: &Past) -> Vec<Note> {
    let (position, digest) = (u32::try_from(at).unwrap_or(u32::MAX), past.digest);
    let intent = past.intent.clone().map(|intent| Note::Intent { position, digest, intent });
    let outcome = past.outcome.clone();
    let outcome = outcome.map(|outcome| Note::Outcome { position, digest, call: past.call.clone(), outcome });
    intent.into_iter().chain(outcome).collect()
}
