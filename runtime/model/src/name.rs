//! Names that parse: a value of these types is valid, everywhere, for ever.

use std::fmt;
use std::str::FromStr;

/// Why a text is not a name. The message is a fragment for "invalid name: {error}".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a {what}: expected {expected}", escape(.found))]
pub struct InvalidName {
    /// What was being parsed.
    pub what: &'static str,
    /// The rule, in words.
    pub expected: &'static str,
    /// What was found instead.
    pub found: String,
}

fn escape(text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    shown.escape_debug().to_string()
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses; see the type for the rule.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidName { what: $what, expected: $expected, found: text })
                }
            }

            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_newtype!(
    /// A tenant, environment, application, workload, platform, provisioner or golden path: an RFC 1123
    /// label of 1 to 63 characters.
    Name,
    "name",
    "1 to 63 characters of a-z, 0-9 and `-`, not starting or ending with `-`",
    |text| is_label(text, 1, |c| c.is_ascii_lowercase() || c.is_ascii_digit())
);

text_newtype!(
    /// A Score resource `type`: 2 to 63 letters, digits and `-`.
    Kind,
    "resource type",
    "2 to 63 characters of A-Z, a-z, 0-9 and `-`, not starting or ending with `-`",
    |text| is_label(text, 2, |c| c.is_ascii_alphanumeric())
);

text_newtype!(
    /// A Score resource `class`: 2 to 63 letters, digits and `-`; `default` when a file names none.
    Class,
    "resource class",
    "2 to 63 characters of A-Z, a-z, 0-9 and `-`, not starting or ending with `-`",
    |text| is_label(text, 2, |c| c.is_ascii_alphanumeric())
);

text_newtype!(
    /// The operator's name of a secret: up to 128 lower-case letters, digits, `/`, `_`, `.` and `-`.
    SecretName,
    "name of a secret",
    "1 to 128 characters of a-z, 0-9, `/`, `_`, `.` and `-`, beginning with a letter or digit",
    |text| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '_' | '.' | '-');
        text.len() <= 128
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.chars().all(inner)
    }
);

impl Default for Class {
    fn default() -> Self {
        Self("default".into())
    }
}

fn is_label(text: &str, min: usize, inner: fn(char) -> bool) -> bool {
    let edge = |c: Option<char>| c.is_some_and(inner);
    (min..=63).contains(&text.len())
        && text.chars().all(|c| inner(c) || c == '-')
        && edge(text.chars().next())
        && edge(text.chars().last())
}

/// Whose things, and in which environment. Part of every store key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The tenant; `default` unless said otherwise.
    pub tenant: Name,
    /// The environment; `default` unless said otherwise.
    pub environment: Name,
}

impl Default for Scope {
    fn default() -> Self {
        Self { tenant: Name("default".into()), environment: Name("default".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rfc_1123() {
        for good in ["a", "a-b", "0", &"x".repeat(63)] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", "é", "a\u{200b}b", &"x".repeat(64), "a/b", "..", "a\n"]
        {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
        assert!(Kind::new("Resource-One").is_ok());
        assert!(Kind::new("x").is_err());
    }

    #[test]
    fn secrets_may_be_named_in_folders() {
        for good in ["a", "0", "team/db-admin", "aws_key.id", &"x".repeat(128)] {
            assert!(SecretName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "-a", ".a", "A", "a b", "a\n", "é", "a%2f", &"x".repeat(129)] {
            assert!(SecretName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_message_escapes_what_it_shows() {
        let error = Name::new("a\u{1b}[31m").unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
