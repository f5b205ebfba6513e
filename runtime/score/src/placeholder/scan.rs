//! Cuts a text into what stands as it is and what is to be filled in, in one pass from left to right.

/// One part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Stands for itself; escapes are resolved.
    Text(&'a str),
    /// What stands between `${` and `}`.
    Placeholder(&'a str),
    /// `${` without `}`: the rest of the text.
    Unclosed(&'a str),
}

/// The pieces of a text, each with the byte offset where it begins.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let mut at = 0;
    // Known beforehand, so that many `$${` without an end do not each look for one.
    let last_end = text.rfind('}');
    std::iter::from_fn(move || {
        let rest = &text[at..];
        if rest.is_empty() {
            return None;
        }
        let (length, piece) = next(rest, last_end.is_some_and(|end| end > at));
        let begin = at;
        at += length;
        Some((begin, piece))
    })
}

/// The first piece of a text that is not empty, and how many bytes it takes.
fn next(rest: &str, has_end: bool) -> (usize, Piece<'_>) {
    let find_end = |text: &str| has_end.then(|| text.find('}')).flatten();
    let Some(after) = rest.strip_prefix('$') else {
        let end = rest.find('$').unwrap_or(rest.len());
        return (end, Piece::Text(&rest[..end]));
    };
    if after.starts_with('{') {
        return match find_end(after) {
            Some(end) => (end + 2, Piece::Placeholder(&after[1..end])),
            None => (rest.len(), Piece::Unclosed(rest)),
        };
    }
    if !after.starts_with('$') {
        return (1, Piece::Text("$"));
    }
    // `$${…}` stands for `${…}`; any other `$$` for `$`.
    match after.strip_prefix("${").and_then(find_end) {
        Some(end) => (end + 4, Piece::Text(&after[..end + 3])),
        None => (2, Piece::Text("$")),
    }
}
