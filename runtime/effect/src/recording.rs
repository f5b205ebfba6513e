//! A port that writes down what passes through another one.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Call, Interrupt, Outcome, Port};

/// One call and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the guest asked.
    pub call: Call,
    /// What it was told; none if it was interrupted.
    pub outcome: Option<Outcome>,
}

/// Writes down every call and outcome in the order the guest made them.
pub struct Recording {
    inner: Arc<dyn Port>,
    entries: Mutex<Vec<Entry>>,
}

impl Recording {
    /// Records what passes to `inner`.
    pub fn new(inner: Arc<dyn Port>) -> Self {
        Self { inner, entries: Mutex::new(Vec::new()) }
    }

    /// What has been recorded so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Port for Recording {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let result = self.inner.perform(call.clone()).await;
        let entry = Entry { call, outcome: result.as_ref().ok().cloned() };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        result
    }
}
