//! An account of AWS in memory, behind the SDK's fake host: it answers with the XML of S3, IAM and RDS, remembers
//! what was made, and misbehaves when told to. Shapes are those that `moto` answers with.

#![allow(dead_code, unused_imports, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod iam;
mod rds;
mod s3;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use innominatus_aws_provisioners::{Bucket, Postgres, S3, STORAGE};
use innominatus_guest::testing::{self, FakeHost, ProvisionerComponent};
use innominatus_guest::{
    Cause, Failure, HttpBody, HttpError, HttpRequest, HttpResponse, Json, Prior, Progress, Removal, State,
    Target,
};
use percent_encoding::percent_decode_str;
use serde_json::json;

pub(crate) use iam::{Key, User};
pub(crate) use rds::Instance;
pub(crate) use s3::{Object, Store};

/// What AWS would never say twice. No test may find it in the guest.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETKEY";

/// What a grant allows an answer by itself.
const RESPONSE_BYTES: usize = 256 * 1024;

/// The account.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) buckets: BTreeMap<String, Store>,
    /// Names that other accounts took.
    pub(crate) foreign_buckets: Vec<String>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) snapshots: Vec<String>,
    /// How often a database is looked at before it is as asked for.
    pub(crate) slowness: u32,
    /// Whether changes of databases are never taken.
    pub(crate) stubborn: bool,
    /// Every request: `METHOD service:what`.
    pub(crate) log: Vec<String>,
    /// Things made: buckets, users, keys, databases.
    pub(crate) made: u32,
    pub(crate) faults: Vec<Fault>,
    clock: u32,
}

/// Something that goes wrong with one request.
#[derive(Clone)]
pub(crate) struct Fault {
    /// The request's line in the log begins so.
    pub(crate) at: String,
    /// So many requests pass before.
    pub(crate) after: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Clone)]
pub(crate) enum FaultKind {
    /// It is acted on, and nobody hears of it.
    Lost,
    /// It never leaves.
    NotSent,
    /// It is refused with this status and code.
    Refused(u16, &'static str),
}

/// The account as the fake host reaches it.
#[derive(Clone, Default)]
pub(crate) struct Cloud(pub(crate) Rc<RefCell<Account>>);

/// One request, taken apart.
pub(crate) struct Asked<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) request: &'a HttpRequest,
}

impl Asked<'_> {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| known == name)
    }

    /// A parameter of an action.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.query.iter().chain(&self.form);
        fields.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The members of a list of tags.
    pub(crate) fn tags(&self, list: &str) -> Vec<(String, String)> {
        let at = |n: usize, part: &str| self.field(&format!("{list}.{n}.{part}")).map(str::to_owned);
        (1..).map_while(|n| Some((at(n, "Key")?, at(n, "Value")?))).collect()
    }

    /// The members of a list of texts.
    pub(crate) fn members(&self, list: &str) -> Vec<String> {
        (1..).map_while(|n| self.field(&format!("{list}.{n}")).map(str::to_owned)).collect()
    }

    fn line(&self) -> String {
        let what = match self.field("Action") {
            Some(action) => action.to_owned(),
            None => {
                let query: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
                format!("{}?{}", self.path.trim_start_matches('/'), query.join("&"))
            }
        };
        format!("{} {}:{}", self.method, self.service, what.trim_end_matches('?'))
    }
}

/// A refusal as S3 writes it.
pub(crate) fn s3_error(status: u16, code: &str) -> (u16, String) {
    (
        status,
        format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>said</Message><RequestId>R1</RequestId></Error>"
        ),
    )
}

/// A refusal as actions write it.
pub(crate) fn action_error(status: u16, code: &str) -> (u16, String) {
    let body = format!(
        "<ErrorResponse xmlns=\"https://x/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>said</Message>\
         </Error><RequestId>R1</RequestId></ErrorResponse>"
    );
    (status, body)
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Account {
    /// A time that grows with every call, as AWS writes it.
    pub(crate) fn now(&mut self) -> String {
        self.clock += 1;
        format!("2026-01-01T00:{:02}:{:02}Z", self.clock / 60, self.clock % 60)
    }

    /// The requests that change something.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.log.iter().filter(|line| !line.starts_with("GET ")).cloned().collect()
    }

    fn answer(&mut self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        let asked = taken_apart(request);
        let line = asked.line();
        let signed_for = format!("aws:{}", asked.service);
        assert_eq!(
            request.credential.as_deref(),
            Some(signed_for.as_str()),
            "{line} is signed for another service"
        );
        assert!(!request.purpose.is_empty(), "{line} does not say what it is for");
        self.log.push(line.clone());
        let fault = self.faults.iter_mut().position(|fault| {
            let fits = line.starts_with(&fault.at);
            let now = fits && fault.after == 0;
            fault.after = fault.after.saturating_sub(usize::from(fits));
            now
        });
        let fault = fault.map(|at| self.faults.remove(at).kind);
        let (status, body) = match fault {
            Some(FaultKind::NotSent) => return Err(HttpError::NotSent("connection refused".to_owned())),
            Some(FaultKind::Refused(status, code)) if asked.service == "s3" => s3_error(status, code),
            Some(FaultKind::Refused(status, code)) => action_error(status, code),
            Some(FaultKind::Lost) | None => match asked.service {
                "s3" => self.s3(&asked),
                "iam" => self.iam(&asked),
                _ => self.rds(&asked),
            },
        };
        if let Some(FaultKind::Lost) = fault {
            return Err(HttpError::OutcomeUnknown("the connection was reset".to_owned()));
        }
        if body.len() > RESPONSE_BYTES {
            return Err(HttpError::TooLarge(body.len() as u64));
        }
        let headers = vec![("x-amz-request-id".to_owned(), "H1".to_owned())];
        Ok(HttpResponse { status, headers, body: body.into_bytes() })
    }
}

fn taken_apart(request: &HttpRequest) -> Asked<'_> {
    let (_, rest) = request.url.split_once("://").unwrap();
    let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    let credential =
        request.credential.as_deref().and_then(|name| name.split_once(':')).map(|(_, service)| service);
    // On an endpoint of its own, only the signature says which service is meant.
    let service = match host.split('.').next().unwrap() {
        service @ ("s3" | "iam" | "rds") => service,
        _ => credential.unwrap_or("none"),
    };
    let form = match &request.body {
        HttpBody::Form(fields) => fields.clone(),
        _ => Vec::new(),
    };
    Asked {
        service: ["s3", "iam", "rds"].into_iter().find(|known| *known == service).unwrap_or("none"),
        method: &request.method,
        path: format!("/{path}"),
        query: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
        form,
        request,
    }
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
                host.answer_with(method, "http", move |request| account.borrow_mut().answer(request))
            },
        )
    }

    pub(crate) fn fault(&self, at: &str, kind: FaultKind) {
        self.fault_after(at, 0, kind);
    }

    pub(crate) fn fault_after(&self, at: &str, after: usize, kind: FaultKind) {
        self.0.borrow_mut().faults.push(Fault { at: at.to_owned(), after, kind });
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
