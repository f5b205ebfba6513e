//! What really happens when a guest calls: behind the authoriser, one [`World`] per execution.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use innominatus_effect::{Call, Interrupt, Minted, Outcome, World};
use innominatus_ledger::{LedgerError, seal::recipe};
use innominatus_model::{Code, Coded, Event, EventKind, Json, Name, Prior, ResourceId, RunId, Scope};
use innominatus_sandbox::HostError;
use serde_json::json;
use tokio::time::Instant;

use crate::clock::now_ms;
use crate::events::{about_resource, about_run, event};
use crate::run::Cell;
use crate::{Engine, EngineError};

/// Log lines that wait for the next commit at most.
const BUFFERED: usize = 32;
/// Reports of progress of one call that are kept at once; later ones wait like log lines.
pub(crate) const PROMPT: u32 = 64;

/// Who is running, and for what.
pub(crate) struct Execution {
    pub(crate) engine: Engine,
    pub(crate) scope: Scope,
    pub(crate) application: Name,
    pub(crate) run: Option<RunId>,
    pub(crate) resource: Option<ResourceId>,
    /// `<platform>/<entry>`: what secrets are issued to.
    pub(crate) component: String,
    pub(crate) platform: Name,
    pub(crate) deadline: Instant,
    /// The resource, for checkpoints.
    pub(crate) cell: Option<Arc<Cell>>,
    /// The version, generation and params a checkpoint is said of.
    pub(crate) prior: Option<(String, u64, Json)>,
    pub(crate) lines: Mutex<Vec<Event>>,
    /// Reports of progress that may still be kept at once.
    pub(crate) prompt: AtomicU32,
    /// What went wrong first on our side. The guest's call ends with it, but cannot carry it.
    pub(crate) trouble: Mutex<Option<EngineError>>,
}

impl Execution {
    fn line(&self, kind: EventKind, message: String, details: Json) -> Event {
        let subject = match (self.resource, self.run) {
            (Some(resource), run) => about_resource(&self.application, resource, run),
            (None, Some(run)) => about_run(&self.application, run),
            (None, None) => Default::default(),
        };
        let mut line = event(&self.scope, kind, subject, message);
        line.details = details;
        line
    }

    /// Log lines that were not kept yet. They go with the next change.
    pub(crate) fn take_lines(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the host could not do its part: what ends this step, or (the error) what the others cannot go on with
    /// either.
    pub(crate) fn trouble(&self, error: &HostError) -> Result<EngineError, EngineError> {
        let kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        let error =
            kept.unwrap_or_else(|| EngineError::refused(error.code(), error.to_string(), error.remedy()));
        if error.ends_one_step() { Ok(error) } else { Err(error) }
    }

    fn failed<E: Into<EngineError>>(&self, call: &'static str) -> impl FnOnce(E) -> Interrupt {
        move |error| {
            let error = error.into();
            let reason = chain(&error);
            self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            Interrupt::Host { call, reason }
        }
    }

    async fn keep(&self, line: Event, at_once: bool) -> Result<(), LedgerError> {
        let full = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(line);
            at_once || lines.len() >= BUFFERED
        };
        if full { self.flush().await } else { Ok(()) }
    }

    /// Keeps what is buffered.
    pub(crate) async fn flush(&self) -> Result<(), LedgerError> {
        let lines = self.take_lines();
        for lines in lines.chunks(64) {
            let mut change = self.engine.ledger().change();
            for line in lines {
                change.event(line);
            }
            change.commit().await?;
        }
        Ok(())
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[async_trait]
impl World for Execution {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let name = call.name();
        match call {
            Call::Log { level, message, fields } => {
                let fields: serde_json::Map<String, Json> =
                    fields.into_iter().map(|(key, value)| (key, Json::String(value))).collect();
                let details = json!({"level": level.as_str(), "component": self.component, "fields": fields});
                let line = self.line(EventKind::GuestLog, message, details);
                self.keep(line, false).await.map_err(self.failed(name))?;
                Ok(Outcome::Done)
            }
            Call::ClockNow => Ok(Outcome::Millis(now_ms())),
            Call::ClockRemaining => {
                let left = self.deadline.saturating_duration_since(Instant::now());
                Ok(Outcome::Millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)))
            }
            Call::RandomBytes { count } => random(count).map(Outcome::Bytes),
            Call::SettingsGet => self.settings().await.map(Outcome::Json),
            Call::Progress { message, percent } => {
                let details = json!({"component": self.component, "percent": percent});
                let line = self.line(EventKind::GuestProgress, message, details);
                // Somebody waits for it; but a guest that reports all the time does not make us write all the time.
                let spend = |left: u32| left.checked_sub(1);
                let prompt = self.prompt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok();
                self.keep(line, prompt).await.map_err(self.failed(name))?;
                Ok(Outcome::Done)
            }
            Call::Checkpoint { state } => {
                if let (Some(cell), Some((version, generation, params))) = (&self.cell, &self.prior) {
                    let prior = Prior {
                        state,
                        version: version.clone(),
                        generation: *generation,
                        params: params.clone(),
                    };
                    let lines = self.take_lines();
                    cell.update(self.engine.ledger(), &lines, |resource| {
                        resource.status.made_by = Some(resource.provisioner.clone());
                        resource.status.prior = Some(prior);
                    })
                    .await
                    .map_err(self.failed(name))?;
                }
                Ok(Outcome::Done)
            }
            Call::SecretGenerate { name: secret, recipe, options } => {
                self.generate(name, &secret, &recipe, &options).await
            }
            // No operator can put a secret in yet, so there is none of that name.
            Call::SecretReference { .. } => {
                Ok(Outcome::Token(Err(innominatus_effect::SecretError::NotFound)))
            }
        }
    }
}

impl Execution {
    async fn generate(
        &self,
        call: &'static str,
        secret: &str,
        recipe: &str,
        options: &Json,
    ) -> Result<Outcome, Interrupt> {
        let Some(resource) = self.resource else {
            return Err(Interrupt::Breach(
                "`secrets.generate` belongs to a resource; there is none here".into(),
            ));
        };
        if secret.is_empty() || secret.len() > 128 || secret.chars().any(char::is_control) {
            return Err(Interrupt::Breach(
                "a secret's name has 1 to 128 bytes and no control characters".into(),
            ));
        }
        let made = self
            .engine
            .ledger()
            .generate_secret(
                &self.scope,
                &self.component,
                resource,
                secret,
                || recipe::generate(recipe, options),
                recipe,
            )
            .await
            .map_err(self.failed(call))?
            .map_err(|error| Interrupt::Breach(error.to_string()))?;
        if made.created {
            let message = format!("generated the secret `{secret}` ({recipe})");
            let line = self.line(EventKind::SecretGenerated, message, json!({"component": self.component}));
            self.keep(line, false).await.map_err(self.failed(call))?;
        }
        Ok(Outcome::Minted(Ok(Minted { token: made.token, public: made.public })))
    }

    async fn settings(&self) -> Result<Json, Interrupt> {
        let path = self.engine.0.config.settings.join(format!("{}.json", self.platform));
        let read = match tokio::fs::read(&path).await {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("is not JSON: {error}")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(json!({})),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        read.map_err(|problem| {
            EngineError::refused(
                Code::SettingsInvalid,
                format!(
                    "the settings of platform `{}` cannot be used: `{}` {problem}",
                    self.platform,
                    path.display()
                ),
                Some("correct the file, then run the same command again".to_owned()),
            )
        })
        .map_err(self.failed("settings.get"))
    }
}

fn random(count: u32) -> Result<Vec<u8>, Interrupt> {
    let mut bytes = vec![0; count as usize];
    getrandom::fill(&mut bytes)
        .map_err(|error| Interrupt::Host { call: "random.bytes", reason: error.to_string() })?;
    Ok(bytes)
}
