//! Where the programs of Debian are that tests of the room `registry` need, and how they get there.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Command, find};
use crate::workspace::Workspace;

/// A package of Debian and the program of its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program {
    name: &'static str,
    /// Debian's newest suite has it, where the machine's own suite does not yet.
    newest: bool,
}

/// The registry.
pub(super) const REGISTRY: Program = Program { name: "docker-registry", newest: false };
/// What others sign and verify with.
pub(super) const COSIGN: Program = Program { name: "cosign", newest: true };

impl Program {
    /// Where it stands.
    pub(super) fn folder(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join("tools").join(self.name)
    }

    /// The program: this machine's, or one that is unpacked into the target folder; says why where there is none.
    pub(super) fn path(self, workspace: &Workspace) -> Result<PathBuf, String> {
        if let Some(found) = find(self.name) {
            return Ok(found);
        }
        let folder = self.folder(workspace);
        let program = folder.join("root").join("usr").join("bin").join(self.name);
        if !program.is_file() {
            self.unpack(&folder)
                .map_err(|reason| format!("{reason}; remedy: on Debian, `apt-get install {}`", self.name))?;
        }
        if program.is_file() {
            Ok(program)
        } else {
            Err(format!("the package `{}` holds no program", self.name))
        }
    }

    fn unpack(self, folder: &Path) -> Result<(), String> {
        let dpkg = find("dpkg").ok_or("this is not a Debian: `dpkg` is not here")?;
        // What was broken off is made anew.
        let fetched = emptied(&folder.join("fetched"))?;
        println!("fetching {} into {}", self.name, folder.display());
        let own = Apt::of_this_machine()?;
        own.download(self.name, &fetched).or_else(|first| {
            // A fresh machine has no lists of packages yet.
            own.update().map_err(|error| format!("{first}; {error}"))?;
            own.download(self.name, &fetched).or_else(|error| {
                if !self.newest {
                    return Err(error);
                }
                let newest = Apt::of_the_newest_suite(&folder.join("apt"))?;
                newest.update()?;
                newest.download(self.name, &fetched)
            })
        })?;
        let package = fs::read_dir(&fetched)
            .map_err(failed("the download cannot be read"))?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .ok_or("`apt-get download` left no package")?;
        let root = fetched.join("root");
        Command::new(dpkg)
            .arg("-x")
            .arg(package)
            .arg(&root)
            .output()
            .map_err(|error| format!("{error:#}"))?;
        // It takes its place when it is whole.
        let place = folder.join("root");
        let _ = fs::remove_dir_all(&place);
        fs::rename(&root, &place).map_err(failed("the program cannot take its place"))
    }
}

/// An `apt-get`, with options that say whose lists it reads.
struct Apt {
    program: PathBuf,
    options: Vec<String>,
}

impl Apt {
    fn of_this_machine() -> Result<Self, String> {
        let program = find("apt-get").ok_or("this is not a Debian: `apt-get` is not here")?;
        Ok(Self { program, options: Vec::new() })
    }

    /// From where this machine has its Debian, signed by the keys it trusts, with lists of its own in `folder`.
    fn of_the_newest_suite(folder: &Path) -> Result<Self, String> {
        let mirror = mirror().ok_or("this machine's sources of packages name no archive of Debian")?;
        let folder = emptied(folder)?;
        for below in ["etc", "state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(below)).map_err(failed("no folder for lists of packages"))?;
        }
        let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let sources = folder.join("etc").join("sources.list");
        fs::write(&sources, format!("deb [signed-by={keys}] {mirror} sid main\n"))
            .map_err(failed("the list of sources cannot be written"))?;
        let options = [
            format!("Dir::Etc::sourcelist={}", sources.display()),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State={}", folder.join("state").display()),
            format!("Dir::Cache={}", folder.join("cache").display()),
            "APT::Sandbox::User=root".to_owned(),
        ];
        let options = options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect();
        Ok(Self { options, ..Self::of_this_machine()? })
    }

    fn update(&self) -> Result<(), String> {
        let command = Command::new(&self.program).args(&self.options).args(["update", "-q"]);
        command.output().map(drop).map_err(|error| format!("{error:#}"))
    }

    fn download(&self, package: &str, into: &Path) -> Result<(), String> {
        let command = Command::new(&self.program).args(&self.options).args(["download", "-q", package]);
        command.folder(into).output().map(drop).map_err(|error| format!("{error:#}"))
    }
}

/// From where this machine has its Debian: the first archive that its sources name.
fn mirror() -> Option<String> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let files = parts.map(|entry| entry.path()).chain([PathBuf::from("/etc/apt/sources.list")]);
    let texts: Vec<String> = files.filter_map(|file| fs::read_to_string(file).ok()).collect();
    archive(&texts)
}

/// The first address that ends as archives of Debian do, in either form of a list of sources.
fn archive(lists: &[String]) -> Option<String> {
    let lines = lists.iter().flat_map(|list| list.lines());
    let said = lines.filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"));
    let mut words = said.flat_map(str::split_whitespace);
    let found = words.find(|word| word.contains("://") && word.trim_end_matches('/').ends_with("/debian"));
    found.map(str::to_owned)
}

fn emptied(folder: &Path) -> Result<PathBuf, String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed("an old download cannot be removed"))?;
    }
    fs::create_dir_all(folder).map_err(failed("no folder for a download"))?;
    Ok(folder.to_owned())
}

fn failed<E: Display>(what: &'static str) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}

#[cfg(test)]
mod tests {
    use super::archive;

    #[test]
    fn debian_is_found_in_both_forms_of_sources() {
        let other = "deb https://example.com/apt stable main\n".to_owned();
        let lines = "# deb http://old.example/debian x main\ndeb [arch=amd64] http://a.example/debian bookworm main\n";
        let fields = "Types: deb\nURIs: http://b.example/debian-security\n\nTypes: deb\nURIs: http://b.example/debian/\n";
        assert_eq!(archive(&[other.clone(), lines.to_owned()]).as_deref(), Some("http://a.example/debian"));
        assert_eq!(archive(&[other.clone(), fields.to_owned()]).as_deref(), Some("http://b.example/debian/"));
        assert_eq!(archive(&[other]), None);
    }
}
