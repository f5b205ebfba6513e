//! Where moto is installed, and how it gets there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian;
use crate::process::{Command, find};
use crate::workspace::Workspace;

/// Exact versions, each with the hashes of its files.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What Debian calls Python and its `venv`.
const PACKAGES: [&str; 2] = ["python3", "python3-venv"];
/// Written last: what stands in it is installed.
const DONE: &str = "installed.txt";

/// Where it stands.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools").join("moto")
}

/// The Python that has moto, installed if it was not; says why where it cannot be.
pub(super) fn python(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = folder(workspace);
    let (venv, done) = (folder.join("venv"), folder.join(DONE));
    let python = venv.join("bin").join("python");
    if is_installed(&done, &python) {
        return Ok(python);
    }
    // A half-made one is made anew.
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| failed("an old moto cannot be removed", &error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| failed("no folder for moto", &error))?;
    make_venv(&venv)?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| failed("no requirements for moto", &error))?;
    println!("installing moto into {}", venv.display());
    Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--retries",
            "2",
            "--require-hashes",
        ])
        .arg("--only-binary=:all:")
        .arg("--requirement")
        .arg(&requirements)
        .run()
        .map_err(|error| format!("{error:#}"))?;
    fs::write(&done, REQUIREMENTS)
        .map_err(|error| failed("moto is installed, and nobody can be told", &error))?;
    Ok(python)
}

fn is_installed(done: &Path, python: &Path) -> bool {
    python.is_file() && fs::read_to_string(done).is_ok_and(|text| text == REQUIREMENTS)
}

/// Makes a folder for Python packages, with this machine's Python or, where that is incomplete, Debian's.
fn make_venv(venv: &Path) -> Result<(), String> {
    let make = || {
        let python = find("python3").ok_or("there is no `python3`")?;
        // It leaves half of itself where it fails.
        let _ = fs::remove_dir_all(venv);
        Command::new(python)
            .args(["-m", "venv"])
            .arg(venv)
            .output()
            .map(drop)
            .map_err(|error| format!("{error:#}"))
    };
    make().or_else(|first| {
        debian::install(&PACKAGES).map_err(|reason| {
            format!("{first}; {reason}; remedy: on Debian, `apt-get install {}`", PACKAGES.join(" "))
        })?;
        make()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_has_one_version_and_its_hashes() {
        let mut names = 0;
        for line in REQUIREMENTS.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("    --hash=sha256:") {
                Some(hash) => assert_eq!(hash.trim_end_matches(" \\").len(), 64, "{line}"),
                None => {
                    assert!(line.contains("==") && line.ends_with(" \\"), "{line}");
                    names += 1;
                }
            }
        }
        assert!(names > 20 && REQUIREMENTS.contains("\nmoto==5.2.5 "));
    }

    #[test]
    fn what_was_installed_by_other_requirements_counts_for_nothing() {
        let folder = std::env::temp_dir().join(format!("innominatus-xtask-moto-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (done, python) = (folder.join(DONE), folder.join("python"));
        assert!(!is_installed(&done, &python));
        fs::write(&python, "").unwrap();
        fs::write(&done, "moto==1.0").unwrap();
        assert!(!is_installed(&done, &python));
        fs::write(&done, REQUIREMENTS).unwrap();
        assert!(is_installed(&done, &python));
        fs::remove_dir_all(&folder).unwrap();
    }
}
