//! Behind the port when it is for real: authorise, then perform.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Authoriser, Call, Interrupt, Outcome, Permit, Port, Verdict};

/// Performs calls that have been authorised. `engine` stands behind this.
#[async_trait]
pub trait World: Send + Sync {
    /// Performs one call for real, on the authoriser's terms; the outcome has the shape the call's answer has.
    /// `key` is the idempotency key, for a request with a slot for it.
    async fn perform(&self, call: Call, permit: Permit, key: Option<String>) -> Result<Outcome, Interrupt>;
}

/// The port of a real execution that leaves no trace outside, so that nothing needs to be written down.
pub struct Live {
    authoriser: Authoriser,
    world: Arc<dyn World>,
}

impl Live {
    /// Puts the authoriser before the world.
    pub fn new(authoriser: Authoriser, world: Arc<dyn World>) -> Self {
        Self { authoriser, world }
    }
}

#[async_trait]
impl Port for Live {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        match self.authoriser.judge(&call) {
            Verdict::Allow(permit) => self.world.perform(call, permit, None).await,
            Verdict::Deny(outcome) => Ok(outcome),
            Verdict::Breach(why) => Err(Interrupt::Breach(why)),
        }
    }
}
