//! Secrets in memory. What it says of tokens and destinations is what the real one says.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use innominatus_egress::{Escape, Vault, VaultError, Withheld};
use innominatus_model::{Code, HttpDestination, Secret};

/// What stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";

#[derive(Default)]
pub(crate) struct MemoryVault {
    /// The operator's, by name.
    operator: BTreeMap<String, String>,
    /// Token, secret, and the hosts it may go to; none: it is the component's own.
    tokens: Vec<(String, String, Option<Vec<String>>)>,
    kept: Mutex<Vec<(String, String)>>,
    broken: bool,
    forgetful: bool,
}

impl MemoryVault {
    /// With a secret of the operator.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.operator.insert(name.into(), value.into());
        self
    }

    /// With a token of the component's own secret.
    pub(crate) fn own(mut self, token: &str, value: &str) -> Self {
        self.tokens.push((token.into(), value.into(), None));
        self
    }

    /// With a token of a secret of the operator's, for these hosts.
    pub(crate) fn reference(mut self, token: &str, value: &str, hosts: &[&str]) -> Self {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        self.tokens.push((token.into(), value.into(), Some(hosts)));
        self
    }

    /// It can keep nothing.
    pub(crate) fn broken(mut self) -> Self {
        self.broken = true;
        self
    }

    /// It replaces nothing that it is not told to.
    pub(crate) fn forgetful(mut self) -> Self {
        self.forgetful = true;
        self
    }

    /// What was captured: name and secret, in order.
    pub(crate) fn kept(&self) -> Vec<(String, String)> {
        self.kept.lock().unwrap().clone()
    }

    /// The token of a captured secret.
    pub(crate) fn token(name: &str) -> String {
        format!("tok0{}0", name.replace('-', "0"))
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn complete(
        &self,
        text: &str,
        to: &HttpDestination,
        own: bool,
        escape: &Escape<'_>,
    ) -> Result<Secret, VaultError> {
        let mut text = text.to_owned();
        for (token, secret, hosts) in &self.tokens {
            let may_go = match hosts {
                None => own,
                Some(hosts) => hosts.contains(&to.host),
            };
            if !text.contains(token.as_str()) {
                continue;
            }
            if !may_go {
                let what = if hosts.is_none() { Withheld::Own } else { Withheld::Operators };
                return Err(VaultError::Withheld(what));
            }
            text = text.replace(token.as_str(), &escape(secret));
        }
        Ok(Secret::new(text))
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self.operator.get(name).map(Secret::new))
    }

    async fn keep(&self, name: &str, value: &Secret) -> Result<String, VaultError> {
        if self.broken {
            return Err(VaultError::Failed { code: Code::StoreFull, reason: "the disk is full".into() });
        }
        self.kept.lock().unwrap().push((name.into(), value.expose().into()));
        Ok(Self::token(name))
    }

    async fn scrub(&self, text: &str, also: &[Secret]) -> Result<String, VaultError> {
        let kept = self.kept();
        let known = self.tokens.iter().map(|(_, secret, _)| secret.as_str());
        let known = known.chain(kept.iter().map(|(_, secret)| secret.as_str()));
        let known = known.filter(|_| !self.forgetful);
        let mut all: Vec<&str> = known.chain(also.iter().map(Secret::expose)).collect();
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut text = text.to_owned();
        for secret in all {
            let json = serde_json::to_string(secret).unwrap();
            let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let forms = [
                secret.to_owned(),
                json.trim_matches('"').to_owned(),
                form,
                STANDARD.encode(secret),
                URL_SAFE_NO_PAD.encode(secret),
            ];
            for form in forms {
                text = text.replace(&form, REDACTED);
            }
        }
        Ok(text)
    }
}
