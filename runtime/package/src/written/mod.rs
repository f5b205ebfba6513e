//! What stands beside the manifest as YAML: golden paths and resource definitions.

mod config;
mod definition;
mod json;
mod order;
mod path;
mod schema;
mod strings;

use std::collections::BTreeMap;

use innominatus_model::{Code, Diagnostic, Kind, Name, ResourceDefinition, Version, WrittenPath};

use crate::findings::{Document, Fields, Findings, Place};
use crate::manifest::{FileUse, Maker, ManifestErrors, Stands, head, value};
use crate::package::{FileRole, PackageFile};
use crate::yaml::{self, Node, Value};

pub(crate) use definition::Expected as ExpectedDefinition;
pub(crate) use path::Expected as ExpectedPath;

/// Reads a golden path by itself. `file` is how the person named it; it stands in every diagnostic.
///
/// On success the diagnostics are warnings. Whether its templates and the schema of its parameters can be used is for
/// whoever runs it.
pub fn read_golden_path(file: &str, text: &[u8]) -> Result<(WrittenPath, Vec<Diagnostic>), ManifestErrors> {
    let mut findings = Findings::new(file, Document::GoldenPath);
    let path = path::read(text, &ExpectedPath::default(), &mut findings);
    let warnings = findings.finish().map_err(|all| ManifestErrors::new(file, all))?;
    Ok((path.expect("without an error there is a golden path"), warnings))
}

/// What the files beside a manifest hold.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) paths: BTreeMap<Name, WrittenPath>,
    pub(crate) definitions: BTreeMap<Kind, ResourceDefinition>,
    /// What was found in them, file by file.
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) failed: bool,
}

/// Reads every file of these roles that is there. `shown` gives the name of a file in messages.
pub(crate) fn read_all(
    named: &[FileUse],
    makers: &[Maker],
    platform: Option<&Name>,
    files: &BTreeMap<String, PackageFile>,
    shown: impl Fn(&str) -> String,
) -> Written {
    let mut all = Written::default();
    for FileUse { path, role, stands, .. } in named {
        let Some(PackageFile { blob, .. }) = files.get(path).filter(|file| file.role == *role) else {
            continue;
        };
        let document = match role {
            FileRole::GoldenPath => Document::GoldenPath,
            _ => Document::Definition,
        };
        let mut findings = Findings::new(&shown(path), document);
        match stands {
            Stands::Alone => continue,
            Stands::Path { name, version } => {
                let (name, version) = (name.as_ref(), version.as_ref());
                let expected = ExpectedPath { name, version, makers: Some(makers), platform };
                if let (Some(read), Some(name)) = (path::read(&blob.bytes, &expected, &mut findings), name) {
                    all.paths.insert(name.clone(), read);
                }
            }
            Stands::Definition { kind, provisioner } => {
                let expected = ExpectedDefinition { kind, provisioner: provisioner.as_ref() };
                if let Some(read) = definition::read(&blob.bytes, &expected, &mut findings) {
                    all.definitions.insert(kind.clone(), read);
                }
            }
        }
        let found = match findings.finish() {
            Ok(warnings) => warnings,
            Err(found) => {
                all.failed = true;
                found
            }
        };
        // A file that two entries name is read for each of them.
        for finding in found {
            if !all.found.contains(&finding) {
                all.found.push(finding);
            }
        }
    }
    all
}

/// The document, if it is one and not empty.
fn document(text: &[u8], findings: &mut Findings) -> Option<Node> {
    let document = yaml::read(text, findings)?;
    if matches!(document.value, Value::Null) {
        let kind = findings.document();
        let message = format!("{} is empty", kind.noun());
        findings.error(Place { line: 1, column: 1 }, kind.syntax(), message, kind.beginning());
        return None;
    }
    Some(document)
}

/// The name, and a description for people. The version is read by who has one.
fn named<'a>(
    fields: &mut Fields<'a>,
    findings: &mut Findings,
) -> Option<(Fields<'a>, Option<Name>, Option<String>)> {
    let node = fields.required("metadata", "add `metadata:` with `name`", findings)?;
    let mut metadata = Fields::of(node, "metadata", findings)?;
    let name = metadata
        .required("name", "add the name, for example `name: acme`", findings)
        .and_then(|node| value::name(node, "metadata.name", Name::new, findings));
    let description = metadata.text("description", findings);
    Some((metadata, name, description))
}

/// A value that is another one in the manifest.
fn disagrees(place: Place, what: &str, here: &str, there: &str, findings: &mut Findings) {
    let message = format!("`{what}` is `{here}`, but the manifest says `{there}`");
    findings.error(
        place,
        Code::ManifestReference,
        message,
        format!("write `{there}`, or change the manifest"),
    );
}

/// Where a field of a mapping stands.
fn place_of(fields: &mut Fields<'_>, name: &'static str) -> Place {
    fields.optional(name).map_or(fields.place(), |node| node.place)
}

fn declare(fields: &mut Fields<'_>, findings: &mut Findings) {
    let kind = match findings.document() {
        Document::Definition => "ResourceDefinition",
        _ => "GoldenPath",
    };
    head::declare(fields, kind, findings);
}

/// The version of a golden path, held against the manifest's.
fn version(
    metadata: &mut Fields<'_>,
    expected: Option<&Version>,
    findings: &mut Findings,
) -> Option<Version> {
    let hint = "add the golden path's version, as in the manifest";
    let node = metadata.required("version", hint, findings)?;
    let version = value::version(node, "metadata.version", findings)?;
    if let Some(expected) = expected.filter(|expected| **expected != version) {
        disagrees(node.place, "metadata.version", &version.to_string(), &expected.to_string(), findings);
    }
    Some(version)
}
