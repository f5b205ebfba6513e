//! The capabilities of the contract.

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
            Self::Log
            | Self::Clock
            | Self::Random
            | Self::Settings
            | Self::Report
            | Self::Secrets
            | Self::Http => true,
            Self::Sql | Self::Files => false,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
