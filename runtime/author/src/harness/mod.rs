//! The harness: finds out whether a platform does what platforms have to do, for any language and without a cloud.
//!
//! [`test_platform`] opens a folder, compiles each component once, and calls it in worlds that it makes up: a generic
//! store behind HTTP, tokens without secrets behind them, a clock that stands still. What it looks for is the list
//! [`CHECKS`]; what it found is a [`Report`]. Table tests beside the manifest give targets, answers and expectations.

pub(crate) mod catalogue;
pub(crate) mod checks;
pub(crate) mod drive;
mod error;
mod record;
mod report;
mod run;
pub(crate) mod sample;
pub(crate) mod sheet;
pub(crate) mod subject;
pub(crate) mod table;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use innominatus_model::{Digest, Name};
use innominatus_package::{Package, PathSource, folder_of, open_folder};
use innominatus_sandbox::{CompileLimits, Component, LoadError, Sandbox, SandboxConfig};

pub use catalogue::{CHECKS, Check, Scope};
pub use error::HarnessError;
pub use innominatus_sandbox::CompilerCommand;
pub use record::{RECORDINGS_FOLDER, Recorded, record};
pub use report::{ComponentFigure, EntryReport, ExportFigure, Figures, Finding, Report, Status};
pub use sheet::Selection;

use run::{Run, Shown};

/// What is tested, and with what.
#[derive(Debug, Clone)]
pub struct Options {
    /// A platform's folder, or its `platform.yaml`.
    pub target: PathBuf,
    /// Which part of it.
    pub selection: Selection,
    /// The folder for compiled components; kept between runs, so that each is compiled once.
    pub cache: PathBuf,
    /// The program that compiles.
    pub compiler: CompilerCommand,
}

/// Tests a platform.
pub async fn test_platform(options: &Options) -> Result<Report, HarnessError> {
    let began = Instant::now();
    let folder = folder_of(&options.target).to_path_buf();
    let opened = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || {
            Ok::<_, HarnessError>((open_folder(&folder)?, table::find(&folder)?))
        })
    };
    let (package, tests) = opened.await.map_err(|_| HarnessError::Stopped)??;
    known(&package, &options.selection)?;
    let sandbox = Sandbox::new(SandboxConfig {
        cache: options.cache.clone(),
        compiler: options.compiler.clone(),
        compile_limits: CompileLimits::default(),
    })?;
    let components = load(&sandbox, &package, &options.selection).await;
    let run = Run {
        package: &package,
        tests: &tests,
        folder: &folder,
        selection: &options.selection,
        components: &components,
    };
    let mut entries = vec![run.platform()];
    let mut shown = Shown::default();
    for entry in &package.manifest.provisioners {
        if let Some(report) = Box::pin(run.provisioner(entry, &mut shown)).await {
            entries.push(report);
        }
    }
    for entry in &package.manifest.golden_paths {
        if !options.selection.wants_entry(entry.name.as_str()) {
            continue;
        }
        entries.push(match &entry.source {
            PathSource::Component(path) => Box::pin(run.golden_path(&entry.name, path, &shown.needs)).await,
            PathSource::File(_) => run.written(&entry.name, &shown),
        });
    }
    entries.retain(|entry| !entry.findings.is_empty());
    Ok(Report {
        platform: package.manifest.name.clone(),
        version: package.manifest.version.clone(),
        // What it is known by where it is installed; of components that are none, what its files say.
        digest: crate::publish::image(&package).map_or(package.digest, |image| image.digest()),
        components: figures(&package, &components),
        entries,
        elapsed: began.elapsed(),
    })
}

/// What is wrong with table tests below a folder, before anything is run.
pub(crate) fn unreadable_tests(folder: &std::path::Path) -> Vec<innominatus_model::Diagnostic> {
    table::unreadable(folder)
}

/// What a person asks for by name has to be there.
fn known(package: &Package, selection: &Selection) -> Result<(), HarnessError> {
    let manifest = &package.manifest;
    let provisioners = manifest.provisioners.iter().map(|entry| &entry.name);
    let names: Vec<&Name> =
        provisioners.chain(manifest.golden_paths.iter().map(|entry| &entry.name)).collect();
    let unknown = selection.entries.iter().find(|wanted| !names.iter().any(|name| name.as_str() == **wanted));
    match unknown {
        None => Ok(()),
        Some(entry) => Err(HarnessError::NoEntry {
            platform: manifest.name.to_string(),
            entry: entry.clone(),
            known: names.iter().map(|name| format!("`{name}`")).collect(),
        }),
    }
}

type Components = BTreeMap<Digest, Result<Component, LoadError>>;

/// Each component once, however many entries name it.
async fn load(sandbox: &Sandbox, package: &Package, selection: &Selection) -> Components {
    let manifest = &package.manifest;
    let provisioners = manifest.provisioners.iter().map(|entry| (&entry.name, &entry.component));
    let golden_paths = manifest.golden_paths.iter().filter_map(|entry| match &entry.source {
        PathSource::Component(path) => Some((&entry.name, path)),
        PathSource::File(_) => None,
    });
    let all = provisioners.chain(golden_paths);
    let mut components = Components::new();
    for (name, path) in all {
        // Golden paths are shown what provisioners make, so those are needed in any case.
        let wanted = selection.wants_entry(name.as_str()) || manifest.golden_path(name).is_none();
        let Some(blob) = package.component(path).filter(|_| wanted) else { continue };
        if let std::collections::btree_map::Entry::Vacant(new) = components.entry(blob.digest) {
            new.insert(sandbox.load(&blob.digest, &blob.bytes).await);
        }
    }
    components
}

fn figures(package: &Package, components: &Components) -> Vec<ComponentFigure> {
    let figure = |(path, blob): (&str, &innominatus_package::Blob)| ComponentFigure {
        path: path.to_owned(),
        size: blob.bytes.len() as u64,
        imports: match components.get(&blob.digest) {
            Some(Ok(component)) => {
                component.contract().imports.iter().map(|import| import.as_str()).collect()
            }
            _ => Vec::new(),
        },
    };
    package.components().map(figure).collect()
}
