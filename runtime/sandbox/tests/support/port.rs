//! Ports: one that answers everything, and ones that do not.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use innominatus_effect::{Call, HttpResponse, Interrupt, Minted, Outcome, Port};
use serde_json::json;

/// Answers every call and keeps it.
#[derive(Default)]
pub(crate) struct Answers {
    calls: Mutex<Vec<Call>>,
}

impl Answers {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Port for Answers {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let outcome = match &call {
            Call::Log { .. } | Call::Checkpoint { .. } | Call::Progress { .. } => Outcome::Done,
            Call::ClockNow => Outcome::Millis(1_000),
            Call::ClockRemaining => Outcome::Millis(500),
            Call::RandomBytes { count } => Outcome::Bytes(vec![7; *count as usize]),
            Call::SettingsGet => Outcome::Json(json!({"region": "here"})),
            Call::SecretReference { name } => Outcome::Token(Ok(format!("token-of-{name}"))),
            Call::SecretGenerate { name, .. } => {
                Outcome::Minted(Ok(Minted { token: format!("token-of-{name}"), public: None }))
            }
            Call::Http { request } => {
                let body = request.url.clone().into_bytes();
                Outcome::Http(Ok(HttpResponse { status: 200, headers: vec![], body }))
            }
        };
        self.calls.lock().unwrap().push(call);
        Ok(outcome)
    }
}

/// Never answers.
pub(crate) struct Silence;

#[async_trait]
impl Port for Silence {
    async fn perform(&self, _call: Call) -> Result<Outcome, Interrupt> {
        std::future::pending().await
    }
}

/// Says the same to everything.
pub(crate) struct Always(pub(crate) Result<Outcome, Interrupt>);

#[async_trait]
impl Port for Always {
    async fn perform(&self, _call: Call) -> Result<Outcome, Interrupt> {
        self.0.clone()
    }
}
