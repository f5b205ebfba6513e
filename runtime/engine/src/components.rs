//! Components by digest, loaded once and kept; and golden paths that are files, read when they are needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_ledger::Blobs;
use innominatus_model::{Digest, WrittenPath};
use innominatus_package::read_golden_path;
use innominatus_plan::ComponentRef;
use innominatus_sandbox::{Component, Sandbox};

use crate::EngineError;

/// Loads components from the blobs.
pub(crate) struct Components {
    sandbox: Sandbox,
    blobs: Blobs,
    live: Mutex<HashMap<Digest, Arc<tokio::sync::OnceCell<Component>>>>,
}

impl Components {
    pub(crate) fn new(sandbox: Sandbox, blobs: Blobs) -> Self {
        Self { sandbox, blobs, live: Mutex::default() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The component behind a reference; compiled at most once however many ask.
    pub(crate) async fn get(&self, reference: &ComponentRef) -> Result<Component, EngineError> {
        let digest = reference.component;
        let cell = {
            let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            live.entry(digest).or_default().clone()
        };
        let load = || async {
            let blobs = self.blobs.clone();
            let bytes = tokio::task::spawn_blocking(move || blobs.get(&digest))
                .await
                .map_err(|_| EngineError::Stopping)??;
            self.sandbox
                .load(&digest, &bytes)
                .await
                .map_err(|source| EngineError::Load { entry: reference.label(), source })
        };
        cell.get_or_try_init(load).await.cloned()
    }

    /// The golden path behind a reference whose entry is a file. It was judged when it was installed.
    pub(crate) async fn written(&self, reference: &ComponentRef) -> Result<WrittenPath, EngineError> {
        let (blobs, digest, label) = (self.blobs.clone(), reference.component, reference.label());
        let read = move || {
            let bytes = blobs.get(&digest)?;
            match read_golden_path(&label, &bytes) {
                Ok((path, _)) => Ok(path),
                Err(source) => Err(EngineError::Written { entry: label, source }),
            }
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| EngineError::Stopping)?
    }

    /// Forgets components that are not in use any more.
    pub(crate) fn retain(&self, in_use: impl Fn(&Digest) -> bool) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).retain(|digest, _| in_use(digest));
    }
}
