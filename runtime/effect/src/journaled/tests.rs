//! The journaled port over a cloud and a journal that break on order.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use innominatus_model::{
    Capability, Grant, HostPattern, HttpGrant, HttpMethod, HttpRule, HttpTarget, Json, Scheme,
};

use super::*;
use crate::{Export, HttpBody, HttpRequest, HttpResponse, JournalError, Slot, past};

mod back;

/// Answers with what it was given, and counts what it did.
#[derive(Default)]
struct Cloud {
    answers: Mutex<VecDeque<Outcome>>,
    done: Mutex<Vec<(String, Option<String>)>>,
}

#[async_trait]
impl World for Cloud {
    async fn perform(&self, call: Call, _: Permit, key: Option<String>) -> Result<Outcome, Interrupt> {
        let what = match &call {
            Call::Http { request } => format!("{} {}", request.method, request.purpose),
            other => other.name().to_owned(),
        };
        self.done.lock().unwrap().push((what, key));
        Ok(match call {
            Call::Http { .. } => self.answers.lock().unwrap().pop_front().unwrap_or_else(|| status(200)),
            Call::ClockNow => Outcome::Millis(7),
            _ => Outcome::Done,
        })
    }
}

impl Cloud {
    fn keys(&self) -> Vec<String> {
        self.done.lock().unwrap().iter().filter_map(|(_, key)| key.clone()).collect()
    }

    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().iter().map(|(what, _)| what.clone()).collect()
    }
}

/// Keeps notes, until it breaks.
#[derive(Default)]
struct Notes {
    kept: Mutex<Vec<Note>>,
    appends: Mutex<usize>,
    /// Which append fails, counted from 0.
    broken_at: Option<usize>,
}

#[async_trait]
impl Journal for Notes {
    async fn append(&self, notes: Vec<Note>) -> Result<(), JournalError> {
        let mut appends = self.appends.lock().unwrap();
        if self.broken_at == Some(*appends) {
            return Err(JournalError("the disk is gone".into()));
        }
        *appends += 1;
        self.kept.lock().unwrap().extend(notes);
        Ok(())
    }
}

impl Notes {
    fn past(&self) -> Vec<Past> {
        past(self.kept.lock().unwrap().clone()).unwrap()
    }
}

fn status(status: u16) -> Outcome {
    Outcome::Http(Ok(HttpResponse { status, headers: vec![], body: vec![] }))
}

fn unknown() -> Outcome {
    Outcome::Http(Err(HttpError::OutcomeUnknown("reset".into())))
}

fn http(method: HttpMethod, purpose: &str, idempotency: Option<Slot>) -> Call {
    Call::Http {
        request: Box::new(HttpRequest {
            purpose: purpose.into(),
            method,
            url: "https://api.example.com/".into(),
            headers: vec![],
            body: HttpBody::Json(Json::Null),
            credential: None,
            idempotency,
            capture: vec![],
            timeout_ms: Some(5_000),
        }),
    }
}

fn get() -> Call {
    http(HttpMethod::Get, "look", None)
}

fn put() -> Call {
    http(HttpMethod::Put, "put", None)
}

fn post() -> Call {
    http(HttpMethod::Post, "create", None)
}

fn keyed() -> Call {
    http(HttpMethod::Post, "create once", Some(Slot::Header("idempotency-key".into())))
}

fn grant() -> Grant {
    let rule = HttpRule {
        target: HttpTarget::Origin {
            scheme: Scheme::Https,
            host: HostPattern::parse("api.example.com").unwrap(),
            port: 443,
        },
        methods: HttpMethod::ALL.into_iter().collect::<BTreeSet<_>>(),
        path: "/".into(),
        secrets: false,
    };
    let mut grant = Grant::new([Capability::Http]);
    grant.wanted_http.push(rule.clone());
    grant.http.push(HttpGrant::new(rule));
    grant
}

fn port(cloud: &Arc<Cloud>, notes: &Arc<Notes>, past: Vec<Past>) -> Journaled {
    let authoriser = Authoriser::new(Export::Provision, "p/e", grant());
    Journaled::new(authoriser, cloud.clone(), notes.clone(), "res/1/provision", past)
}

fn house() -> (Arc<Cloud>, Arc<Notes>) {
    Default::default()
}

async fn all(port: &Journaled, calls: Vec<Call>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(port.perform(call).await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn a_write_leaves_only_after_its_intent_is_kept() {
    let cloud = Arc::new(Cloud::default());
    let notes = Arc::new(Notes { broken_at: Some(0), ..Notes::default() });
    let port = port(&cloud, &notes, vec![]);
    port.perform(get()).await.unwrap();
    let error = port.perform(post()).await.unwrap_err();
    assert!(matches!(error, Interrupt::Host { call: "http.send", .. }), "{error}");
    assert_eq!(cloud.done(), ["GET look"]);
}

#[tokio::test]
async fn nothing_is_kept_after_something_was_lost() {
    let cloud = Arc::new(Cloud::default());
    let notes = Arc::new(Notes { broken_at: Some(1), ..Notes::default() });
    let port = port(&cloud, &notes, vec![]);
    port.perform(put()).await.unwrap();
    port.perform(put()).await.unwrap_err();
    // Appending would work again, but the answer to the first is lost.
    port.perform(put()).await.unwrap_err();
    port.flush().await.unwrap_err();
    assert_eq!(notes.past().len(), 1);
}

#[tokio::test]
async fn one_flush_for_a_write_that_may_be_repeated_and_two_for_another() {
    for (call, flushes) in [(put as fn() -> Call, 1), (keyed, 1), (post, 2)] {
        let (cloud, notes) = house();
        let port = port(&cloud, &notes, vec![]);
        for _ in 0..10 {
            all(&port, vec![get(), Call::ClockNow, call()]).await;
        }
        assert_eq!(*notes.appends.lock().unwrap(), 10 * flushes);
    }
}

/// Whatever prefix of an execution was kept, going on from it comes to the same answers and does no write twice.
#[tokio::test]
async fn an_execution_goes_on_from_every_append() {
    let script = || vec![get(), put(), Call::ClockNow, keyed(), get(), post(), get(), put()];
    let (cloud, notes) = house();
    let whole = all(&port(&cloud, &notes, vec![]), script()).await;
    let appends = *notes.appends.lock().unwrap();
    for kept in 0..appends {
        let cloud = Arc::new(Cloud::default());
        let notes = Arc::new(Notes { broken_at: Some(kept), ..Notes::default() });
        let first = port(&cloud, &notes, vec![]);
        for call in script() {
            if first.perform(call).await.is_err() {
                break;
            }
        }
        let again =
            Arc::new(Notes { kept: Mutex::new(notes.kept.lock().unwrap().clone()), ..Notes::default() });
        let second = port(&cloud, &again, notes.past());
        let outcomes = all(&second, script()).await;
        let lost = second.unsettled();
        if lost.is_empty() {
            assert_eq!(outcomes, whole, "after {kept} appends");
        } else {
            // The one write that may not be repeated was out: the guest is told so.
            assert_eq!(lost.len(), 1);
            assert!(outcomes[5].is_unknown(), "after {kept} appends");
        }
        let posts = cloud.done().iter().filter(|done| *done == "POST create").count();
        assert_eq!(posts, 1, "after {kept} appends: {:?}", cloud.done());
        let keys: BTreeSet<_> =
            cloud.done.lock().unwrap().iter().filter_map(|(_, key)| key.clone()).collect();
        assert_eq!(keys.len(), 1, "the same key every time");
        second.flush().await.unwrap();
        assert_eq!(again.past().len(), script().len());
    }
}

#[tokio::test]
async fn a_replay_that_asks_for_something_else_has_diverged() {
    let (cloud, notes) = house();
    let first = port(&cloud, &notes, vec![]);
    all(&first, vec![get(), put()]).await;
    let second = port(&cloud, &notes, notes.past());
    second.perform(get()).await.unwrap();
    let error = second.perform(post()).await.unwrap_err();
    assert!(matches!(error, Interrupt::Diverged { position: 1, .. }), "{error}");
    assert_eq!(cloud.done(), ["GET look", "PUT put"]);
}

#[tokio::test]
async fn an_open_outcome_is_remembered_also_by_a_replay() {
    let (cloud, notes) = house();
    cloud.answers.lock().unwrap().push_back(unknown());
    let first = port(&cloud, &notes, vec![]);
    all(&first, vec![post()]).await;
    assert_eq!(first.unsettled()[0].purpose, "create");
    let second = port(&cloud, &notes, notes.past());
    assert!(all(&second, vec![post()]).await[0].is_unknown());
    assert_eq!(second.unsettled(), first.unsettled());
    assert_eq!(cloud.done().len(), 1);
}

#[tokio::test]
async fn keys_tell_wishes_and_repetitions_apart() {
    let (cloud, notes) = house();
    all(&port(&cloud, &notes, vec![]), vec![keyed(), keyed()]).await;
    let authoriser = Authoriser::new(Export::Provision, "p/e", grant());
    let other = Journaled::new(authoriser, cloud.clone(), notes.clone(), "res/2/provision", vec![]);
    all(&other, vec![keyed()]).await;
    let keys: BTreeSet<_> = cloud.done.lock().unwrap().iter().map(|(_, key)| key.clone().unwrap()).collect();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn a_denial_is_kept_like_any_other_answer() {
    let (cloud, notes) = house();
    let closed = Authoriser::new(Export::Provision, "p/e", Grant::default());
    let first = Journaled::new(closed, cloud.clone(), notes.clone(), "res/1/provision", vec![]);
    let denied = all(&first, vec![post()]).await;
    first.flush().await.unwrap();
    // Granted in the meantime: what the guest was told before stays true for this execution.
    let second = port(&cloud, &notes, notes.past());
    assert_eq!(all(&second, vec![post()]).await, denied);
    assert!(cloud.done().is_empty());
}

#[tokio::test]
async fn a_component_that_answers_before_it_did_what_is_kept_has_diverged() {
    let (cloud, notes) = house();
    let first = port(&cloud, &notes, vec![]);
    all(&first, vec![get(), put()]).await;
    first.finished().unwrap();
    let second = port(&cloud, &notes, notes.past());
    second.perform(get()).await.unwrap();
    let early = second.finished().unwrap_err();
    assert_eq!(early.to_string(), "at position 1 it answered, where `http.send` was kept");
    second.perform(put()).await.unwrap();
    second.finished().unwrap();
}

#[tokio::test]
async fn what_may_have_been_acted_on_is_not_said_to_be_denied() {
    let (cloud, notes) = house();
    let first = port(&cloud, &notes, vec![]);
    all(&first, vec![put()]).await;
    // The answer was not kept, and the grant is gone.
    assert!(notes.past()[0].outcome.is_none());
    let closed = Authoriser::new(Export::Provision, "p/e", Grant::default());
    let second = Journaled::new(closed, cloud.clone(), notes.clone(), "res/1/provision", notes.past());
    let outcomes = all(&second, vec![put(), put()]).await;
    assert!(outcomes[0].is_unknown(), "{outcomes:?}");
    assert_eq!(second.unsettled().len(), 1);
    // What is new is denied, and known to be.
    assert_eq!(outcomes[1].denial(), second.denials().first());
    assert_eq!((second.denials().len(), cloud.done().len()), (1, 1));
}

#[tokio::test]
async fn a_request_of_no_time_takes_what_is_granted() {
    let (cloud, notes) = house();
    let Call::Http { mut request } = post() else { unreachable!() };
    request.timeout_ms = Some(0);
    all(&port(&cloud, &notes, vec![]), vec![Call::Http { request }]).await;
    assert_eq!(notes.past()[0].intent.as_ref().unwrap().timeout_ms, 30_000);
}
