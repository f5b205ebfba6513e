//! Where a round's platform comes from: built in memory from the sources, or a folder that was built before.

use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded as _, Diagnostic};
use innominatus_package::open_folder;

use super::Options;
use super::ready::Ready;
use super::report::Trouble;
use crate::{BuildError, Project, Tell, Workshop, build};

/// The platform, if its contract is kept, and what a person should look at.
pub(crate) async fn ready(
    options: &Options,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<(Ready, Vec<Diagnostic>), Trouble> {
    let (package, warnings, folder) = if options.no_build {
        let folder = built(&options.folder).await?;
        let opened = folder.clone();
        let opened = tokio::task::spawn_blocking(move || open_folder(&opened)).await;
        let opened = opened.map_err(|error| {
            Trouble::new(Code::Internal, format!("reading was broken off: {error}"), None)
        })?;
        let package = opened.map_err(|error| Trouble::of(&error))?;
        let warnings = package.warnings.clone();
        (package, warnings, folder)
    } else {
        let project = Project::open(&options.folder).await.map_err(|error| Trouble::of(&error))?;
        let built = Box::pin(build::in_memory(&project, &options.build, workshop, tell)).await;
        let (package, warnings) = built.map_err(|error| match &error {
            // Which command it was does not matter at each save: what it said stands above.
            BuildError::Cargo { .. } => Trouble::new(error.code(), error.to_string(), error.remedy()),
            _ => Trouble::of(&error),
        })?;
        (package, warnings, project.folder)
    };
    let ready = Box::pin(Ready::load(package, workshop.sandbox(), &folder)).await?;
    Ok((ready, warnings))
}

/// A folder that holds everything, else the one that it builds into.
pub(crate) async fn built(folder: &Path) -> Result<PathBuf, Trouble> {
    if open_folder(folder).is_ok() {
        return Ok(folder.to_path_buf());
    }
    let project = Project::open(folder).await.map_err(|error| Trouble::of(&error))?;
    let output = project.output();
    // What is missing is told best by what looks for it.
    Ok(if output.join(innominatus_package::MANIFEST_NAME).is_file() { output } else { folder.to_path_buf() })
}
