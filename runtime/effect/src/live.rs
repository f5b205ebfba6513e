//! Behind the port when it is for real: authorise, then perform.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Authoriser, Call, Interrupt, Outcome, Port, Verdict};

/// Performs calls that have been authorised. `engine` stands behind this.
#[async_trait]
pub trait World: Send + Sync {
    /// Performs one call for real; the outcome has the shape the call's answer has.
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt>;
}

/// The port of a real execution.
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
            Verdict::Allow => self.world.perform(call).await,
            Verdict::Deny(outcome) => Ok(outcome),
            Verdict::Breach(why) => Err(Interrupt::Breach(why)),
        }
    }
}
