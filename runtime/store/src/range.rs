//! Reading many keys: a range in, a page out.

use crate::{Key, Revision, Versioned, limits};

/// Keys from `start` up to, without, `end`.
///
/// ```
/// # use innominatus_store::Range;
/// let first = Range::prefix("run/").limit(50);
/// let second = first.clone().after("run/0049");
/// assert_eq!(second.start, b"run/0049\0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The first key. Empty: from the beginning.
    pub start: Key,
    /// The first key not wanted any more. Empty: to the end.
    pub end: Key,
    /// How many items a page holds at most; more than
    /// [`MAX_PAGE_ITEMS`](crate::limits::MAX_PAGE_ITEMS) counts as that.
    pub limit: usize,
    /// From the last key down instead of from the first up.
    pub reverse: bool,
}

impl Range {
    /// From `start` up to, without, `end`; an empty `end` is the end of all keys.
    pub fn new(start: impl Into<Key>, end: impl Into<Key>) -> Self {
        Self { start: start.into(), end: end.into(), limit: limits::MAX_PAGE_ITEMS, reverse: false }
    }

    /// Every key.
    pub fn all() -> Self {
        Self::new(Key::new(), Key::new())
    }

    /// Every key that begins with `prefix`.
    pub fn prefix(prefix: impl Into<Key>) -> Self {
        let start = prefix.into();
        let end = prefix_end(&start);
        Self::new(start, end)
    }

    /// Go on behind `key`, in the range's own direction: what to ask for after a page that ended there.
    #[must_use]
    pub fn after(mut self, key: impl Into<Key>) -> Self {
        let key = key.into();
        if self.reverse {
            self.end = key;
        } else {
            self.start = key;
            self.start.push(0);
        }
        self
    }

    /// At most `limit` items a page.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// From the last key down. Give it before [`after`](Self::after), whose meaning depends on it.
    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// Whether no key can be in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.end.is_empty() && self.start >= self.end
    }

    /// The page's size that counts.
    pub(crate) fn items(&self) -> usize {
        self.limit.min(limits::MAX_PAGE_ITEMS)
    }
}

/// The smallest key behind all keys with this prefix; empty: there is none, the range is open.
fn prefix_end(prefix: &[u8]) -> Key {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

/// One page of a range: the state at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order asked for.
    pub items: Vec<Versioned>,
    /// Whether the range holds more behind the last item. A page may end before its limit, when it grows over
    /// [`MAX_PAGE_BYTES`](crate::limits::MAX_PAGE_BYTES); this is what says so, not the number of items.
    pub more: bool,
    /// The store's revision that the page shows exactly: a watch from the next one continues it.
    pub revision: Revision,
}

/// Gathers a page in order and says when it is full.
pub(crate) struct PageBuilder {
    page: Page,
    limit: usize,
    bytes: usize,
}

impl PageBuilder {
    pub(crate) fn new(range: &Range, revision: Revision) -> Self {
        Self { page: Page { items: Vec::new(), more: false, revision }, limit: range.items(), bytes: 0 }
    }

    /// Whether the next item would be one too many; if so, the page knows that there is more.
    pub(crate) fn is_full(&mut self) -> bool {
        self.page.more = self.page.items.len() >= self.limit || self.bytes >= limits::MAX_PAGE_BYTES;
        self.page.more
    }

    pub(crate) fn push(&mut self, item: Versioned) {
        self.bytes += item.key.len() + item.value.len();
        self.page.items.push(item);
    }

    pub(crate) fn finish(self) -> Page {
        self.page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_key_that_lacks_it() {
        assert_eq!(Range::prefix("a/").end, b"a0");
        assert_eq!(Range::prefix([1, 0xff, 0xff]).end, [2]);
        assert_eq!(Range::prefix([0xff]).end, b"");
        assert_eq!(Range::prefix("").end, b"");
    }

    #[test]
    fn after_goes_on_in_the_direction_of_the_range() {
        assert_eq!(Range::prefix("a").after("ab").start, b"ab\0");
        assert_eq!(Range::prefix("a").reverse().after("ab").end, b"ab");
    }
}
