//! The account of AWS in memory, behind the SDK's fake host.

#![allow(dead_code, unused_imports, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub(crate) mod rds;

use std::cell::RefCell;
use std::rc::Rc;

use innominatus_aws_provisioners::{Bucket, Postgres, S3, STORAGE};
use innominatus_guest::testing::{self, FakeHost, ProvisionerComponent};
use innominatus_guest::{
    Cause, Failure, HttpBody, HttpError, HttpRequest, HttpResponse, Json, Prior, Progress, Removal, State,
    Target,
};
pub(crate) use innominatus_testkit::cloud::aws::{
    Account, Answer, Asked, FaultKind, Instance, Key, Object, SECRET, Store, User,
};
use serde_json::json;

/// What a grant allows an answer by itself.
const RESPONSE_BYTES: usize = 256 * 1024;

/// The account as the fake host reaches it.
#[derive(Clone, Default)]
pub(crate) struct Cloud(pub(crate) Rc<RefCell<Account>>);

/// What the fake host was asked, as the account takes it; and what the account says, as the guest hears it.
fn answered(account: &mut Account, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
    let asked = asked(request);
    let line = asked.line();
    let signed_for = format!("aws:{}", asked.service);
    assert_eq!(
        request.credential.as_deref(),
        Some(signed_for.as_str()),
        "{line} is signed for another service"
    );
    assert!(!request.purpose.is_empty(), "{line} does not say what it is for");
    let answer = account.answer(&asked);
    assert_eq!(account.complaints, [""; 0], "AWS would not understand");
    match answer {
        Answer::NotSent => Err(HttpError::NotSent("connection refused".to_owned())),
        Answer::Lost => Err(HttpError::OutcomeUnknown("the connection was reset".to_owned())),
        Answer::Said(_, body) if body.len() > RESPONSE_BYTES => Err(HttpError::TooLarge(body.len() as u64)),
        Answer::Said(status, body) => {
            let headers = vec![("x-amz-request-id".to_owned(), "H1".to_owned())];
            Ok(HttpResponse { status, headers, body: body.into_bytes() })
        }
    }
}

fn asked(request: &HttpRequest) -> Asked {
    let (_, rest) = request.url.split_once("://").unwrap();
    let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let signed_for =
        request.credential.as_deref().and_then(|name| name.split_once(':')).map(|(_, service)| service);
    let mut asked = Asked::new(&request.method, host, &format!("/{rest}"), signed_for);
    asked.headers.clone_from(&request.headers);
    match &request.body {
        HttpBody::Form(fields) => asked.form.clone_from(fields),
        HttpBody::Raw(bytes) => asked.body = String::from_utf8(bytes.clone()).unwrap(),
        HttpBody::Empty => {}
        other => panic!("AWS takes no {other:?}"),
    }
    asked
}

impl Cloud {
    /// A host that reaches the account.
    pub(crate) fn host(&self) -> FakeHost {
        self.host_with(json!({"region": "eu-west-1"}))
    }

    pub(crate) fn host_with(&self, settings: Json) -> FakeHost {
        ["GET", "PUT", "POST", "DELETE"].into_iter().fold(
            FakeHost::new().with_settings(settings),
            |host, method| {
                let account = Rc::clone(&self.0);
                host.answer_with(method, "http", move |request| answered(&mut account.borrow_mut(), request))
            },
        )
    }

    pub(crate) fn fault(&self, at: &str, kind: FaultKind) {
        self.fault_after(at, 0, kind);
    }

    pub(crate) fn fault_after(&self, at: &str, after: usize, kind: FaultKind) {
        self.0.borrow_mut().fault(at, after, kind);
    }

    /// The writes since the last time.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.0.borrow().writes();
        self.0.borrow_mut().log.clear();
        writes
    }
}

pub(crate) fn component<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new("aws", "1.0.0", &[&Bucket(&S3), &Bucket(&STORAGE), &Postgres]))
}

/// A resource `web.data` of application `shop`.
pub(crate) fn target(kind: &str, params: Json) -> Target<Json> {
    Target {
        application: "shop".to_owned(),
        id: "res_1".to_owned(),
        workloads: vec!["web".to_owned()],
        labels: vec![("uid".to_owned(), format!("{kind}.default#web.data"))],
        ..testing::target(kind, "shop-data", params)
    }
}

/// With the state that the host would hand back.
pub(crate) fn remembering(target: &Target<Json>, state: Option<State>) -> Target<Json> {
    match state {
        Some(state) => testing::made(target.clone(), state),
        None => Target { prior: None, ..target.clone() },
    }
}

/// What the host has after one call: the state, and how the call ended.
pub(crate) enum Ended {
    Ready(State),
    Pending(State),
    Failed(Failure),
}

/// Calls `provision` once, checks that no secret reached the guest, and keeps what a host would.
pub(crate) fn provision_once(host: &FakeHost, target: &Target<Json>) -> (Ended, Option<State>) {
    let ended = component(|component| component.provision(host.host(), target.clone()));
    assert_no_secret(host, &ended);
    let prior = || target.prior.as_ref().map(|prior: &Prior| prior.state.clone());
    let last = host.checkpoints().pop().or_else(prior);
    match ended {
        Ok(Progress::Ready(state)) => (Ended::Ready(state.clone()), Some(state)),
        Ok(Progress::Pending(pending)) => (Ended::Pending(pending.state.clone()), Some(pending.state)),
        Err(failure) => {
            let kept = failure.partial.as_deref().cloned().or(last);
            (Ended::Failed(failure), kept)
        }
    }
}

/// Calls `provision` as a host does: again while it is pending or fails for a while.
pub(crate) fn provision(cloud: &Cloud, target: &Target<Json>) -> Result<State, Failure> {
    let mut kept = target.prior.as_ref().map(|prior| prior.state.clone());
    for _ in 0..20 {
        match provision_once(&cloud.host(), &remembering(target, kept.clone())) {
            (Ended::Ready(state), _) => return Ok(state),
            (Ended::Failed(failure), state) if matches!(failure.cause, Cause::Transient(_)) => kept = state,
            (Ended::Failed(failure), _) => return Err(failure),
            (Ended::Pending(_), state) => kept = state,
        }
    }
    panic!("it is never done: {:?}", cloud.0.borrow().log);
}

/// Calls `deprovision` until nothing is left.
pub(crate) fn deprovision(cloud: &Cloud, target: &Target<Json>) -> Result<u32, Failure> {
    let mut kept = target.prior.as_ref().map(|prior| prior.state.clone());
    for round in 1..20 {
        let host = cloud.host();
        let removal =
            component(|component| component.deprovision(host.host(), remembering(target, kept.clone())));
        assert!(!format!("{:?}{removal:?}", &*host.calls()).contains(SECRET));
        match removal {
            Ok(Removal::Gone) => return Ok(round),
            Ok(Removal::Pending(pending)) => kept = Some(pending.state),
            Err(failure) if matches!(failure.cause, Cause::Transient(_)) => {
                kept = failure.partial.map(|state| *state).or(kept);
            }
            Err(failure) => return Err(failure),
        }
    }
    panic!("it is never gone: {:?}", cloud.0.borrow().log);
}

/// Not in any call, nor in what was handed over.
pub(crate) fn assert_no_secret(host: &FakeHost, ended: &Result<Progress, Failure>) {
    let seen = format!("{:?}{ended:?}", &*host.calls());
    assert!(!seen.contains(SECRET), "the guest has seen the secret");
}
