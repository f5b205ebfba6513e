//! From a request as the guest gave it to the bytes that are sent: checked, completed, signed.
//!
//! Nothing is sent here. The URL never gets a secret; headers, JSON strings and form values do, each escaped for
//! where it stands.

mod body;
mod credential;
mod headers;
mod key;
mod sigv4;

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use innominatus_effect::{HttpBody, HttpPermit, HttpRequest};
use innominatus_model::Secret;
use url::Url;

use crate::error::Stop;
use crate::words::{asked, author, denied};
use crate::{EgressError, Vault, VaultError, Withheld};

/// Bytes of a URL.
const MAX_URL: usize = 8 * 1024;

/// What is sent. It holds secrets.
pub(crate) struct Prepared {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The secrets in it, which the answer must not bring back.
    pub(crate) carried: Vec<Secret>,
    /// Whether the idempotency key is in it.
    pub(crate) keyed: bool,
}

/// A request whose parts were checked, without secrets.
struct Draft {
    url: Url,
    headers: Vec<(http::HeaderName, String)>,
    body: HttpBody,
}

/// Makes a request ready.
pub(crate) async fn prepare(
    request: &HttpRequest,
    permit: &HttpPermit,
    key: Option<&str>,
    vault: &dyn Vault,
) -> Result<Prepared, Stop> {
    let wanted = asked(request, permit);
    let mut draft = Draft {
        url: permit.url.clone(),
        headers: headers::check(&request.headers, permit.binding.as_ref())?,
        body: request.body.clone(),
    };
    let keyed = match (&request.idempotency, key) {
        (Some(slot), Some(key)) => {
            key::place(&mut draft, slot, key, permit.binding.as_ref())?;
            true
        }
        _ => false,
    };
    if draft.url.as_str().len() > MAX_URL {
        return Err(author(wanted, "its URL is too long").into());
    }
    let completer = Completer { vault, permit, carried: Mutex::default() };
    let withheld = |stop: Stop| match stop {
        Stop::Ours(EgressError::Vault(VaultError::Withheld(what))) => {
            denied(wanted.clone(), remedy(what, permit)).into()
        }
        stop => stop,
    };
    let mut headers = headers::complete(&draft, &completer).await.map_err(withheld)?;
    let body = body::complete(&draft.body, &completer).await.map_err(|error| withheld(error.into()))?;
    let limit = permit.grant.limits.request_bytes;
    if body.len() as u64 > limit {
        let remedy = format!("its body has {} bytes, and the grant allows {limit}", body.len());
        return Err(denied(wanted, remedy).into());
    }
    if let Some(binding) = &permit.binding {
        let sent = credential::Sent { method: request.method, url: &draft.url, body: &body };
        credential::put(binding, permit, sent, &mut headers, &completer).await?;
    }
    let carried = completer.carried.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Prepared { url: draft.url, headers, body, carried, keyed })
}

/// What would let a secret go along.
fn remedy(withheld: Withheld, permit: &HttpPermit) -> String {
    let what = match withheld {
        Withheld::Own => match &permit.secrets {
            Err(remedy) => {
                return format!("it holds a secret of the component, which may not go there: {remedy}");
            }
            Ok(()) => "it holds a secret that may not go there",
        },
        Withheld::Operators => {
            "it holds a secret of the operator, which may not go there: add the host to its `hosts:` under `secrets:` \
             in the grants file and install the platform again with it"
        }
        Withheld::Typed => {
            "it holds a secret whose token stands in the params as well, where it is only text: take it out of there"
        }
    };
    what.to_owned()
}

/// Swaps tokens for secrets, and remembers which secrets it put in.
struct Completer<'a> {
    vault: &'a dyn Vault,
    permit: &'a HttpPermit,
    carried: Mutex<Vec<Secret>>,
}

impl Completer<'_> {
    async fn complete(&self, text: &str, escape: fn(&str) -> String) -> Result<Secret, VaultError> {
        let noted = |secret: &str| {
            self.carry(Secret::new(secret));
            escape(secret)
        };
        self.vault.complete(text, &self.permit.to, self.permit.secrets.is_ok(), &noted).await
    }

    /// Remembers a secret that is in the request.
    fn carry(&self, secret: Secret) {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).push(secret);
    }
}
