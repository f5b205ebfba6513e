//! The fake host.

use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{capture, recipes};
use crate::host::Backing;
use crate::{Denial, Host, HttpError, HttpRequest, HttpResponse, Json, Level, PathHost, SecretError, State};

/// Answers a guest's calls, and remembers them. Everything it answers is fixed: two runs are equal.
///
/// What breaks the contract ends a call of the real host with a fault; here it is a panic with the host's words: a
/// recipe or an option that there is not, a name that a secret cannot have.
///
/// ```
/// use innominatus_guest::testing::FakeHost;
///
/// let fake = FakeHost::new().with_settings(serde_json::json!({"zone": "a"})).deny("secrets");
/// assert!(fake.host().secrets().password("admin").is_err());
/// assert_eq!(fake.calls().len(), 1);
/// ```
#[derive(Debug)]
pub struct FakeHost {
    now_ms: u64,
    remaining_ms: u64,
    seed: u64,
    settings: Json,
    known: BTreeSet<String>,
    denied: BTreeSet<String>,
    salt: String,
    minted: RefCell<BTreeMap<String, String>>,
    calls: RefCell<Vec<HostCall>>,
    answers: RefCell<Vec<Route>>,
}

/// An answer waiting for its request.
struct Route {
    method: String,
    /// The URL begins with this.
    url: String,
    answer: Answer,
    /// Given once, rather than always.
    once: bool,
}

type Answer = Box<dyn Fn(&HttpRequest) -> Result<HttpResponse, HttpError>>;

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// One call of a guest.
#[derive(Debug, Clone, PartialEq)]
pub enum HostCall {
    /// `log.write`
    Log {
        /// How urgent.
        level: Level,
        /// The line.
        message: String,
        /// Its fields.
        fields: Vec<(String, String)>,
    },
    /// `clock.now-ms`
    Now,
    /// `clock.remaining-ms`
    Remaining,
    /// `random.bytes`
    Random {
        /// How many.
        count: u32,
    },
    /// `settings.get`
    Settings,
    /// `report.checkpoint`
    Checkpoint {
        /// What is to be kept.
        state: State,
    },
    /// `report.progress`
    Progress {
        /// What is going on.
        message: String,
        /// How far.
        percent: Option<u8>,
    },
    /// `secrets.reference`
    Reference {
        /// The operator's name for it.
        name: String,
    },
    /// `secrets.generate`
    Generate {
        /// The component's name for it.
        name: String,
        /// How it is made.
        recipe: String,
        /// Options of the recipe.
        options: Json,
    },
    /// `http.send`
    Http {
        /// What was to be sent.
        request: HttpRequest,
    },
}

impl FakeHost {
    /// With no settings and no secrets of the operator, nothing denied, at 2020-01-01T00:00:00Z, with 30
    /// seconds left.
    pub fn new() -> Self {
        Self {
            now_ms: 1_577_836_800_000,
            remaining_ms: 30_000,
            seed: 1,
            settings: json!({}),
            known: BTreeSet::new(),
            denied: BTreeSet::new(),
            salt: String::new(),
            minted: RefCell::default(),
            calls: RefCell::default(),
            answers: RefCell::default(),
        }
    }

    /// What the operator configured.
    #[must_use]
    pub fn with_settings(self, settings: Json) -> Self {
        Self { settings, ..self }
    }

    /// The time, milliseconds since the Unix epoch.
    #[must_use]
    pub fn at_ms(self, now_ms: u64) -> Self {
        Self { now_ms, ..self }
    }

    /// How long a call may still take, in milliseconds.
    #[must_use]
    pub fn with_remaining_ms(self, remaining_ms: u64) -> Self {
        Self { remaining_ms, ..self }
    }

    /// Other random bytes.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The operator has a secret of this name.
    #[must_use]
    pub fn with_secret(mut self, name: impl Into<String>) -> Self {
        self.known.insert(name.into());
        self
    }

    /// The operator did not grant this capability.
    #[must_use]
    pub fn deny(mut self, capability: impl Into<String>) -> Self {
        self.denied.insert(capability.into());
        self
    }

    /// Requests of this method whose URL begins with `url` are answered with this status and JSON. Later ones go
    /// before earlier ones.
    #[must_use]
    pub fn answer(self, method: &str, url: &str, status: u16, body: Json) -> Self {
        self.answer_with(method, url, move |_| {
            Ok(HttpResponse { status, headers: Vec::new(), body: body.to_string().into_bytes() })
        })
    }

    /// The first request of this method whose URL begins with `url` is answered so, once.
    #[must_use]
    pub fn answer_once(self, method: &str, url: &str, answer: Result<HttpResponse, HttpError>) -> Self {
        self.route(method, url, Box::new(move |_| answer.clone()), true)
    }

    /// Requests of this method whose URL begins with `url` are answered by this function.
    #[must_use]
    pub fn answer_with(
        self,
        method: &str,
        url: &str,
        answer: impl Fn(&HttpRequest) -> Result<HttpResponse, HttpError> + 'static,
    ) -> Self {
        self.route(method, url, Box::new(answer), false)
    }

    fn route(self, method: &str, url: &str, answer: Answer, once: bool) -> Self {
        let route = Route { method: method.to_owned(), url: url.to_owned(), answer, once };
        self.answers.borrow_mut().push(route);
        self
    }

    /// Tokens of one resource differ from those of another, as they do on a real host.
    #[must_use]
    pub fn for_resource(self, id: impl Into<String>) -> Self {
        Self { salt: id.into(), ..self }
    }

    /// The handle that a provisioner is given.
    pub fn host(&self) -> Host<'_> {
        Host::new(Backing::fake(self))
    }

    /// The handle that a golden path is given.
    pub fn path_host(&self) -> PathHost<'_> {
        PathHost::new(Backing::fake(self))
    }

    /// Every call so far.
    pub fn calls(&self) -> Ref<'_, [HostCall]> {
        Ref::map(self.calls.borrow(), Vec::as_slice)
    }

    /// The log lines so far, `level message`.
    pub fn log_lines(&self) -> Vec<String> {
        let line = |call: &HostCall| match call {
            HostCall::Log { level, message, .. } => {
                Some(format!("{} {message}", format!("{level:?}").to_lowercase()))
            }
            _ => None,
        };
        self.calls.borrow().iter().filter_map(line).collect()
    }

    /// The states that were to be kept so far.
    pub fn checkpoints(&self) -> Vec<State> {
        let state = |call: &HostCall| match call {
            HostCall::Checkpoint { state } => Some(state.clone()),
            _ => None,
        };
        self.calls.borrow().iter().filter_map(state).collect()
    }

    /// The requests so far, `METHOD url`.
    pub fn requests(&self) -> Vec<String> {
        let sent = |call: &HostCall| match call {
            HostCall::Http { request } => Some(format!("{} {}", request.method, request.url)),
            _ => None,
        };
        self.calls.borrow().iter().filter_map(sent).collect()
    }

    /// The names of the secrets that were made, with their tokens.
    pub fn minted(&self) -> Vec<(String, String)> {
        self.minted.borrow().iter().map(|(name, token)| (name.clone(), token.clone())).collect()
    }

    pub(crate) fn note(&self, call: HostCall) {
        self.calls.borrow_mut().push(call);
    }

    pub(crate) fn settings_text(&self) -> String {
        self.settings.to_string()
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub(crate) fn remaining_ms(&self) -> u64 {
        self.remaining_ms
    }

    pub(crate) fn random_bytes(&self, count: u32) -> Vec<u8> {
        // SplitMix64: enough for a test, and the same everywhere.
        let mut state = self.seed;
        let mut byte = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed >> 56) as u8
        };
        (0..count).map(|_| byte()).collect()
    }

    pub(crate) fn reference_token(&self, name: &str) -> Result<String, SecretError> {
        self.allow("secrets", "secrets.reference")?;
        if self.known.contains(name) {
            Ok(self.token(name))
        } else {
            Err(SecretError::NotFound { name: name.to_owned() })
        }
    }

    pub(crate) fn generated(
        &self,
        name: &str,
        recipe: &str,
        options: &Json,
    ) -> Result<(String, Option<String>), SecretError> {
        self.allow("secrets", "secrets.generate")?;
        if let Err(breach) = recipes::check(name, recipe, options) {
            panic!("the host ends the call as a breach of the contract: {breach}");
        }
        let token = self.token(name);
        self.minted.borrow_mut().insert(name.to_owned(), token.clone());
        // No recipe of today has a part that may be seen.
        Ok((token, None))
    }

    pub(crate) fn answered(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Err(SecretError::Denied(denial)) = self.allow("http", "http.send") {
            return Err(HttpError::Denied(denial));
        }
        let mut answers = self.answers.borrow_mut();
        let fits = |route: &Route| route.method == request.method && request.url.starts_with(&route.url);
        // What is given once goes first, in order; then the newest of the others.
        let at = answers
            .iter()
            .position(|route| route.once && fits(route))
            .or_else(|| answers.iter().rposition(fits))
            .ok_or_else(|| {
                HttpError::NotSent(format!(
                    "this fake host has no answer to {} {}",
                    request.method, request.url
                ))
            })?;
        if answers[at].once {
            return (answers.remove(at).answer)(request).map(|answer| self.captured(request, answer));
        }
        (answers[at].answer)(request).map(|answer| self.captured(request, answer))
    }

    /// What stands at a captured place is kept, and its token stands there instead.
    fn captured(&self, request: &HttpRequest, mut answer: HttpResponse) -> HttpResponse {
        for (pointer, name) in &request.capture {
            let token = self.token(name);
            if let Some(body) = capture::replaced(&answer.body, pointer, &token) {
                self.minted.borrow_mut().insert(name.clone(), token);
                answer.body = body;
            }
        }
        answer
    }

    fn allow(&self, capability: &str, wanted: &str) -> Result<(), SecretError> {
        if !self.denied.contains(capability) {
            return Ok(());
        }
        Err(SecretError::Denied(Denial {
            capability: capability.to_owned(),
            wanted: wanted.to_owned(),
            remedy: format!("ask for `{capability}` under `capabilities:` in platform.yaml"),
        }))
    }

    /// Letters and digits, as the contract says, and readable in a failed assertion.
    fn token(&self, name: &str) -> String {
        let of: String = self.salt.chars().chain(name.chars()).filter(char::is_ascii_alphanumeric).collect();
        let sum = sum(self.salt.bytes().chain([0]).chain(name.bytes()));
        format!("token{of}{sum:016x}")
    }
}

/// FNV-1a: enough to tell names apart, and the same everywhere.
pub(super) fn sum(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Default for FakeHost {
    fn default() -> Self {
        Self::new()
    }
}
