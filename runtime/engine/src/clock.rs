//! The time, for people and for waiting. Order never depends on it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// How long until then; nothing when it has passed. A clock that jumped back does not make anybody wait
/// longer than `at_most`.
pub(crate) fn until(ms: u64, at_most: Duration) -> Duration {
    Duration::from_millis(ms.saturating_sub(now_ms())).min(at_most)
}
