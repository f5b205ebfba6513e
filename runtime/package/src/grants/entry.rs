//! The grants of one entry.

use std::collections::BTreeMap;

use innominatus_model::{
    Digest, HostPattern, HttpGrant, HttpLimits, HttpMethod, HttpRule, HttpTarget, SecretGrant, SecretName,
    Version,
};
use ipnet::IpNet;

use super::{Approval, EntryGrants, credential};
use crate::findings::{Fields, Findings};
use crate::rule::{self, Side};
use crate::yaml::{Node, Value};

/// More than this is no answer of an API that a component could work with.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_CONCURRENCY: u64 = 1024;
const MAX_TIMEOUT_MS: u64 = 60 * 60 * 1000;

pub(super) fn read(mut fields: Fields<'_>, findings: &mut Findings) -> Option<EntryGrants> {
    let what = fields.path("approvedFor");
    let approved_for = fields.optional("approvedFor").map(|node| approval(node, &what, findings));
    let approved_by = fields.text("approvedBy", findings);
    let http = http(&mut fields, findings);
    let credentials = credential::read(&mut fields, findings);
    let secrets = secrets(&mut fields, findings);
    fields.finish(findings);
    let (generate, references) = secrets?;
    Some(EntryGrants {
        approved_for: match approved_for {
            Some(approval) => Some(approval?),
            None => None,
        },
        approved_by,
        http: http?,
        credentials: credentials?,
        generate,
        references,
    })
}

fn approval(node: &Node, what: &str, findings: &mut Findings) -> Option<Approval> {
    let text = match &node.value {
        Value::Plain { text, .. } => text,
        _ => findings.text(node, what)?,
    };
    let version = Version::parse(text).map(Approval::Version);
    let approval = version.ok().or_else(|| text.parse::<Digest>().ok().map(Approval::Digest));
    if approval.is_none() {
        let shown: String = text.chars().take(80).collect();
        let message =
            format!("`{what}` is `{}`, which is neither a version nor a digest", shown.escape_debug());
        findings.invalid(node.place, message, "write what was reviewed: `2.3.1`, or `sha256:` and 64 digits");
    }
    approval
}

fn http(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Vec<HttpGrant>> {
    let path = fields.path("http");
    let Some(node) = fields.optional("http") else { return Some(Vec::new()) };
    let items = findings.list(node, &path);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        findings.invalid(node.place, format!("`{path}` is empty"), "name a host, or remove `http:`");
    }
    let mut lines: Vec<Option<HttpGrant>> = Vec::new();
    for (at, node) in items.iter().enumerate() {
        let line =
            Fields::of(node, format!("{path}[{at}]"), findings).and_then(|fields| line(fields, findings));
        if let Some(line) = &line {
            let others = lines.iter().flatten().map(|other| &other.rule);
            rule::refuse_twice(&line.rule, others, node.place, findings);
        }
        lines.push(line);
    }
    lines.into_iter().collect()
}

fn line(mut fields: Fields<'_>, findings: &mut Findings) -> Option<HttpGrant> {
    let rule = rule::read(&mut fields, Side::Grant, findings);
    let reads = reads(&mut fields, rule.as_ref(), findings);
    let addresses = addresses(&mut fields, findings);
    let limits = limits(&mut fields, findings);
    let ca_file = ca_file(&mut fields, rule.as_ref(), findings);
    let proxy = proxy(&mut fields, findings);
    fields.finish(findings);
    Some(HttpGrant {
        rule: rule?,
        reads: reads?,
        addresses: addresses?,
        limits: limits?,
        ca_file: ca_file?,
        proxy: proxy?,
    })
}

fn reads(
    fields: &mut Fields<'_>,
    rule: Option<&HttpRule>,
    findings: &mut Findings,
) -> Option<Vec<(HttpMethod, String)>> {
    let what = fields.path("reads");
    let Some(node) = fields.optional("reads") else { return Some(Vec::new()) };
    let mut reads = Vec::new();
    for node in findings.list(node, &what) {
        reads.push(findings.text(node, &what).and_then(|text| {
            let Some((word, path)) = text.split_once(' ') else {
                let message = format!("`{what}` has `{}`", text.escape_debug());
                findings.invalid(node.place, message, "write a method and a path: `POST /search`");
                return None;
            };
            let method = rule::method_of(word, node.place, &what, findings);
            let good = rule::check_path(path, node.place, &what, findings);
            let method = method.filter(|_| good)?;
            if method.is_safe() {
                let message = format!("`{what}` has {method}, which only looks anyway");
                findings.doubt(node.place, message, "remove it");
            }
            if rule.is_some_and(|rule| !rule.methods.contains(&method)) {
                let message = format!("`{what}` has {method}, which the line does not allow");
                findings.invalid(
                    node.place,
                    message,
                    format!("add {method} to `methods`, or remove it here"),
                );
                return None;
            }
            Some((method, path.to_owned()))
        }));
    }
    reads.into_iter().collect()
}

fn addresses(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Vec<IpNet>> {
    let what = fields.path("addresses");
    let Some(node) = fields.optional("addresses") else { return Some(Vec::new()) };
    let mut addresses = Vec::new();
    for node in findings.list(node, &what) {
        addresses.push(findings.text(node, &what).and_then(|text| {
            let net = text
                .parse::<IpNet>()
                .ok()
                .or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)));
            let Some(net) = net else {
                let message = format!("`{what}` has `{}`, which is no address", text.escape_debug());
                findings.invalid(node.place, message, "write `127.0.0.1/32`, or `10.0.0.0/8` for many");
                return None;
            };
            if net != net.trunc() {
                let message = format!("`{what}` has `{net}`, which has bits behind its prefix");
                let one = net.addr();
                findings.invalid(
                    node.place,
                    message,
                    format!("write `{}`, or `{one}` for this one", net.trunc()),
                );
                return None;
            }
            if net.prefix_len() == 0 {
                let message = format!("`{what}` has `{net}`: every address, also of metadata services");
                findings.doubt(node.place, message, "name the networks that are meant");
            }
            Some(net)
        }));
    }
    addresses.into_iter().collect()
}

fn limits(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<HttpLimits> {
    let usual = HttpLimits::default();
    let path = fields.path("limits");
    let Some(node) = fields.optional("limits") else { return Some(usual) };
    let mut limits = Fields::of(node, path, findings)?;
    let mut number = |name: &'static str, most: u64, usual: u64| match limits.optional(name) {
        Some(node) => findings.number(node, &limits.path(name), 1..=most),
        None => Some(usual),
    };
    let request_bytes = number("requestBytes", MAX_BYTES, usual.request_bytes);
    let response_bytes = number("responseBytes", MAX_BYTES, usual.response_bytes);
    let concurrency = number("concurrency", MAX_CONCURRENCY, usual.concurrency.into());
    let timeout_ms = number("timeoutMs", MAX_TIMEOUT_MS, usual.timeout_ms.into());
    limits.finish(findings);
    Some(HttpLimits {
        request_bytes: request_bytes?,
        response_bytes: response_bytes?,
        concurrency: u32::try_from(concurrency?).ok()?,
        timeout_ms: u32::try_from(timeout_ms?).ok()?,
    })
}

fn ca_file(
    fields: &mut Fields<'_>,
    rule: Option<&HttpRule>,
    findings: &mut Findings,
) -> Option<Option<String>> {
    let what = fields.path("ca");
    let Some(node) = fields.optional("ca") else { return Some(None) };
    let text = findings.text(node, &what)?;
    if !text.starts_with('/') || text.chars().any(char::is_control) {
        let message = format!("`{what}` is not an absolute path");
        findings.invalid(
            node.place,
            message,
            "write the whole path on the server's machine: `/etc/ssl/corp.pem`",
        );
        return None;
    }
    if rule.is_some_and(
        |rule| matches!(rule.target, HttpTarget::Origin { scheme, .. } if scheme.as_str() == "http"),
    ) {
        findings.doubt(node.place, format!("`{what}` has no effect: the scheme is `http`"), "remove it");
    }
    Some(Some(text.to_owned()))
}

fn proxy(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Option<String>> {
    let what = fields.path("proxy");
    let Some(node) = fields.optional("proxy") else { return Some(None) };
    let text = findings.text(node, &what)?;
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    let authority = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest)).unwrap_or_default();
    if authority.contains('@') {
        let hint = "remove it: a proxy that asks for a password cannot be used";
        findings.invalid(node.place, format!("`{what}` holds a user or a password"), hint);
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if authority.is_empty() || !authority.chars().all(plain) {
        let hint = "write `http://<host>:<port>`";
        findings.invalid(node.place, format!("`{what}` is not the address of a proxy"), hint);
        return None;
    }
    Some(Some(text.to_owned()))
}

type Secrets = (bool, BTreeMap<String, SecretGrant>);

fn secrets(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Secrets> {
    let path = fields.path("secrets");
    let Some(node) = fields.optional("secrets") else { return Some((false, BTreeMap::new())) };
    let mut secrets = Fields::of(node, path, findings)?;
    let generate = match secrets.optional("generate") {
        Some(node) => findings.flag(node, &secrets.path("generate")),
        None => Some(false),
    };
    let path = secrets.path("references");
    let references = match secrets.optional("references") {
        Some(node) => references(node, &path, findings),
        None => Some(BTreeMap::new()),
    };
    secrets.finish(findings);
    Some((generate?, references?))
}

fn references(node: &Node, path: &str, findings: &mut Findings) -> Option<BTreeMap<String, SecretGrant>> {
    let mut references = BTreeMap::new();
    let mut whole = true;
    for (key, node) in findings.entries(node, path)? {
        let what = format!("{path}.{}", key.text.escape_debug());
        if let Err(error) = SecretName::new(key.text.as_str()) {
            let message = format!("`{path}` has a name that no component can ask for");
            findings.invalid(key.place, message, format!("use {}", error.expected));
            whole = false;
        }
        let reference = Fields::of(node, what, findings).and_then(|fields| reference(fields, findings));
        match reference {
            Some(reference) => _ = references.insert(key.text.clone(), reference),
            None => whole = false,
        }
    }
    whole.then_some(references)
}

fn reference(mut fields: Fields<'_>, findings: &mut Findings) -> Option<SecretGrant> {
    let secret = credential::secret(&mut fields, "secret", findings);
    let what = fields.path("hosts");
    let node = fields.optional("hosts");
    let items = node.map_or(&[][..], |node| findings.list(node, &what));
    let mut hosts: Vec<Option<HostPattern>> = Vec::new();
    for node in items {
        let host = rule::host(node, &what, findings);
        if let Some(host) = host.as_ref().filter(|host| hosts.iter().flatten().any(|other| other == *host)) {
            findings.invalid(node.place, format!("`{host}` stands twice in `{what}`"), "keep one of them");
        }
        hosts.push(host);
    }
    if items.is_empty() {
        let message = format!("`{what}` names no host, so the secret may be sent nowhere");
        findings.doubt(fields.place(), message, "add `hosts: [db.example.com]`");
    }
    fields.finish(findings);
    Some(SecretGrant { secret: secret?, hosts: hosts.into_iter().collect::<Option<_>>()? })
}
