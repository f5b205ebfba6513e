//! Guests: packages that declare a component are compiled, turned into components, and laid out as the
//! platforms that a person would install.

mod assemble;
mod discover;

use std::path::PathBuf;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

use crate::guests::discover::Guest;
use crate::toolchain::{self, Choice, TARGET};
use crate::workspace::Workspace;

/// Builds the guests and assembles the platforms, all or those named. What has not changed is not written again.
pub(crate) fn run(workspace: &Workspace, platforms: &[String], toolchain: Option<Choice>) -> Result<()> {
    let guests = discover::guests(workspace, platforms)?;
    if guests.is_empty() {
        println!("no package declares a component");
        return Ok(());
    }
    let toolchain = toolchain::obtain(toolchain)?;
    let packages = guests.iter().flat_map(|guest| ["--package", &guest.package]);
    toolchain.build(&workspace.root).args(packages).folder(&workspace.root).run()?;

    for platform in discover::platforms(&guests) {
        let components = platform.guests.iter().map(|guest| component(workspace, guest));
        let components = components.collect::<Result<Vec<_>>>()?;
        let folder = folder(workspace, &platform.name);
        let outcome = assemble::platform(&folder, &platform.manifest, &components)?;
        println!("platform {}: {} {outcome}", platform.name, folder.display());
    }
    Ok(())
}

/// Where a built platform stands.
pub(crate) fn folder(workspace: &Workspace, platform: &str) -> PathBuf {
    workspace.target.join("platforms").join(platform)
}

/// A compiled guest as a component, with the name of its file.
fn component(workspace: &Workspace, guest: &Guest) -> Result<(String, Vec<u8>)> {
    let file = workspace.target.join(TARGET).join("guest").join(format!("{}.wasm", guest.library));
    let module = std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let bytes = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| format!("package `{}` does not make a component", guest.package))?;
    Ok((guest.file.clone(), bytes))
}
