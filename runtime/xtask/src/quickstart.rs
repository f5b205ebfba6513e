//! `cargo xtask quickstart`: from a fresh clone to provisioned resources, by the program a person would use.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Command;
use crate::stage::{Stages, Verdict};
use crate::workspace::Workspace;
use crate::{guests, preflight};

const PLATFORM: &str = "compose";
const GOLDEN_PATH: &str = "deploy-compose";
const SCORE: &str = "fixtures/quickstart/shop.score.yaml";

/// Builds what is needed, installs the platform and runs the Score file.
///
/// Without a `home` of the caller's everything begins anew, so that the first run is what is seen.
pub(crate) fn run(workspace: &Workspace, home: Option<PathBuf>) -> Result<()> {
    let place = workspace.target.join("quickstart");
    let output = place.join("shop");
    let home = match home {
        Some(home) => std::path::absolute(home)?,
        None => {
            remove(&place)?;
            place.join("home")
        }
    };
    fs::create_dir_all(&output).with_context(|| format!("cannot make `{}`", output.display()))?;

    let mut stages = Stages::new(false);
    stages.run("preflight", || preflight::c_compiler().map(|()| Verdict::Passed))?;
    stages.run("runtime", || guests::program(workspace).map(|_| Verdict::Passed))?;
    let program = workspace.target.join("debug").join("innominatus");
    stages
        .run("platform", || guests::run(workspace, &[PLATFORM.to_owned()], None).map(|()| Verdict::Passed))?;
    let innominatus = || {
        let command = Command::new(&program).arg("--home").arg(&home).folder(&workspace.root);
        // A server that a person works with is not what a first try is for.
        command.env("INNOMINATUS_SERVER", None::<&str>)
    };
    stages.run("install", || {
        let platform = guests::folder(workspace, PLATFORM);
        say(innominatus().args(["platform", "install"]).arg(platform).args(["--grant", "all"]))
    })?;
    stages.run("run", || say(innominatus().args(["run", GOLDEN_PATH, SCORE, "--output"]).arg(&output)))?;
    stages.finish()?;

    println!("\nmade in {}:", output.display());
    for (name, bytes) in made(&output)? {
        println!("  {name:<16}{bytes:>8} bytes");
    }
    println!("\nnext:");
    println!("  export INNOMINATUS_HOME={} PATH={}:$PATH", home.display(), folder_of(&program).display());
    println!("  innominatus list");
    println!("  innominatus describe shop");
    println!("  docker compose --project-directory {} up", output.display());
    Ok(())
}

/// Shows a command as a person would type it, and runs it.
fn say(command: Command) -> Result<Verdict> {
    println!("$ {command}");
    command.run().map(|()| Verdict::Passed)
}

/// The files of a folder with their sizes, by name.
fn made(folder: &Path) -> Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read `{}`", folder.display()))? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len()));
    }
    files.sort();
    Ok(files)
}

/// Takes away what an earlier quickstart left.
fn remove(place: &Path) -> Result<()> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", place.display()))
        }
        _ => Ok(()),
    }
}

fn folder_of(program: &Path) -> &Path {
    program.parent().expect("a built program stands in a folder")
}
