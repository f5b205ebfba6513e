//! How long to wait before trying again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// Exponential with jitter and a cap. The attempt that comes next is what is persisted, so the wait is
/// computed from it alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) cap: Duration,
    /// Tries in one run before it is given up.
    pub(crate) attempts: u32,
}

impl Backoff {
    /// The wait after this many tries; none when it is given up.
    pub(crate) fn after(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(self.cap)
            .with_jitter()
            .with_max_times(self.attempts as usize)
            .build()
            .nth(attempts.saturating_sub(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_end() {
        let backoff =
            Backoff { first: Duration::from_millis(100), cap: Duration::from_millis(1000), attempts: 6 };
        let waits: Vec<_> = (1..6).map(|attempts| backoff.after(attempts).unwrap()).collect();
        for (at, wait) in waits.iter().enumerate() {
            let least = Duration::from_millis((100 << at).min(1000));
            // Jitter adds up to the smallest delay.
            assert!(*wait >= least && *wait <= least + Duration::from_millis(1000), "{at}: {wait:?}");
        }
        assert_eq!(backoff.after(6), None);
    }
}
