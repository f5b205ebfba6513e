//! The way of a request: made ready, judged, tried, tried again, its answer cleaned.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use http::StatusCode;
use innominatus_effect::http::settles;
use innominatus_effect::{HttpError, HttpPermit, HttpRequest, HttpResponse};
use innominatus_model::{RefusedAddress, judge_address};
use tokio::time::Instant;

use crate::attempt::{Again, Bounds, Failed, Raw, attempt};
use crate::client::Clients;
use crate::error::Stop;
use crate::line::Lines;
use crate::prepare::{Prepared, prepare};
use crate::words::{asked, denied};
use crate::{EgressError, OpenError, Resolver, SystemResolver, Vault, answer};

/// How often a request is sent at most.
const TRIES: usize = 3;

/// Settings of a process's egress.
#[derive(Clone)]
pub struct EgressConfig {
    /// Looks up names.
    pub resolver: Arc<dyn Resolver>,
    /// What requests call themselves, unless the guest says otherwise.
    pub user_agent: String,
    /// Requests at the same time, altogether; each line of a grant has its own bound besides.
    pub concurrency: usize,
    /// The wait before a request is sent again the first time; doubled after, and spread at random.
    pub backoff: Duration,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            resolver: Arc::new(SystemResolver),
            user_agent: concat!("innominatus/", env!("CARGO_PKG_VERSION")).to_owned(),
            concurrency: 128,
            backoff: Duration::from_millis(200),
        }
    }
}

/// Takes requests to the world. One for each process; clones are the same one.
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

struct Inner {
    clients: Clients,
    lines: Lines,
    backoff: Duration,
}

impl Egress {
    /// With these settings.
    pub fn new(config: EgressConfig) -> Result<Self, OpenError> {
        let clients = Clients::new(config.resolver, &config.user_agent)?;
        let lines = Lines::new(config.concurrency);
        Ok(Self { inner: Arc::new(Inner { clients, lines, backoff: config.backoff }) })
    }

    /// Sends a request on the terms of its permit, and gives the answer without secrets.
    ///
    /// `entry` (`<platform>/<entry>`) keeps the turns of components apart. `key` is written where the request's
    /// `idempotency` says. The inner error is what the guest is told; the outer one is our own trouble, after which
    /// it is open what became of a write.
    pub async fn send(
        &self,
        entry: &str,
        request: &HttpRequest,
        permit: &HttpPermit,
        key: Option<&str>,
        vault: &dyn Vault,
    ) -> Result<Result<HttpResponse, HttpError>, EgressError> {
        let began = Instant::now();
        let result = match Box::pin(self.sent(entry, request, permit, key, vault)).await {
            Ok(response) => Ok(response),
            Err(Stop::Told(error)) => Err(error),
            Err(Stop::Ours(error)) => return Err(error),
        };
        let told = match &result {
            Ok(response) => response.status.to_string(),
            Err(HttpError::Denied(_)) => "denied".to_owned(),
            Err(HttpError::NotSent(_)) => "not sent".to_owned(),
            Err(HttpError::OutcomeUnknown(_)) => "unknown".to_owned(),
            Err(HttpError::TooLarge(_)) => "too large".to_owned(),
        };
        // Neither path nor query: who calls keeps the request, sealed.
        tracing::debug!(
            entry,
            method = request.method.as_str(),
            host = permit.to.host,
            port = permit.to.port,
            outcome = told,
            milliseconds = began.elapsed().as_millis(),
            "request"
        );
        Ok(result)
    }

    async fn sent(
        &self,
        entry: &str,
        request: &HttpRequest,
        permit: &HttpPermit,
        key: Option<&str>,
        vault: &dyn Vault,
    ) -> Result<HttpResponse, Stop> {
        let until = Instant::now() + timeout(request, permit);
        // No name is looked up for an address, so nobody else would judge it.
        if let Ok(address) = permit.to.host.parse::<IpAddr>() {
            judge_address(address, &permit.grant.addresses)
                .map_err(|refused| no_address(request, permit, refused))?;
        }
        let prepared = prepare(request, permit, key, vault).await?;
        let terms = Terms::of(request, permit, &prepared);
        let raw = self.tried(entry, request, permit, &prepared, until, terms).await?;
        if let (None, Some(peer)) = (&permit.grant.proxy, raw.peer) {
            judge_address(peer.ip(), &permit.grant.addresses)
                .map_err(|refused| EgressError::Peer { address: refused.address })?;
        }
        answer::clean(raw, request, &prepared.carried, vault, |what| terms.unanswered(what)).await
    }

    async fn tried(
        &self,
        entry: &str,
        request: &HttpRequest,
        permit: &HttpPermit,
        prepared: &Prepared,
        until: Instant,
        terms: Terms,
    ) -> Result<Raw, Stop> {
        let fresh = !terms.repeatable;
        let client = self.inner.clients.get(permit, fresh).await?;
        let bounds = Bounds {
            until,
            response_bytes: permit.grant.limits.response_bytes,
            fresh,
            skip_body: if terms.repeatable { |_| false } else { leaves_open },
        };
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(self.inner.backoff)
            .with_factor(2.0)
            .with_max_times(TRIES - 1)
            .with_jitter()
            .build();
        // Whether an earlier try may have been acted on.
        let mut open = false;
        loop {
            let Some(place) = self.inner.lines.enter(entry, &permit.grant, until).await else {
                let why = "too many requests are under way on this line of the grant";
                return Err(terms.ended(open, HttpError::NotSent(why.to_owned())).into());
            };
            let result = attempt(&client, request.method, prepared, &bounds).await;
            drop(place);
            let wait = match &result {
                Ok(raw) if is_passing(raw.status) => retry_after(raw),
                Err(Failed::NotSent(_, Again::Yes) | Failed::Open(_)) => Some(Duration::ZERO),
                _ => None,
            };
            let wait = wait.filter(|_| terms.repeatable).and_then(|asked| Some(waits.next()?.max(asked)));
            match wait {
                Some(wait) if wait < until.saturating_duration_since(Instant::now()) => {
                    open |= !matches!(result, Err(Failed::NotSent(..)));
                    tokio::time::sleep(wait).await;
                }
                _ => return ended(result, request, permit, terms, open),
            }
        }
    }
}

/// What a request means for whoever has to settle it.
#[derive(Debug, Clone, Copy)]
struct Terms {
    /// It changes nothing.
    reads: bool,
    /// Sending it twice comes to the same.
    repeatable: bool,
    /// But only with the key that it carries.
    by_key: bool,
}

impl Terms {
    fn of(request: &HttpRequest, permit: &HttpPermit, prepared: &Prepared) -> Self {
        let reads = permit.grant.is_read(request.method, &permit.to.path);
        // A slot without a key protects from nothing.
        let repeatable = reads || request.method.is_idempotent() || prepared.keyed;
        let by_key = prepared.keyed && !reads && request.is_by_key();
        Self { reads, repeatable, by_key }
    }

    /// Whether this answer tells the component nothing of what became of the request. Of one that is repeated by its
    /// key the state is known when that is answered, and not before: another request would carry another key.
    fn is_open_after(self, status: StatusCode, tried: bool) -> bool {
        match self {
            Self { by_key: true, .. } => leaves_open(status) || tried && !settles(status.as_u16()),
            Self { repeatable, .. } => !repeatable && leaves_open(status),
        }
    }

    /// Bytes may have left, and there is no answer to hand on. Of a read nothing can be open.
    fn unanswered(self, what: &str) -> HttpError {
        if self.reads {
            HttpError::NotSent(format!("no answer came to a request that changes nothing: {what}"))
        } else {
            HttpError::OutcomeUnknown(what.to_owned())
        }
    }

    /// How the last try is told, when an earlier one may have been acted on.
    fn ended(self, open: bool, last: HttpError) -> HttpError {
        match last {
            HttpError::NotSent(what) if open => self
                .unanswered(&format!("an earlier try may have been acted on; the last was not sent: {what}")),
            HttpError::Denied(denial) if open && !self.reads => HttpError::OutcomeUnknown(format!(
                "an earlier try may have been acted on; the last was refused: {}",
                denial.remedy
            )),
            last => last,
        }
    }
}

fn ended(
    result: Result<Raw, Failed>,
    request: &HttpRequest,
    permit: &HttpPermit,
    terms: Terms,
    open: bool,
) -> Result<Raw, Stop> {
    let error = match result {
        Ok(raw) if terms.is_open_after(raw.status, open) => terms.unanswered(&format!(
            "the answer was {}, after which it may have been acted on",
            raw.status.as_u16()
        )),
        Ok(raw) => return Ok(raw),
        Err(Failed::Refused(refused)) => terms.ended(open, no_address(request, permit, refused)),
        Err(Failed::NotSent(what, _)) => terms.ended(open, HttpError::NotSent(what.to_owned())),
        Err(Failed::Open(what)) => terms.unanswered(what),
        Err(Failed::TooLarge(bytes)) => HttpError::TooLarge(bytes),
    };
    Err(error.into())
}

fn no_address(request: &HttpRequest, permit: &HttpPermit, refused: RefusedAddress) -> HttpError {
    denied(
        format!("{} at {refused}", asked(request, permit)),
        format!("if it is meant, write `{}` into this line of the grant", refused.grant()),
    )
}

/// What the guest asks for, within what the grant allows; nothing means the grant's.
fn timeout(request: &HttpRequest, permit: &HttpPermit) -> Duration {
    let granted = permit.grant.limits.timeout_ms.max(1);
    let asked = request.timeout_ms.filter(|asked| *asked > 0).unwrap_or(granted);
    Duration::from_millis(asked.min(granted).into())
}

/// Statuses after which another try may find a server that answers.
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502..=504)
}

/// Statuses that say nothing of whether a request was acted on: they come from something that stands between, or
/// from a server that broke while it worked.
fn leaves_open(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 504 | 520..=527)
}

/// How long the server asks to wait, in seconds; a date counts as not said.
fn retry_after(raw: &Raw) -> Option<Duration> {
    let asked =
        raw.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Some(Duration::from_secs(asked.unwrap_or(0)))
}
