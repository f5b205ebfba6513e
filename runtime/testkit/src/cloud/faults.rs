//! What goes wrong on order.

use std::sync::{Arc, Mutex};

use super::serve::Reply;
use super::{Seen, State, lock};

/// Whether the cloud has acted before it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing was done.
    BeforeActing,
    /// It was done, and nobody is told.
    AfterActing,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Nothing: this one goes well.
    None,
    /// The connection is cut.
    Cut,
    /// This status, with these headers.
    Status(u16, Vec<(&'static str, String)>),
    /// No answer until somebody says so; then the connection is cut.
    Hold,
}

/// One thing that goes wrong, once, for the first request that fits.
#[derive(Debug, Clone)]
pub struct Fault {
    method: &'static str,
    when: When,
    kind: Kind,
}

impl Fault {
    /// It acts, and cuts the connection instead of answering.
    pub fn lose_answer(method: &'static str) -> Self {
        Self { method, when: When::AfterActing, kind: Kind::Cut }
    }

    /// It cuts the connection without acting.
    pub fn lose_request(method: &'static str) -> Self {
        Self { method, when: When::BeforeActing, kind: Kind::Cut }
    }

    /// It acts, and answers with this status all the same (502: a gateway gave up).
    pub fn status_after(method: &'static str, status: u16) -> Self {
        Self { method, when: When::AfterActing, kind: Kind::Status(status, Vec::new()) }
    }

    /// It does not act, and says so with this status.
    pub fn status_before(method: &'static str, status: u16) -> Self {
        Self { method, when: When::BeforeActing, kind: Kind::Status(status, Vec::new()) }
    }

    /// It goes well: what comes after it is for a later request.
    pub fn none(method: &'static str) -> Self {
        Self { method, when: When::AfterActing, kind: Kind::None }
    }

    /// It is asked too often: 429, come back in so many seconds.
    pub fn throttle(method: &'static str, seconds: u32) -> Self {
        let after = vec![("retry-after", seconds.to_string())];
        Self { method, when: When::BeforeActing, kind: Kind::Status(429, after) }
    }

    /// It acts, and does not answer before [`Cloud::let_go`](super::Cloud::let_go).
    pub fn hold(method: &'static str) -> Self {
        Self { method, when: When::AfterActing, kind: Kind::Hold }
    }

    /// When it goes wrong.
    pub fn when(&self) -> When {
        self.when
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self.kind, Kind::None)
    }

    pub(super) fn holds(&self) -> bool {
        matches!(self.kind, Kind::Hold)
    }

    pub(super) fn fits(&self, seen: &Seen) -> bool {
        seen.method == self.method
    }

    pub(super) async fn answer(&self, state: &Arc<Mutex<State>>, mut seen: Seen) -> Reply {
        match &self.kind {
            Kind::None | Kind::Cut => {
                lock(state).seen.push(seen);
                Reply::Cut
            }
            Kind::Status(status, headers) => {
                seen.status = Some(*status);
                lock(state).seen.push(seen);
                Reply::json(*status, headers.clone(), "{}".to_owned())
            }
            Kind::Hold => {
                let (let_go, held) = tokio::sync::oneshot::channel();
                {
                    let mut state = lock(state);
                    state.seen.push(seen);
                    state.held.push(let_go);
                }
                // Fails when the cloud is gone, and then nobody waits for an answer either.
                let _ = held.await;
                Reply::Cut
            }
        }
    }
}
