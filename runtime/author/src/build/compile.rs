//! Compiling guests: one call of cargo for each workspace, whatever number of platforms stands in it.

use std::collections::BTreeMap;
use std::path::Path;

use super::{BuildError, BuildOptions};
use crate::cargo::Profile;
use crate::toolchain;
use crate::{Progress, Project, Tell};

/// Compiles the guests of all platforms.
pub(super) async fn guests(
    projects: &[Project],
    options: &BuildOptions,
    profile: Profile,
    tell: &mut Tell<'_>,
) -> Result<(), BuildError> {
    let mut packages: BTreeMap<(&Path, &Path), Vec<&str>> = BTreeMap::new();
    for project in projects.iter().filter(|project| !project.guests.is_empty()) {
        if let Some(workspace) = &project.workspace {
            let names = project.guests.iter().map(|guest| guest.package.as_str());
            packages.entry((&workspace.root, &workspace.target)).or_default().extend(names);
        }
    }
    if packages.is_empty() {
        return Ok(());
    }
    let toolchain = toolchain::obtain(options.toolchain, tell).await?;
    for ((root, target), packages) in packages {
        let mut command = toolchain.build(root, profile).folder(root).arg("--target-dir").arg(target);
        for setting in profile.settings(root) {
            command = command.args(["--config", setting]);
        }
        let flags =
            [("--quiet", options.quiet), ("--offline", options.offline), ("--locked", options.locked)];
        command = command.args(flags.iter().filter(|(_, wanted)| *wanted).map(|(flag, _)| flag));
        command = command.args(packages.iter().flat_map(|package| ["--package", package]));
        tell(Progress::Running { command: command.to_string() });
        command.run().await.map_err(|source| BuildError::Cargo { source })?;
    }
    Ok(())
}
