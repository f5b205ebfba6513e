//! Answers from a recording: what a real world said. A call that is the same as a recorded one is told the same, each
//! recorded outcome once; a request that differs in its headers or its body is told what a request with its method and URL
//! was told.

use innominatus_effect::{Call, HttpError, HttpRequest, Outcome, Past};
use innominatus_model::Json;

/// What is left of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    past: Vec<(Past, bool)>,
}

impl Recorded {
    pub(crate) fn new(past: &[Past]) -> Self {
        Self { past: past.iter().map(|past| (past.clone(), false)).collect() }
    }

    /// What the guest is told; none where the recording says nothing and the made-up world has an answer.
    pub(crate) fn answer(&mut self, call: &Call) -> Option<Outcome> {
        if matches!(call, Call::Log { .. } | Call::Progress { .. } | Call::Checkpoint { .. }) {
            return None;
        }
        let digest = call.digest();
        let same = |past: &Past| past.digest == digest;
        let alike = |past: &Past| matches!(call, Call::Http { request } if is_alike(past, request));
        let found = self.take(&same).or_else(|| self.take(&alike));
        match (found, call) {
            (None, Call::Http { request }) => {
                let reason = format!("the recording has no answer to {} {}", request.method, request.url);
                Some(Outcome::Http(Err(HttpError::NotSent(reason))))
            }
            (found, _) => found,
        }
    }

    fn take(&mut self, fits: &dyn Fn(&Past) -> bool) -> Option<Outcome> {
        let (past, used) =
            self.past.iter_mut().find(|(past, used)| !*used && past.outcome.is_some() && fits(past))?;
        *used = true;
        past.outcome.clone()
    }
}

/// Reads are kept without their request, so only writes are found so.
fn is_alike(past: &Past, request: &HttpRequest) -> bool {
    let Some(intent) = &past.intent else { return false };
    let said = |name: &str| intent.request.get(name).and_then(Json::as_str);
    said("method") == Some(request.method.as_str()) && said("url") == Some(request.url.as_str())
}
