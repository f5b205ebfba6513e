//! `policy.yaml`: whose signatures are trusted, by where a platform comes from.
//!
//! The policy says what is demanded; whether a signature fulfils it is for `registry`. Files are named here, not
//! read. Two levels are joined by [`Policies`]: what the system's policy speaks of, the user's cannot change.

mod glob;
mod level;
mod read;
mod read_signers;
mod scope;
mod signer;

use std::collections::BTreeSet;

use innominatus_model::Digest;

pub use glob::Glob;
pub use level::{Policies, PolicyLevel, TrustVerdict};
pub use read::read_policy;
pub use scope::SourceScope;
pub use signer::{AcceptedSigner, AttestationRule, Demand, KeySource, TransparencyLog};

/// What one policy file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// In the order of the file; no scope stands twice.
    pub rules: Vec<TrustRule>,
    /// Artifacts that are never installed, whoever signed them.
    pub deny: BTreeSet<Digest>,
    /// The file with the root of trust by which identities and logs are judged: absolute, or seen from the policy file.
    pub trusted_root: Option<String>,
}

/// What is demanded of the platforms from some sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRule {
    /// Which sources.
    pub scope: SourceScope,
    /// What is demanded.
    pub demand: Demand,
}

impl Policy {
    /// The rule for a source such as `ghcr.io/acme/platform-aws`: the most specific one that speaks of it. Where two
    /// are equally specific, the one that demands a signature.
    pub fn for_source(&self, source: &str) -> Option<&TrustRule> {
        let rank = |rule: &&TrustRule| (rule.scope.specificity(), rule.demand != Demand::Unsigned);
        // `max_by` takes the last of equals, and the first of the file is meant.
        let fitting = self.rules.iter().rev().filter(|rule| rule.scope.matches(source));
        fitting.max_by_key(rank)
    }
}
