//! HTTP clients, one for each way of connecting: whom it trusts, through which proxy, to which addresses.
//!
//! A client does nothing by itself: no redirects, no retries, no cookies, no referrer, no decompression, no proxy
//! of the environment.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use innominatus_effect::HttpPermit;
use innominatus_model::Scheme;
use ipnet::IpNet;
use reqwest::{Client, Proxy};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tower::util::MapResponseLayer;

use crate::resolve::{Guarded, Resolver};
use crate::{EgressError, OpenError};

/// Clients that are kept; beyond it all are made anew when they are needed.
const KEPT: usize = 64;
/// Bytes of a file of certificates.
const MAX_CERTIFICATES: u64 = 1024 * 1024;
/// An unused connection is closed after this.
const IDLE: Duration = Duration::from_secs(20);

tokio::task_local! {
    /// Set when a request that wants a connection of its own has it: from then on bytes may have left.
    pub(crate) static CONNECTED: Arc<AtomicBool>;
}

/// Who may vouch for a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Trust {
    /// Nobody: no TLS is spoken.
    Nobody,
    /// Whom the machine trusts.
    Machine,
    /// These certificates (PEM), and nobody else.
    Only(Arc<[u8]>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    trust: Trust,
    proxy: Option<String>,
    granted: Vec<IpNet>,
    fresh: bool,
}

/// All clients of a process.
pub(crate) struct Clients {
    resolver: Arc<dyn Resolver>,
    user_agent: HeaderValue,
    kept: Mutex<HashMap<Way, Client>>,
}

impl Clients {
    pub(crate) fn new(resolver: Arc<dyn Resolver>, user_agent: &str) -> Result<Self, OpenError> {
        let user_agent =
            HeaderValue::from_str(user_agent).map_err(|_| OpenError::UserAgent(user_agent.to_owned()))?;
        let clients = Self { resolver, user_agent, kept: Mutex::default() };
        // What cannot work at all is found before the first request.
        let way = Way { trust: Trust::Nobody, proxy: None, granted: Vec::new(), fresh: true };
        clients.make(&way).map_err(OpenError::Client)?;
        Ok(clients)
    }

    /// The client for a request. `fresh`: it gets a connection of its own, so that no server's closing of an idle
    /// one makes it open what became of the request.
    pub(crate) async fn get(&self, permit: &HttpPermit, fresh: bool) -> Result<Client, EgressError> {
        let grant = &permit.grant;
        let speaks_tls = permit.to.scheme == Scheme::Https
            || grant.proxy.as_deref().is_some_and(|proxy| proxy.starts_with("https:"));
        let trust = match &grant.ca_file {
            _ if !speaks_tls => Trust::Nobody,
            None => Trust::Machine,
            // Read each time, so that a file that was replaced counts from the next request on.
            Some(file) => Trust::Only(certificates(file).await?),
        };
        let mut granted = grant.addresses.clone();
        granted.sort();
        let way = Way { trust, proxy: grant.proxy.clone(), granted, fresh };
        if let Some(client) = self.kept().get(&way) {
            return Ok(client.clone());
        }
        let client = self.make(&way).map_err(|error| named(error, grant.ca_file.as_deref()))?;
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(way, client.clone());
        Ok(client)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Way, Client>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, way: &Way) -> Result<Client, EgressError> {
        let guarded = Guarded {
            resolver: Arc::clone(&self.resolver),
            granted: way.proxy.is_none().then(|| way.granted.clone()),
        };
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls(&way.trust)?)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(Arc::new(guarded))
            .user_agent(self.user_agent.clone())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(if way.fresh { 0 } else { 4 })
            .connector_layer(MapResponseLayer::new(note_connected));
        if let Some(url) = &way.proxy {
            builder = builder.proxy(proxy(url)?);
        }
        builder.build().map_err(EgressError::Client)
    }
}

/// Passes a connection on. The client polls it within the request's own task while nothing is pooled.
fn note_connected<C>(connection: C) -> C {
    // Elsewhere nobody asks.
    let _ = CONNECTED.try_with(|connected| connected.store(true, Ordering::SeqCst));
    connection
}

fn proxy(url: &str) -> Result<Proxy, EgressError> {
    let parsed = url::Url::parse(url).map_err(|_| EgressError::Proxy { reason: "it is not a URL" })?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(EgressError::Proxy { reason: "it is not an `http` or `https` URL" });
    }
    Proxy::all(parsed).map_err(|_| EgressError::Proxy { reason: "it is not a proxy's URL" })
}

async fn certificates(file: &str) -> Result<Arc<[u8]>, EgressError> {
    let failed = |reason: String| EgressError::Certificates { file: file.to_owned(), reason };
    let known = tokio::fs::metadata(file).await.map_err(|error| failed(error.to_string()))?;
    if !known.is_file() || known.len() > MAX_CERTIFICATES {
        return Err(failed(format!("it is not a file of at most {MAX_CERTIFICATES} bytes")));
    }
    Ok(tokio::fs::read(file).await.map_err(|error| failed(error.to_string()))?.into())
}

/// TLS 1.2 and 1.3, server certificates always checked, no client certificate.
fn tls(trust: &Trust) -> Result<ClientConfig, EgressError> {
    let roots = |reason: String| EgressError::Roots { reason };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| roots(error.to_string()))?;
    let builder = match trust {
        Trust::Nobody => builder.with_root_certificates(RootCertStore::empty()),
        Trust::Machine => builder.with_platform_verifier().map_err(|error| roots(error.to_string()))?,
        Trust::Only(pem) => builder.with_root_certificates(store(pem)?),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn store(pem: &[u8]) -> Result<RootCertStore, EgressError> {
    // The file's name is put in by who knows it.
    let failed = |reason: String| EgressError::Certificates { file: String::new(), reason };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        store.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(store)
}

fn named(error: EgressError, name: Option<&str>) -> EgressError {
    match (error, name) {
        (EgressError::Certificates { reason, .. }, Some(name)) => {
            EgressError::Certificates { file: name.to_owned(), reason }
        }
        (other, _) => other,
    }
}
