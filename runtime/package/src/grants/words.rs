//! Wants and grants in words that a person can judge.

use innominatus_model::{
    Binding, Capability, Grant, HttpDestination, HttpGrant, HttpLimits, HttpRule, HttpTarget, Want,
};

use super::effective::resolved;

/// `GET, PUT to https://s3.example.com below /v1`.
pub(super) fn words(rule: &HttpRule) -> String {
    let secrets = if rule.secrets { ", its secrets included" } else { "" };
    format!("{} to {}{secrets}", methods(rule), place(rule))
}

fn methods(rule: &HttpRule) -> String {
    rule.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ")
}

/// Where a line leads.
pub(super) fn place(rule: &HttpRule) -> String {
    match rule.path.trim_end_matches('/') {
        "" => rule.target.to_string(),
        path => format!("{} below {path}", rule.target),
    }
}

/// Where a setting leads, by its name; none when it is not set.
pub type SettingLookup<'a> = &'a dyn Fn(&str) -> Option<HttpDestination>;

/// What a want comes to, a line for each thing; completes "it wants to …". Without `settings` nothing is said of where
/// they lead now.
pub fn asks(want: &Want, settings: Option<SettingLookup<'_>>) -> Vec<String> {
    let mut lines = Vec::new();
    match want.capability {
        Capability::Http => {
            for rule in &want.http {
                let now = match (&rule.target, settings) {
                    (HttpTarget::Setting(_), Some(setting)) => match resolved(rule, setting) {
                        Some(rule) => format!(" (now {})", rule.target),
                        None => " (which is not set)".to_owned(),
                    },
                    _ => String::new(),
                };
                lines.push(format!("send requests: {}{now}", words(rule)));
            }
            for (name, kind) in &want.credentials {
                lines.push(format!(
                    "have the host put a credential of yours, called `{name}` ({}), into its requests; it never sees it",
                    kind.as_str()
                ));
            }
        }
        Capability::Secrets => {
            lines.push("make secrets of its own; it holds tokens, never the values".to_owned());
            for name in &want.references {
                lines.push(format!("refer to a secret of yours, called `{name}`, by a token"));
            }
        }
        Capability::Sql => lines.push("run SQL statements".to_owned()),
        Capability::Files => lines.push("read and write files in a folder of its own".to_owned()),
        Capability::Log
        | Capability::Clock
        | Capability::Random
        | Capability::Settings
        | Capability::Report => {}
    }
    lines
}

/// What a grant allows, a line for each thing.
pub fn grants_in_words(grant: &Grant) -> Vec<String> {
    let mut lines: Vec<String> = grant.http.iter().map(line).collect();
    for (name, binding) in &grant.credentials {
        lines.push(format!("the credential `{name}`: {}", binding_in_words(binding)));
    }
    if grant.generate {
        lines.push("make secrets of its own".to_owned());
    }
    for (name, reference) in &grant.references {
        let hosts: Vec<String> = reference.hosts.iter().map(ToString::to_string).collect();
        let hosts = if hosts.is_empty() { "nowhere".to_owned() } else { hosts.join(", ") };
        lines.push(format!("`{name}` is the secret `{}`, sent to {hosts}", reference.secret));
    }
    lines
}

fn line(grant: &HttpGrant) -> String {
    let mut text = words(&grant.rule);
    let mut add = |more: String| text.push_str(&format!("; {more}"));
    if !grant.reads.is_empty() {
        let reads: Vec<String> =
            grant.reads.iter().map(|(method, path)| format!("{method} {path}")).collect();
        add(format!("only looks: {}", reads.join(", ")));
    }
    if !grant.addresses.is_empty() {
        let nets: Vec<String> = grant.addresses.iter().map(ToString::to_string).collect();
        add(format!("also at {}", nets.join(", ")));
    }
    if grant.limits != HttpLimits::default() {
        let HttpLimits { request_bytes, response_bytes, concurrency, timeout_ms } = grant.limits;
        add(format!(
            "{request_bytes} bytes out, {response_bytes} in, {concurrency} at once, {timeout_ms} ms"
        ));
    }
    if let Some(file) = &grant.ca_file {
        add(format!("trusts `{file}`"));
    }
    if let Some(proxy) = &grant.proxy {
        add(format!("through {proxy}"));
    }
    text
}

fn binding_in_words(binding: &Binding) -> String {
    let secrets: Vec<String> = binding.secrets().iter().map(|name| format!("`{name}`")).collect();
    let secrets = secrets.join(", ");
    match binding {
        Binding::Bearer { .. } => format!("bearer, of the secret {secrets}"),
        Binding::Basic { username, .. } => format!("basic, as `{username}` with the secret {secrets}"),
        Binding::Header { name, .. } => format!("header `{name}`, of the secret {secrets}"),
        Binding::AwsSigV4 { region, service, .. } => {
            let service = service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
            format!("aws-sigv4{service} in {region}, of the secrets {secrets}")
        }
    }
}
