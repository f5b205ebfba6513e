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

/// The content of a rendered file, sealed.
#[derive(Serialize, Deserialize)]
struct SealedFile {
    sealed: String,
}

impl Run {
    /// Whose, and where.
    pub fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.clone(), environment: self.environment.clone() }
    }
}

fn file_key(run: &Run, index: usize) -> Vec<u8> {
    file_prefix(run).part(u32::try_from(index).unwrap_or(u32::MAX).to_be_bytes()).build()
}

fn file_prefix(run: &Run) -> KeyBuilder {
    KeyBuilder::scoped("file", &run.scope()).part(run.application.as_str()).part(run.id.as_bytes())
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
        for (index, file) in run.files.iter().enumerate() {
            let what = format!("file `{}` of run {}", file.name, run.id);
            let key = file_key(run, index);
            let missing = || LedgerError::Chunks { what: what.clone(), reason: "it is missing".into() };
            let stored: Stored<SealedFile> = self.read(&key, &what).await?.ok_or_else(missing)?;
            let sealed = BASE64.decode(&stored.value.sealed).map_err(|_| missing())?;
            let clear = self
                .keys
                .open(&key, 1, &sealed)
                .map_err(|source| LedgerError::Seal { what: what.clone(), source })?;
            let record: ArtifactRecord = serde_json::from_slice(&clear)
                .map_err(|error| LedgerError::Record { what, source: RecordError::Shape(error) })?;
            files.push(record.into());
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
        run.files.clear();
        for (index, file) in files.iter().enumerate() {
            let key = file_key(run, index);
            match serde_json::to_vec(&ArtifactRecord::from(file)) {
                Ok(clear) => {
                    let clear = zeroize::Zeroizing::new(clear);
                    let sealed = BASE64.encode(self.ledger().keys.seal(&key, 1, &clear));
                    self.put_always(key, format!("file `{}`", file.name), &SealedFile { sealed });
                }
                Err(error) => self.fail(LedgerError::Record {
                    what: format!("file `{}`", file.name),
                    source: RecordError::Shape(error),
                }),
            }
            run.files.push(RenderedFile {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                sensitive: file.sensitive,
                size: file.content.len() as u64,
            });
        }
    }

    /// Removes a run and what it rendered.
    pub async fn delete_run(&mut self, before: &Stored<Run>) -> Result<(), LedgerError> {
        let run = &before.value;
        for index in 0..run.files.len() {
            let key = file_key(run, index);
            if let Some(stored) = self.ledger().read::<SealedFile>(&key, "a file").await? {
                self.delete(key, "a file", &stored);
            }
        }
        self.delete_always(key::index(run.id.as_bytes()));
        self.delete(key::run(&run.scope(), &run.application, run.id), format!("run {}", run.id), before);
        Ok(())
    }
}
