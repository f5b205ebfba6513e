//! `credentials:`: what the host puts into requests, by the names of secrets that it is made of.

use std::collections::BTreeMap;

use innominatus_model::{Binding, BindingKind, SecretName};

use crate::findings::{Fields, Findings};
use crate::rule;
use crate::yaml::Node;

/// What belongs to the connection, or to the host itself, and never to a credential.
const RESERVED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie2",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<BTreeMap<String, Binding>> {
    let path = fields.path("credentials");
    let Some(node) = fields.optional("credentials") else { return Some(BTreeMap::new()) };
    let mut all = Vec::new();
    for (key, node) in findings.entries(node, &path)? {
        let name = rule::credential_name(key, &path, findings);
        let binding = Fields::of(node, format!("{path}.{}", key.text.escape_debug()), findings)
            .and_then(|fields| one(fields, findings));
        all.push(name.map(|name| name.to_string()).zip(binding));
    }
    all.into_iter().collect()
}

fn one(mut fields: Fields<'_>, findings: &mut Findings) -> Option<Binding> {
    let what = fields.path("kind");
    let hint = || rule::known_bindings("");
    let kind = fields.required("kind", hint(), findings).and_then(|node| {
        let word = findings.text(node, &what)?;
        let kind = BindingKind::parse(word);
        if kind.is_none() {
            let message = format!("`{what}` is `{}`, which is no kind of credential", word.escape_debug());
            findings.invalid(node.place, message, rule::known_bindings(word));
        }
        kind
    })?;
    let binding = match kind {
        BindingKind::Bearer => secret(&mut fields, "token", findings).map(|token| Binding::Bearer { token }),
        BindingKind::Basic => {
            let username = username(&mut fields, findings);
            let password = secret(&mut fields, "password", findings);
            username.zip(password).map(|(username, password)| Binding::Basic { username, password })
        }
        BindingKind::Header => {
            let name = header(&mut fields, findings);
            let value = secret(&mut fields, "value", findings);
            name.zip(value).map(|(name, value)| Binding::Header { name, value })
        }
        BindingKind::AwsSigV4 => aws(&mut fields, findings),
    };
    fields.finish(findings);
    binding
}

fn aws(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Binding> {
    let access_key_id = secret(fields, "accessKeyId", findings);
    let secret_access_key = secret(fields, "secretAccessKey", findings);
    let what = fields.path("sessionToken");
    let session_token = fields.optional("sessionToken").map(|node| secret_name(node, &what, findings));
    let what = fields.path("region");
    let region = fields
        .required("region", "add the region to sign for: `region: eu-central-1`", findings)
        .and_then(|node| word(node, &what, findings));
    let what = fields.path("service");
    let service = fields.optional("service").map(|node| word(node, &what, findings));
    Some(Binding::AwsSigV4 {
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
        session_token: match session_token {
            Some(token) => Some(token?),
            None => None,
        },
        region: region?,
        service: match service {
            Some(service) => Some(service?),
            None => None,
        },
    })
}

/// The name of a secret of the operator.
pub(crate) fn secret(fields: &mut Fields<'_>, name: &'static str, findings: &mut Findings) -> Option<String> {
    let what = fields.path(name);
    let hint = "add the name of a secret that `innominatus secret set` keeps";
    let node = fields.required(name, hint, findings)?;
    secret_name(node, &what, findings)
}

/// Whatever stands here may be a secret itself, put in the wrong place: it is never shown.
fn secret_name(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.secret_text(node, what)?;
    match SecretName::new(text) {
        Ok(name) => Some(name.to_string()),
        Err(error) => {
            let message = format!("`{what}` is not the name of a secret: expected {}", error.expected);
            let hint = "secrets themselves are never written here: keep one with `innominatus secret set <name>` and \
                        write its name";
            findings.invalid(node.place, message, hint);
            None
        }
    }
}

/// A user name, which is not a secret.
pub(crate) fn username(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<String> {
    let what = fields.path("username");
    let node = fields.required("username", "add `username: <name>`, which is not a secret", findings)?;
    let text = findings.text(node, &what)?;
    if text.contains(':') || text.chars().any(char::is_control) {
        let message =
            format!("`{what}` has a colon or control characters, which basic authentication cannot send");
        findings.invalid(node.place, message, "write the user name alone; `password:` names a secret");
        return None;
    }
    Some(text.to_owned())
}

fn header(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<String> {
    let what = fields.path("name");
    let node = fields.required("name", "add the header's name: `name: x-api-key`", findings)?;
    let text = findings.text(node, &what)?;
    let token =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let hint = if text.is_empty() || !text.bytes().all(token) {
        "write it in lower case: `x-api-key`"
    } else if RESERVED.contains(&text) {
        "use another header: this one belongs to the connection"
    } else {
        return Some(text.to_owned());
    };
    let shown: String = text.chars().take(64).collect();
    let message = format!("`{what}` is `{}`, which is no header for a credential", shown.escape_debug());
    findings.invalid(node.place, message, hint);
    None
}

fn word(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > 63 || !text.bytes().all(good) {
        let shown: String = text.chars().take(64).collect();
        let message = format!("`{what}` is `{}`", shown.escape_debug());
        findings.invalid(node.place, message, "use up to 63 characters of a-z, 0-9 and `-`");
        return None;
    }
    Some(text.to_owned())
}
