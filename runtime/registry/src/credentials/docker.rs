//! Docker's `config.json`.

use std::io::Read as _;
use std::path::Path;

use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential_from_reader};
use innominatus_model::{Json, Secret};
use zeroize::{Zeroize as _, Zeroizing};

use super::Login;

/// Larger files are something else.
const LIMIT: u64 = 1024 * 1024;

/// What the file has for a registry. Without `helpers` no program is started, whatever the file names.
pub(super) fn read(file: &Path, registry: &str, helpers: bool) -> Result<Option<Login>, &'static str> {
    let mut text = Zeroizing::new(Vec::new());
    match std::fs::File::open(file) {
        Ok(file) => {
            file.take(LIMIT + 1).read_to_end(&mut text).map_err(|_| "cannot be read")?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err("cannot be read"),
    }
    if text.len() as u64 > LIMIT {
        return Err("has more than 1 MiB");
    }
    let mut config: Json = serde_json::from_slice(&text).map_err(|_| "is not JSON")?;
    let object = config.as_object_mut().ok_or("is not a JSON object")?;
    if !helpers {
        object.remove("credsStore");
        object.remove("credHelpers");
    }
    let text = serde_json::to_vec(&config).map(Zeroizing::new).map_err(|_| "is not JSON");
    wipe(&mut config);
    let text = text?;
    for name in names(registry) {
        match get_credential_from_reader(text.as_slice(), &name) {
            Ok(DockerCredential::IdentityToken(token)) => {
                return Ok(Some(Login::Identity(Secret::new(token))));
            }
            Ok(DockerCredential::UsernamePassword(username, password)) => {
                // Programs say by this name that the password is a token to exchange.
                return Ok(Some(match username.as_str() {
                    "<token>" => Login::Identity(Secret::new(password)),
                    _ => Login::Password { username, password: Secret::new(password) },
                }));
            }
            Err(CredentialRetrievalError::NoCredentialConfigured) => {}
            // A program that knows nothing of a registry says so by failing.
            Err(CredentialRetrievalError::HelperFailure { .. }) => {}
            Err(CredentialRetrievalError::HelperCommunicationError) => {
                return Err("names a program for credentials that cannot be started");
            }
            Err(CredentialRetrievalError::MalformedHelperResponse) => {
                return Err("names a program for credentials that does not answer as one");
            }
            Err(_) => return Err("has credentials for this registry that cannot be read"),
        }
    }
    Ok(None)
}

/// Overwrites every text.
fn wipe(json: &mut Json) {
    match json {
        Json::String(text) => text.zeroize(),
        Json::Array(items) => items.iter_mut().for_each(wipe),
        Json::Object(fields) => fields.values_mut().for_each(wipe),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The names a registry may have in the file.
fn names(registry: &str) -> Vec<String> {
    let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"];
    if hub.contains(&registry) {
        return vec!["https://index.docker.io/v1/".to_owned(), registry.to_owned()];
    }
    vec![registry.to_owned(), format!("https://{registry}"), format!("https://{registry}/v2/")]
}
