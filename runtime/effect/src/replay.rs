//! Replay without a world: answers from a recording, performs nothing.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Call, Interrupt, Outcome, Past, Port};

/// Answers every call from what was kept.
pub struct Replay {
    past: Vec<Past>,
    next: Mutex<u32>,
}

impl Replay {
    /// Over what was kept.
    pub fn new(past: Vec<Past>) -> Self {
        Self { past, next: Mutex::new(0) }
    }

    /// Whether the component did all that was kept; to be asked when it has answered.
    pub fn finished(&self) -> Result<(), Interrupt> {
        Interrupt::early(self.progress().0, &self.past)
    }

    /// How many calls were answered, of how many kept.
    pub fn progress(&self) -> (u32, usize) {
        (*self.next.lock().unwrap_or_else(PoisonError::into_inner), self.past.len())
    }
}

#[async_trait]
impl Port for Replay {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let position = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let position = *next;
            *next += 1;
            position
        };
        let astray = |recorded: &str| Interrupt::astray(position, recorded, &call);
        let past = self.past.get(position as usize).ok_or_else(|| astray("the end"))?;
        if past.digest != call.digest() {
            return Err(astray(&past.call));
        }
        past.outcome.clone().ok_or_else(|| astray(&format!("{} without an outcome", past.call)))
    }
}
