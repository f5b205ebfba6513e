//! The time, for people and for waiting. Order never depends on it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// A duration as records and events say it.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How long until then; nothing when it has passed. A clock that jumped back does not make anybody wait
/// longer than `at_most`.
pub(crate) fn until(ms: u64, at_most: Duration) -> Duration {
    Duration::from_millis(ms.saturating_sub(now_ms())).min(at_most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_longer_than_agreed_whatever_the_clock_says() {
        let minute = Duration::from_secs(60);
        assert_eq!(until(now_ms() + 3_600_000, minute), minute);
        assert_eq!(until(now_ms().saturating_sub(1), minute), Duration::ZERO);
        let left = until(now_ms() + 3_600_000, Duration::from_secs(7200));
        assert!(left > Duration::from_secs(3500) && left <= Duration::from_secs(3600), "{left:?}");
    }
}
