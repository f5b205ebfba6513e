//! The bounds of values that a guest passes or returns, and how a value over them is called.

use innominatus_model::{FaultKind, Json, JsonLimit, JsonLimits, check_json};

use crate::text::{clean, is_dangerous};

/// Outputs of one state.
pub(crate) const OUTPUTS: usize = 256;
/// Artifacts of one state or of one `render`.
pub(crate) const ARTIFACTS: usize = 64;
/// Bytes of an artifact of a state.
pub(crate) const ARTIFACT_BYTES: usize = 256 << 10;
/// Bytes of a file from `render`, which may put the files of a workload into one, indented or as base64.
pub(crate) const FILE_BYTES: usize = 8 << 20;
/// Violations of one answer.
pub(crate) const VIOLATIONS: usize = 256;
/// Hints of one answer.
pub(crate) const HINTS: usize = 64;
/// Steps of one answer.
pub(crate) const STEPS: usize = 10_000;
/// Differences of one status.
pub(crate) const DRIFT: usize = 256;
/// Offers of one component.
pub(crate) const OFFERS: usize = 256;
/// Bytes of all texts of one offer: each need that it could serve carries it.
pub(crate) const OFFER_BYTES: usize = 64 << 10;
/// Bytes of a request to a golden path.
pub(crate) const REQUEST_BYTES: usize = 16 << 20;
/// Bytes of what was made, as a golden path's `render` is told.
pub(crate) const MADE_BYTES: usize = 64 << 20;
/// Classes or verbs of one offer.
pub(crate) const WORDS: usize = 64;
/// Bytes of a message for people.
pub(crate) const MESSAGE: usize = 4 << 10;
/// Bytes of a short text for people.
pub(crate) const LABEL: usize = 256;
/// Bytes of the value of a hint.
pub(crate) const HINT_VALUE: usize = 8 << 10;
/// Bytes of a JSON Pointer.
pub(crate) const POINTER: usize = 1 << 10;
/// Bytes of a relative file name.
pub(crate) const PATH: usize = 255;
/// Longest wait that a guest may ask for, in milliseconds: a day.
pub(crate) const WAIT_MS: u64 = 24 * 60 * 60 * 1000;
/// Random bytes of one call.
pub(crate) const RANDOM: u32 = 64 << 10;
/// Fields of a log line.
pub(crate) const FIELDS: usize = 32;

/// A value that the guest may not say. Becomes a fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
}

impl Breach {
    pub(crate) fn contract(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Contract, message: message.into() }
    }

    pub(crate) fn size(message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Size, message: message.into() }
    }
}

pub(crate) type Checked<T> = Result<T, Breach>;

/// JSON text within the contract's limits.
pub(crate) fn json(what: &str, text: &str) -> Checked<Json> {
    let value = check_json(text, JsonLimits::CONTRACT).map_err(|error| match error {
        JsonLimit::Bytes { .. } | JsonLimit::Depth { .. } => Breach::size(format!("{what} {error}")),
        JsonLimit::Syntax(_) => Breach::contract(clean(&format!("{what} {error}"), LABEL)),
    })?;
    if !whole_numbers_fit(text) {
        return Err(Breach::contract(format!("{what} has a whole number of more than 64 bits")));
    }
    Ok(value)
}

/// Whether every whole number of a JSON text is kept as it was written: readers of JSON round larger ones.
fn whole_numbers_fit(json: &str) -> bool {
    let mut rest = json.as_bytes();
    while let Some(at) = rest.iter().position(|b| matches!(b, b'"' | b'-' | b'0'..=b'9')) {
        rest = &rest[at..];
        let end = if rest[0] == b'"' {
            let mut escaped = false;
            let closes = |b: &u8| {
                let was = std::mem::replace(&mut escaped, false);
                escaped = !was && *b == b'\\';
                !was && *b == b'"'
            };
            rest[1..].iter().position(closes).map_or(rest.len(), |at| at + 2)
        } else {
            let of_it = |b: &&u8| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
            rest.iter().take_while(of_it).count()
        };
        let token = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let is_whole = token.bytes().all(|b| b == b'-' || b.is_ascii_digit());
        if is_whole && token.parse::<i64>().is_err() && token.parse::<u64>().is_err() {
            return false;
        }
        rest = &rest[end..];
    }
    true
}

/// A JSON object within the contract's limits.
pub(crate) fn object(what: &str, text: &str) -> Checked<Json> {
    let value = json(what, text)?;
    if value.is_object() { Ok(value) } else { Err(Breach::contract(format!("{what} is not a JSON object"))) }
}

/// A list of at most so many, each taken over in turn.
pub(crate) fn list<A, B>(
    what: &str,
    max: usize,
    items: Vec<A>,
    each: impl FnMut(A) -> Checked<B>,
) -> Checked<Vec<B>> {
    if items.len() > max {
        return Err(Breach::size(format!("{} {what}, more than {max}", items.len())));
    }
    items.into_iter().map(each).collect()
}

/// Content that nobody prints: bounded and nothing else.
pub(crate) fn content(what: &str, max: usize, text: String) -> Checked<String> {
    if text.len() > max {
        return Err(Breach::size(format!("{what} has {} bytes, more than {max}", text.len())));
    }
    Ok(text)
}

/// A name that placeholders, environment variables and files can carry: `[A-Za-z0-9_-]{1,63}`, and not
/// beginning with `__`, which some readers of JSON treat specially.
pub(crate) fn name(what: &str, text: String) -> Checked<String> {
    let good = (1..=63).contains(&text.len())
        && !text.starts_with("__")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if good { Ok(text) } else { Err(bad(what, &text, "1 to 63 characters of A-Z, a-z, 0-9, `_` and `-`")) }
}

/// A word of an open list: like a name, with `.` and `/` inside.
pub(crate) fn word(what: &str, text: String) -> Checked<String> {
    let good = (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    if good {
        Ok(text)
    } else {
        Err(bad(what, &text, "1 to 63 characters of A-Z, a-z, 0-9, `_`, `-`, `.` and `/`"))
    }
}

/// A short identifying text that must come through unchanged: visible, bounded, not empty.
pub(crate) fn token(what: &str, max: usize, text: String) -> Checked<String> {
    if text.is_empty() || text.len() > max || text.chars().any(is_dangerous) {
        return Err(bad(what, &text, &format!("1 to {max} bytes without control characters")));
    }
    Ok(text)
}

/// An RFC 6901 JSON Pointer.
pub(crate) fn pointer(what: &str, text: String) -> Checked<String> {
    let good = (text.is_empty() || text.starts_with('/'))
        && text.len() <= POINTER
        && !text.chars().any(is_dangerous);
    if good { Ok(text) } else { Err(bad(what, &text, "a JSON Pointer: empty, or beginning with `/`")) }
}

/// A relative path that stays inside its folder on any system.
pub(crate) fn path(what: &str, text: String) -> Checked<String> {
    let good = text.len() <= PATH
        && !text.chars().any(|c| is_dangerous(c) || matches!(c, '\\' | ':'))
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if good { Ok(text) } else { Err(bad(what, &text, "a relative path without `..`, `:` and `\\`")) }
}

/// `type/subtype` with optional parameters.
pub(crate) fn media_type(what: &str, text: String) -> Checked<String> {
    let good = text.len() <= 127
        && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
        && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if good { Ok(text) } else { Err(bad(what, &text, "a media type like `application/yaml`")) }
}

/// 0 to 100.
pub(crate) fn percent(value: Option<u8>) -> Checked<Option<u8>> {
    match value {
        Some(over @ 101..) => Err(Breach::contract(format!("{over} percent, more than 100"))),
        fine => Ok(fine),
    }
}

fn bad(what: &str, found: &str, expected: &str) -> Breach {
    Breach::contract(format!("{what} `{}` is not {expected}", clean(found, 80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stop_what_placeholders_cannot_carry() {
        for good in ["host", "DB_HOST", "a-b", "0", &"x".repeat(63)] {
            assert!(name("output", good.into()).is_ok(), "{good}");
        }
        for bad in ["", "a.b", "a\0", "__proto__", "a b", "é", "a\n", &"x".repeat(64)] {
            assert_eq!(name("output", bad.into()).unwrap_err().kind, FaultKind::Contract, "{bad:?}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        for good in ["compose.yaml", ".env", "a/b.txt"] {
            assert!(path("file", good.into()).is_ok(), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "c:\\x", "a\\b", "a\u{202e}b"] {
            assert!(path("file", bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_come_as_they_were_written_or_not_at_all() {
        for good in [
            "0",
            "-9223372036854775808",
            "18446744073709551615",
            "[1e300, 123456789012345678901234567890.5]",
            r#"{"123456789012345678901234567890": "\\\"123456789012345678901234567890"}"#,
        ] {
            assert!(json("handle", good).is_ok(), "{good}");
        }
        for bad in ["18446744073709551616", "[-9223372036854775809]", r#"{"a\\": 99999999999999999999}"#] {
            assert_eq!(json("handle", bad).unwrap_err().kind, FaultKind::Contract, "{bad}");
        }
    }

    #[test]
    fn limits_hold_at_the_edge() {
        let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        let max = JsonLimits::CONTRACT.bytes;
        assert!(json("handle", &text(max)).is_ok());
        assert_eq!(json("handle", &text(max + 1)).unwrap_err().kind, FaultKind::Size);
        assert_eq!(json("handle", "{").unwrap_err().kind, FaultKind::Contract);
        assert_eq!(object("ext", "[]").unwrap_err().kind, FaultKind::Contract);
        assert!(list("steps", 2, vec![1, 2], Ok).is_ok());
        assert_eq!(list("steps", 2, vec![1, 2, 3], Ok).unwrap_err().kind, FaultKind::Size);
        assert!(percent(Some(100)).is_ok() && percent(Some(101)).is_err());
    }
}
