//! One request and its answer: bounded in size and time, tried again where that is sane, with credentials for the
//! registry's own host alone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use innominatus_package::Repository;
use reqwest::Client;
use url::Url;

use super::ask::{Answer, Ask, Elsewhere};
use super::auth::{Auth, Held, Scope};
use super::place::Place;
use super::{RemoteConfig, tls};
use crate::{Credentials, RegistryError, limits};

/// How often an answer may be elsewhere.
const HOPS: usize = 5;
pub(super) const USER_AGENT: &str = concat!("innominatus/", env!("CARGO_PKG_VERSION"));

/// Why a try came to nothing.
enum Failed {
    /// Another one may do better.
    Passing { problem: String, source: Option<reqwest::Error>, after: Option<Duration> },
    /// No other one will.
    Final(RegistryError),
}

/// Sends requests.
pub(super) struct Wire {
    client: Client,
    pub(super) config: Arc<RemoteConfig>,
    auth: Auth,
}

impl Wire {
    pub(super) fn new(
        config: Arc<RemoteConfig>,
        credentials: Arc<dyn Credentials>,
    ) -> Result<Self, RegistryError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(config.certificates.as_deref())?)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(config.patience.connect)
            .read_timeout(config.patience.idle)
            .build()
            .map_err(|error| RegistryError::Setup { problem: error.to_string() })?;
        Ok(Self { client, config, auth: Auth::new(credentials) })
    }

    pub(super) fn place(&self, repository: &Repository) -> Result<Place, RegistryError> {
        Place::of(repository.registry(), &self.config)
    }

    /// Asks, with credentials once it is known that they are wanted.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        let place = self.place(ask.repository)?;
        let url = match &ask.url {
            Some(url) => url.clone(),
            None => place.url(ask.repository, &ask.path)?,
        };
        let (mut tried, mut asked_anew) = (0, false);
        loop {
            let held = self.auth.held(&place, ask.repository, &ask.scope);
            let failed = match self.once(&place, &url, ask, held.as_ref()).await {
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && !asked_anew => {
                    asked_anew = true;
                    self.auth.obtain(self, &place, ask.repository, &ask.scope, &answer).await?;
                    continue;
                }
                Ok(answer) if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                    return Err(self.denied(ask.repository, held.as_ref(), answer.said()));
                }
                Ok(answer) if is_passing(answer.status) => Failed::Passing {
                    problem: answer.said(),
                    source: None,
                    after: retry_after(&answer.headers),
                },
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            tried += 1;
            match failed {
                Failed::Final(error) => return Err(error),
                Failed::Passing { after, .. } if tried < self.config.patience.tries => {
                    tokio::time::sleep(self.config.patience.before(tried, after)).await;
                }
                Failed::Passing { problem, source, .. } => {
                    let source = source.map(|error| error.without_url().into());
                    let registry = place.registry;
                    return Err(RegistryError::Unreachable { registry, problem, source });
                }
            }
        }
    }

    /// The right to do something in a repository, if one has to have any: asked for, where it is not known yet.
    pub(super) async fn right(
        &self,
        repository: &Repository,
        scope: &Scope,
    ) -> Result<Option<Held>, RegistryError> {
        let place = self.place(repository)?;
        if let Some(held) = self.auth.held(&place, repository, scope) {
            return Ok(Some(held));
        }
        let what = "the registry's interface".to_owned();
        let ask =
            Ask::new(Method::GET, repository, String::new(), what).at(place.api("")?).scope(scope.clone());
        self.ask(&ask).await?;
        Ok(self.auth.held(&place, repository, scope))
    }

    /// The right to write, from a registry that asks for nothing before something is written: an upload is begun, and
    /// broken off.
    pub(super) async fn right_to_write(
        &self,
        repository: &Repository,
        scope: &Scope,
    ) -> Result<Option<Held>, RegistryError> {
        let place = self.place(repository)?;
        self.auth.forget(&place, repository, scope);
        let what = "an upload".to_owned();
        let begin = Ask::new(Method::POST, repository, "blobs/uploads/".to_owned(), what.clone());
        let answer =
            self.ask(&begin.scope(scope.clone()).body("application/octet-stream", Bytes::new())).await?;
        let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.and_then(|location| place.api("").ok()?.join(location).ok());
        if let Some(location) = location.filter(|location| place.is_home(location)) {
            let cancel = Ask::new(Method::DELETE, repository, String::new(), what).at(location);
            // It ends by itself too.
            let _ = self.ask(&cancel.scope(scope.clone())).await;
        }
        Ok(self.auth.held(&place, repository, scope))
    }

    pub(super) fn denied(
        &self,
        repository: &Repository,
        held: Option<&Held>,
        problem: String,
    ) -> RegistryError {
        RegistryError::Denied {
            registry: repository.registry().to_owned(),
            repository: repository.path().to_owned(),
            who: held.map_or_else(|| "a client without credentials".to_owned(), Held::who),
            problem,
        }
    }

    async fn once(
        &self,
        place: &Place,
        url: &Url,
        ask: &Ask<'_>,
        held: Option<&Held>,
    ) -> Result<Answer, Failed> {
        let bytes = ask.body.as_ref().map_or(ask.limit, |(_, body)| body.len() as u64);
        let patience = self.config.patience.of(bytes);
        match tokio::time::timeout(patience, self.followed(place, url, ask, held)).await {
            Ok(answer) => answer,
            Err(_) => {
                let problem = format!("{} did not come within {} s", ask.what, patience.as_secs_f32());
                Err(Failed::Passing { problem, source: None, after: None })
            }
        }
    }

    async fn followed(
        &self,
        place: &Place,
        url: &Url,
        ask: &Ask<'_>,
        held: Option<&Held>,
    ) -> Result<Answer, Failed> {
        let mut url = url.clone();
        for _ in 0..=HOPS {
            let held = held.filter(|_| place.is_home(&url));
            let mut request = self.client.request(ask.method.clone(), url.clone()).header(ACCEPT, ask.accept);
            if let Some(held) = held {
                request = request.header(AUTHORIZATION, held.header());
            }
            if let Some((media_type, body)) = &ask.body {
                request = request.header(CONTENT_TYPE, *media_type).body(body.clone());
            }
            let response = request.send().await.map_err(passing)?;
            if !is_redirect(response.status()) {
                return read(response, ask).await;
            }
            let next = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let next = next.and_then(|to| url.join(to).ok());
            let protocol = |problem: String| {
                Failed::Final(RegistryError::Protocol { registry: place.registry.clone(), problem })
            };
            let next = next.ok_or_else(|| protocol("it redirects to nowhere".to_owned()))?;
            if !place.is_home(&next) {
                match ask.elsewhere {
                    Elsewhere::Followed => {}
                    Elsewhere::Told => return read(response, ask).await,
                    Elsewhere::Refused => {
                        let host = next.host_str().unwrap_or_default().escape_debug().to_string();
                        return Err(protocol(format!("{} is not to be had from `{host}`", ask.what)));
                    }
                }
                place.may_send_to(&next).map_err(|why| protocol(format!("it sends to {why}")))?;
            }
            url = next;
        }
        Err(Failed::Final(RegistryError::Protocol {
            registry: place.registry.clone(),
            problem: format!("it redirects more than {HOPS} times"),
        }))
    }

    /// A request for a token, to an address that was checked: once, without redirects.
    pub(super) async fn token(&self, request: TokenAsk<'_>) -> Result<(StatusCode, Vec<u8>), RegistryError> {
        let TokenAsk { place, url, authorization, form } = request;
        let unreachable = |problem: String, error: Option<reqwest::Error>| RegistryError::Unreachable {
            registry: place.registry.clone(),
            problem,
            source: error.map(|error| error.without_url().into()),
        };
        let (mut tried, patience) = (0, &self.config.patience);
        loop {
            tried += 1;
            let mut request = match &form {
                None => self.client.get(url.clone()),
                Some(form) => self
                    .client
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form.as_bytes().to_vec()),
            };
            if let Some(authorization) = &authorization {
                request = request.header(AUTHORIZATION, authorization.clone());
            }
            let asked = tokio::time::timeout(patience.of(limits::TOKEN), async {
                let mut response = request.send().await?;
                let body = bounded(&mut response, limits::TOKEN).await?;
                Ok::<_, reqwest::Error>((response.status(), response.headers().clone(), body))
            });
            let (problem, error, after) = match asked.await {
                Err(_) => ("the token did not come in time".to_owned(), None, None),
                Ok(Err(error)) => (words(&error), Some(error), None),
                Ok(Ok((status, headers, _))) if is_passing(status) => {
                    let problem = format!("for a token it answers {}", status.as_u16());
                    (problem, None, retry_after(&headers))
                }
                Ok(Ok((status, _, Some(body)))) => return Ok((status, body)),
                Ok(Ok((_, _, None))) => return Err(RegistryError::limit("a token", limits::TOKEN)),
            };
            if tried >= patience.tries {
                return Err(unreachable(problem, error));
            }
            tokio::time::sleep(patience.before(tried, after)).await;
        }
    }
}

/// See [`Wire::token`].
pub(super) struct TokenAsk<'a> {
    pub(super) place: &'a Place,
    pub(super) url: Url,
    pub(super) authorization: Option<http::HeaderValue>,
    pub(super) form: Option<zeroize::Zeroizing<String>>,
}

async fn read(mut response: reqwest::Response, ask: &Ask<'_>) -> Result<Answer, Failed> {
    let (status, headers) = (response.status(), response.headers().clone());
    if !status.is_success() {
        // What it says is for people, and as much of it as they would read.
        let body = beginning(&mut response, limits::REFUSAL).await;
        return Ok(Answer { status, headers, body });
    }
    match bounded(&mut response, ask.limit).await.map_err(passing)? {
        Some(body) => Ok(Answer { status, headers, body }),
        None => Err(Failed::Final(RegistryError::limit(ask.what.clone(), ask.limit))),
    }
}

/// The whole body; none when it has more bytes than it may have.
async fn bounded(response: &mut reqwest::Response, limit: u64) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let said = response.content_length().unwrap_or(0);
    if said > limit {
        return Ok(None);
    }
    let mut body = Vec::with_capacity(usize::try_from(said).unwrap_or(0));
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

async fn beginning(response: &mut reqwest::Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
        if body.len() >= limit {
            break;
        }
    }
    body
}

fn passing(error: reqwest::Error) -> Failed {
    Failed::Passing { problem: words(&error), source: Some(error), after: None }
}

fn words(error: &reqwest::Error) -> String {
    let words = if error.is_timeout() {
        "it is silent for too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke off"
    };
    words.to_owned()
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Busy, or broken in a way that may pass.
pub(super) fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// In seconds; the other form, a date, would need a clock that the registry agrees with.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
