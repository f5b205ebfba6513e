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
        let diverged =
            |recorded: String| Interrupt::Diverged { position, recorded, asked: call.name().to_owned() };
        let past = self.past.get(position as usize).ok_or_else(|| diverged("the end".to_owned()))?;
        if past.digest != call.digest() {
            return Err(diverged(past.call.clone()));
        }
        past.outcome.clone().ok_or_else(|| diverged(format!("{} without an outcome", past.call)))
    }
}
