//! Places in registries: `ghcr.io/acme/platform-aws`, a host and a path, without tag and digest.

use std::net::IpAddr;

use crate::findings::Findings;
use crate::yaml::Node;

/// A registry keeps no longer names.
const LIMIT: usize = 255;

/// A repository in a registry.
pub(crate) fn repository(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    match check_repository(text) {
        Ok(()) => Some(text.to_owned()),
        Err((why, hint)) => {
            let shown: String = without_user(text).chars().take(LIMIT).collect();
            findings.invalid(node.place, format!("`{what}` is `{}`, {why}", shown.escape_debug()), hint);
            None
        }
    }
}

/// Where what names a user ends: at the last `@`, unless what is before it is a repository, and behind it a version. What
/// looks like a password at all is taken for one.
pub(crate) fn user_end(text: &str) -> Option<usize> {
    let at = text.rfind('@')?;
    let (before, behind) = (text.split_once("://").map_or(&text[..at], |(_, rest)| rest), &text[at..]);
    let before = before.split('@').next().unwrap_or_default();
    let is_port = |word: &str| word.split('/').next().is_some_and(port);
    let word = before.split_once(':').is_some_and(|(_, word)| !is_port(word));
    (word || (!before.contains('/') && behind.contains('/'))).then_some(at)
}

/// For messages: who is at a host may come with a password.
pub(crate) fn without_user(text: &str) -> String {
    user_end(text).map_or_else(|| text.to_owned(), |at| format!("…{}", &text[at..]))
}

/// A host with its port, if it has one: `ghcr.io`, `localhost:5000`.
pub(crate) fn host(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return false };
        let v6 = address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6());
        return v6 && (rest.is_empty() || rest.strip_prefix(':').is_some_and(port));
    }
    let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label) && number.is_none_or(port)
}

fn port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether what is sent to this host stays on the machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a source is a folder or a layout on this machine.
pub(crate) fn is_local(source: &str) -> bool {
    source.starts_with("oci-layout:")
        || matches!(source, "." | "..")
        || ["./", "../", "/"].iter().any(|begin| source.starts_with(begin))
}

/// Whether a text is a host and a path, and nothing more. The error says why not, and what to write.
pub(crate) fn check_repository(text: &str) -> Result<(), (&'static str, String)> {
    let fixed = |why, hint: &str| Err((why, hint.to_owned()));
    if text.is_empty() {
        return fixed(
            "which names nothing",
            "write the registry's host and a path: `ghcr.io/acme/platform-aws`",
        );
    }
    if text.len() > LIMIT {
        return fixed("which is longer than 255 bytes", "use a shorter path");
    }
    if let Some((_, rest)) = text.split_once("://") {
        let rest = user_end(text).map_or(rest, |at| &text[at + 1..]);
        return Err(("which is an address with a scheme", format!("write `{}`", rest.escape_debug())));
    }
    if let Some(rest) = user_end(text).map(|at| &text[at + 1..]) {
        let hint = "users and passwords stand under `credentials:`, or where `docker login` keeps them";
        return Err(("which names a user", format!("write `{}`; {hint}", rest.escape_debug())));
    }
    if let Some((rest, _)) = text.split_once('@') {
        let why = "which holds a version, a digest or a user";
        return Err((why, format!("write the repository alone: `{}`", rest.escape_debug())));
    }
    let Some((name, path)) = text.split_once('/') else {
        return fixed(
            "which has no path",
            "write the registry's host and a path: `ghcr.io/acme/platform-aws`",
        );
    };
    if let Some((rest, _)) = path.split_once(':') {
        return Err(("which has a tag", format!("write it without: `{name}/{}`", rest.escape_debug())));
    }
    let lower = text.to_lowercase();
    if lower != text && check_repository(&lower).is_ok() {
        return Err(("which has upper case: registries keep lower case only", format!("write `{lower}`")));
    }
    if !host(name) || !(name.contains(['.', ':']) || name == "localhost") {
        return fixed(
            "which does not begin with the host of a registry",
            "write the host first: `ghcr.io/acme/platform-aws`, `localhost:5000/platforms/aws`",
        );
    }
    if !path.split('/').all(segment) {
        return fixed(
            "whose path no registry can keep",
            "use a-z, 0-9, `.`, `_` and `-` between slashes, each part beginning and ending with a letter or digit",
        );
    }
    Ok(())
}

fn segment(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edge = |byte: Option<u8>| byte.is_some_and(inner);
    text.bytes().all(|byte| inner(byte) || b"._-".contains(&byte))
        && edge(text.bytes().next())
        && edge(text.bytes().last())
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_ports_and_addresses() {
        for good in ["ghcr.io", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "[::1]", "a-b.example"] {
            assert!(host(good), "{good}");
        }
        for bad in
            ["", "GHCR.io", "a..b", "-a", "a:", "a:0", "a:70000", "a:5x", "[::1", "[a]:1", "a_b", "a/b"]
        {
            assert!(!host(bad), "{bad}");
        }
        for (name, expected) in [
            ("localhost:5000", true),
            ("registry.localhost", true),
            ("127.9.9.9", true),
            ("[::1]:5000", true),
            ("notlocalhost", false),
            ("10.0.0.1:5000", false),
            ("localhost.example.com", false),
        ] {
            assert_eq!(is_loopback(name), expected, "{name}");
        }
    }

    #[test]
    fn a_repository_is_a_host_and_a_path() {
        for good in
            ["ghcr.io/acme/platform-aws", "localhost:5000/a", "localhost/a", "git.example.com/a_b/c.d"]
        {
            assert!(check_repository(good).is_ok(), "{good}");
        }
        let bad = "|ghcr.io|acme/aws|https://ghcr.io/a|ghcr.io/a:1|ghcr.io/a@sha256:0|ghcr.io/A|ghcr.io//a|ghcr.io/a/\
                   |ghcr.io/../a|ghcr.io/a b|user:pw@ghcr.io/a|ghcr.io/-a";
        for bad in bad.split('|') {
            assert!(check_repository(bad).is_err(), "{bad}");
        }
    }
}
