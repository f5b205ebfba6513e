//! What a component may do: asked for in the manifest *and* granted by the operator.
//!
//! `capability` is the imports of the contract, `http` where requests may go, `address` which of them are public, `binding` the credentials that the
//! host puts in. A [`Want`] is the author's side, a [`Grant`] the operator's together with what was wanted: the
//! authoriser of `effect` lets through what both allow.

mod address;
mod binding;
mod capability;
mod http;

use std::collections::{BTreeMap, BTreeSet};

pub use address::{RefusedAddress, judge_address};
pub use binding::{Binding, BindingKind};
pub use capability::Capability;
pub use http::{
    HostPattern, HttpDestination, HttpGrant, HttpLimits, HttpMethod, HttpRule, HttpTarget, InvalidHost,
    Scheme,
};

/// What a manifest asks for, with the reason a person reads before saying yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Which capability.
    pub capability: Capability,
    /// Why, in the author's words.
    pub reason: String,
    /// For `http`: where requests are to go; at least one.
    pub http: Vec<HttpRule>,
    /// For `http`: the names of credential bindings that requests use, with the kind each has to be.
    pub credentials: BTreeMap<String, BindingKind>,
    /// For `secrets`: the names that `secrets.reference` is called with.
    pub references: BTreeSet<String>,
}

impl Want {
    /// Asks for a capability without going into its details.
    pub fn plain(capability: Capability, reason: impl Into<String>) -> Self {
        Self {
            capability,
            reason: reason.into(),
            http: Vec::new(),
            credentials: BTreeMap::new(),
            references: BTreeSet::new(),
        }
    }
}

/// A secret of the operator that a component may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrant {
    /// The operator's name for it.
    pub secret: String,
    /// Hosts that it may be sent to; none means nowhere.
    pub hosts: Vec<HostPattern>,
}

/// What one manifest entry may do: what was wanted, imported and granted. The default is nothing but what is
/// always granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    capabilities: BTreeSet<Capability>,
    /// Whether it may generate secrets of its own; `secrets` may also be granted for references alone.
    pub generate: bool,
    /// Where the manifest says requests go.
    pub wanted_http: Vec<HttpRule>,
    /// Where the operator lets them go.
    pub http: Vec<HttpGrant>,
    /// Credentials that the host puts into requests, by the name the component uses.
    pub credentials: BTreeMap<String, Binding>,
    /// Secrets of the operator, by the name the component uses.
    pub references: BTreeMap<String, SecretGrant>,
}

impl Grant {
    /// Allows these, besides what is always granted. With `secrets`, generating them is allowed too.
    pub fn new(capabilities: impl IntoIterator<Item = Capability>) -> Self {
        let capabilities: BTreeSet<_> = capabilities.into_iter().collect();
        Self { generate: capabilities.contains(&Capability::Secrets), capabilities, ..Self::default() }
    }

    /// Whether the capability is allowed.
    pub fn allows(&self, capability: Capability) -> bool {
        capability.is_always_granted() || self.capabilities.contains(&capability)
    }

    /// What is allowed besides what always is.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        self.capabilities.iter().copied()
    }
    /// The operator's names of every secret that it uses, by a credential or by a reference.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let credentials = self.credentials.values().flat_map(Binding::secrets);
        credentials.chain(self.references.values().map(|reference| reference.secret.as_str()))
    }
}
