//! Why something is not trusted, in words that say which rule, what was found, and what would satisfy it.

mod key;
mod reason;
mod refusal;

pub use key::KeyError;
pub use reason::{Reason, Rejected};
pub use refusal::{TrustError, TrustedRootError};

/// Text of a stranger, fit to be shown: short, and without characters that draw over others.
pub(super) fn shown(text: &str) -> String {
    const LONG: usize = 200;
    let mut safe = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == LONG {
            safe.push('…');
            break;
        }
        if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() {
            safe.push(c);
        } else {
            safe.extend(c.escape_unicode());
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_strangers_write_cannot_draw() {
        assert_eq!(shown("https://acme.example/größe"), "https://acme.example/größe");
        assert_eq!(shown("a\u{1b}[2J\n\u{202e}b"), "a\\u{1b}[2J\\u{a}\\u{202e}b");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), 201);
    }
}
