//! How registries are spoken to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long is waited, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub idle: Duration,
    /// For a whole answer, besides what its bytes take at the slowest rate.
    pub whole: Duration,
    /// The slowest rate that is waited for, in bytes for each second.
    pub slowest: u64,
    /// How often a request is sent at most.
    pub tries: u32,
    /// The first pause between two tries; each one after is twice as long.
    pub pause: Duration,
    /// The longest pause, also where a registry asks for a longer one.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            whole: Duration::from_secs(30),
            slowest: 64 * 1024,
            tries: 4,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// For an answer or a body of so many bytes.
    pub(super) fn of(&self, bytes: u64) -> Duration {
        self.whole + Duration::from_secs(bytes / self.slowest.max(1))
    }

    /// Before the next try; `asked` is what the registry said.
    pub(super) fn before(&self, tried: u32, asked: Option<Duration>) -> Duration {
        let own = self.pause.saturating_mul(2_u32.saturating_pow(tried.saturating_sub(1)));
        asked.unwrap_or(own).min(self.longest_pause)
    }
}

/// How registries are spoken to. The default is TLS with the certificates that this machine trusts, and plain HTTP with
/// this machine itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Registries that are spoken to without TLS: host, and port where one is written.
    pub plain: BTreeSet<String>,
    /// Registries on this machine that are spoken to with TLS.
    pub tls: BTreeSet<String>,
    /// Hosts that check the credentials of a registry besides itself, by registry.
    pub realms: BTreeMap<String, BTreeSet<String>>,
    /// Certificates (PEM) of authorities that are trusted besides the machine's.
    pub certificates: Option<Vec<u8>>,
    /// How long is waited.
    pub patience: Patience,
}
