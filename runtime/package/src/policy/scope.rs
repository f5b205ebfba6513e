//! Which sources a rule speaks of.

use std::cmp::Ordering;
use std::fmt;

use super::glob::Glob;
use crate::config::{host, is_local};

/// The word for folders and layouts on this machine.
const LOCAL: &str = "local";

/// Sources: `ghcr.io/acme/**`, or `local` for folders and layouts on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceScope(String);

/// How closely a scope says what it means; more is greater. Part by part from the left.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Specificity(Vec<Part>);

/// In rising order.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    /// With so many letters that stand for themselves.
    Some(usize),
    Exact,
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |part: &Self| match part {
            Self::Any => (0, 0),
            Self::One => (1, 0),
            Self::Some(letters) => (2, *letters),
            Self::Exact => (3, 0),
        };
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl SourceScope {
    /// Parses. The error says why not, and what to write.
    pub(super) fn parse(text: &str) -> Result<Self, (&'static str, String)> {
        let fixed = |why, hint: &str| Err((why, hint.to_owned()));
        if text == LOCAL || text == "**" {
            return Ok(Self(text.to_owned()));
        }
        if let Some((_, rest)) = text.split_once("://") {
            return Err(("which is an address with a scheme", format!("write `{}`", rest.escape_debug())));
        }
        if is_local(text) {
            return fixed("which is a place on this machine", "write `local` for every folder and layout");
        }
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            let why = "which has upper case: registries keep lower case only";
            return Err((why, format!("write `{}`", text.to_lowercase().escape_debug())));
        }
        if text.contains('@') || text.split_once('/').is_some_and(|(_, path)| path.contains(':')) {
            return fixed(
                "which holds a tag, a digest or a user",
                "write host and path; `deny:` takes digests",
            );
        }
        let Some((name, path)) = text.split_once('/') else {
            return fixed("which has no path", "write a host and a path: `ghcr.io/acme/**`");
        };
        // A host with stars is judged as if each stood for a letter.
        if !host(&name.replace('*', "x")) {
            return fixed("which does not begin with a host", "write a host and a path: `ghcr.io/acme/**`");
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-*".contains(&byte);
        if path.split('/').any(|part| part.is_empty() || !part.bytes().all(plain)) {
            let hint = "use a-z, 0-9, `.`, `_`, `-` and stars between slashes";
            return fixed("whose path no registry can keep", hint);
        }
        if text.split('/').any(|part| part.contains("**") && part != "**") {
            return fixed(
                "where `**` is part of a word",
                "write `**` between slashes, or one `*` within a word",
            );
        }
        Ok(Self(normal(text)))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a source is one of these: `ghcr.io/acme/platform-aws`, with `oci://` or without, a folder, or a layout.
    /// A tag or a digest behind it does not count.
    pub fn matches(&self, source: &str) -> bool {
        if is_local(source) {
            return self.0 == LOCAL;
        }
        if self.0 == LOCAL {
            return false;
        }
        let source = normal(bare(source));
        let parts: Vec<&str> = source.split('/').collect();
        let pattern: Vec<&str> = self.0.split('/').collect();
        parts_match(&pattern, &parts)
    }

    pub(super) fn specificity(&self) -> Specificity {
        let part = |part: &str| match part {
            "**" => Part::Any,
            "*" => Part::One,
            part if part.contains('*') => Part::Some(part.bytes().filter(|byte| *byte != b'*').count()),
            _ => Part::Exact,
        };
        Specificity(self.0.split('/').map(part).collect())
    }

    /// Whether it speaks of everything from everywhere.
    pub(super) fn is_everything(&self) -> bool {
        self.0.split('/').all(|part| part == "**" || part == "*")
    }
}

impl fmt::Display for SourceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The repository alone.
fn bare(source: &str) -> &str {
    let source = source.strip_prefix("oci://").unwrap_or(source);
    let source = source.split('@').next().unwrap_or_default();
    match source.rsplit_once('/') {
        Some((before, last)) => match last.split_once(':') {
            Some((name, _)) => &source[..before.len() + 1 + name.len()],
            None => source,
        },
        None => source,
    }
}

/// One writing for each registry: else `GHCR.io:443` would slip past a rule for `ghcr.io`.
fn normal(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some((name, path)) = lower.split_once('/') else { return lower };
    let name = name.strip_suffix(":443").unwrap_or(name);
    // The root of all names: `ghcr.io.` is `ghcr.io`.
    let name = name.strip_suffix('.').unwrap_or(name).replacen(".:", ":", 1);
    format!("{name}/{path}")
}

/// `**` stands for any number of parts, also for none.
fn parts_match(pattern: &[&str], parts: &[&str]) -> bool {
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    for part in pattern {
        if *part == "**" {
            for at in 1..=parts.len() {
                reached[at] = reached[at] || reached[at - 1];
            }
            continue;
        }
        let glob = Glob::new(*part);
        for at in (1..=parts.len()).rev() {
            // `*` stands for a part that is there.
            reached[at] = reached[at - 1] && !parts[at - 1].is_empty() && glob.matches(parts[at - 1]);
        }
        reached[0] = false;
    }
    reached[parts.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_speaks_of_hosts_and_paths() {
        for (scope, source, expected) in [
            ("ghcr.io/acme/**", "ghcr.io/acme/platform-aws", true),
            ("ghcr.io/acme/**", "ghcr.io/acme/team/platform-aws", true),
            ("ghcr.io/acme/**", "ghcr.io/acme", true),
            ("ghcr.io/acme/**", "ghcr.io/acme-evil/platform-aws", false),
            ("ghcr.io/acme/*", "ghcr.io/acme/a/b", false),
            ("ghcr.io/acme/platform-*", "oci://ghcr.io/acme/platform-aws", true),
            ("ghcr.io/*/aws", "ghcr.io/acme/aws", true),
            ("ghcr.io/acme/aws", "ghcr.io/acme/aws:2.3.1", true),
            ("ghcr.io/acme/aws", "ghcr.io/acme/aws:2.3.1@sha256:00", true),
            ("ghcr.io/acme/aws", "GHCR.IO:443/acme/aws", true),
            ("ghcr.io/acme/aws", "ghcr.io./acme/aws", true),
            ("ghcr.io/acme/aws", "ghcr.io:8443/acme/aws", false),
            ("ghcr.io:8443/acme/aws", "ghcr.io.:8443/acme/aws", true),
            ("localhost:5000/**", "localhost:5000/a/b", true),
            ("localhost:5000/**", "localhost/a/b", false),
            ("*.acme.com/**", "registry.acme.com/x", true),
            ("**", "anything.example/at/all", true),
            ("**", "./folder", false),
            ("local", "./folder", true),
            ("local", "oci-layout:./dir", true),
            ("local", "local/x", false),
        ] {
            let parsed = SourceScope::parse(scope).unwrap();
            assert_eq!(parsed.matches(source), expected, "{scope} {source}");
        }
    }

    #[test]
    fn the_closer_description_counts() {
        let rising =
            ["**", "ghcr.io/**", "ghcr.io/*/aws", "ghcr.io/a*/**", "ghcr.io/acme/**", "ghcr.io/acme/aws"];
        let of = |text: &str| SourceScope::parse(text).unwrap().specificity();
        for pair in rising.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
        }
    }
}
