//! Reading who may have signed, and what has to be attested.

use super::{AcceptedSigner, AttestationRule, Glob, KeySource, TransparencyLog};
use crate::config::{self, optional};
use crate::findings::{Fields, Findings, nearest};
use crate::yaml::{Node, Value};

const SIGNER: &str = "write `- key: keys/acme.pub`, or `- identity: …` with `issuer: …`";
/// A public key is shorter.
const PEM_LIMIT: usize = 16 * 1024;
/// Words for attestations that are often asked for.
const KNOWN: [(&str, &str); 3] = [
    ("slsa", "https://slsa.dev/provenance/v1"),
    ("spdx", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
];

/// A list of which any one will do.
pub(super) fn signers(node: &Node, what: &str, findings: &mut Findings) -> Option<Vec<AcceptedSigner>> {
    let items = findings.list(node, what);
    if items.is_empty() && matches!(node.value, Value::List(_)) {
        findings.invalid(node.place, format!("`{what}` is empty: nobody could sign"), SIGNER);
    }
    let mut signers: Vec<Option<AcceptedSigner>> = Vec::new();
    for (at, node) in items.iter().enumerate() {
        let signer =
            Fields::of(node, format!("{what}[{at}]"), findings).and_then(|fields| signer(fields, findings));
        if let Some(signer) = &signer
            && signers.iter().flatten().any(|other| other == signer)
        {
            findings.invalid(node.place, format!("`{what}[{at}]` stands twice"), "keep one of them");
        }
        signers.push(signer);
    }
    signers.into_iter().collect::<Option<Vec<_>>>().filter(|signers| !signers.is_empty())
}

fn signer(mut fields: Fields<'_>, findings: &mut Findings) -> Option<AcceptedSigner> {
    let of_key = fields.entry("key");
    let of_identity = fields.entry("identity");
    let what = fields.path("key");
    let key = of_key.map(|(_, node)| key(node, &what, findings));
    let what = fields.path("identity");
    let identity = of_identity.map(|(_, node)| identity(node, &what, findings));
    let what = fields.path("issuer");
    let issuer_entry = fields.entry("issuer");
    let log = optional(&mut fields, "tlog", findings, log);
    let signer = match (key, identity) {
        (Some(key), None) => {
            if let Some((key, _)) = issuer_entry {
                let message = format!("`{what}` stands beside `key`");
                findings.invalid(key.place, message, "remove it: a key has no issuer");
            }
            key.zip(log)
                .map(|(key, log)| AcceptedSigner::Key { key, log: log.unwrap_or(TransparencyLog::None) })
        }
        (None, Some(identity)) => {
            let hint = "add who vouches for it: `issuer: https://token.actions.githubusercontent.com`";
            let issuer = fields.required("issuer", hint, findings);
            let issuer = issuer.and_then(|node| issuer_of(node, &what, findings));
            if log == Some(Some(TransparencyLog::None))
                && let Some((key, _)) = fields.entry("tlog")
            {
                let message =
                    format!("`{}` is `none`, and an identity is proved by the log", fields.path("tlog"));
                findings.invalid(key.place, message, "write `tlog: required`, or accept a key");
            }
            identity.zip(issuer).map(|(identity, issuer)| AcceptedSigner::Identity { identity, issuer })
        }
        (both, _) => {
            let message = match both {
                Some(_) => "it has both `key` and `identity`",
                None => "it names neither a `key` nor an `identity`",
            };
            findings.invalid(fields.place(), format!("who signs is not clear: {message}"), SIGNER);
            None
        }
    };
    fields.finish(findings);
    signer
}

fn key(node: &Node, what: &str, findings: &mut Findings) -> Option<KeySource> {
    let text = findings.text(node, what)?.trim();
    // Also where somebody put it by mistake, it is not shown.
    if text.contains("PRIVATE KEY") {
        let hint = "keep it away from here, make a new pair if others could read this file, and write the public key";
        findings.invalid(node.place, format!("`{what}` holds a private key"), hint);
        return None;
    }
    if !text.contains("-----BEGIN") {
        return config::file(node, what, findings).map(KeySource::File);
    }
    let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----");
    let body = text.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\n\r".contains(&byte);
    if text.len() > PEM_LIMIT || !body.is_some_and(|body| !body.trim().is_empty() && body.bytes().all(base64))
    {
        let hint = "write one block `-----BEGIN PUBLIC KEY-----` … `-----END PUBLIC KEY-----` below `key: |`";
        findings.invalid(node.place, format!("`{what}` is not a public key in PEM"), hint);
        return None;
    }
    Some(KeySource::Pem(format!("{text}\n")))
}

/// Whoever could choose the host of the identity could be anybody.
fn identity(node: &Node, what: &str, findings: &mut Findings) -> Option<Glob> {
    let text = findings.text(node, what)?;
    let owner = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((_, rest)), _) => rest.split('/').next().unwrap_or_default(),
        (None, Some((_, domain))) => domain,
        (None, None) => "",
    };
    let (why, hint) = if owner.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        (
            "is neither a URL nor a mail address",
            "write what stands in the certificate, with `*` where it changes",
        )
    } else if owner.contains('*') {
        ("lets anybody in: its host has a star", "write the host out; stars may stand behind it")
    } else {
        return Some(Glob::new(text));
    };
    findings.invalid(node.place, format!("`{what}` {why}"), hint);
    None
}

fn issuer_of(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    let rest = text.strip_prefix("https://").unwrap_or_default();
    if rest.is_empty() || text.contains('*') || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message = format!("`{what}` is not the URL of an issuer");
        findings.invalid(node.place, message, "write it out: `https://token.actions.githubusercontent.com`");
        return None;
    }
    Some(text.to_owned())
}

fn log(node: &Node, what: &str, findings: &mut Findings) -> Option<TransparencyLog> {
    match findings.text(node, what)? {
        "none" => Some(TransparencyLog::None),
        "required" => Some(TransparencyLog::Required),
        other => {
            let message = format!("`{what}` is `{}`", other.escape_debug());
            findings.invalid(node.place, message, "write `none` or `required`");
            None
        }
    }
}

/// A list of which each has to be there.
pub(super) fn attestations(node: &Node, what: &str, findings: &mut Findings) -> Option<Vec<AttestationRule>> {
    let mut rules: Vec<Option<AttestationRule>> = Vec::new();
    for (at, node) in findings.list(node, what).iter().enumerate() {
        let rule = Fields::of(node, format!("{what}[{at}]"), findings).and_then(|mut fields| {
            let predicate = predicate(&mut fields, findings);
            let any_of = optional(&mut fields, "require", findings, signers);
            fields.finish(findings);
            Some(AttestationRule { predicate: predicate?, any_of: any_of?.unwrap_or_default() })
        });
        if let Some(rule) = &rule
            && rules.iter().flatten().any(|other| other.predicate == rule.predicate)
        {
            findings.invalid(
                node.place,
                format!("`{}` is asked for twice", rule.predicate),
                "keep one of them",
            );
        }
        rules.push(rule);
    }
    matches!(node.value, Value::List(_)).then_some(())?;
    rules.into_iter().collect()
}

fn predicate(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<String> {
    let what = fields.path("type");
    let hint = "add the predicate type: `type: https://slsa.dev/provenance/v1`";
    let node = fields.required("type", hint, findings)?;
    let text = findings.text(node, &what)?;
    if let Some((_, url)) = KNOWN.iter().find(|(word, _)| *word == text) {
        return Some((*url).to_owned());
    }
    if text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty()) && !text.contains(char::is_whitespace)
    {
        return Some(text.to_owned());
    }
    let words = || KNOWN.map(|(word, _)| word);
    let message = format!("`{what}` is `{}`, which is no predicate type", text.escape_debug());
    let hint = match nearest(text, words()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write its URL, or `slsa`, `spdx`, `cyclonedx`".to_owned(),
    };
    findings.invalid(node.place, message, hint);
    None
}
