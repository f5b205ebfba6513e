//! Worlds without a cloud: what stands behind the calls of a guest while it is tested. Time, chance and tokens are the
//! same in each run; HTTP is answered by a script, or by a generic store of things.

mod answer;
mod disturb;
mod recorded;
mod script;
mod things;
mod vault;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use innominatus_effect::{Access, Call, HttpError, Interrupt, Minted, Outcome, Permit, SecretError, World};
use innominatus_model::{Json, Output, State};

pub(crate) use disturb::{Disturbance, Fault};
pub(crate) use recorded::Recorded;
pub(crate) use script::{Script, body_of, contains, matches};

use things::Things;
use vault::Vault;

/// 2020-01-01T00:00:00Z.
const BEGINNING_MS: u64 = 1_577_836_800_000;
/// How a death of the runtime is called.
pub(crate) const DEATH: &str = "the harness stopped the runtime here";

/// A world.
pub(crate) struct Cloud {
    settings: Json,
    /// The names under which references are known; none means any.
    known: Option<Vec<(String, String)>>,
    inner: Mutex<Inner>,
}

#[derive(Clone, Default)]
struct Inner {
    things: Things,
    script: Option<Script>,
    recorded: Option<Recorded>,
    vault: Vault,
    /// Calls so far.
    calls: Vec<Called>,
    requests: u32,
    /// Differs between wishes, and with it time and chance.
    season: u64,
    /// Random answers so far, of this execution.
    chances: u64,
    disturbance: Option<Disturbance>,
    /// What was disturbed, in words.
    disturbed: Option<String>,
    checkpoint: Option<State>,
}

/// One call that reached the world.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Called {
    /// In words: `http.send PUT https://…`.
    pub(crate) what: String,
    /// What it does to the world.
    pub(crate) access: Access,
    /// For `http.send`, its number among them.
    pub(crate) request: Option<u32>,
    /// Whether it asks for a secret of the operator.
    pub(crate) refers: bool,
}

impl Cloud {
    /// An empty one.
    pub(crate) fn new(settings: Json) -> Self {
        Self { settings, known: None, inner: Mutex::default() }
    }

    /// With written answers instead of the generic store.
    pub(crate) fn scripted(self, script: Script) -> Self {
        self.lock().script = Some(script);
        self
    }

    /// With the answers of a recording, as long as they last.
    pub(crate) fn recorded(self, recorded: Recorded) -> Self {
        self.lock().recorded = Some(recorded);
        self
    }

    /// Knows only these secrets of the operator, each with the text that nobody is to see.
    pub(crate) fn knowing(self, secrets: Vec<(String, String)>) -> Self {
        Self { known: Some(secrets), ..self }
    }

    /// Knows the tokens that stand in these outputs: those of the names that provisioners gave them here.
    pub(crate) fn minted<'o>(self, outputs: impl Iterator<Item = &'o Output>) -> Self {
        self.learn(outputs);
        self
    }

    /// The same, for a world that is in use.
    pub(crate) fn learn<'o>(&self, outputs: impl Iterator<Item = &'o Output>) {
        let mut inner = self.lock();
        for output in outputs.filter(|output| output.sensitive) {
            inner.vault.learn(&output.name, &output.value.to_string());
        }
    }

    /// The same world once more, to go on from here in another way.
    pub(crate) fn fork(&self) -> Self {
        let inner = Inner {
            disturbance: None,
            disturbed: None,
            calls: Vec::new(),
            requests: 0,
            ..self.lock().clone()
        };
        Self { settings: self.settings.clone(), known: self.known.clone(), inner: Mutex::new(inner) }
    }

    /// The same with something going wrong.
    pub(crate) fn disturbed(self, disturbance: Disturbance) -> Self {
        self.lock().disturbance = Some(disturbance);
        self
    }

    /// What went wrong, in words; none if the place was never reached.
    pub(crate) fn went_wrong(&self) -> Option<String> {
        self.lock().disturbed.clone()
    }

    pub(crate) fn settings(&self) -> &Json {
        &self.settings
    }

    /// Calls that reached it, in order.
    pub(crate) fn calls(&self) -> Vec<Called> {
        self.lock().calls.clone()
    }

    pub(crate) fn is_generic(&self) -> bool {
        self.lock().script.is_none()
    }

    pub(crate) fn snapshot(&self) -> Vec<String> {
        self.lock().things.snapshot()
    }

    pub(crate) fn without_ids(&self, text: &str) -> String {
        self.lock().things.without_ids(text)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().things.is_empty()
    }

    /// What is left, a path each.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.lock().things.paths().into_iter().map(str::to_owned).collect()
    }

    /// The name of a secret whose token stands in the text.
    pub(crate) fn secret_in(&self, text: &str) -> Option<String> {
        let planted = self
            .known
            .iter()
            .flatten()
            .find(|(_, secret)| !secret.is_empty() && text.contains(secret.as_str()));
        let token = || self.lock().vault.found_in(text).map(str::to_owned);
        planted.map(|(name, _)| name.clone()).or_else(token)
    }

    /// Written answers that were to be used and were not.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.lock().script.as_ref().map(Script::unused).unwrap_or_default()
    }

    /// The state of the last checkpoint.
    pub(crate) fn take_checkpoint(&self) -> Option<State> {
        self.lock().checkpoint.take()
    }

    /// An execution begins or goes on, with so many random answers in its journal.
    pub(crate) fn begin(&self, chances: usize) {
        self.lock().chances = chances as u64;
    }

    /// From now on it is later, and chance falls otherwise.
    pub(crate) fn later(&self) {
        self.lock().season += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn act(&self, call: &Call, permit: &Permit, key: Option<&str>) -> Outcome {
        let mut inner = self.lock();
        if let Some(outcome) = inner.recorded.as_mut().and_then(|recorded| recorded.answer(call)) {
            return outcome;
        }
        match call {
            Call::Log { .. } | Call::Progress { .. } => Outcome::Done,
            Call::Checkpoint { state } => {
                inner.checkpoint = Some(state.clone());
                Outcome::Done
            }
            Call::ClockNow => Outcome::Millis(BEGINNING_MS + 60_000 * inner.season),
            Call::ClockRemaining => Outcome::Millis(30_000),
            Call::RandomBytes { count } => Outcome::Bytes(inner.random(*count)),
            Call::SettingsGet => Outcome::Json(self.settings.clone()),
            Call::SecretReference { name } => Outcome::Token(match &self.known {
                Some(known) if !known.iter().any(|(known, _)| known == name) => Err(SecretError::NotFound),
                _ => Ok(inner.vault.token(name)),
            }),
            Call::SecretGenerate { name, .. } => {
                Outcome::Minted(Ok(Minted { token: inner.vault.token(name), public: None }))
            }
            Call::Http { request } => Outcome::Http(match &permit.http {
                Some(http) => inner.answer(request, http, key).map(|mut answer| {
                    inner.scrub(self.known.as_deref().unwrap_or_default(), &mut answer);
                    answer
                }),
                None => Err(HttpError::NotSent("the request leads nowhere".into())),
            }),
        }
    }
}

#[async_trait]
impl World for Cloud {
    async fn perform(&self, call: Call, permit: Permit, key: Option<String>) -> Result<Outcome, Interrupt> {
        let (number, request, disturbance) = {
            let mut inner = self.lock();
            let number = u32::try_from(inner.calls.len()).unwrap_or(u32::MAX);
            let request = matches!(call, Call::Http { .. }).then_some(inner.requests);
            inner.requests += u32::from(request.is_some());
            let refers = matches!(call, Call::SecretReference { .. });
            inner.calls.push(Called { what: words(&call), access: permit.access, request, refers });
            (number, request, inner.disturbance)
        };
        let tell = |what: String| {
            let mut inner = self.lock();
            inner.disturbance = None;
            inner.disturbed = Some(what);
        };
        let dead = || Interrupt::Host { call: call.name(), reason: DEATH.to_owned() };
        match disturbance {
            Some(Disturbance::Crash { at, after }) if at == number => {
                let when = if after { "after" } else { "before" };
                tell(format!("the runtime dies {when} call {} ({})", number + 1, words(&call)));
                if after {
                    self.act(&call, &permit, key.as_deref());
                }
                Err(dead())
            }
            Some(Disturbance::Missing { at }) if at == number => {
                tell(format!("call {} ({}) finds no such secret", number + 1, words(&call)));
                Ok(Outcome::Token(Err(SecretError::NotFound)))
            }
            Some(Disturbance::Fault { at, kind }) if Some(at) == request => {
                tell(format!("request {} ({}) {}", at + 1, words(&call), kind.words()));
                let real = match kind.acts().then(|| self.act(&call, &permit, key.as_deref())) {
                    Some(Outcome::Http(Ok(answer))) => Some(answer),
                    _ => None,
                };
                let is_read = permit.access == Access::Read;
                Ok(kind.outcome(is_read, real))
            }
            _ => Ok(self.act(&call, &permit, key.as_deref())),
        }
    }
}

/// A call in a few words.
pub(crate) fn words(call: &Call) -> String {
    let name = call.name();
    match call {
        Call::Http { request } => {
            format!("{} {}", request.method, request.url.chars().take(120).collect::<String>())
        }
        Call::SecretReference { name: secret } | Call::SecretGenerate { name: secret, .. } => {
            format!("{name} `{secret}`")
        }
        _ => name.to_owned(),
    }
}
