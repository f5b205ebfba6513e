//! `version:`, with `upstream:` for what the platform follows.

use std::fmt;

use crate::config::{optional, repository};
use crate::findings::{Fields, Findings};
use crate::yaml::{Node, Value};

/// What the platform follows: its author wants to hear of new releases there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where releases are announced.
    pub source: UpstreamSource,
    /// The release that this version of the platform was made for, in upstream's own words.
    pub current: Option<String>,
}

/// In words: `github.com/acme/thing 16.4`.
impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (UpstreamSource::Repository(place) | UpstreamSource::Feed(place)) = &self.source;
        match &self.current {
            Some(current) => write!(f, "{place} {current}"),
            None => f.write_str(place),
        }
    }
}

/// Where releases are announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamSource {
    /// The tags of a repository: a registry's or a forge's, `host/path`.
    Repository(String),
    /// A feed, by its URL.
    Feed(String),
}

/// `version:`; `None` only with an error.
pub(super) fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Option<Upstream>> {
    let Some((key, node)) = fields.entry("version") else { return Some(None) };
    // What the author follows, or the platform's own version in the wrong place.
    if !matches!(node.value, Value::Map(_)) {
        findings.invalid(key.place, "`version` stands at the top level", "move it under `metadata:`");
        return None;
    }
    let mut version = Fields::of(node, "version", findings)?;
    let upstream = match version.optional("upstream") {
        Some(node) => followed(node, findings).map(Some),
        None => Some(None),
    };
    version.finish(findings);
    upstream
}

fn followed(node: &Node, findings: &mut Findings) -> Option<Upstream> {
    let mut fields = Fields::of(node, "version.upstream", findings)?;
    let place = fields.place();
    let of_repository = optional(&mut fields, "repository", findings, repository);
    let of_feed = optional(&mut fields, "feed", findings, feed);
    let current = optional(&mut fields, "current", findings, current);
    fields.finish(findings);
    let source = match (of_repository?, of_feed?) {
        (Some(repository), None) => UpstreamSource::Repository(repository),
        (None, Some(feed)) => UpstreamSource::Feed(feed),
        (both, _) => {
            let message = match both {
                Some(_) => "`version.upstream` has both `repository` and `feed`",
                None => "`version.upstream` does not say what is followed",
            };
            let hint = "write either `repository: github.com/owner/name` or `feed: https://…`";
            findings.invalid(place, message, hint);
            return None;
        }
    };
    Some(Upstream { source, current: current? })
}

fn feed(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if host.is_empty() || host.contains('@') || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message = format!("`{what}` is not the address of a feed");
        findings.invalid(node.place, message, "write its URL: `https://example.com/releases.atom`");
        return None;
    }
    Some(text.to_owned())
}

/// Upstream need not count as SemVer does, and a plain `16.4` is a number to YAML only.
fn current(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    match &node.value {
        Value::Plain { text, .. } => Some(text.clone()),
        _ => findings.text(node, what).map(str::to_owned),
    }
}
