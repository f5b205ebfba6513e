//! `hosts:` and `mappings:`.

use std::collections::BTreeMap;

use super::HostSettings;
use crate::config::{self, flag, is_loopback, optional};
use crate::findings::{Fields, Findings};
use crate::yaml::{Key, Node, Value};

/// `hosts:`.
pub(super) fn hosts(node: &Node, findings: &mut Findings) -> Option<BTreeMap<String, HostSettings>> {
    let mut hosts = BTreeMap::new();
    let mut whole = true;
    for (key, node) in findings.entries(node, "hosts")? {
        let known = known_host(key, findings);
        let path = format!("hosts.{}", key.text.escape_debug());
        let settings = match &node.value {
            Value::Null => Some(HostSettings::default()),
            _ => Fields::of(node, path, findings).and_then(|fields| one(&key.text, fields, findings)),
        };
        match settings.filter(|_| known) {
            Some(settings) => _ = hosts.insert(key.text.clone(), settings),
            None => whole = false,
        }
    }
    whole.then_some(hosts)
}

fn known_host(key: &Key, findings: &mut Findings) -> bool {
    if config::host(&key.text) {
        return true;
    }
    let shown: String = key.text.chars().take(255).collect();
    let message = format!("`hosts` has `{}`, which is not the host of a registry", shown.escape_debug());
    let bare = key.text.split_once("://").map_or(key.text.as_str(), |(_, rest)| rest);
    let bare = bare.split('/').next().unwrap_or_default().to_lowercase();
    let hint = if config::host(&bare) {
        format!("write only the host: `{bare}`")
    } else {
        "write the host, with its port if it has one: `localhost:5000`".to_owned()
    };
    findings.invalid(key.place, message, hint);
    false
}

fn one(host: &str, mut fields: Fields<'_>, findings: &mut Findings) -> Option<HostSettings> {
    let plain_http = flag(&mut fields, "plainHttp", false, findings);
    let insecure = flag(&mut fields, "insecure", false, findings);
    let ca = optional(&mut fields, "ca", findings, config::file);
    let credentials = optional(&mut fields, "credentials", findings, config::credentials);
    let token_realms = optional(&mut fields, "tokenRealms", findings, realms);
    let place = |fields: &mut Fields<'_>, name| fields.entry(name).map(|(key, _)| key.place);
    match (plain_http, insecure) {
        (Some(true), Some(false)) if !is_loopback(host) => {
            let message = format!("`{}` for a host that is not this machine", fields.path("plainHttp"));
            let hint = "use TLS with `ca:`; where plain HTTP is really meant, add `insecure: true`";
            let place = place(&mut fields, "plainHttp").unwrap_or(fields.place());
            findings.invalid(place, message, hint);
        }
        (Some(false), Some(true)) => {
            let message = format!("`{}` has no effect without `plainHttp: true`", fields.path("insecure"));
            let place = place(&mut fields, "insecure").unwrap_or(fields.place());
            findings.doubt(place, message, "remove it: certificates are always checked");
        }
        (Some(true), Some(true)) if matches!(credentials, Some(Some(_))) && !is_loopback(host) => {
            let message = format!("`{}` are sent without encryption", fields.path("credentials"));
            let place = place(&mut fields, "credentials").unwrap_or(fields.place());
            findings.doubt(place, message, "use TLS, or make sure that nobody listens on the way");
        }
        _ => {}
    }
    if plain_http == Some(true)
        && let Some(place) = place(&mut fields, "ca")
    {
        findings.doubt(place, format!("`{}` has no effect: plain HTTP", fields.path("ca")), "remove it");
    }
    fields.finish(findings);
    Some(HostSettings {
        plain_http: plain_http?,
        insecure: insecure?,
        ca: ca?,
        credentials: credentials?,
        token_realms: token_realms?.unwrap_or_default(),
    })
}

fn realms(node: &Node, what: &str, findings: &mut Findings) -> Option<Vec<String>> {
    let mut realms: Vec<Option<String>> = Vec::new();
    for (at, node) in findings.list(node, what).iter().enumerate() {
        let realm = findings.text(node, &format!("{what}[{at}]")).and_then(|text| {
            if config::host(text) {
                return Some(text.to_owned());
            }
            let shown: String = text.chars().take(255).collect();
            let message = format!("`{what}[{at}]` is `{}`, which is no host", shown.escape_debug());
            findings.invalid(node.place, message, "write the host alone: `auth.example.com`");
            None
        });
        realms.push(realm);
    }
    matches!(node.value, Value::List(_)).then_some(())?;
    realms.into_iter().collect()
}

/// `mappings:`, prefix to prefix.
pub(super) fn mappings(node: &Node, findings: &mut Findings) -> Option<BTreeMap<String, String>> {
    let mut mappings = BTreeMap::new();
    let mut whole = true;
    for (key, node) in findings.entries(node, "mappings")? {
        let from = prefix(&key.text);
        if let Err((why, hint)) = &from {
            let shown: String = key.text.chars().take(255).collect();
            let message = format!("`mappings` has `{}`, {why}", shown.escape_debug());
            findings.invalid(key.place, message, hint.as_str());
        }
        let what = format!("mappings.{}", key.text.escape_debug());
        let to = findings.text(node, &what).filter(|text| match prefix(text) {
            Ok(()) => true,
            Err((why, hint)) => {
                let shown: String = text.chars().take(255).collect();
                findings.invalid(node.place, format!("`{what}` is `{}`, {why}", shown.escape_debug()), hint);
                false
            }
        });
        match to.filter(|_| from.is_ok()) {
            Some(to) if to == key.text => {
                findings.doubt(node.place, format!("`{what}` leads to itself"), "remove it");
            }
            Some(to) => _ = mappings.insert(key.text.clone(), to.to_owned()),
            None => whole = false,
        }
    }
    whole.then_some(mappings)
}

/// A host, or a host and the beginning of a path.
fn prefix(text: &str) -> Result<(), (&'static str, String)> {
    if text.contains('.') && config::host(text) || is_loopback(text) && config::host(text) {
        return Ok(());
    }
    config::check_repository(text)
}
