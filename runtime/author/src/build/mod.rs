//! Building: from sources to the folder that a person would install.
//!
//! Guests of one cargo workspace are compiled by one call of cargo (`compile`), each becomes a component
//! (`componentize`); components that cargo does not make are taken from the source folder, after the manifest's `build:`
//! command. Everything is put together in memory (`collect`), asked and checked, and only then written (`assemble`).

mod assemble;
mod collect;
mod compile;
mod componentize;
mod error;
mod tests_folder;

use std::path::PathBuf;

use innominatus_model::{Diagnostic, Digest, Name, Version};
use innominatus_package::Package;

use crate::cargo::Profile;
use crate::process::Command;
use crate::{Progress, Project, Tell, ToolchainChoice, Workshop};

pub(crate) use collect::{sources, text_of};
pub use error::BuildError;

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// The folder to write; with several platforms, one below it for each, by its name. Without it, see
    /// [`Project::output`].
    pub output: Option<PathBuf>,
    /// Where the guests' standard library comes from; without it the first way that works is taken.
    pub toolchain: Option<ToolchainChoice>,
    /// cargo uses only what is on this machine.
    pub offline: bool,
    /// cargo keeps to `Cargo.lock` as it is.
    pub locked: bool,
    /// Nothing is said but errors.
    pub quiet: bool,
}

/// A platform that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its name.
    pub name: Name,
    /// Its version: the manifest's.
    pub version: Version,
    /// What a local build is called: `<name>:<version>-dev`.
    pub label: String,
    /// The folder that can be installed.
    pub folder: PathBuf,
    /// Of the whole platform.
    pub digest: Digest,
    /// Whether the folder holds something else than before.
    pub changed: bool,
    /// Its components.
    pub components: Vec<BuiltComponent>,
    /// Schema files that were written into the source folder, because they differed.
    pub schemas: Vec<String>,
    /// What a person should look at.
    pub warnings: Vec<Diagnostic>,
}

/// One component of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltComponent {
    /// Its path in the platform.
    pub path: String,
    /// Its bytes.
    pub size: usize,
    /// Of its bytes.
    pub digest: Digest,
    /// Where it came from.
    pub maker: Maker,
}

/// Who made a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// This cargo package.
    Cargo(String),
    /// Somebody else: it stands in the source folder.
    File,
}

/// Builds platforms; those of one cargo workspace together. What has not changed is not written again.
pub async fn build(
    projects: &[Project],
    options: &BuildOptions,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<Vec<Built>, BuildError> {
    let folders = outputs(projects, options)?;
    compile::guests(projects, options, Profile::Guest, tell).await?;
    let mut built = Vec::new();
    for (project, folder) in projects.iter().zip(folders) {
        by_command(project, tell).await?;
        built.push(one(project, folder, workshop, tell).await?);
    }
    Ok(built)
}

/// Builds one platform in memory, for its author to try: nothing is written but what cargo and the manifest's command
/// write. Components hold names and lines.
pub(crate) async fn in_memory(
    project: &Project,
    options: &BuildOptions,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<(Package, Vec<Diagnostic>), BuildError> {
    compile::guests(std::slice::from_ref(project), options, Profile::Dev, tell).await?;
    by_command(project, tell).await?;
    let collected = collect::platform(project, Profile::Dev, workshop, tell).await?;
    let warnings = collected.package.warnings.iter().chain(&collected.answers.findings).cloned().collect();
    Ok((collected.package, warnings))
}

/// What cargo does not make, the manifest's own command makes.
async fn by_command(project: &Project, tell: &mut Tell<'_>) -> Result<(), BuildError> {
    let Some(line) = &project.manifest.build else { return Ok(()) };
    tell(Progress::Running { command: line.clone() });
    let command = Command::shell(line).folder(&project.folder);
    command.run().await.map_err(|source| BuildError::Command { line: line.clone(), source })
}

async fn one(
    project: &Project,
    folder: PathBuf,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<Built, BuildError> {
    let collect::Collected { package, mut files, components, answers } =
        collect::platform(project, Profile::Guest, workshop, tell).await?;
    let mut schemas = Vec::new();
    for path in answers.schemas.keys() {
        if let Some(bytes) = files.get(path)
            && crate::files::write(&project.folder, path, bytes)?
        {
            schemas.push(path.clone());
        }
    }
    // What the manifest does not name stays out: `open_files` looked at nothing else.
    files.retain(|path, _| package.files.contains_key(path));
    let mut changed = assemble::platform(&folder, project, &files)?;
    changed |= tests_folder::carry(&project.folder, &folder)?;
    // What it will be known by wherever it goes.
    let digest = crate::publish::image(&package)?.digest();
    let warnings = package.warnings.iter().chain(&answers.findings).cloned().collect();
    Ok(Built {
        name: project.manifest.name.clone(),
        version: project.manifest.version.clone(),
        label: project.label(),
        folder,
        digest,
        changed,
        components,
        schemas,
        warnings,
    })
}

/// The folder of each platform.
fn outputs(projects: &[Project], options: &BuildOptions) -> Result<Vec<PathBuf>, BuildError> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for project in projects {
        let folder = match &options.output {
            Some(output) if projects.len() == 1 => output.clone(),
            Some(output) => output.join(project.manifest.name.as_str()),
            None => project.output(),
        };
        if folders.contains(&folder) {
            return Err(BuildError::Twice { name: project.manifest.name.clone(), folder });
        }
        assemble::may_be_written(&folder, project)?;
        folders.push(folder);
    }
    Ok(folders)
}
