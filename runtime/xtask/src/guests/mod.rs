//! Guests: the platforms of this project, built by the program that any author uses.
//!
//! The program is built first; then one call of `innominatus platform build` makes all platforms, or those named, below
//! the target folder. What has not changed is not written again.

mod discover;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::process::{Command, cargo};
use crate::workspace::Workspace;

/// Where the guests' standard library comes from, as the program calls the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Toolchain {
    /// The target is there already.
    Installed,
    /// rustup adds the target.
    Rustup,
    /// Debian's compiler builds the standard library from Debian's source package.
    Debian,
}

/// Builds the guests and assembles the platforms, all or those named.
pub(crate) fn run(workspace: &Workspace, platforms: &[String], toolchain: Option<Toolchain>) -> Result<()> {
    let platforms = discover::platforms(workspace, platforms)?;
    if platforms.is_empty() {
        println!("no package declares a component");
        return Ok(());
    }
    let program = program(workspace)?;
    let way = toolchain.and_then(|way| way.to_possible_value());
    let way = way.iter().flat_map(|way| ["--toolchain", way.get_name()]);
    let build = Command::new(program)
        // What it keeps goes away with the target folder.
        .arg("--home")
        .arg(workspace.target.join("workshop"))
        .args(["platform", "build"])
        .args(way)
        .args(platforms.iter().map(|platform| &platform.folder));
    build.folder(&workspace.root).run()
}

/// Builds the program, and says where it is.
pub(crate) fn program(workspace: &Workspace) -> Result<PathBuf> {
    let build = Command::new(cargo()).args(["build", "--workspace", "--bin", "innominatus"]);
    build.folder(&workspace.root).run()?;
    Ok(workspace.target.join("debug").join("innominatus"))
}

/// Where a built platform stands.
pub(crate) fn folder(workspace: &Workspace, platform: &str) -> PathBuf {
    workspace.target.join("platforms").join(platform)
}
