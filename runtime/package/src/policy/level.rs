//! Two policies in one: the system's, which pins, and the user's, which adds.

use innominatus_model::Digest;

use super::{Policy, TrustRule};
use crate::config::is_local;

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyLevel {
    /// Of whoever runs the machine.
    System,
    /// Of whoever uses it.
    User,
}

impl PolicyLevel {
    /// In a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "the system's policy",
            Self::User => "the user's policy",
        }
    }
}

/// The policies that hold here. The default holds no rule: nothing that comes from afar is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies {
    system: Option<Policy>,
    user: Option<Policy>,
}

/// What the policies say of one artifact. Nothing but [`TrustVerdict::Rule`] lets an artifact be used without a
/// decision that somebody made on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustVerdict<'a> {
    /// It is never used, whoever signed it.
    Denied {
        /// Who says so.
        level: PolicyLevel,
    },
    /// A rule speaks of its source: what that demands has to be there.
    Rule {
        /// Whose rule.
        level: PolicyLevel,
        /// Which.
        rule: &'a TrustRule,
    },
    /// No rule speaks of its source. What comes from afar is refused, unless the caller was told otherwise in words.
    NoRule {
        /// Whether it comes from this machine: a folder or a layout that the person named.
        local: bool,
    },
}

impl Policies {
    /// Joins them. The user's rules count only for sources of which the system's policy does not speak, however
    /// specific they are; denials of both count.
    pub fn new(system: Option<Policy>, user: Option<Policy>) -> Self {
        Self { system, user }
    }

    /// What they say of an artifact from this source, `ghcr.io/acme/platform-aws`. The source is the one that bytes are
    /// fetched from, after names were mapped.
    pub fn judge(&self, source: &str, digest: &Digest) -> TrustVerdict<'_> {
        if let Some(level) = self.denies(digest) {
            return TrustVerdict::Denied { level };
        }
        let rule = self.levels().find_map(|(level, policy)| Some((level, policy.for_source(source)?)));
        match rule {
            Some((level, rule)) => TrustVerdict::Rule { level, rule },
            None => TrustVerdict::NoRule { local: is_local(source) },
        }
    }

    /// Who says that this artifact is never used.
    pub fn denies(&self, digest: &Digest) -> Option<PolicyLevel> {
        self.levels().find(|(_, policy)| policy.deny.contains(digest)).map(|(level, _)| level)
    }

    /// The root of trust by which a rule of this level is judged, and whose file names it; none for the one that comes with
    /// the program. The system's counts for all rules, the user's for the user's: with a root of their own, users could
    /// make whatever signature a rule of the system asks for.
    pub fn trusted_root(&self, of: PolicyLevel) -> Option<(PolicyLevel, &str)> {
        let counts = |level: PolicyLevel| level == PolicyLevel::System || of == PolicyLevel::User;
        let mut roots = self.levels().filter(|(level, _)| counts(*level));
        roots.find_map(|(level, policy)| Some((level, policy.trusted_root.as_deref()?)))
    }

    fn levels(&self) -> impl Iterator<Item = (PolicyLevel, &Policy)> {
        let system = self.system.iter().map(|policy| (PolicyLevel::System, policy));
        system.chain(self.user.iter().map(|policy| (PolicyLevel::User, policy)))
    }
}
