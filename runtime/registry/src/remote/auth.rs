//! Who one is to a registry. Credentials go to the registry's own host and to the hosts that are known to check them,
//! whatever a registry says; tokens that came of them are kept while this process speaks to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use innominatus_model::{Json, Secret};
use innominatus_package::Repository;
use url::Url;
use zeroize::Zeroizing;

use super::ask::{Answer, said};
use super::challenge::{self, Challenge};
use super::place::Place;
use super::wire::{TokenAsk, Wire};
use crate::{Credential, Credentials, Login, RegistryError};

/// Whom a token alone belongs to: registries ask for a name and do not look at it.
const SOMEBODY: &str = "innominatus";

/// What one wants to do in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// Read.
    Pull,
    /// Read and write.
    Push,
    /// That, and read in another one.
    Mount(Repository),
}

impl Scope {
    fn words(&self, repository: &Repository) -> Vec<String> {
        let path = repository.path();
        match self {
            Self::Pull => vec![format!("repository:{path}:pull")],
            Self::Push => vec![format!("repository:{path}:pull,push")],
            Self::Mount(from) => {
                vec![format!("repository:{path}:pull,push"), format!("repository:{}:pull", from.path())]
            }
        }
    }
}

/// What is shown to a registry.
#[derive(Clone)]
pub(super) struct Held {
    shown: Shown,
    from: Option<String>,
}

#[derive(Clone)]
enum Shown {
    Basic { username: String, password: Secret },
    Bearer(Secret),
}

impl Held {
    /// Who one is, in words.
    pub(super) fn who(&self) -> String {
        self.from.as_ref().map_or_else(
            || "a client without credentials".to_owned(),
            |from| format!("the credentials of {from}"),
        )
    }

    /// The header `Authorization`.
    pub(super) fn header(&self) -> HeaderValue {
        match &self.shown {
            Shown::Basic { username, password } => basic(username, password),
            Shown::Bearer(token) => hidden(&Zeroizing::new(format!("Bearer {}", token.expose()))),
        }
    }

    /// The same for the library that uploads.
    pub(super) fn for_library(&self) -> oci_client::token_cache::RegistryTokenType {
        use oci_client::token_cache::{RegistryToken, RegistryTokenType};
        match &self.shown {
            Shown::Basic { username, password } => {
                RegistryTokenType::Basic(username.clone(), password.expose().to_owned())
            }
            Shown::Bearer(token) => {
                RegistryTokenType::Bearer(RegistryToken::Token { token: token.expose().to_owned() })
            }
        }
    }
}

fn basic(username: &str, password: &Secret) -> HeaderValue {
    let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    hidden(&Zeroizing::new(format!("Basic {}", *encoded)))
}

/// A header that no log shows. What is not the text of one is sent as none, and refused as such.
fn hidden(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

type Key = (String, String);

/// Credentials, and what came of them.
pub(super) struct Auth {
    credentials: Arc<dyn Credentials>,
    held: Mutex<HashMap<Key, Held>>,
}

impl Auth {
    pub(super) fn new(credentials: Arc<dyn Credentials>) -> Self {
        Self { credentials, held: Mutex::default() }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(place: &Place, repository: &Repository, scope: &Scope) -> Key {
        (place.registry.clone(), scope.words(repository).join(" "))
    }

    /// What is there for this already.
    pub(super) fn held(&self, place: &Place, repository: &Repository, scope: &Scope) -> Option<Held> {
        self.all().get(&Self::key(place, repository, scope)).cloned()
    }

    /// It was no good.
    pub(super) fn forget(&self, place: &Place, repository: &Repository, scope: &Scope) {
        self.all().remove(&Self::key(place, repository, scope));
    }

    /// Gets what a registry asked for in its answer.
    pub(super) async fn obtain(
        &self,
        wire: &Wire,
        place: &Place,
        repository: &Repository,
        scope: &Scope,
        answer: &Answer,
    ) -> Result<(), RegistryError> {
        let before = self.held(place, repository, scope);
        self.forget(place, repository, scope);
        let denied = |problem: String| wire.denied(repository, before.as_ref(), problem);
        let Some(challenge) = challenge::read(&answer.headers) else { return Err(denied(answer.said())) };
        let credential = self
            .credentials
            .of(&place.registry)
            .await
            .map_err(|source| RegistryError::Credentials { registry: place.registry.clone(), source })?;
        let held = match (challenge, credential) {
            (Challenge::Basic, None) => return Err(denied("it wants a name and a password".to_owned())),
            (Challenge::Basic, Some(Credential { login, from })) => {
                let shown = match login {
                    Login::Password { username, password } => Shown::Basic { username, password },
                    Login::Token(password) => Shown::Basic { username: SOMEBODY.to_owned(), password },
                    Login::Identity(_) => {
                        return Err(denied(
                            "it wants a name and a password, not an identity token".to_owned(),
                        ));
                    }
                };
                Held { shown, from: Some(from) }
            }
            (Challenge::Bearer { realm, service }, credential) => {
                let realm = checked(&realm, place, wire)?;
                exchange(wire, place, repository, scope, realm, service, credential).await?
            }
        };
        self.all().insert(Self::key(place, repository, scope), held);
        Ok(())
    }
}

/// The address for tokens, if it is one that credentials may be sent to. Who has none is not sent there either: a
/// registry is not to choose what this machine connects to.
fn checked(realm: &str, place: &Place, wire: &Wire) -> Result<Url, RegistryError> {
    let shown = |text: &str| text.chars().take(200).collect::<String>().escape_debug().to_string();
    let url = Url::parse(realm).map_err(|_| RegistryError::Protocol {
        registry: place.registry.clone(),
        problem: format!("it wants a token of `{}`, which is no address", shown(realm)),
    })?;
    if place.is_realm(&url, &wire.config) {
        return Ok(url);
    }
    let host = url.host_str().map_or_else(|| shown(realm), str::to_owned);
    let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Err(RegistryError::Realm { registry: place.registry.clone(), host })
}

async fn exchange(
    wire: &Wire,
    place: &Place,
    repository: &Repository,
    scope: &Scope,
    mut url: Url,
    service: Option<String>,
    credential: Option<Credential>,
) -> Result<Held, RegistryError> {
    let scopes = scope.words(repository);
    let from = credential.as_ref().map(|credential| credential.from.clone());
    let (mut authorization, mut form, mut itself) = (None, None, None);
    match credential.map(|credential| credential.login) {
        Some(Login::Password { username, password }) => authorization = Some(basic(&username, &password)),
        Some(Login::Token(token)) => {
            authorization = Some(basic(SOMEBODY, &token));
            itself = Some(token);
        }
        Some(Login::Identity(token)) => {
            let mut fields = url::form_urlencoded::Serializer::new(String::new());
            fields.append_pair("grant_type", "refresh_token").append_pair("client_id", SOMEBODY);
            fields.append_pair("refresh_token", token.expose()).append_pair("scope", &scopes.join(" "));
            fields.extend_pairs(service.as_ref().map(|service| ("service", service)));
            form = Some(Zeroizing::new(fields.finish()));
        }
        None => {}
    }
    if form.is_none() {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(service.as_ref().map(|service| ("service", service)));
        query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
    }
    let (status, body) = wire.token(TokenAsk { place, url, authorization, form }).await?;
    let body = Zeroizing::new(body);
    if !status.is_success() {
        // A token may already be what others are exchanged for.
        if let (401 | 403, Some(token)) = (status.as_u16(), itself) {
            return Ok(Held { shown: Shown::Bearer(token), from });
        }
        let problem = format!("for a token {}", said(status, &body));
        let shown = Held { shown: Shown::Bearer(Secret::new("")), from };
        return Err(wire.denied(repository, Some(&shown), problem));
    }
    let token = serde_json::from_slice::<Json>(&body).ok().and_then(|json| {
        let token = [&json["token"], &json["access_token"]].into_iter().find_map(Json::as_str)?;
        Some(Secret::new(token))
    });
    match token {
        Some(token) => Ok(Held { shown: Shown::Bearer(token), from }),
        None => Err(RegistryError::Protocol {
            registry: place.registry.clone(),
            problem: "it answers without a token where one was asked for".to_owned(),
        }),
    }
}
