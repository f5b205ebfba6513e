//! Reading a grants file: strictly, with every mistake and its place.

use innominatus_model::{Code, Diagnostic, Name};

use super::entry;
use super::{Grants, GrantsErrors};
use crate::findings::{Document, Fields, Findings, Place, nearest};
use crate::yaml::{self, Key, Node, Value};

/// Reads a grants file, or `platforms.yaml` with its `grants:`. `file` is how the person named it; it stands in every
/// diagnostic. On success the diagnostics are warnings; on failure they are everything that is wrong.
pub fn read_grants(file: &str, text: &[u8]) -> Result<(Grants, Vec<Diagnostic>), GrantsErrors> {
    let mut findings = Findings::new(file, Document::Grants);
    let grants = read(text, &mut findings);
    let refused = |diagnostics| GrantsErrors { file: file.to_owned(), diagnostics };
    let warnings = findings.finish().map_err(refused)?;
    Ok((grants.expect("without an error there are grants"), warnings))
}

fn read(text: &[u8], findings: &mut Findings) -> Option<Grants> {
    let document = yaml::read(text, findings)?;
    let begin = Document::Grants.beginning();
    if matches!(document.value, Value::Null) {
        let place = Place { line: 1, column: 1 };
        findings.error(place, Code::GrantsSyntax, "the grants file is empty", begin);
        return None;
    }
    let mut fields = Fields::of(&document, "", findings)?;
    // The rest of `platforms.yaml` is for other readers.
    fields.entry("platforms");
    let node = fields.required("grants", begin, findings);
    fields.finish(findings);
    entries(node?, findings)
}

/// The mapping under `grants:`.
pub(crate) fn entries(node: &Node, findings: &mut Findings) -> Option<Grants> {
    let mut grants = Grants::default();
    let mut whole = true;
    for (key, node) in findings.entries(node, "grants")? {
        match one(key, node, findings) {
            Some((name, entry)) => _ = grants.entries.insert(name, entry),
            None => whole = false,
        }
    }
    whole.then_some(grants)
}

fn one(key: &Key, node: &Node, findings: &mut Findings) -> Option<(String, super::EntryGrants)> {
    let name = name(key, findings);
    let path = format!("grants.{}", key.text.escape_debug());
    let entry = match &node.value {
        // Said on purpose: it gets nothing.
        Value::Null => Some(super::EntryGrants::default()),
        _ => Fields::of(node, path, findings).and_then(|fields| entry::read(fields, findings)),
    };
    Some((name?, entry?))
}

/// `<platform>/<entry>`.
fn name(key: &Key, findings: &mut Findings) -> Option<String> {
    let shown: String = key.text.chars().take(160).collect();
    let message = format!("`{}` is not an entry of a platform", shown.escape_debug());
    let parts = key.text.split_once('/');
    let good = parts.is_some_and(|(platform, entry)| Name::new(platform).is_ok() && Name::new(entry).is_ok());
    if good {
        return Some(key.text.clone());
    }
    let hint = match parts {
        None if nearest(&key.text, ["http", "credentials", "secrets"]).is_some() => {
            "indent it below the entry that it is for: `acme/database:`"
        }
        None => "write `<platform>/<entry>`, both as in platform.yaml: `acme/database`",
        Some(_) => "write `<platform>/<entry>`: names of a-z, 0-9 and `-`, as in platform.yaml",
    };
    findings.invalid(key.place, message, hint);
    None
}
