//! Runs, and the files they rendered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{Artifact, Name, PlanId, ResourceId, RunId, Scope};
use serde::{Deserialize, Serialize};

use crate::key::{self, KeyBuilder};
use crate::record::{ArtifactRecord, RecordError, Text, TextOption};
use crate::resources::Place;
use crate::{Change, LastError, Ledger, LedgerError, Stored};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// At work, or waiting; goes on after a restart of the runtime.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// A newer plan took over.
    Superseded,
}

/// One execution of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Identity.
    #[serde(with = "Text")]
    pub id: RunId,
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The environment.
    #[serde(with = "Text")]
    pub environment: Name,
    /// The application.
    #[serde(with = "Text")]
    pub application: Name,
    /// The plan.
    #[serde(with = "Text")]
    pub plan: PlanId,
    /// Where it is.
    pub state: RunState,
    /// Milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Milliseconds since the Unix epoch.
    pub ended_ms: Option<u64>,
    /// What it rendered.
    pub files: Vec<RenderedFile>,
    /// Why it failed.
    pub error: Option<LastError>,
    /// How each step ended; written when the run ends.
    pub steps: Vec<StepEnd>,
}

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEnd {
    /// The step's name.
    pub name: String,
    /// `provisioner`, `render`, `deprovision`.
    pub kind: String,
    /// `waiting`, `running`, `pending`, `retrying`, `succeeded`, `unchanged`, `failed`, `skipped`.
    pub state: String,
    /// The resource, for provisioner and deprovision steps.
    #[serde(with = "TextOption")]
    pub resource: Option<ResourceId>,
    /// Its identity in the application, as text.
    pub uid: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// What went wrong.
    pub error: Option<LastError>,
}

/// A rendered file, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedFile {
    /// A relative path.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Holds tokens that become secrets when it is handed out.
    pub sensitive: bool,
    /// Bytes of the content as rendered.
    pub size: u64,
}

/// Content of the files of one record, in bytes; a single file may have more.
const PART: usize = 1024 * 1024;

/// Contents of rendered files, sealed. There may be more files than a transaction has room for, so several share a
/// record.
#[derive(Serialize, Deserialize)]
struct SealedFiles {
    /// How many records there are.
    parts: u32,
    sealed: String,
}

impl Run {
    /// Whose, and where.
    pub fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.clone(), environment: self.environment.clone() }
    }
}

fn part_key(run: &Run, part: u32) -> Vec<u8> {
    parts_prefix(run).part(part.to_be_bytes()).build()
}

fn parts_prefix(run: &Run) -> KeyBuilder {
    KeyBuilder::scoped("file", &run.scope()).part(run.application.as_str()).part(run.id.as_bytes())
}

/// Files in order, as many together as a record should hold.
fn parts(files: &[Artifact]) -> Vec<Vec<ArtifactRecord>> {
    let mut parts: Vec<Vec<ArtifactRecord>> = Vec::new();
    let mut bytes = usize::MAX;
    for file in files {
        bytes = bytes.saturating_add(file.content.len());
        if bytes > PART {
            parts.push(Vec::new());
            bytes = file.content.len();
        }
        parts.last_mut().expect("one was just begun").push(file.into());
    }
    parts
}

impl Ledger {
    /// One run.
    pub async fn run(&self, id: RunId) -> Result<Option<Stored<Run>>, LedgerError> {
        let Some(place) = self.read::<Place>(&key::index(id.as_bytes()), format!("run {id}")).await? else {
            return Ok(None);
        };
        self.read(&key::run(&place.value.scope(), &place.value.application, id), format!("run {id}")).await
    }

    /// The runs of one application, oldest first.
    pub async fn runs(&self, scope: &Scope, application: &Name) -> Result<Vec<Stored<Run>>, LedgerError> {
        self.list(KeyBuilder::scoped("run", scope).part(application.as_str()).build(), "a run").await
    }

    /// The runs of one tenant and environment.
    pub async fn runs_of(&self, scope: &Scope) -> Result<Vec<Stored<Run>>, LedgerError> {
        self.list(KeyBuilder::scoped("run", scope).build(), "a run").await
    }

    /// What a run rendered, with tokens as rendered.
    pub async fn files(&self, run: &Run) -> Result<Vec<Artifact>, LedgerError> {
        let mut files = Vec::with_capacity(run.files.len());
        let mut part = 0;
        while files.len() < run.files.len() {
            let what = format!("the files of run {}", run.id);
            let key = part_key(run, part);
            let missing = |reason: &str| LedgerError::Chunks { what: what.clone(), reason: reason.into() };
            let stored: Stored<SealedFiles> =
                self.read(&key, &what).await?.ok_or_else(|| missing("some are missing"))?;
            let sealed =
                BASE64.decode(&stored.value.sealed).map_err(|_| missing("the sealed part is not base64"))?;
            let clear = self
                .keys
                .open(&key, stored.value.parts.into(), &sealed)
                .map_err(|source| LedgerError::Seal { what: what.clone(), source })?;
            let records: Vec<ArtifactRecord> = serde_json::from_slice(&clear).map_err(|error| {
                LedgerError::Record { what: what.clone(), source: RecordError::Shape(error) }
            })?;
            files.extend(records.into_iter().map(Artifact::from));
            part += 1;
            if part >= stored.value.parts && files.len() < run.files.len() {
                return Err(missing("some are missing"));
            }
        }
        Ok(files)
    }
}

impl Change<'_> {
    /// Writes a run: still as it was read, or with `before` none, new.
    pub fn put_run(&mut self, run: &Run, before: Option<&Stored<Run>>) {
        if before.is_none() {
            let place = Place {
                tenant: run.tenant.clone(),
                environment: run.environment.clone(),
                application: run.application.clone(),
            };
            self.put_always(key::index(run.id.as_bytes()), "an index", &place);
        }
        let key = key::run(&run.scope(), &run.application, run.id);
        self.put(key, format!("run {}", run.id), run, before);
    }

    /// Writes what a run rendered, replacing what an interrupted try wrote, and says so in `run`.
    pub fn put_files(&mut self, run: &mut Run, files: &[Artifact]) {
        let parts = parts(files);
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        for (part, records) in (0..).zip(&parts) {
            let key = part_key(run, part);
            let what = format!("the files of run {}", run.id);
            match serde_json::to_vec(records) {
                Ok(clear) => {
                    let clear = zeroize::Zeroizing::new(clear);
                    let sealed = BASE64.encode(self.ledger().keys.seal(&key, count.into(), &clear));
                    self.put_always(key, what, &SealedFiles { parts: count, sealed });
                }
                Err(error) => self.fail(LedgerError::Record { what, source: RecordError::Shape(error) }),
            }
        }
        run.files = files
            .iter()
            .map(|file| RenderedFile {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                sensitive: file.sensitive,
                size: file.content.len() as u64,
            })
            .collect();
    }

    /// Removes a run and what it rendered.
    pub async fn delete_run(&mut self, before: &Stored<Run>) -> Result<(), LedgerError> {
        let run = &before.value;
        // Whatever is there, also of a try that rendered more.
        for (key, stored) in self.ledger().heads(parts_prefix(run).build()).await? {
            self.delete(key, format!("the files of run {}", run.id), &stored);
        }
        self.delete_always(key::index(run.id.as_bytes()));
        self.delete(key::run(&run.scope(), &run.application, run.id), format!("run {}", run.id), before);
        Ok(())
    }
}
