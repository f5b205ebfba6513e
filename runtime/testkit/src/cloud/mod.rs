//! A fake cloud over real HTTP: it makes things, counts them, and misbehaves on order.
//!
//! `POST /things` makes a thing (with an `idempotency-key` header: once), `PUT /things/<name>` makes or replaces
//! one, `GET /things?name=…` and `GET /things/<id>` look, `DELETE /things/<id>` and `POST /things/<id>/remove` remove. With `{"wantKey": true}` the
//! answer holds a freshly minted `key`. What goes wrong is a list of [`Fault`]s, each used once; it may also go wrong
//! for good, when whoever calls it dies ([`Cloud::until_death`]). On order it tells everybody everything it was told
//! ([`Cloud::echo`]). [`aws`] is a cloud that people know.
//!
//! **Absent on purpose:** the runtime. The cloud does not know who calls it, and never helps.

pub mod aws;
mod echo;
mod faults;
mod serve;
mod things;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use faults::{Fault, When};
pub use serve::Seen;
use serve::{Reply, Server, serve};
pub use things::Thing;
use things::Things;

use crate::crash::Failpoints;

#[derive(Default)]
struct State {
    things: Things,
    faults: Vec<Fault>,
    seen: Vec<Seen>,
    bearer: Option<String>,
    /// Answers that are held back until somebody lets them go.
    held: Vec<tokio::sync::oneshot::Sender<()>>,
    /// Whoever calls dies before or after one of the requests.
    points: Option<Arc<Failpoints>>,
    echo: bool,
}

/// The fake cloud. Stops when it is dropped.
pub struct Cloud {
    state: Arc<Mutex<State>>,
    server: Server,
}

impl Cloud {
    /// Serves on a free port of the loopback interface.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let served = Arc::clone(&state);
        let server = serve(move |seen| answer(Arc::clone(&served), seen)).await;
        Self { state, server }
    }

    /// `http://127.0.0.1:<port>`
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Demands this bearer token from now on.
    pub fn demand_bearer(&self, token: &str) {
        self.lock().bearer = Some(token.to_owned());
    }

    /// Lets the next request that fits go wrong.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Comes to a place before it acts on a request, and to one before it answers; nothing is done for the dead.
    pub fn until_death(&self, points: &Arc<Failpoints>) {
        self.lock().points = Some(points.clone());
    }

    /// Whoever calls from now on lives.
    pub fn outlive(&self) {
        self.lock().points = None;
    }

    /// Every answer that is an object tells from now on what the cloud was told by the same caller for the same things,
    /// and what it made for them, in every form.
    pub fn echo(&self) {
        self.lock().echo = true;
    }

    /// Nothing goes wrong any more.
    pub fn recover(&self) {
        self.lock().faults.clear();
    }

    /// Faults that were not used yet.
    pub fn faults_left(&self) -> usize {
        self.lock().faults.len()
    }

    /// What exists, in the order it was made.
    pub fn things(&self) -> Vec<Thing> {
        self.lock().things.all()
    }

    /// How many things were ever made: what was made twice counts twice, also when it is gone again.
    pub fn created(&self) -> usize {
        self.lock().things.created()
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Every key that was minted.
    pub fn keys(&self) -> Vec<String> {
        self.lock().things.keys()
    }

    /// Somebody else removes everything.
    pub fn clear(&self) {
        self.lock().things.clear();
    }

    /// Begins anew: nothing was made, and nothing was ever asked. For another caller, who does not know the secrets of
    /// the one before.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.things = Things::default();
        state.seen.clear();
    }

    /// Lets every answer go that is held back, and holds none back any more.
    pub fn let_go(&self) {
        let mut state = self.lock();
        state.faults.retain(|fault| !fault.holds());
        for held in state.held.drain(..) {
            // Whoever waited may be gone.
            let _ = held.send(());
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(state: Arc<Mutex<State>>, mut seen: Seen) -> Reply {
    let points = lock(&state).points.clone();
    let pass = |when: &str, seen: &Seen| match &points {
        Some(points) => points.pass(|| format!("{when} {} {}", seen.method, seen.path)).is_ok(),
        None => true,
    };
    if !pass("before", &seen) {
        return Reply::Cut;
    }
    let fault = {
        let mut state = lock(&state);
        let at = state.faults.iter().position(|fault| fault.fits(&seen));
        at.map(|at| state.faults.remove(at))
    };
    if let Some(fault) = fault.as_ref().filter(|fault| fault.when() == When::BeforeActing) {
        return fault.answer(&state, seen).await;
    }
    let answered = {
        let mut state = lock(&state);
        let allowed = state.bearer.as_ref().is_none_or(|token| {
            seen.header("authorization").is_some_and(|value| value == format!("Bearer {token}"))
        });
        match allowed {
            true => state.things.act(&seen),
            false => (401, serde_json::json!({"error": "who are you?"})),
        }
    };
    if !pass("after", &seen) {
        lock(&state).seen.push(seen);
        return Reply::Cut;
    }
    if let Some(fault) = fault.filter(|fault| !fault.is_none()) {
        return fault.answer(&state, seen).await;
    }
    let (status, mut body) = answered;
    seen.status = Some(status);
    let mut state = lock(&state);
    state.seen.push(seen);
    let mut headers = Vec::new();
    if state.echo {
        let told = echo::told(&state.seen, &state.things);
        headers.push(("x-echo", echo::in_header(&told)));
        if let Some(body) = body.as_object_mut() {
            body.insert("echo".to_owned(), told);
        }
    }
    Reply::json(status, headers, body.to_string())
}
