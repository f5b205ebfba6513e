//! What really happens when a guest calls: behind the authoriser, one [`World`] per execution.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use innominatus_effect::{
    Call, HttpError, HttpRequest, HttpResponse, Interrupt, Minted, Outcome, Permit, SecretError, World,
};
use innominatus_ledger::LedgerError;
use innominatus_ledger::seal::{Scrubber, recipe};
use innominatus_model::{
    Event, EventKind, Grant, HttpDestination, Json, Name, Prior, ResourceId, RunId, Scope, Secret,
    SecretName,
};
use innominatus_plan::ComponentRef;
use serde_json::json;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::Engine;
use crate::clock::now_ms;
use crate::events::{about_resource, about_run, event};
use crate::run::{Cell, scrub_events};
use crate::vault::{Known, Secrets};

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
    /// Whose bytes run.
    pub(crate) maker: ComponentRef,
    /// What the component may do: which secrets may go where.
    pub(crate) grant: Grant,
    pub(crate) deadline: Instant,
    /// The resource, for checkpoints.
    pub(crate) cell: Option<Arc<Cell>>,
    /// The version, generation and params a checkpoint is said of.
    pub(crate) prior: Option<(String, u64, Json)>,
    pub(crate) lines: Mutex<Vec<Event>>,
    /// Reports of progress that may still be kept at once.
    pub(crate) prompt: AtomicU32,
    /// The secrets that it was given to work with, once they were looked up.
    pub(crate) given: OnceCell<Vec<Secret>>,
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

    /// Adds a line of our own to those that wait.
    pub(crate) fn tell(&self, line: Event) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What the operator configured; nothing when that cannot be read, which the component is told when it asks.
    pub(crate) async fn settings_or_empty(&self) -> Json {
        self.settings().await.unwrap_or_else(|_| json!({}))
    }

    /// Log lines that were not kept yet. They go with the next change, which is to take the secrets out.
    pub(crate) fn take_lines(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same, without secrets.
    pub(crate) async fn take_clean_lines(&self) -> Result<Vec<Event>, LedgerError> {
        if self.lines.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Ok(Vec::new());
        }
        let scrub = self.scrubber().await?;
        let mut lines = self.take_lines();
        scrub_events(&scrub, &mut lines);
        Ok(lines)
    }

    /// What knows the secrets that must not stand in texts about what is done here.
    async fn scrubber(&self) -> Result<Scrubber, LedgerError> {
        let mut secrets = self.known().all().await?;
        if let Some(cell) = &self.cell {
            let resource = cell.get().await;
            let sensitive = resource.outputs().iter().filter(|output| output.sensitive);
            secrets.extend(sensitive.filter_map(|output| output.value.as_str()).map(Secret::new));
        }
        Ok(Scrubber::new(&secrets))
    }

    fn known(&self) -> Known<'_> {
        Known {
            ledger: self.engine.ledger(),
            scope: &self.scope,
            component: &self.component,
            resource: self.resource,
            grant: &self.grant,
            params: self.prior.as_ref().map(|(_, _, params)| params),
            given: &self.given,
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
        let lines = self.take_clean_lines().await?;
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

fn host(call: &'static str) -> impl FnOnce(LedgerError) -> Interrupt {
    move |error| Interrupt::Host { call, reason: chain(&error) }
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
    async fn perform(&self, call: Call, permit: Permit, key: Option<String>) -> Result<Outcome, Interrupt> {
        let name = call.name();
        match call {
            Call::Log { level, message, fields } => {
                let fields: serde_json::Map<String, Json> =
                    fields.into_iter().map(|(key, value)| (key, Json::String(value))).collect();
                let details = json!({"level": level.as_str(), "component": self.component, "fields": fields});
                let line = self.line(EventKind::GuestLog, message, details);
                self.keep(line, false).await.map_err(host(name))?;
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
                self.keep(line, prompt).await.map_err(host(name))?;
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
                    let lines = self.take_clean_lines().await.map_err(host(name))?;
                    cell.update(self.engine.ledger(), &lines, |resource| {
                        resource.status.made_by = Some(self.maker.clone());
                        resource.status.prior = Some(prior);
                    })
                    .await
                    .map_err(host(name))?;
                }
                Ok(Outcome::Done)
            }
            Call::SecretGenerate { name: secret, recipe, options } => {
                self.generate(name, &secret, &recipe, &options).await
            }
            Call::SecretReference { .. } => self.reference(name, permit).await,
            Call::Http { request } => self.send(&request, permit, key).await,
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
        recipe::check_name(secret).map_err(|error| Interrupt::Breach(error.to_string()))?;
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
            .map_err(host(call))?
            .map_err(|error| Interrupt::Breach(error.to_string()))?;
        if made.created {
            let message = format!("generated the secret `{secret}` ({recipe})");
            let line = self.line(EventKind::SecretGenerated, message, json!({"component": self.component}));
            self.keep(line, false).await.map_err(host(call))?;
        }
        Ok(Outcome::Minted(Ok(Minted { token: made.token, public: made.public })))
    }

    async fn reference(&self, call: &'static str, permit: Permit) -> Result<Outcome, Interrupt> {
        let missing = Ok(Outcome::Token(Err(SecretError::NotFound)));
        let (Some(resource), Some(granted)) = (self.resource, permit.secret) else { return missing };
        let Ok(name) = SecretName::new(&granted.secret) else { return missing };
        let ledger = self.engine.ledger();
        let token = ledger.reference_token(&self.scope, &self.component, resource, &name).await;
        match token.map_err(host(call))? {
            Some(token) => Ok(Outcome::Token(Ok(token))),
            None => missing,
        }
    }

    async fn send(
        &self,
        request: &HttpRequest,
        permit: Permit,
        key: Option<String>,
    ) -> Result<Outcome, Interrupt> {
        let call = "http.send";
        let broken = |reason: String| Interrupt::Host { call, reason };
        let permit = permit.http.ok_or_else(|| broken("it was let through without a place to go".into()))?;
        let egress = self.engine.egress().map_err(|error| broken(chain(&error)))?;
        let secrets = Secrets(self.known());
        let began = Instant::now();
        let sent = egress.send(&self.component, request, &permit, key.as_deref(), &secrets).await;
        let answer = sent.map_err(|error| broken(chain(&error)))?;
        self.tell(self.effect(request, &permit.to, &answer, began.elapsed()));
        Ok(Outcome::Http(answer))
    }

    /// What people see of a request: what it was for, where it went, what came of it; no path, no body.
    fn effect(
        &self,
        request: &HttpRequest,
        to: &HttpDestination,
        answer: &Result<HttpResponse, HttpError>,
        took: Duration,
    ) -> Event {
        let (kind, outcome) = match answer {
            Ok(response) => (EventKind::EffectPerformed, response.status.to_string()),
            Err(HttpError::Denied(_)) => (EventKind::EffectPerformed, "denied".to_owned()),
            Err(HttpError::NotSent(_)) => (EventKind::EffectPerformed, "not sent".to_owned()),
            Err(HttpError::TooLarge(_)) => (EventKind::EffectPerformed, "answer too large".to_owned()),
            Err(HttpError::OutcomeUnknown(_)) => (EventKind::EffectUnknown, "outcome unknown".to_owned()),
        };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (method, host) = (request.method.as_str(), &to.host);
        let message = format!("{}: {method} {host}: {outcome} ({took_ms} ms)", request.purpose);
        let details = json!({"component": self.component, "purpose": request.purpose, "method": method,
            "host": host, "port": to.port, "outcome": outcome, "tookMs": took_ms});
        self.line(kind, message, details)
    }

    async fn settings(&self) -> Result<Json, Interrupt> {
        let platform = &self.maker.platform;
        let path = self.engine.0.config.settings.join(format!("{platform}.json"));
        let broken = |reason: String| Interrupt::Host { call: "settings.get", reason };
        match tokio::fs::read(&path).await {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                broken(format!("the settings of `{platform}` are not JSON: {error}"))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(json!({})),
            Err(error) => Err(broken(format!("the settings of `{platform}` cannot be read: {error}"))),
        }
    }
}

fn random(count: u32) -> Result<Vec<u8>, Interrupt> {
    let mut bytes = vec![0; count as usize];
    getrandom::fill(&mut bytes)
        .map_err(|error| Interrupt::Host { call: "random.bytes", reason: error.to_string() })?;
    Ok(bytes)
}
