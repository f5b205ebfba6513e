//! The platform manifest: `platform.yaml`.

mod entries;
mod error;
pub(crate) mod head;
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

pub(crate) use entries::Maker;

use entries::Entries;

use crate::findings::{Document, Fields, Findings, Place};
use crate::package::FileRole;
use crate::yaml::{self, Node, Value};

const KIND: &str = "Platform";

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
    /// Resource types that are bound to one of the platform's provisioners.
    pub resources: BTreeMap<Kind, Binding>,
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
    /// What it is made of.
    pub source: PathSource,
    /// The capabilities it asks for, in the order of the file.
    pub wants: Vec<Want>,
}

/// What a golden path is made of: a path in the platform's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSource {
    /// A WebAssembly component.
    Component(String),
    /// A golden path that is written down.
    File(String),
}

/// One entry under `resources:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The provisioner entry.
    pub provisioner: Name,
    /// The path of the resource definition in the platform's folder.
    pub definition: Option<String>,
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
    let read = read(text, &mut findings);
    let warnings = findings.finish().map_err(|all| ManifestErrors::new(file, all))?;
    Ok((read.manifest.expect("without an error there is a manifest"), warnings))
}

/// Every file that a manifest names, once, with what it is; also those of a manifest with errors elsewhere.
pub fn named_files(text: &[u8]) -> BTreeMap<String, FileRole> {
    let read = read(text, &mut Findings::new("", Document::Manifest));
    read.files.into_iter().map(|file| (file.path, file.role)).collect()
}

/// One mention of a file.
#[derive(Debug, Clone)]
pub(crate) struct FileUse {
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) role: FileRole,
    pub(crate) stands: Stands,
}

/// What a file is to agree with, as far as the manifest could be read.
#[derive(Debug, Clone)]
pub(crate) enum Stands {
    /// With nothing.
    Alone,
    Path {
        name: Option<Name>,
        version: Option<Version>,
    },
    Definition {
        kind: Kind,
        provisioner: Option<Name>,
    },
}

/// What was read. Files and makers also when there is no manifest for an error elsewhere in it.
#[derive(Default)]
pub(crate) struct Read {
    /// `None` only when at least one error was found.
    pub(crate) manifest: Option<Manifest>,
    pub(crate) platform: Option<Name>,
    /// The files that it names.
    pub(crate) files: Vec<FileUse>,
    /// Its provisioners.
    pub(crate) makers: Vec<Maker>,
}

pub(crate) fn read(text: &[u8], findings: &mut Findings) -> Read {
    let document = yaml::read(text, findings);
    if matches!(&document, Some(Node { value: Value::Null, .. })) {
        let hint = Document::Manifest.beginning();
        findings.error(Place { line: 1, column: 1 }, Code::ManifestSyntax, "the manifest is empty", hint);
        return Read::default();
    }
    let Some(mut fields) = document.as_ref().and_then(|document| Fields::of(document, "", findings)) else {
        return Read::default();
    };
    head::declare(&mut fields, KIND, findings);
    let identity = head::metadata(&mut fields, findings);
    let compatibility = head::compatibility(&mut fields, findings);
    let Entries { provisioners, golden_paths, mut files, makers, .. } = entries::read(&mut fields, findings);
    let resources = links::resources(&mut fields, &makers, &mut files, findings);
    let tests = suites::tests(&mut fields, findings);
    let build = suites::build(&mut fields, findings);
    let publish = publish::read(&mut fields, findings);
    let upstream = upstream::read(&mut fields, findings);
    fields.finish(findings);

    let platform = identity.as_ref().map(|identity| identity.name.clone());
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
    Read { manifest: assemble(), platform, files, makers }
}
