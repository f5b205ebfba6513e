//! Reading `policy.yaml`: strictly, with every mistake and its place.

use std::collections::BTreeSet;

use innominatus_model::{Diagnostic, Digest};

use super::read_signers::{attestations, signers};
use super::{Demand, Policy, SourceScope, TrustRule};
use crate::ConfigErrors;
use crate::config::{self, file, optional};
use crate::findings::{Document, Fields, Findings, Place};
use crate::yaml::{Node, Value};

const BEGIN: &str = "add `trust:` with rules, or `deny:` with digests";

/// Reads a policy file. `file` is how the person named it; it stands in every diagnostic. On success the diagnostics are
/// warnings; on failure they are everything that is wrong.
pub fn read_policy(file: &str, text: &[u8]) -> Result<(Policy, Vec<Diagnostic>), ConfigErrors> {
    config::read(file, text, Document::Policy, read)
}

fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Policy> {
    let trust = fields.optional("trust");
    let deny = fields.optional("deny");
    let root = fields.entry("trustedRoot");
    if trust.is_none() && deny.is_none() && root.is_none() {
        findings.invalid(fields.place(), "the trust policy says nothing", BEGIN);
    }
    let rules = trust.map_or(Some(Vec::new()), |node| rules(node, findings));
    let deny = deny.map_or(Some(BTreeSet::new()), |node| denied(node, findings));
    let trusted_root = root.map_or(Some(None), |(_, node)| file(node, "trustedRoot", findings).map(Some));
    Some(Policy { rules: rules?, deny: deny?, trusted_root: trusted_root? })
}

fn rules(node: &Node, findings: &mut Findings) -> Option<Vec<TrustRule>> {
    let mut rules = Vec::new();
    let mut taken: Vec<(SourceScope, Place)> = Vec::new();
    for (at, node) in findings.list(node, "trust").iter().enumerate() {
        let rule = Fields::of(node, format!("trust[{at}]"), findings)
            .and_then(|fields| rule(fields, &mut taken, findings));
        rules.push(rule);
    }
    matches!(node.value, Value::List(_)).then_some(())?;
    rules.into_iter().collect()
}

fn rule(
    mut fields: Fields<'_>,
    taken: &mut Vec<(SourceScope, Place)>,
    findings: &mut Findings,
) -> Option<TrustRule> {
    let scope = scope(&mut fields, taken, findings);
    let require = fields.entry("require");
    let allow = fields.entry("allow");
    let what = fields.path("require");
    let signers = require.map(|(_, node)| signers(node, &what, findings));
    let what = fields.path("allow");
    let unsigned = allow.map(|(_, node)| unsigned(node, &what, findings));
    let attestations = optional(&mut fields, "attestations", findings, attestations);
    let demand = match (signers, unsigned) {
        (Some(any_of), None) => any_of.zip(attestations).map(|(any_of, attestations)| Demand::Signed {
            any_of,
            attestations: attestations.unwrap_or_default(),
        }),
        (None, Some(unsigned)) => {
            if let Some((key, _)) = fields.entry("attestations") {
                let message = format!("`{}` stands beside `allow`", fields.path("attestations"));
                findings.invalid(key.place, message, "remove it, or say under `require:` who signs");
            }
            if let Some(scope) = scope.as_ref().filter(|scope| scope.is_everything()) {
                let message =
                    format!("`{scope}` may come unsigned: whoever stands in between says what runs");
                findings.doubt(fields.place(), message, "name the hosts that are meant: `localhost:5000/**`");
            }
            unsigned.map(|()| Demand::Unsigned)
        }
        (Some(_), Some(_)) => {
            let message =
                format!("`{}` and `{}` exclude each other", fields.path("require"), fields.path("allow"));
            let place = allow.map_or(fields.place(), |(key, _)| key.place);
            findings.invalid(place, message, "keep one of them");
            None
        }
        (None, None) => {
            let message = format!("`{}` is missing", fields.path("require"));
            findings.invalid(
                fields.place(),
                message,
                "add `require:` and below it who signs, or `allow: unsigned`",
            );
            None
        }
    };
    fields.finish(findings);
    Some(TrustRule { scope: scope?, demand: demand? })
}

fn scope(
    fields: &mut Fields<'_>,
    taken: &mut Vec<(SourceScope, Place)>,
    findings: &mut Findings,
) -> Option<SourceScope> {
    let what = fields.path("scope");
    let node =
        fields.required("scope", "add the sources that are meant: `scope: \"ghcr.io/acme/**\"`", findings)?;
    let text = findings.text(node, &what)?;
    let scope = match SourceScope::parse(text) {
        Ok(scope) => scope,
        Err((why, hint)) => {
            let shown: String = text.chars().take(255).collect();
            findings.invalid(node.place, format!("`{what}` is `{}`, {why}", shown.escape_debug()), hint);
            return None;
        }
    };
    if let Some((_, first)) = taken.iter().find(|(known, _)| *known == scope) {
        let message = format!("the scope `{scope}` has a rule in line {}", first.line);
        findings.invalid(node.place, message, "write one rule for each scope, with everybody who may sign");
    }
    taken.push((scope.clone(), node.place));
    Some(scope)
}

fn unsigned(node: &Node, what: &str, findings: &mut Findings) -> Option<()> {
    let text = findings.text(node, what)?;
    if text != "unsigned" {
        let message = format!("`{what}` is `{}`", text.escape_debug());
        findings.invalid(node.place, message, "write `allow: unsigned`; nothing else can be allowed");
        return None;
    }
    Some(())
}

fn denied(node: &Node, findings: &mut Findings) -> Option<BTreeSet<Digest>> {
    let mut denied = BTreeSet::new();
    let mut whole = true;
    for (at, node) in findings.list(node, "deny").iter().enumerate() {
        let what = format!("deny[{at}]");
        let Some(text) = findings.text(node, &what) else {
            whole = false;
            continue;
        };
        match text.parse::<Digest>() {
            Ok(digest) => {
                if !denied.insert(digest) {
                    findings.doubt(node.place, format!("`{what}` stands twice"), "keep one of them");
                }
            }
            Err(_) => {
                let shown: String = text.chars().take(80).collect();
                let message = format!("`{what}` is `{}`, which is no digest", shown.escape_debug());
                findings.invalid(node.place, message, "write `sha256:` and 64 digits of 0-9 and a-f");
                whole = false;
            }
        }
    }
    (whole && matches!(node.value, Value::List(_))).then_some(denied)
}
