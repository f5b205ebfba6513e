//! What the tests share: a vault in memory, servers that do as they are told, and requests to them.

pub(crate) mod certificates;
pub(crate) mod clock;
pub(crate) mod resolver;
pub(crate) mod server;
pub(crate) mod vault;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use innominatus_effect::{HttpBody, HttpError, HttpPermit, HttpRequest, HttpResponse, http::destination};
use innominatus_egress::{Egress, EgressConfig};
use innominatus_model::{HostPattern, HttpGrant, HttpMethod, HttpRule, HttpTarget};

pub(crate) use resolver::Scripted;
pub(crate) use server::{Reply, Seen, Server};
pub(crate) use vault::MemoryVault;

/// An egress that waits little between tries.
pub(crate) fn egress() -> Egress {
    egress_with(Scripted::nobody())
}

/// With the names of this resolver.
pub(crate) fn egress_with(resolver: Arc<Scripted>) -> Egress {
    Egress::new(EgressConfig { resolver, backoff: Duration::from_millis(1), ..EgressConfig::default() })
        .unwrap()
}

/// A request without anything in it.
pub(crate) fn request(method: HttpMethod, url: &str) -> HttpRequest {
    HttpRequest {
        purpose: "test".into(),
        method,
        url: url.into(),
        headers: vec![],
        body: HttpBody::Empty,
        credential: None,
        idempotency: None,
        capture: vec![],
        timeout_ms: None,
    }
}

/// Leave for a URL on the usual terms, loopback included.
pub(crate) fn permit(url: &str) -> HttpPermit {
    let mut permit = strict(url);
    permit.grant.addresses = vec!["127.0.0.1/32".parse().unwrap()];
    permit
}

/// Leave for a URL, at public addresses only.
pub(crate) fn strict(url: &str) -> HttpPermit {
    let (url, to) = destination(url).unwrap();
    let rule = HttpRule {
        target: HttpTarget::Origin {
            scheme: to.scheme,
            host: HostPattern::Exact(to.host.clone()),
            port: to.port,
        },
        methods: BTreeSet::from(HttpMethod::ALL),
        path: "/".into(),
        secrets: true,
    };
    HttpPermit { url, to, grant: HttpGrant::new(rule), secrets: Ok(()), binding: None, service: None }
}

/// Sends with a vault that knows nothing.
pub(crate) async fn send(request: &HttpRequest, permit: &HttpPermit) -> Result<HttpResponse, HttpError> {
    egress().send("p/e", request, permit, None, &MemoryVault::default()).await.unwrap()
}

/// Gets a URL.
pub(crate) async fn get(url: &str) -> Result<HttpResponse, HttpError> {
    send(&request(HttpMethod::Get, url), &permit(url)).await
}

/// The remedy of a refusal.
pub(crate) fn remedy(result: Result<HttpResponse, HttpError>) -> String {
    match result {
        Err(HttpError::Denied(denial)) => {
            assert_eq!(denial.capability, "http");
            format!("{}: {}", denial.wanted, denial.remedy)
        }
        other => panic!("not denied: {other:?}"),
    }
}

/// Why it was not sent.
pub(crate) fn not_sent(result: Result<HttpResponse, HttpError>) -> String {
    match result {
        Err(HttpError::NotSent(why)) => why,
        other => panic!("not `not sent`: {other:?}"),
    }
}

/// Why its outcome is open.
pub(crate) fn unknown(result: Result<HttpResponse, HttpError>) -> String {
    match result {
        Err(HttpError::OutcomeUnknown(why)) => why,
        other => panic!("not open: {other:?}"),
    }
}

/// A header of an answer.
pub(crate) fn header<'r>(response: &'r HttpResponse, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A body as text.
pub(crate) fn text(response: &HttpResponse) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}
