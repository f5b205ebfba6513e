//! The account over HTTP: only who signs with its key is answered.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::request::pairs;
use super::signature::part;
use super::{Account, Answer, Asked, refusal, signature};
use crate::cloud::Seen;
use crate::cloud::serve::{Reply, Server, serve};
use crate::crash::Failpoints;

/// An account that is served. It is gone when this is dropped.
pub struct AwsCloud {
    state: Arc<Mutex<State>>,
    server: Server,
}

#[derive(Default)]
struct State {
    account: Account,
    /// Whoever calls dies before or after one of the requests.
    points: Option<Arc<Failpoints>>,
}

impl AwsCloud {
    /// The key with which requests are to be signed: its name.
    pub const KEY_ID: &str = "AKIAOPERATOR00000000";
    /// Its secret.
    pub const KEY_SECRET: &str = "operators/secret+key-of-the-account-012345";

    /// Serves an account on a free port of the loopback interface.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(account: Account) -> Self {
        let state = Arc::new(Mutex::new(State { account, points: None }));
        let served = Arc::clone(&state);
        let server = serve(move |seen| {
            let state = Arc::clone(&served);
            async move { answer(&state, &seen) }
        });
        Self { server: server.await, state }
    }

    /// `http://127.0.0.1:<port>`
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The account as it is now; nobody is answered while it is held.
    pub fn account(&self) -> impl std::ops::DerefMut<Target = Account> {
        Held(lock(&self.state))
    }

    /// Comes to a place before it acts on a request, and to one before it answers; nothing is done for the dead.
    pub fn until_death(&self, points: &Arc<Failpoints>) {
        lock(&self.state).points = Some(Arc::clone(points));
    }

    /// Whoever calls from now on lives.
    pub fn outlive(&self) {
        lock(&self.state).points = None;
    }
}

struct Held<'a>(MutexGuard<'a, State>);

impl std::ops::Deref for Held<'_> {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0.account
    }
}

impl std::ops::DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Account {
        &mut self.0.account
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &Mutex<State>, seen: &Seen) -> Reply {
    let points = lock(state).points.clone();
    let dies = |when: &str, line: &str| {
        points.as_ref().is_some_and(|points| points.pass(|| format!("{when} {line}")).is_err())
    };
    let asked = asked(seen);
    let line = asked.line();
    if dies("before", &line) {
        return Reply::Cut;
    }
    let answer = match refused(seen, &asked.service) {
        Some((status, body)) => Answer::Said(status, body),
        None => lock(state).account.answer(&asked),
    };
    if dies("after", &line) {
        return Reply::Cut;
    }
    match answer {
        Answer::Said(status, body) => {
            let headers =
                vec![("content-type", "application/xml".to_owned()), ("x-amz-request-id", "H1".to_owned())];
            Reply::Said { status, headers, body }
        }
        Answer::Lost | Answer::NotSent => Reply::Cut,
    }
}

/// Why a request is not even looked at.
fn refused(seen: &Seen, service: &str) -> Option<(u16, String)> {
    let Some(authorization) = seen.header("authorization") else {
        return Some(refusal(service, 403, "MissingAuthenticationToken"));
    };
    let key = part(authorization, "Credential=").and_then(|credential| credential.split('/').next());
    if key != Some(AwsCloud::KEY_ID) {
        return Some(refusal(service, 403, "InvalidClientTokenId"));
    }
    let header = |name: &str| seen.header(name);
    let right = signature(&seen.method, &seen.path, header, seen.body.as_bytes(), AwsCloud::KEY_SECRET);
    let is_right = right.is_some() && right.as_deref() == part(authorization, "Signature=");
    (!is_right).then(|| refusal(service, 403, "SignatureDoesNotMatch"))
}

fn asked(seen: &Seen) -> Asked {
    let scope = seen.header("authorization").and_then(|authorization| part(authorization, "Credential="));
    let signed_for = scope.and_then(|scope| scope.split('/').nth(3));
    let mut asked = Asked::new(&seen.method, "", &seen.path, signed_for);
    let is_form = seen
        .header("content-type")
        .is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    if is_form {
        asked.form = pairs(&seen.body);
    } else {
        asked.body.clone_from(&seen.body);
    }
    asked.headers.clone_from(&seen.headers);
    asked
}
