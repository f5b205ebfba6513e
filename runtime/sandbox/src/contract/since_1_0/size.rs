//! How large values are that the host copies for a guest, many of them into one call.

use super::wit::types;

/// Bytes of an offer's texts.
pub(super) fn offer(offer: &types::Offer) -> usize {
    let words = |words: &[String]| words.iter().map(String::len).sum::<usize>();
    let outputs = offer.outputs.iter().map(|output| output.name.len() + output.schema.len());
    let named = offer.kind.len() + words(&offer.classes) + words(&offer.verbs) + offer.ext.len();
    named + outputs.sum::<usize>()
}

/// Bytes that one call may still tell a guest.
pub(super) struct Room(usize);

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes bytes away; false if there are not so many.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}
