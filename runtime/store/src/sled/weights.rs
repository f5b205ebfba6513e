//! How many bytes of the log each revision of the kept history takes. Counted when the store is opened, which reads
//! the history anyway; nothing of it is written down.

use std::collections::VecDeque;

/// One number for each kept revision, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Weights {
    revisions: VecDeque<u64>,
    total: u64,
}

impl Weights {
    /// The next revision.
    pub(super) fn push(&mut self, bytes: u64) {
        self.revisions.push_back(bytes);
        self.total = self.total.saturating_add(bytes);
    }

    /// How many of the oldest revisions must go so that at most `keep` bytes are left once `more` have come.
    pub(super) fn over(&self, keep: u64, more: u64) -> u64 {
        let mut excess = self.total.saturating_add(more).saturating_sub(keep);
        let mut count = 0;
        for bytes in &self.revisions {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(*bytes);
            count += 1;
        }
        count
    }

    /// The oldest revisions are gone.
    pub(super) fn forget(&mut self, count: u64) {
        for _ in 0..count {
            self.total -= self.revisions.pop_front().unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let mut weights = Weights::default();
        [10, 20, 30].into_iter().for_each(|bytes| weights.push(bytes));
        assert_eq!((weights.over(60, 0), weights.over(59, 0), weights.over(49, 0)), (0, 1, 2));
        assert_eq!((weights.over(60, 11), weights.over(10, 1000)), (2, 3));
        weights.forget(2);
        assert_eq!((weights.over(30, 0), weights.over(29, 0)), (0, 1));
    }
}
