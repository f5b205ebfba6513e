//! What was granted, as one digest: for locks, where a change is to be seen at a glance.

use innominatus_model::{Binding, Digest, Grant, HttpGrant, HttpRule, HttpTarget, Json, canonical};
use serde_json::json;

/// The digest of what all entries of a platform may do. Each comes with its name and its effective grant.
///
/// Neither the order of lines nor how they are grouped counts: a line for two methods is two lines. What is granted
/// always is not part of it.
pub fn grants_hash<'a>(entries: impl IntoIterator<Item = (&'a str, &'a Grant)>) -> Digest {
    let mut all = serde_json::Map::new();
    for (name, grant) in entries {
        let value = of_entry(grant);
        if value.as_object().is_some_and(|parts| !parts.is_empty()) {
            all.insert(name.to_owned(), value);
        }
    }
    // The word tells this digest from that of any other list, today or later.
    Digest::of(canonical(&json!({ "format": "innominatus.grants/1", "entries": all })))
}

/// What is not granted leaves no trace, so that a part that comes later changes no digest of today.
fn of_entry(grant: &Grant) -> Json {
    let mut parts = serde_json::Map::new();
    let mut add = |name: &str, value: Json| {
        let empty = match &value {
            Json::Array(items) => items.is_empty(),
            Json::Object(items) => items.is_empty(),
            Json::Bool(said) => !said,
            _ => false,
        };
        if !empty {
            parts.insert(name.to_owned(), value);
        }
    };
    let always = |capability: &innominatus_model::Capability| capability.is_always_granted();
    let capabilities = grant.capabilities().filter(|capability| !always(capability));
    add("capabilities", set(capabilities.map(|capability| capability.as_str().into())));
    add("generate", grant.generate.into());
    add("wanted", set(grant.wanted_http.iter().flat_map(rule)));
    add("http", set(grant.http.iter().flat_map(line)));
    let credentials = grant.credentials.iter().map(|(name, binding)| (name.clone(), of_binding(binding)));
    add("credentials", Json::Object(credentials.collect()));
    let references = grant.references.iter().map(|(name, reference)| {
        let hosts = set(reference.hosts.iter().map(|host| host.to_string().into()));
        (name.clone(), json!({ "secret": reference.secret, "hosts": hosts }))
    });
    add("references", Json::Object(references.collect()));
    Json::Object(parts)
}

/// Sorted, each once.
fn set(items: impl Iterator<Item = Json>) -> Json {
    let mut items: Vec<Json> = items.collect();
    items.sort_by_cached_key(canonical);
    items.dedup();
    Json::Array(items)
}

/// One value for each method, everything explicit.
fn rule(rule: &HttpRule) -> Vec<Json> {
    let target = match &rule.target {
        HttpTarget::Origin { scheme, host, port } => {
            json!({ "scheme": scheme.as_str(), "host": host.to_string().to_lowercase(), "port": port })
        }
        HttpTarget::Setting(name) => json!({ "setting": name }),
    };
    // `/v1/` and `/v1` are the same beginning.
    let path = match rule.path.trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    let of = |method: &innominatus_model::HttpMethod| json!({ "target": target, "method": method.as_str(), "path": path, "secrets": rule.secrets });
    rule.methods.iter().map(of).collect()
}

fn line(grant: &HttpGrant) -> Vec<Json> {
    let limits = &grant.limits;
    let addresses = set(grant.addresses.iter().map(|net| net.to_string().into()));
    let mut lines = rule(&grant.rule);
    for (line, method) in lines.iter_mut().zip(&grant.rule.methods) {
        let reads = grant.reads.iter().filter(|(known, _)| known == method);
        line["reads"] = set(reads.map(|(_, path)| path.as_str().into()));
        line["addresses"] = addresses.clone();
        line["limits"] =
            json!([limits.request_bytes, limits.response_bytes, limits.concurrency, limits.timeout_ms]);
        line["ca"] = grant.ca_file.clone().into();
        line["proxy"] = grant.proxy.clone().into();
    }
    lines
}

fn of_binding(binding: &Binding) -> Json {
    let kind = binding.kind().as_str();
    match binding {
        Binding::Bearer { token } => json!({ "kind": kind, "token": token }),
        Binding::Basic { username, password } => {
            json!({ "kind": kind, "username": username, "password": password })
        }
        Binding::Header { name, value } => json!({ "kind": kind, "name": name, "value": value }),
        Binding::AwsSigV4 { access_key_id, secret_access_key, session_token, region, service } => json!({
            "kind": kind,
            "accessKeyId": access_key_id,
            "secretAccessKey": secret_access_key,
            "sessionToken": session_token,
            "region": region,
            "service": service,
        }),
    }
}
