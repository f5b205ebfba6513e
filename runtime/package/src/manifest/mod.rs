//! The platform manifest: `platform.yaml`.

mod entries;
mod error;
mod head;
mod links;
mod publish;
mod suites;
mod upstream;
pub(crate) mod value;
mod wants;

use std::collections::BTreeMap;

use innominatus_model::{Code, CoreRange, Diagnostic, Kind, Name, Version, Want};

pub use error::{CoreIncompatible, ManifestErrors};
pub use publish::{Publish, TagTemplate};
pub use suites::TestSuite;
pub use upstream::{Upstream, UpstreamSource};

use entries::Entries;

use crate::findings::{Document, Fields, Findings, Place};
use crate::package::FileRole;
use crate::yaml::{self, Node, Value};

/// What a platform says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The platform's name.
    pub name: Name,
    /// Its version, without build metadata.
    pub version: Version,
    /// One line for people.
    pub description: Option<String>,
    /// Where its source is.
    pub repository: Option<String>,
    /// Under which terms it may be used; an SPDX expression by convention.
    pub license: Option<String>,
    /// The core versions it works with.
    pub compatibility: CoreRange,
    /// What it makes, in the order of the file.
    pub provisioners: Vec<ProvisionerEntry>,
    /// How it deploys, in the order of the file.
    pub golden_paths: Vec<GoldenPathEntry>,
    /// Resource types that are bound to one of the platform's provisioners by name.
    pub resources: BTreeMap<Kind, Name>,
    /// The author's test commands. For the author's tools: whoever installs the platform runs none of them.
    pub tests: BTreeMap<TestSuite, String>,
    /// The author's command that makes the components which cargo does not make; run in the platform's folder.
    pub build: Option<String>,
    /// Where the author publishes it.
    pub publish: Option<Publish>,
    /// What the platform follows, as `version.upstream` says.
    pub upstream: Option<Upstream>,
}

/// One entry under `provisioners:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerEntry {
    /// Unique among all entries of the platform: grants and tokens attach to it.
    pub name: Name,
    /// The resource type it makes; `type` in the file.
    pub kind: Kind,
    /// The entry's own version.
    pub version: Version,
    /// One line for people.
    pub description: Option<String>,
    /// The component's path in the platform's folder.
    pub component: String,
    /// The capabilities it asks for, in the order of the file.
    pub wants: Vec<Want>,
    /// The path of a copy of the config schema; the component's own answer counts.
    pub schema: Option<String>,
}

/// One entry under `goldenpaths:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldenPathEntry {
    /// Unique among all entries of the platform.
    pub name: Name,
    /// The entry's own version.
    pub version: Version,
    /// One line for people.
    pub description: Option<String>,
    /// The component's path in the platform's folder.
    pub component: String,
    /// The capabilities it asks for, in the order of the file.
    pub wants: Vec<Want>,
}

impl Manifest {
    /// The provisioner entry of this name.
    pub fn provisioner(&self, name: &Name) -> Option<&ProvisionerEntry> {
        self.provisioners.iter().find(|entry| entry.name == *name)
    }

    /// The golden path entry of this name.
    pub fn golden_path(&self, name: &Name) -> Option<&GoldenPathEntry> {
        self.golden_paths.iter().find(|entry| entry.name == *name)
    }

    /// Whether the platform works with this core version.
    pub fn check_core(&self, core: &Version) -> Result<(), CoreIncompatible> {
        if self.compatibility.contains(core) {
            return Ok(());
        }
        Err(CoreIncompatible {
            platform: self.name.clone(),
            version: self.version.clone(),
            wants: Box::new(self.compatibility.clone()),
            core: core.clone(),
        })
    }
}

/// Reads a manifest. `file` is how the person named it; it stands in every diagnostic.
///
/// On success the diagnostics are warnings. On failure they are everything that is wrong, in the order of
/// the file, warnings among it. Whether the files it names exist is for [`crate::open_folder`].
pub fn read_manifest(file: &str, text: &[u8]) -> Result<(Manifest, Vec<Diagnostic>), ManifestErrors> {
    let mut findings = Findings::new(file, Document::Manifest);
    let (manifest, _) = read(text, &mut findings);
    let warnings = findings.finish().map_err(|all| ManifestErrors::new(file, all))?;
    Ok((manifest.expect("without an error there is a manifest"), warnings))
}

/// Every file that a manifest names, once, with what it is; also those of a manifest with errors elsewhere.
pub fn named_files(text: &[u8]) -> BTreeMap<String, FileRole> {
    let (_, files) = read(text, &mut Findings::new("", Document::Manifest));
    files.into_iter().map(|file| (file.path, file.role)).collect()
}

/// One mention of a file.
#[derive(Debug, Clone)]
pub(crate) struct FileUse {
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) role: FileRole,
}

/// The manifest, and the files that it names; those also when there is no manifest for an error elsewhere in
/// it. `None` only when at least one error was found.
pub(crate) fn read(text: &[u8], findings: &mut Findings) -> (Option<Manifest>, Vec<FileUse>) {
    let document = yaml::read(text, findings);
    if matches!(&document, Some(Node { value: Value::Null, .. })) {
        let hint = Document::Manifest.beginning();
        findings.error(Place { line: 1, column: 1 }, Code::ManifestSyntax, "the manifest is empty", hint);
        return (None, Vec::new());
    }
    let Some(mut fields) = document.as_ref().and_then(|document| Fields::of(document, "", findings)) else {
        return (None, Vec::new());
    };
    head::declare(&mut fields, findings);
    let identity = head::metadata(&mut fields, findings);
    let compatibility = head::compatibility(&mut fields, findings);
    let Entries { provisioners, golden_paths, files, makers, .. } = entries::read(&mut fields, findings);
    let resources = links::resources(&mut fields, &makers, findings);
    let tests = suites::tests(&mut fields, findings);
    let build = suites::build(&mut fields, findings);
    let publish = publish::read(&mut fields, findings);
    let upstream = upstream::read(&mut fields, findings);
    fields.finish(findings);

    let assemble = || {
        let head::Identity { name, version, description, repository, license } = identity?;
        Some(Manifest {
            name,
            version,
            description,
            repository,
            license,
            compatibility: compatibility?,
            provisioners: provisioners.into_iter().collect::<Option<_>>()?,
            golden_paths: golden_paths.into_iter().collect::<Option<_>>()?,
            resources,
            tests: tests?,
            build: build?,
            publish: publish?,
            upstream: upstream?,
        })
    };
    (assemble(), files)
}
