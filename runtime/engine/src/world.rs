//! What really happens when a guest calls: behind the authoriser, one [`World`] per execution.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use innominatus_effect::{Access, Call, HttpRequest, Interrupt, Minted, Outcome, Permit, SecretError, World};
use innominatus_egress::EgressError;
use innominatus_ledger::seal::recipe;
use innominatus_ledger::{Destination, Holder, LedgerError};
use innominatus_model::{
    Coded, Event, EventKind, Grant, Json, Name, Offer, Prior, ResourceId, RunId, Scope, Secret, SecretName,
    State,
};
use innominatus_plan::ComponentRef;
use innominatus_sandbox::HostError;
use serde_json::json;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::clock::now_ms;
use crate::events::{about_resource, about_run, effect, event};
use crate::run::settle::{self, Promise};
use crate::run::{Cell, scrub_events};
use crate::settings::Settings;
use crate::vault::Secrets;
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
    /// What the component may do: which secrets may go where.
    pub(crate) grant: Grant,
    pub(crate) deadline: Instant,
    /// The resource, for checkpoints.
    pub(crate) cell: Option<Arc<Cell>>,
    /// What a checkpoint is said of.
    pub(crate) claim: Option<Claim>,
    pub(crate) lines: Mutex<Vec<Event>>,
    /// Reports of progress that may still be kept at once.
    pub(crate) prompt: AtomicU32,
    /// What went wrong first on our side. The guest's call ends with it, but cannot carry it.
    pub(crate) trouble: Mutex<Option<EngineError>>,
    /// The secrets that it was given to work with, once they were looked up.
    pub(crate) given: OnceCell<Vec<Secret>>,
}

/// Of what a component says that it exists.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) maker: ComponentRef,
    pub(crate) generation: u64,
    pub(crate) params: Json,
    /// What it promised: says which outputs are secret.
    pub(crate) offer: Offer,
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

    /// Whose tokens stand in its texts.
    pub(crate) fn holder(&self) -> Holder<'_> {
        Holder { scope: &self.scope, application: &self.application, component: &self.component }
    }

    /// Adds a line of our own to those that wait.
    pub(crate) fn tell(&self, line: Event) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What the operator configured; nothing when that cannot be read, which the component is told when it asks.
    pub(crate) async fn settings_or_empty(&self) -> Json {
        self.settings().await.unwrap_or_else(|_| json!({}))
    }

    /// Log lines that were not kept yet. They go with the next change.
    pub(crate) fn take_lines(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lines that were taken and could not be kept.
    pub(crate) fn put_back(&self, lines: Vec<Event>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).splice(0..0, lines);
    }

    /// Why the host could not do its part: what ends this step, or (the error) what the others cannot go on with
    /// either.
    pub(crate) fn trouble(&self, error: &HostError) -> Result<EngineError, EngineError> {
        let kept = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        let error =
            kept.unwrap_or_else(|| EngineError::refused(error.code(), error.to_string(), error.remedy()));
        if error.ends_one_step() { Ok(error) } else { Err(error) }
    }

    /// Keeps the first of them, and says it in words: what stands between here and the guest's end carries no more.
    pub(crate) fn keep_trouble(&self, error: impl Into<EngineError>) -> String {
        let error = error.into();
        let words = chain(&error);
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        words
    }

    fn failed<E: Into<EngineError>>(&self, call: &'static str) -> impl FnOnce(E) -> Interrupt {
        move |error| Interrupt::Host { call, reason: self.keep_trouble(error) }
    }

    /// Something that the component says or looks at, as far as it is still heard.
    fn heard(&self, line: Event) -> Option<Event> {
        match &self.cell {
            Some(cell) => cell.hear(line),
            None => Some(line),
        }
    }

    /// A line that is kept with others, or at once.
    async fn keep(&self, line: Option<Event>, at_once: bool) -> Result<(), LedgerError> {
        let Some(line) = line else { return Ok(()) };
        let full = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push(line);
            at_once || lines.len() >= BUFFERED
        };
        if full { self.flush().await } else { Ok(()) }
    }

    /// Log lines for a change in the middle of the call: secrets that are known by now are not in them.
    pub(crate) async fn scrubbed_lines(&self, state: Option<&State>) -> Result<Vec<Event>, LedgerError> {
        let mut lines = self.take_lines();
        if let Some(cell) = self.cell.as_ref().filter(|_| !lines.is_empty()) {
            let resource = cell.get().await;
            let scrub = settle::scrubber(self.engine.ledger(), &self.scope, &resource, state).await?;
            scrub_events(&scrub, &mut lines);
        }
        Ok(lines)
    }

    /// Every secret that may stand in an answer to it: those of its resource, those that its grant names, those that
    /// tokens in its params stand for.
    pub(crate) async fn known_secrets(&self) -> Result<Vec<Secret>, LedgerError> {
        let mut secrets = self.given.get_or_try_init(|| self.given()).await?.clone();
        if let Some(resource) = self.resource {
            secrets.extend(self.engine.ledger().secrets_of(&self.scope, resource).await?);
        }
        Ok(secrets)
    }

    async fn given(&self) -> Result<Vec<Secret>, LedgerError> {
        let ledger = self.engine.ledger();
        let mut secrets = Vec::new();
        for name in self.grant.secrets().filter_map(|name| SecretName::new(name).ok()) {
            secrets.extend(ledger.operator_value(&self.scope.tenant, &name).await?);
        }
        if let Some(params) = self.params().await? {
            let (references, typed) = (BTreeMap::new(), BTreeSet::new());
            let anywhere =
                Destination { host: "", own: true, references: &references, resource: None, typed: &typed };
            let text = params.to_string();
            let completed = ledger.complete_for(self.holder(), &text, &str::to_owned, anywhere).await;
            // What cannot be completed any more, because what it comes from is gone, is in no request either.
            secrets.extend(completed.map(|completed| completed.used).unwrap_or_default());
        }
        Ok(secrets)
    }

    /// What it was asked for.
    async fn params(&self) -> Result<Option<Json>, LedgerError> {
        if let Some(claim) = &self.claim {
            return Ok(Some(claim.params.clone()));
        }
        let Some(cell) = &self.cell else { return Ok(None) };
        let resource = cell.get().await;
        if let Some(open) = resource.status.execution
            && let Some(act) = self.engine.ledger().execution(&self.scope, resource.id, open).await?
        {
            return Ok(Some(act.value.target.params));
        }
        Ok(resource.status.prior.map(|prior| prior.params))
    }

    /// Keeps what is buffered.
    pub(crate) async fn flush(&self) -> Result<(), LedgerError> {
        let lines = self.scrubbed_lines(None).await?;
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
    async fn perform(&self, call: Call, permit: Permit, key: Option<String>) -> Result<Outcome, Interrupt> {
        let name = call.name();
        match call {
            Call::Log { level, message, fields } => {
                let fields: serde_json::Map<String, Json> =
                    fields.into_iter().map(|(key, value)| (key, Json::String(value))).collect();
                let details = json!({"level": level.as_str(), "component": self.component, "fields": fields});
                let line = self.line(EventKind::GuestLog, message, details);
                self.keep(self.heard(line), false).await.map_err(self.failed(name))?;
                Ok(Outcome::Done)
            }
            Call::ClockNow => Ok(Outcome::Millis(now_ms())),
            Call::ClockRemaining => {
                let left = self.deadline.saturating_duration_since(Instant::now());
                Ok(Outcome::Millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)))
            }
            Call::RandomBytes { count } => random(count).map(Outcome::Bytes),
            Call::SettingsGet => self.settings().await.map(Outcome::Json).map_err(self.failed(name)),
            Call::Progress { message, percent } => {
                let details = json!({"component": self.component, "percent": percent});
                let line = self.line(EventKind::GuestProgress, message, details);
                // Somebody waits for it; but a guest that reports all the time does not make us write all the time.
                let spend = |left: u32| left.checked_sub(1);
                let prompt = self.prompt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok();
                self.keep(self.heard(line), prompt).await.map_err(self.failed(name))?;
                Ok(Outcome::Done)
            }
            Call::Checkpoint { state } => self.checkpoint(name, state).await,
            Call::SecretGenerate { name: secret, recipe, options } => {
                self.generate(name, &secret, &recipe, &options).await
            }
            Call::SecretReference { .. } => self.reference(name, permit).await,
            Call::Http { request } => self.send(&request, permit, key).await,
        }
    }
}

impl Execution {
    /// What exists so far, kept under the same rules as what it says in the end.
    async fn checkpoint(&self, call: &'static str, mut state: State) -> Result<Outcome, Interrupt> {
        let (Some(cell), Some(claim)) = (&self.cell, &self.claim) else { return Ok(Outcome::Done) };
        let ledger = self.engine.ledger();
        settle::admit(ledger, self.holder(), &claim.offer, &mut state, Promise::Kept)
            .await
            .map_err(self.failed(call))?
            .map_err(|breach| Interrupt::Breach(format!("what it says to exist is not kept: {breach}")))?;
        let prior = Prior {
            state,
            version: claim.maker.version.to_string(),
            generation: claim.generation,
            params: claim.params.clone(),
        };
        let lines = self.scrubbed_lines(Some(&prior.state)).await.map_err(self.failed(call))?;
        cell.update(ledger, &lines, |resource| {
            resource.status.made_by = Some(claim.maker.clone());
            resource.status.prior = Some(prior);
        })
        .await
        .map_err(self.failed(call))?;
        Ok(Outcome::Done)
    }

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
            .map_err(self.failed(call))?
            .map_err(|error| Interrupt::Breach(error.to_string()))?;
        if made.created {
            let message = format!("generated the secret `{secret}` ({recipe})");
            let line = self.line(EventKind::SecretGenerated, message, json!({"component": self.component}));
            self.keep(Some(line), false).await.map_err(self.failed(call))?;
        }
        Ok(Outcome::Minted(Ok(Minted { token: made.token, public: made.public })))
    }

    async fn reference(&self, call: &'static str, permit: Permit) -> Result<Outcome, Interrupt> {
        let missing = Ok(Outcome::Token(Err(SecretError::NotFound)));
        let (Some(resource), Some(granted)) = (self.resource, permit.secret) else { return missing };
        let Ok(name) = SecretName::new(&granted.secret) else { return missing };
        let ledger = self.engine.ledger();
        let token = ledger.reference_token(&self.scope, &self.component, resource, &name).await;
        match token.map_err(self.failed(call))? {
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
        let access = permit.access;
        let permit = permit.http.ok_or_else(|| broken("it was let through without a place to go".into()))?;
        let egress = self.engine.egress().map_err(|error| broken(chain(&error)))?;
        let began = Instant::now();
        let sent = egress.send(&self.component, request, &permit, key.as_deref(), &Secrets(self)).await;
        let ours = |error: EgressError| EngineError::refused(error.code(), chain(&error), error.remedy());
        let answer = sent.map_err(|error| self.failed(call)(ours(error)))?;
        let (kind, message, mut details) = effect(request, &permit.to, access, &answer, began.elapsed());
        details["component"] = Json::from(self.component.as_str());
        let line = self.line(kind, message, details);
        // What it writes is told in any case.
        match access {
            Access::Write => self.tell(line),
            _ => self.keep(self.heard(line), false).await.map_err(self.failed(call))?,
        }
        Ok(Outcome::Http(answer))
    }

    async fn settings(&self) -> Result<Json, EngineError> {
        Settings::read(&self.engine.0.config, &self.platform).await.map(Settings::into_json)
    }
}

fn random(count: u32) -> Result<Vec<u8>, Interrupt> {
    let mut bytes = vec![0; count as usize];
    getrandom::fill(&mut bytes)
        .map_err(|error| Interrupt::Host { call: "random.bytes", reason: error.to_string() })?;
    Ok(bytes)
}
