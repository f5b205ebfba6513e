//! Where docker-registry is, and how it gets there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Command, find};
use crate::workspace::Workspace;

/// What Debian calls the package and the program.
const NAME: &str = "docker-registry";

/// Where it stands.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools").join(NAME)
}

/// The program: this machine's, or one that is unpacked into the target folder; says why where there is none.
pub(super) fn program(workspace: &Workspace) -> Result<PathBuf, String> {
    if let Some(found) = find(NAME) {
        return Ok(found);
    }
    let folder = folder(workspace);
    let program = folder.join("root").join("usr").join("bin").join(NAME);
    if !program.is_file() {
        unpack(&folder).map_err(|reason| format!("{reason}; remedy: on Debian, `apt-get install {NAME}`"))?;
    }
    if program.is_file() { Ok(program) } else { Err(format!("the package `{NAME}` holds no program")) }
}

fn unpack(folder: &Path) -> Result<(), String> {
    let apt = find("apt-get").ok_or("this is not a Debian: `apt-get` is not here")?;
    let dpkg = find("dpkg").ok_or("this is not a Debian: `dpkg` is not here")?;
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    // What was broken off is made anew.
    let fetched = folder.join("fetched");
    if fetched.exists() {
        fs::remove_dir_all(&fetched).map_err(|error| failed("an old download cannot be removed", &error))?;
    }
    fs::create_dir_all(&fetched).map_err(|error| failed("no folder for docker-registry", &error))?;
    println!("fetching {NAME} into {}", folder.display());
    let download = || {
        let command = Command::new(&apt).args(["download", "-q", NAME]).folder(&fetched);
        command.output().map(drop).map_err(|error| format!("{error:#}"))
    };
    download().or_else(|first| {
        // A fresh machine has no lists of packages yet.
        let update = Command::new(&apt).args(["update", "-q"]).output();
        update.map_err(|error| format!("{first}; {error:#}")).and_then(|_| download())
    })?;
    let package = fs::read_dir(&fetched)
        .map_err(|error| failed("the download cannot be read", &error))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or("`apt-get download` left no package")?;
    let root = fetched.join("root");
    Command::new(dpkg).arg("-x").arg(package).arg(&root).output().map_err(|error| format!("{error:#}"))?;
    // It takes its place when it is whole.
    let place = folder.join("root");
    let _ = fs::remove_dir_all(&place);
    fs::rename(&root, &place).map_err(|error| failed("docker-registry cannot take its place", &error))
}
