//! Blobs on their way up, by `oci-client`: sessions, chunks, and the other way for registries that know no chunks.
//!
//! The library gets a token that was had here, so that it asks nobody for one; runs in a task of its own, because it
//! panics at addresses that are none; and has a deadline, because it knows no bound of its own. It does not send
//! credentials to another host than the registry's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use innominatus_model::Digest;
use innominatus_package::Repository;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};

use super::RemoteConfig;
use super::auth::{Held, Scope};
use super::place::Place;
use super::wire::{USER_AGENT, Wire, is_passing};
use crate::RegistryError;

/// A token is good until the registry says otherwise, and then another one is had here.
const TOKEN_SECONDS: usize = 24 * 60 * 60;

/// Uploads to registries, each with a client of its own.
pub(super) struct Uploads {
    config: Arc<RemoteConfig>,
    clients: Mutex<HashMap<String, Client>>,
}

/// What came of a try.
enum Outcome<T> {
    Done(T),
    Unauthorized,
    Passing(String),
    Final(RegistryError),
}

impl Uploads {
    pub(super) fn new(config: Arc<RemoteConfig>) -> Self {
        Self { config, clients: Mutex::default() }
    }

    fn client(&self, place: &Place) -> Result<Client, RegistryError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&place.host) {
            return Ok(client.clone());
        }
        // The library takes whatever the process has; where nobody has said, this is it. Somebody has: also good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let protocol = if place.is_plain() { ClientProtocol::Http } else { ClientProtocol::Https };
        let own = self.config.certificates.iter();
        let config = ClientConfig {
            protocol,
            extra_root_certificates: own
                .map(|pem| Certificate { encoding: CertificateEncoding::Pem, data: pem.clone() })
                .collect(),
            connect_timeout: Some(self.config.patience.connect),
            read_timeout: Some(self.config.patience.idle),
            default_token_expiration_secs: TOKEN_SECONDS,
            user_agent: USER_AGENT,
            ..ClientConfig::default()
        };
        // Never `Client::new`, which goes on with other settings where these do not work.
        let client = Client::try_from(config)
            .map_err(|error| RegistryError::Setup { problem: format!("uploads: {error}") })?;
        clients.insert(place.host.clone(), client.clone());
        Ok(client)
    }

    /// Uploads a blob; false where the registry does not say that it has it now. One that asks for an upload in answer to
    /// an upload keeps nothing; one that only forgets to say where the blob is has it.
    pub(super) async fn push(
        &self,
        wire: &Wire,
        repository: &Repository,
        digest: &Digest,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        let bytes = Bytes::copy_from_slice(bytes);
        let digest = digest.to_string();
        let length = bytes.len() as u64;
        let done = self
            .attempt(wire, repository, &Scope::Push, length, |client, reference| {
                let (bytes, digest) = (bytes.clone(), digest.clone());
                async move { client.push_blob(&reference, bytes, &digest).await.map(drop) }
            })
            .await?;
        Ok(done.is_some())
    }

    /// Takes a blob over from another repository; false where the registry would rather have it uploaded.
    pub(super) async fn mount(
        &self,
        wire: &Wire,
        to: &Repository,
        from: &Repository,
        digest: &Digest,
    ) -> Result<bool, RegistryError> {
        let place = wire.place(to)?;
        let source = reference(&place, from);
        let digest = digest.to_string();
        let mounted = self
            .attempt(wire, to, &Scope::Mount(from.clone()), 0, |client, reference| {
                let (source, digest) = (source.clone(), digest.clone());
                async move { client.mount_blob(&reference, &source, &digest).await }
            })
            .await;
        match mounted {
            Ok(done) => Ok(done.is_some()),
            // Not allowed to look there, or no such thing: an upload will do, or say why not.
            Err(
                RegistryError::Denied { .. }
                | RegistryError::NotFound { .. }
                | RegistryError::Protocol { .. },
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Runs the library until it is done; none where the registry did not say that it is.
    async fn attempt<F>(
        &self,
        wire: &Wire,
        repository: &Repository,
        scope: &Scope,
        bytes: u64,
        work: impl Fn(Client, Reference) -> F,
    ) -> Result<Option<()>, RegistryError>
    where
        F: Future<Output = Result<(), OciDistributionError>> + Send + 'static,
    {
        let place = wire.place(repository)?;
        let (client, reference) = (self.client(&place)?, reference(&place, repository));
        let mut held = wire.right(repository, scope).await?;
        let (mut tried, mut asked_anew) = (0, false);
        loop {
            hand_over(&client, &reference, &place, held.as_ref()).await;
            let deadline = self.config.patience.of(bytes);
            let mut tasks = tokio::task::JoinSet::new();
            tasks.spawn(work(client.clone(), reference.clone()));
            // Dropping the set ends the task with whoever waits for it.
            let outcome = match tokio::time::timeout(deadline, tasks.join_next()).await {
                Err(_) => Outcome::Passing("the upload did not end in time".to_owned()),
                Ok(None) => Outcome::Passing("the upload ended without a word".to_owned()),
                Ok(Some(Err(_panicked))) => Outcome::Final(RegistryError::Protocol {
                    registry: place.registry.clone(),
                    problem: "it sends an upload to an address that is none".to_owned(),
                }),
                Ok(Some(Ok(Ok(())))) => Outcome::Done(Some(())),
                Ok(Some(Ok(Err(error)))) => judge(error, wire, repository, held.as_ref()),
            };
            match outcome {
                Outcome::Done(done) => return Ok(done),
                Outcome::Final(error) => return Err(error),
                Outcome::Unauthorized if !asked_anew => {
                    asked_anew = true;
                    held = wire.right_to_write(repository, scope).await?;
                    continue;
                }
                Outcome::Unauthorized => {
                    return Err(wire.denied(repository, held.as_ref(), "it answers 401".to_owned()));
                }
                Outcome::Passing(problem) => {
                    tried += 1;
                    if tried >= self.config.patience.tries {
                        let registry = place.registry.clone();
                        return Err(RegistryError::Unreachable { registry, problem, source: None });
                    }
                }
            }
            tokio::time::sleep(self.config.patience.before(tried, None)).await;
        }
    }
}

fn reference(place: &Place, repository: &Repository) -> Reference {
    // Blobs have no tag; the library wants one.
    Reference::with_tag(place.host.clone(), repository.path().to_owned(), "blob".to_owned())
}

async fn hand_over(client: &Client, reference: &Reference, place: &Place, held: Option<&Held>) {
    let Some(held) = held else { return };
    // It looks for a token only where it knows of credentials; with these it asks nobody when the token is too old.
    client.store_auth_if_needed(&place.host, &RegistryAuth::Bearer("expired".to_owned())).await;
    client.tokens.insert(reference, RegistryOperation::Push, held.for_library()).await;
}

/// What the library's error means. Its own words are not passed on: they have addresses in them that let others in.
fn judge(
    error: OciDistributionError,
    wire: &Wire,
    repository: &Repository,
    held: Option<&Held>,
) -> Outcome<Option<()>> {
    use OciDistributionError as E;
    let protocol = |problem: String| {
        Outcome::Final(RegistryError::Protocol { registry: repository.registry().to_owned(), problem })
    };
    match error {
        // It would rather have an upload, as the specification lets it; or it does not say where something is.
        E::SpecViolationError(_) | E::RegistryNoLocationError => Outcome::Done(None),
        E::UnauthorizedError { .. } | E::AuthenticationFailure(_) => Outcome::Unauthorized,
        E::ServerError { code, message, .. } => {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let said = super::ask::said(status, message.as_bytes());
            match status {
                StatusCode::UNAUTHORIZED => Outcome::Unauthorized,
                StatusCode::FORBIDDEN => Outcome::Final(wire.denied(repository, held, said)),
                StatusCode::NOT_FOUND => {
                    Outcome::Final(RegistryError::NotFound { what: format!("`{repository}`") })
                }
                status if is_passing(status) => Outcome::Passing(said),
                _ => protocol(said),
            }
        }
        E::RequestError(error) if error.is_builder() => protocol("it sends an upload to nowhere".to_owned()),
        E::RequestError(error) if error.is_redirect() => protocol("it redirects an upload".to_owned()),
        E::RequestError(_) | E::IoError(_) => Outcome::Passing("the connection broke off".to_owned()),
        E::UrlParseError(_) | E::HeaderValueError(_) | E::GenericError(_) => {
            protocol("it sends an upload to an address that is none".to_owned())
        }
        _ => protocol("it does not take an upload as the protocol has it".to_owned()),
    }
}
