//! What a component may do: asked for in the manifest *and* granted by the operator.

use std::collections::BTreeSet;
use std::fmt;

/// One import interface of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Write log lines.
    Log,
    /// Read the time.
    Clock,
    /// Read random bytes.
    Random,
    /// Read what the operator configured.
    Settings,
    /// Keep checkpoints, report progress.
    Report,
    /// Refer to and generate secrets, as tokens.
    Secrets,
    /// Send HTTP requests.
    Http,
    /// Run SQL statements.
    Sql,
    /// Read and write files in a folder of its own.
    Files,
}

impl Capability {
    /// Every capability of the contract.
    pub const ALL: [Self; 9] = [
        Self::Log,
        Self::Clock,
        Self::Random,
        Self::Settings,
        Self::Report,
        Self::Secrets,
        Self::Http,
        Self::Sql,
        Self::Files,
    ];

    /// The interface name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Settings => "settings",
            Self::Report => "report",
            Self::Secrets => "secrets",
            Self::Http => "http",
            Self::Sql => "sql",
            Self::Files => "files",
        }
    }

    /// From the interface name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == word)
    }

    /// Granted to every component, because it reaches nothing outside the runtime.
    pub fn is_always_granted(self) -> bool {
        match self {
            Self::Log | Self::Clock | Self::Random | Self::Settings | Self::Report => true,
            Self::Secrets | Self::Http | Self::Sql | Self::Files => false,
        }
    }

    /// Whether this runtime links it. The rest is written down in the contract and refused at install.
    pub fn is_linked(self) -> bool {
        match self {
            Self::Log | Self::Clock | Self::Random | Self::Settings | Self::Report | Self::Secrets => true,
            Self::Http | Self::Sql | Self::Files => false,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a manifest asks for, with the reason a person reads before saying yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Which capability.
    pub capability: Capability,
    /// Why, in the author's words.
    pub reason: String,
}

/// What an operator allows one manifest entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    capabilities: BTreeSet<Capability>,
}

impl Grant {
    /// Allows these, besides what is always granted.
    pub fn new(capabilities: impl IntoIterator<Item = Capability>) -> Self {
        Self { capabilities: capabilities.into_iter().collect() }
    }

    /// Whether the capability is allowed.
    pub fn allows(&self, capability: Capability) -> bool {
        capability.is_always_granted() || self.capabilities.contains(&capability)
    }

    /// What is allowed besides what always is.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        self.capabilities.iter().copied()
    }
}
