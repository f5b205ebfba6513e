//! One line about where requests go: `{host: …, methods: […], path: …}`. Manifests ask in such lines, grants files
//! answer in them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use innominatus_model::{
    BindingKind, HostPattern, HttpMethod, HttpRule, HttpTarget, InvalidHost, Name, Scheme,
};

use crate::findings::{Fields, Findings, Place, list, nearest};
use crate::yaml::{Key, Node, Value};

/// Longer paths are a mistake.
const PATH_LIMIT: usize = 1024;
/// Longer names of settings are one too.
const SETTING_LIMIT: usize = 128;

/// Who writes the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The author, who may leave it to a setting where requests go.
    Want,
    /// The operator, who names hosts.
    Grant,
}

/// The fields of a line that both sides have. The caller finishes the mapping.
pub(crate) fn read(fields: &mut Fields<'_>, side: Side, findings: &mut Findings) -> Option<HttpRule> {
    let target = target(fields, side, findings);
    let methods = methods(fields, findings);
    let path = match fields.optional("path") {
        Some(node) => path(node, &fields.path("path"), findings),
        None => Some("/".to_owned()),
    };
    let secrets = match fields.optional("secrets") {
        Some(node) => {
            let flag = findings.flag(node, &fields.path("secrets"));
            let plain = matches!(target, Some(HttpTarget::Origin { scheme: Scheme::Http, .. }));
            if flag == Some(true) && plain {
                let message = "secrets are sent without encryption: the scheme is `http`";
                findings.doubt(
                    node.place,
                    message,
                    "use `https`, or make sure that nobody listens on the way",
                );
            }
            flag
        }
        None => Some(false),
    };
    Some(HttpRule { target: target?, methods: methods?, path: path?, secrets: secrets? })
}

/// The same place in two lines for one method: which of them counts would be a guess.
pub(crate) fn refuse_twice<'a>(
    rule: &HttpRule,
    others: impl Iterator<Item = &'a HttpRule>,
    place: Place,
    findings: &mut Findings,
) {
    for other in others {
        let same = other.target == rule.target && other.path == rule.path;
        if same && let Some(method) = rule.methods.intersection(&other.methods).next() {
            let message = format!("{method} to {}{} stands in two lines", rule.target, rule.path);
            findings.invalid(place, message, "keep one line for each method and place");
            return;
        }
    }
}

fn target(fields: &mut Fields<'_>, side: Side, findings: &mut Findings) -> Option<HttpTarget> {
    let scheme = match fields.optional("scheme") {
        Some(node) => scheme(node, &fields.path("scheme"), findings),
        None => Some(Scheme::Https),
    };
    let port_path = fields.path("port");
    let port = fields.optional("port").map(|node| findings.number(node, &port_path, 1..=u16::MAX.into()));
    let origin = [("scheme", fields.entry("scheme")), ("port", fields.entry("port"))];
    let setting = if side == Side::Want { fields.entry("setting") } else { None };
    match (fields.optional("host"), setting) {
        (Some(_), Some((key, _))) => {
            let message =
                format!("`{}` and `{}` exclude each other", fields.path("host"), fields.path("setting"));
            findings.invalid(key.place, message, "write two lines: one with the host, one with the setting");
            None
        }
        (None, Some((_, node))) => {
            for (name, entry) in origin {
                let Some((key, _)) = entry else { continue };
                let message = format!("`{}` stands beside `setting`", fields.path(name));
                findings.invalid(key.place, message, "remove it: the setting's URL says scheme and port");
            }
            let text = findings.text(node, &fields.path("setting"))?;
            let bad = text.is_empty() || text.len() > SETTING_LIMIT || text.chars().any(char::is_control);
            if bad {
                let message = format!("`{}` is not the name of a setting", fields.path("setting"));
                findings.invalid(node.place, message, "write the name of the setting that holds the URL");
                return None;
            }
            Some(HttpTarget::Setting(text.to_owned()))
        }
        (Some(node), None) => {
            let host = host(node, &fields.path("host"), findings);
            let scheme = scheme?;
            let port = match port {
                Some(port) => u16::try_from(port?).ok()?,
                None => scheme.default_port(),
            };
            Some(HttpTarget::Origin { scheme, host: host?, port })
        }
        (None, None) => {
            let hint = match side {
                Side::Want => "add `host: api.example.com`, or `setting: <name>` if the operator says where",
                Side::Grant => {
                    "add `host: api.example.com`: a grant names hosts, also where the manifest names a setting"
                }
            };
            let missing = fields.path("host");
            findings.invalid(fields.place(), format!("`{missing}` is missing"), hint);
            None
        }
    }
}

fn scheme(node: &Node, what: &str, findings: &mut Findings) -> Option<Scheme> {
    let text = findings.text(node, what)?;
    let scheme = Scheme::parse(text);
    if scheme.is_none() {
        let message = format!("`{what}` is `{}`, which requests cannot have", text.escape_debug());
        findings.invalid(node.place, message, "write `https` or `http`");
    }
    scheme
}

/// A host or `*.suffix`.
pub(crate) fn host(node: &Node, what: &str, findings: &mut Findings) -> Option<HostPattern> {
    let text = findings.text(node, what)?;
    // As destinations are written: an address has one form only.
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(HostPattern::Exact(address.to_string()));
    }
    let error = match HostPattern::parse(text) {
        Ok(pattern) => return Some(pattern),
        Err(error) => error,
    };
    let lower = text.to_ascii_lowercase();
    let bare = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let bare = match bare.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.contains(':') => host,
        _ => bare.trim_start_matches('[').trim_end_matches(']'),
    };
    let bare = bare.trim_end_matches('.');
    let hint = match error {
        InvalidHost::Star => {
            "write `*.example.com` for every host below example.com, or one line for each host".to_owned()
        }
        InvalidHost::TopLevel => "name the domain that is meant: `*.example.com`".to_owned(),
        _ if bare != text && HostPattern::parse(bare).is_ok() => {
            format!("write only the host: `{bare}`; `scheme`, `port` and `path` are fields of their own")
        }
        _ => "write a host name: `api.example.com`".to_owned(),
    };
    let shown: String = text.chars().take(128).collect();
    findings.invalid(node.place, format!("`{what}` is `{}`: it {error}", shown.escape_debug()), hint);
    None
}

fn methods(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<BTreeSet<HttpMethod>> {
    let what = fields.path("methods");
    let Some(node) = fields.optional("methods") else {
        return Some(BTreeSet::from([HttpMethod::Get, HttpMethod::Head]));
    };
    let items = findings.list(node, &what);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        findings.invalid(node.place, format!("`{what}` is empty"), "name the methods, or remove the line");
    }
    let mut methods = BTreeSet::new();
    let mut whole = !items.is_empty();
    for node in items {
        match method(node, &what, findings) {
            Some(method) if methods.insert(method) => {}
            Some(method) => {
                findings.invalid(
                    node.place,
                    format!("{method} stands twice in `{what}`"),
                    "keep one of them",
                );
            }
            None => whole = false,
        }
    }
    whole.then_some(methods)
}

fn method(node: &Node, what: &str, findings: &mut Findings) -> Option<HttpMethod> {
    let text = findings.text(node, what)?;
    method_of(text, node.place, what, findings)
}

/// A method by its word.
pub(crate) fn method_of(text: &str, place: Place, what: &str, findings: &mut Findings) -> Option<HttpMethod> {
    let method = HttpMethod::parse(text);
    if method.is_none() {
        let known = || HttpMethod::ALL.map(HttpMethod::as_str);
        let message = format!("`{what}` has `{}`, which components cannot use", text.escape_debug());
        let hint = match nearest(text, known()) {
            Some(near) => format!("did you mean `{near}`? known: {}", list(known())),
            None => format!("known methods: {}", list(known())),
        };
        findings.invalid(place, message, hint);
    }
    method
}

fn path(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    check_path(text, node.place, what, findings).then(|| text.to_owned())
}

/// Whether a text can be what paths begin with. Paths are compared as they are sent.
pub(crate) fn check_path(text: &str, place: Place, what: &str, findings: &mut Findings) -> bool {
    let lower = text.to_ascii_lowercase();
    let (why, hint) = if !text.starts_with('/') {
        ("does not begin with a slash", format!("write `/{}`", text.trim_start_matches("./").escape_debug()))
    } else if text.len() > PATH_LIMIT {
        ("is longer than 1024 bytes", "use a shorter beginning".to_owned())
    } else if text.contains(['?', '#']) {
        ("has a query or a fragment", "write the path alone: queries are not looked at".to_owned())
    } else if text.contains('*') {
        ("has a star", "write what paths begin with: `/v1` is `/v1` and everything below".to_owned())
    } else if text.contains("//") {
        ("has an empty segment", "write each slash once".to_owned())
    } else if text.split('/').any(|part| matches!(part, "." | "..")) {
        ("has a segment of dots", "write the path without them".to_owned())
    } else if ["%2f", "%5c", "%2e", "%00"].iter().any(|escape| lower.contains(escape)) {
        ("has an escaped slash, backslash, dot or zero byte", "write the path without it".to_owned())
    } else if text.contains('\\') || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        ("has characters that are not sent as they are", "write them as they are sent: `%20`".to_owned())
    } else {
        return true;
    };
    let shown: String = text.chars().take(128).collect();
    findings.invalid(place, format!("`{what}` is `{}`, which {why}", shown.escape_debug()), hint);
    false
}

/// The name of a credential: requests give it, with a service behind a colon.
pub(crate) fn credential_name(key: &Key, what: &str, findings: &mut Findings) -> Option<Name> {
    match Name::new(key.text.as_str()) {
        Ok(name) => Some(name),
        Err(error) => {
            let shown: String = key.text.chars().take(80).collect();
            let message =
                format!("`{what}` has `{}`, which is no name of a credential", shown.escape_debug());
            findings.invalid(key.place, message, format!("use {}", error.expected));
            None
        }
    }
}

/// What kinds of credentials there are, for a hint.
pub(crate) fn known_bindings(written: &str) -> String {
    let known = || BindingKind::ALL.map(BindingKind::as_str);
    match nearest(written, known()) {
        Some(near) => format!("did you mean `{near}`? known kinds: {}", list(known())),
        None => format!("known kinds: {}", list(known())),
    }
}
