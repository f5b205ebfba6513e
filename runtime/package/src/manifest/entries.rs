//! `provisioners:` and `goldenpaths:`.

use innominatus_model::{Code, Kind, Name, Version, Want};

use super::{FileUse, GoldenPathEntry, PathSource, ProvisionerEntry, Stands, value, wants};
use crate::findings::{Fields, Findings, Place};
use crate::package::FileRole;
use crate::yaml::{Node, Value};

/// What the two lists hold. An entry with an error in it is `None`; its name is known all the same, so that
/// one mistake is not reported as several.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) provisioners: Vec<Option<ProvisionerEntry>>,
    pub(super) golden_paths: Vec<Option<GoldenPathEntry>>,
    pub(super) files: Vec<FileUse>,
    /// Every provisioner whose name could be read.
    pub(super) makers: Vec<Maker>,
    taken: Vec<(Name, Place)>,
}

/// A provisioner's name and, where it could be read, its type.
pub(crate) type Maker = (Name, Option<Kind>);

/// What the entries of both lists have in common.
struct Common {
    name: Name,
    version: Version,
    description: Option<String>,
    wants: Vec<Want>,
}

pub(super) fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Entries {
    let mut entries = Entries::default();
    let provisioners = fields.optional("provisioners");
    let golden_paths = fields.optional("goldenpaths");
    for (at, node) in items(provisioners, "provisioners", findings).iter().enumerate() {
        let entry = entries.provisioner(node, &format!("provisioners[{at}]"), findings);
        entries.provisioners.push(entry);
    }
    for (at, node) in items(golden_paths, "goldenpaths", findings).iter().enumerate() {
        let entry = entries.golden_path(node, &format!("goldenpaths[{at}]"), findings);
        entries.golden_paths.push(entry);
    }
    let written =
        provisioners.into_iter().chain(golden_paths).all(|node| matches!(node.value, Value::List(_)));
    if written && entries.provisioners.is_empty() && entries.golden_paths.is_empty() {
        let hint = "add an entry under `provisioners:` or `goldenpaths:`";
        findings.error(fields.place(), Code::ManifestInvalid, "the platform offers nothing", hint);
    }
    entries
}

fn items<'a>(node: Option<&'a Node>, what: &str, findings: &mut Findings) -> &'a [Node] {
    node.map_or(&[], |node| findings.list(node, what))
}

impl Entries {
    fn provisioner(&mut self, node: &Node, path: &str, findings: &mut Findings) -> Option<ProvisionerEntry> {
        let mut fields = Fields::of(node, path, findings)?;
        let common = self.common(&mut fields, findings);
        let kind = fields
            .required("type", "add the Score resource type it makes, for example `type: postgres`", findings)
            .and_then(|node| value::name(node, &fields.path("type"), Kind::new, findings));
        if let Ok(name) = &common {
            self.makers.push((name.name.clone(), kind.clone()));
        } else if let Err(Some(name)) = &common {
            self.makers.push((name.clone(), kind.clone()));
        }
        let named = named(&common);
        let makes = kind.as_ref().map_or_else(|| "the resource".to_owned(), |kind| format!("`{kind}`"));
        let hint = format!("add `component: ./{named}.wasm`, the WebAssembly component that makes {makes}");
        let component = match fields.required("component", hint, findings) {
            Some(node) => self.file(node, &fields.path("component"), FileRole::Component, findings),
            None => None,
        };
        let schema_node = fields.optional("schema");
        let schema =
            schema_node.map(|node| self.file(node, &fields.path("schema"), FileRole::Schema, findings));
        fields.finish(findings);
        let schema = match schema {
            Some(schema) => Some(schema?),
            None => None,
        };
        let Common { name, version, description, wants } = common.ok()?;
        Some(ProvisionerEntry {
            name,
            kind: kind?,
            version,
            description,
            component: component?,
            wants,
            schema,
        })
    }

    fn golden_path(&mut self, node: &Node, path: &str, findings: &mut Findings) -> Option<GoldenPathEntry> {
        let mut fields = Fields::of(node, path, findings)?;
        let common = self.common(&mut fields, findings);
        let named = named(&common);
        let source = match (fields.optional("component"), fields.entry("file")) {
            (Some(_), Some((key, _))) => {
                let message = format!("golden path `{named}` has a `component` and a `file`");
                let hint = "keep one of them: a component generates the steps, a file lists them";
                findings.error(key.place, Code::ManifestInvalid, message, hint);
                None
            }
            (Some(node), None) => self
                .file(node, &fields.path("component"), FileRole::Component, findings)
                .map(PathSource::Component),
            (None, Some((_, node))) => {
                let stands = match &common {
                    Ok(Common { name, version, .. }) => {
                        Stands::Path { name: Some(name.clone()), version: Some(version.clone()) }
                    }
                    Err(name) => Stands::Path { name: name.clone(), version: None },
                };
                let path = self.file(node, &fields.path("file"), FileRole::GoldenPath, findings);
                if let (Some(_), Some(file)) = (&path, self.files.last_mut()) {
                    file.stands = stands;
                }
                path.map(PathSource::File)
            }
            (None, None) => {
                let message = format!("`{}` has neither a `component` nor a `file`", fields.shown());
                let hint = format!(
                    "add `component: ./{named}.wasm`, the WebAssembly component that generates the steps, or `file: \
                     ./{named}.yaml`, which lists them"
                );
                findings.error(fields.place(), Code::ManifestInvalid, message, hint);
                None
            }
        };
        if let Ok(common) = &common {
            wants::of_golden_path(&common.wants, &fields, findings);
        }
        fields.finish(findings);
        let Common { name, version, description, wants } = common.ok()?;
        Some(GoldenPathEntry { name, version, description, source: source?, wants })
    }

    /// `Err` holds the name where it could be read.
    fn common(&mut self, fields: &mut Fields<'_>, findings: &mut Findings) -> Result<Common, Option<Name>> {
        let name_node = fields.required("name", "add a name that is unique in the platform", findings);
        let name = name_node.and_then(|node| value::name(node, &fields.path("name"), Name::new, findings));
        if let (Some(name), Some(node)) = (&name, name_node) {
            self.take(name, node.place, findings);
        }
        let version = fields
            .required("version", "add the entry's version, for example `version: 1.0.0`", findings)
            .and_then(|node| value::version(node, &fields.path("version"), findings));
        let description = fields.text("description", findings);
        let wants = wants::read(fields, findings);
        match (name, version, wants) {
            (Some(name), Some(version), Some(wants)) => Ok(Common { name, version, description, wants }),
            (name, ..) => Err(name),
        }
    }

    fn take(&mut self, name: &Name, place: Place, findings: &mut Findings) {
        if let Some((_, first)) = self.taken.iter().find(|(taken, _)| taken == name) {
            let message = format!("the name `{name}` is taken by the entry in line {}", first.line);
            let hint = "give each provisioner and golden path a name of its own: grants attach to it";
            findings.error(place, Code::ManifestInvalid, message, hint);
        }
        self.taken.push((name.clone(), place));
    }

    fn file(&mut self, node: &Node, what: &str, role: FileRole, findings: &mut Findings) -> Option<String> {
        let path = value::path(node, what, findings)?;
        self.files.push(FileUse { path: path.clone(), place: node.place, role, stands: Stands::Alone });
        Some(path)
    }
}

fn named(common: &Result<Common, Option<Name>>) -> String {
    let name = match common {
        Ok(common) => Some(&common.name),
        Err(name) => name.as_ref(),
    };
    name.map_or_else(|| "component".to_owned(), Name::to_string)
}
