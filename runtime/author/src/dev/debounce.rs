//! When to begin: a while after the last of many changes, and not later than some time after the first. Editors save in
//! several steps, and tools write many files at once. No clock: moments are handed in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Changes that wait.
#[derive(Debug)]
pub(crate) struct Debounce {
    quiet: Duration,
    longest: Duration,
    waiting: Option<(Instant, Instant)>,
    paths: BTreeSet<PathBuf>,
}

impl Debounce {
    /// Due when nothing came for `quiet`, or `longest` after the first.
    pub(crate) fn new(quiet: Duration, longest: Duration) -> Self {
        Self { quiet, longest, waiting: None, paths: BTreeSet::new() }
    }

    /// Something changed.
    pub(crate) fn add(&mut self, path: PathBuf, now: Instant) {
        self.paths.insert(path);
        let first = self.waiting.map_or(now, |(first, _)| first);
        self.waiting = Some((first, now));
    }

    /// When what waits is due; none if nothing waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.map(|(first, last)| (last + self.quiet).min(first + self.longest))
    }

    /// What waits, if it is due.
    pub(crate) fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        self.due().filter(|due| *due <= now)?;
        self.waiting = None;
        Some(std::mem::take(&mut self.paths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_changes_are_one() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut debounce = Debounce::new(Duration::from_millis(80), Duration::from_millis(200));
        assert_eq!((debounce.due(), debounce.take(at(1000))), (None, None));
        debounce.add("a".into(), at(0));
        debounce.add("b".into(), at(50));
        debounce.add("a".into(), at(60));
        assert_eq!(debounce.due(), Some(at(140)));
        assert_eq!(debounce.take(at(139)), None);
        assert_eq!(debounce.take(at(140)), Some(BTreeSet::from(["a".into(), "b".into()])));
        assert_eq!(debounce.due(), None);
        // Somebody who never stops does not keep it from beginning.
        (0..10).for_each(|step| debounce.add("c".into(), at(300 + 40 * step)));
        assert_eq!(debounce.due(), Some(at(500)));
    }
}
