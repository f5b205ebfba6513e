//! A grants file made of values: it reads back as what it was made of.

use std::fmt::Write as _;

use innominatus_model::{Binding, HttpGrant, HttpLimits, HttpTarget};

use super::{EntryGrants, Grants};

/// The file, `grants:` and all.
pub fn render_grants(grants: &Grants) -> String {
    let mut out = "grants:".to_owned();
    if grants.entries.is_empty() {
        out.push_str(" {}");
    }
    out.push('\n');
    for (name, entry) in &grants.entries {
        let body = body(entry);
        let nothing = if body.is_empty() { " {}" } else { "" };
        _ = writeln!(out, "  {}:{nothing}", scalar(name));
        out.push_str(&body);
    }
    out
}

fn body(entry: &EntryGrants) -> String {
    let mut out = String::new();
    if let Some(approved) = &entry.approved_for {
        _ = writeln!(out, "    approvedFor: {}", scalar(&approved.to_string()));
    }
    if let Some(who) = &entry.approved_by {
        _ = writeln!(out, "    approvedBy: {}", scalar(who));
    }
    if !entry.http.is_empty() {
        out.push_str("    http:\n");
        entry.http.iter().for_each(|grant| _ = writeln!(out, "      - {}", line(grant)));
    }
    if !entry.credentials.is_empty() {
        out.push_str("    credentials:\n");
        for (name, binding) in &entry.credentials {
            _ = writeln!(out, "      {}: {}", scalar(name), credential(binding));
        }
    }
    if entry.generate || !entry.references.is_empty() {
        _ = writeln!(out, "    secrets:\n      generate: {}", entry.generate);
    }
    if !entry.references.is_empty() {
        out.push_str("      references:\n");
        for (name, reference) in &entry.references {
            let hosts = list(reference.hosts.iter().map(ToString::to_string));
            let secret = scalar(&reference.secret);
            _ = writeln!(out, "        {}: {{secret: {secret}, hosts: {hosts}}}", scalar(name));
        }
    }
    out
}

fn line(grant: &HttpGrant) -> String {
    let mut fields = Vec::new();
    let rule = &grant.rule;
    if let HttpTarget::Origin { scheme, host, port } = &rule.target {
        fields.push(format!("host: {}", scalar(&host.to_string())));
        if scheme.as_str() != "https" {
            fields.push(format!("scheme: {}", scheme.as_str()));
        }
        if *port != scheme.default_port() {
            fields.push(format!("port: {port}"));
        }
    }
    fields.push(format!("methods: {}", list(rule.methods.iter().map(ToString::to_string))));
    fields.push(format!("path: {}", scalar(&rule.path)));
    if rule.secrets {
        fields.push("secrets: true".to_owned());
    }
    if !grant.reads.is_empty() {
        let reads = grant.reads.iter().map(|(method, path)| format!("{method} {path}"));
        fields.push(format!("reads: {}", list(reads)));
    }
    if !grant.addresses.is_empty() {
        fields.push(format!("addresses: {}", list(grant.addresses.iter().map(ToString::to_string))));
    }
    if grant.limits != HttpLimits::default() {
        let HttpLimits { request_bytes, response_bytes, concurrency, timeout_ms } = grant.limits;
        fields.push(format!(
            "limits: {{requestBytes: {request_bytes}, responseBytes: {response_bytes}, concurrency: {concurrency}, \
             timeoutMs: {timeout_ms}}}"
        ));
    }
    if let Some(file) = &grant.ca_file {
        fields.push(format!("ca: {}", scalar(file)));
    }
    if let Some(proxy) = &grant.proxy {
        fields.push(format!("proxy: {}", scalar(proxy)));
    }
    format!("{{{}}}", fields.join(", "))
}

fn credential(binding: &Binding) -> String {
    let mut fields = vec![("kind", binding.kind().as_str())];
    match binding {
        Binding::Bearer { token } => fields.push(("token", token)),
        Binding::Basic { username, password } => {
            fields.extend([("username", username.as_str()), ("password", password)])
        }
        Binding::Header { name, value } => fields.extend([("name", name.as_str()), ("value", value)]),
        Binding::AwsSigV4 { access_key_id, secret_access_key, session_token, region, service } => {
            fields.extend([("accessKeyId", access_key_id.as_str()), ("secretAccessKey", secret_access_key)]);
            fields.extend(session_token.as_deref().map(|token| ("sessionToken", token)));
            fields.push(("region", region));
            fields.extend(service.as_deref().map(|service| ("service", service)));
        }
    }
    let fields: Vec<String> =
        fields.into_iter().map(|(name, value)| format!("{name}: {}", scalar(value))).collect();
    format!("{{{}}}", fields.join(", "))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.map(|item| scalar(&item)).collect::<Vec<_>>().join(", "))
}

/// A text as YAML: bare where it can only be read as this text, else in quotes as JSON has them.
fn scalar(text: &str) -> String {
    const WORDS: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let version = text.split('.').count() > 2;
    let begins =
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || (version && c.is_ascii_digit()));
    if begins && text.chars().all(plain) && !WORDS.contains(&text.to_lowercase().as_str()) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
