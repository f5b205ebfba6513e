//! A platform that can be tried: its components loaded, what they offer known, its golden path chosen.

use std::path::Path as FilePath;

use innominatus_model::{Code, Digest, Json, Name, WrittenPath};
use innominatus_package::{FileRole, GoldenPathEntry, Package, PathSource, PlatformTest};
use innominatus_plan::{Catalogue, ComponentRef};
use innominatus_sandbox::{Component, GoldenPath, LoadError, Sandbox};
use serde_json::json;

use super::report::Trouble;
use super::trace;
use crate::harness::catalogue::Scope;
use crate::harness::checks::{self, Declared};
use crate::harness::sheet::{Selection, Sheet};
use crate::harness::world::Cloud;
use crate::harness::{Status, table};

/// A platform whose contract is kept.
pub(crate) struct Ready {
    pub(crate) package: Package,
    pub(crate) declared: Vec<Declared>,
    pub(crate) catalogue: Catalogue,
    pub(crate) way: Way,
    pub(crate) tests: Vec<PlatformTest>,
    /// What checks warn of.
    pub(crate) remarks: Vec<String>,
}

/// How it deploys.
pub(crate) enum Way {
    /// By a component.
    Component { reference: ComponentRef, schema: Json, path: Box<checks::Path> },
    /// By a file.
    Written { reference: ComponentRef, path: Box<WrittenPath> },
    /// It has no golden path: each need is a step of its own, and nothing is rendered.
    Plain { reference: ComponentRef },
}

impl Way {
    pub(crate) fn reference(&self) -> &ComponentRef {
        match self {
            Self::Component { reference, .. }
            | Self::Written { reference, .. }
            | Self::Plain { reference } => reference,
        }
    }

    /// What people call it.
    pub(crate) fn label(&self) -> Option<String> {
        match self {
            Self::Plain { .. } => None,
            _ => Some(self.reference().label()),
        }
    }

    /// The schema of its parameters.
    pub(crate) fn schema(&self) -> Json {
        match self {
            Self::Component { schema, .. } => schema.clone(),
            Self::Written { path, .. } => path.schema.clone(),
            Self::Plain { .. } => json!({"type": "object"}),
        }
    }
}

impl Ready {
    /// Loads everything and checks the contract; `tests` is the folder whose table tests give settings and answers.
    pub(crate) async fn load(package: Package, sandbox: &Sandbox, tests: &FilePath) -> Result<Self, Trouble> {
        let mut declared = Vec::new();
        let mut remarks = Vec::new();
        for entry in &package.manifest.provisioners {
            let component = component(&package, sandbox, &entry.name, &entry.component).await?;
            let selection = Selection::default();
            let kind = Some(entry.kind.to_string());
            let mut sheet = Sheet::new(&selection, &entry.name, Scope::Provisioner, kind);
            let found = Box::pin(checks::declare(&package, entry, &component, &mut sheet)).await;
            let report = sheet.finish(Default::default());
            for finding in &report.findings {
                let text = format!("`{}`: {}: {}", entry.name, finding.check.id, finding.message);
                // The file is written by the next build that is meant to last.
                let is_file = finding.check.id == "schema-file";
                match finding.status {
                    Status::Fail if !is_file => {
                        return Err(Trouble::new(code_of(finding.check.id), text, finding.remedy.clone()));
                    }
                    Status::Fail | Status::Warn => remarks.push(text),
                    Status::Pass | Status::Skip => {}
                }
            }
            declared.extend(found);
        }
        let offered = declared.iter().flat_map(|one| one.offered(&package)).collect();
        let catalogue = Catalogue::new(offered);
        let way = way(&package, sandbox).await?;
        let tests = table::find(tests).map_err(|error| Trouble::of(&error))?;
        Ok(Self { package, declared, catalogue, way, tests, remarks })
    }

    /// The entry of this name.
    pub(crate) fn entry(&self, name: &Name) -> Option<&Declared> {
        self.declared.iter().find(|known| known.subject.entry.name == *name)
    }

    /// The bytes of a component, for reading its traces.
    pub(crate) fn bytes(&self, digest: &Digest) -> &[u8] {
        let found = self.package.components().find(|(_, blob)| blob.digest == *digest);
        found.map(|(_, blob)| &*blob.bytes).unwrap_or_default()
    }
}

/// The code under which the runtime refuses the same when the platform is installed.
fn code_of(check: &str) -> Code {
    match check {
        "contract" => Code::ComponentExport,
        "wants" => Code::CapabilityDenied,
        "kind" => Code::ManifestReference,
        "schema" => Code::SchemaInvalid,
        _ => Code::PlatformTestFailed,
    }
}

async fn component(
    package: &Package,
    sandbox: &Sandbox,
    entry: &Name,
    path: &str,
) -> Result<Result<Component, LoadError>, Trouble> {
    let missing = || {
        let message = format!("the component `{path}` of `{entry}` is not in the platform");
        Trouble::new(Code::ManifestPath, message, Some("build the platform".into()))
    };
    let blob = package.component(path).ok_or_else(missing)?;
    Ok(sandbox.load(&blob.digest, &blob.bytes).await)
}

/// The first golden path that the manifest names.
async fn way(package: &Package, sandbox: &Sandbox) -> Result<Way, Trouble> {
    let manifest = &package.manifest;
    let reference = |entry: &Name, component: Digest| ComponentRef {
        platform: manifest.name.clone(),
        version: manifest.version.clone(),
        entry: entry.clone(),
        component,
    };
    let Some(GoldenPathEntry { name, source, .. }) = manifest.golden_paths.first() else {
        return Ok(Way::Plain { reference: reference(&manifest.name, package.digest) });
    };
    match source {
        PathSource::File(file) => {
            let read = package.written.get(name).zip(package.file(FileRole::GoldenPath, file));
            let (path, blob) = read.ok_or_else(|| {
                let message = format!("the golden path `{file}` is not in the platform");
                Trouble::new(Code::ManifestPath, message, Some("write it, or mend the path".into()))
            })?;
            let findings = innominatus_plan::written::check(path, file);
            if !findings.is_empty() {
                return Err(Trouble::in_files(findings));
            }
            Ok(Way::Written { reference: reference(name, blob.digest), path: Box::new(path.clone()) })
        }
        PathSource::Component(file) => {
            let component =
                component(package, sandbox, name, file).await?.map_err(|error| Trouble::of(&error))?;
            let digest = package.component(file).map_or(package.digest, |blob| blob.digest);
            let label = format!("{}/{name}", manifest.name);
            let path = checks::Path { label, component, figures: Default::default() };
            let cloud = Cloud::new(json!({})).into();
            let ask = async |guest: GoldenPath| guest.parameter_schema().await;
            let (schema, _) = path.ask(innominatus_effect::Export::ParameterSchema, &cloud, ask).await;
            let bytes = package.component(file).map(|blob| &*blob.bytes).unwrap_or_default();
            let schema = schema.map_err(|error| trace::fault(bytes, &error, &[]))?;
            Ok(Way::Component { reference: reference(name, digest), schema, path: Box::new(path) })
        }
    }
}
