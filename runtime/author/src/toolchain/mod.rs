//! Where the guests' standard library comes from.
//!
//! A guest is compiled for `wasm32-unknown-unknown`, which a machine may not have. The ways to get there are
//! tried in a fixed order, each in a file of its own; the first that works is taken and said.

mod debian;
mod installed;
mod rustup;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded};

use crate::cargo::Profile;
use crate::process::{Command, ProcessError, cargo, rustc};
use crate::{Progress, Tell};

/// What guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// One way to a guest toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The target is there already.
    Installed,
    /// rustup adds the target.
    Rustup,
    /// Debian's compiler builds the standard library from Debian's source package.
    Debian,
}

/// A compiler that can build guests.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// Which it is, for people.
    pub(crate) name: String,
    cargo: OsString,
    arguments: Vec<String>,
    environment: Vec<(String, Option<OsString>)>,
}

/// What became of one way.
#[derive(Debug)]
enum Attempt {
    Ready(Toolchain),
    /// It does not work here, and why.
    Unavailable(String),
}

/// No way leads to a compiler for guests.
#[derive(Debug, thiserror::Error)]
#[error("no compiler for `{TARGET}` on this machine: {}", .reasons.join("; "))]
pub struct NoToolchain {
    /// Why each way that was tried does not work.
    pub reasons: Vec<String>,
}

impl Coded for NoToolchain {
    fn code(&self) -> Code {
        Code::ToolchainMissing
    }

    fn remedy(&self) -> Option<String> {
        Some(format!(
            "with rustup, `rustup target add {TARGET}`; on Debian 12, as root, `apt-get install {}`",
            debian::PACKAGES.join(" ")
        ))
    }
}

/// Finds or installs a guest toolchain, by one way or by the first that works.
pub(crate) async fn obtain(wanted: Option<Choice>, tell: &mut Tell<'_>) -> Result<Toolchain, NoToolchain> {
    let mut reasons = Vec::new();
    let mut next = Some(wanted.unwrap_or(Choice::Installed));
    while let Some(choice) = next {
        match choice.attempt(tell).await {
            Ok(Attempt::Ready(toolchain)) => {
                tell(Progress::Toolchain { name: toolchain.name.clone() });
                return Ok(toolchain);
            }
            Ok(Attempt::Unavailable(reason)) => reasons.push(format!("{}: {reason}", choice.word())),
            Err(error) => reasons.push(format!("{}: {error}", choice.word())),
        }
        next = if wanted.is_some() { None } else { choice.next() };
    }
    Err(NoToolchain { reasons })
}

impl Choice {
    /// Every way, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Installed, Self::Rustup, Self::Debian];

    /// As the command line names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    /// The way to try when this one does not work.
    fn next(self) -> Option<Self> {
        match self {
            Self::Installed => Some(Self::Rustup),
            Self::Rustup => Some(Self::Debian),
            Self::Debian => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Installed => "installed target",
            Self::Rustup => "rustup",
            Self::Debian => "Debian packages",
        }
    }

    async fn attempt(self, tell: &mut Tell<'_>) -> Result<Attempt, ProcessError> {
        match self {
            Self::Installed => installed::attempt().await,
            Self::Rustup => rustup::attempt(tell).await,
            Self::Debian => Ok(debian::attempt(tell).await),
        }
    }
}

impl Toolchain {
    /// The cargo in use, which has the target.
    fn plain(name: String) -> Self {
        Self { name, cargo: cargo(), arguments: Vec::new(), environment: Vec::new() }
    }

    /// `cargo build` for the guests of the workspace in `root`, without package names yet.
    ///
    /// Flags that a person set for programs of their own machine do not reach a guest, and the folders of that
    /// machine do not show in it: the same compiler makes the same component wherever it stands.
    pub(crate) fn build(&self, root: &Path, profile: Profile) -> Command {
        let command = Command::new(&self.cargo)
            .args(["build", "--profile", profile.name(), "--target", TARGET])
            .args(&self.arguments)
            // It wins over every other place where flags can stand, configuration files too.
            .env("CARGO_ENCODED_RUSTFLAGS", Some(flags(root, cargo_home().as_deref())))
            .env("RUSTC_WORKSPACE_WRAPPER", None::<&str>)
            .env("CARGO_BUILD_TARGET", None::<&str>);
        self.environment.iter().fold(command, |command, (name, value)| command.env(name, value.as_ref()))
    }
}

/// The compiler's flags, in the form cargo takes them from the environment.
fn flags(root: &Path, cargo_home: Option<&Path>) -> OsString {
    let mut flags = OsString::new();
    let named = [(Some(root), "/platform"), (cargo_home, "/cargo")];
    for (folder, name) in named.into_iter().filter_map(|(folder, name)| Some((folder?, name))) {
        if !flags.is_empty() {
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

/// Where cargo keeps the sources it fetched.
fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Where the compiler in use keeps the library for guests, if it has one.
async fn library_folder() -> Result<Option<PathBuf>, ProcessError> {
    let asked = Command::new(rustc()).args(["--print", "target-libdir", "--target", TARGET]);
    let folder = PathBuf::from(asked.output().await?.trim());
    // The folder is named whether or not it is there; an emptied one is as good as none.
    let filled = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    Ok(filled.then_some(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_leads_to_the_next_and_the_last_to_none() {
        let mut ways = vec![Choice::Installed];
        while let Some(next) = ways.last().and_then(|way| way.next()) {
            ways.push(next);
        }
        assert_eq!(ways, Choice::ALL);
    }

    #[test]
    fn folders_of_the_machine_are_given_other_names() {
        let both = flags(Path::new("/home/a/project"), Some(Path::new("/home/a/.cargo")));
        let expected = "--remap-path-prefix=/home/a/project=/platform\x1f\
                        --remap-path-prefix=/home/a/.cargo=/cargo";
        assert_eq!(both, expected);
        assert_eq!(flags(Path::new("/p"), None), "--remap-path-prefix=/p=/platform");
    }

    #[test]
    fn flags_for_the_machine_s_own_programs_are_replaced() {
        let build = Toolchain::plain("plain".to_owned()).build(Path::new("/p"), Profile::Guest);
        assert_eq!(
            build.variable("CARGO_ENCODED_RUSTFLAGS"),
            Some(flags(Path::new("/p"), cargo_home().as_deref()))
        );
    }
}
