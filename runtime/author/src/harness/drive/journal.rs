//! A journal in memory: what is kept when the runtime dies.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use innominatus_effect::{Journal, JournalError, Note};

/// The notes of one execution.
pub(super) struct Notes(Mutex<Vec<Note>>);

impl Notes {
    /// With what was kept before.
    pub(super) fn new(before: Vec<Note>) -> Self {
        Self(Mutex::new(before))
    }

    /// Everything that is kept.
    pub(super) fn all(&self) -> Vec<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Journal for Notes {
    async fn append(&self, notes: Vec<Note>) -> Result<(), JournalError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(notes);
        Ok(())
    }
}
