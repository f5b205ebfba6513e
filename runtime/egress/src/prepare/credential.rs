//! Credentials that a binding names, put into the request.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use innominatus_effect::HttpPermit;
use innominatus_model::{Binding, HttpMethod, Secret};
use url::Url;
use zeroize::Zeroizing;

use super::{Completer, headers, sigv4};
use crate::error::Stop;
use crate::words::{author, denied, shown};

/// What a signature covers besides the headers.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) method: HttpMethod,
    pub(super) url: &'a Url,
    pub(super) body: &'a Bytes,
}

/// Puts the credential in.
pub(super) async fn put(
    binding: &Binding,
    permit: &HttpPermit,
    sent: Sent<'_>,
    to: &mut HeaderMap,
    completer: &Completer<'_>,
) -> Result<(), Stop> {
    match binding {
        Binding::Bearer { token } => {
            let token = secret(token, completer).await?;
            let text = Zeroizing::new(format!("Bearer {}", token.expose()));
            to.insert(AUTHORIZATION, headers::value("authorization", &text, true)?);
        }
        Binding::Basic { username, password } => {
            let password = secret(password, completer).await?;
            let both = Secret::new(format!("{username}:{}", password.expose()));
            let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(both.expose())));
            to.insert(AUTHORIZATION, headers::value("authorization", &text, true)?);
            completer.carry(both);
        }
        Binding::Header { name, value } => {
            let wanted = format!("the header `{}` of a credential binding", shown(name));
            let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !headers::is_frame(name));
            let Some(name) = name else {
                return Err(denied(wanted, "write the name of another header into the binding").into());
            };
            let value = secret(value, completer).await?;
            to.insert(&name, headers::value(name.as_str(), value.expose(), true)?);
        }
        Binding::AwsSigV4 { access_key_id, secret_access_key, session_token, region, service } => {
            let asked = permit.service.as_deref().or(service.as_deref());
            let service = match asked.or_else(|| sigv4::service_of(&permit.to.host)) {
                Some(service) if sigv4::is_name(service) => service,
                Some(other) => {
                    let wanted = format!("a signature for the service `{}`", shown(other));
                    return Err(author(wanted, "name the service as AWS does, like `s3`").into());
                }
                None => {
                    let wanted = format!("a signature for {}", permit.to.host);
                    let remedy = "say for which service: `service:` in the credential binding, or `:<service>` \
                                  after the credential's name in the request";
                    return Err(denied(wanted, remedy).into());
                }
            };
            let keys = sigv4::Keys {
                access_key_id: secret(access_key_id, completer).await?,
                secret_access_key: secret(secret_access_key, completer).await?,
                session_token: match session_token {
                    Some(name) => Some(secret(name, completer).await?),
                    None => None,
                },
            };
            let signature = sigv4::sign(sent, to, &keys, region, service, SystemTime::now())?;
            // Good for minutes, and for this request only; but nobody needs to see it.
            completer.carry(signature);
        }
    }
    Ok(())
}

/// A secret of the operator. It counts as carried.
async fn secret(name: &str, completer: &Completer<'_>) -> Result<Secret, Stop> {
    let Some(secret) = completer.vault.secret(name).await? else {
        let wanted = format!("the secret `{}` for a credential binding", shown(name));
        return Err(denied(wanted, format!("set it: `innominatus secret set {}`", shown(name))).into());
    };
    completer.carry(secret.clone());
    Ok(secret)
}
