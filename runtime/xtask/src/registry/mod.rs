//! Two registries on this machine, for tests of the room `registry`: Debian's `docker-registry`, one that is open to
//! everybody and one that wants a name and a password.
//!
//! The program is unpacked once into the target folder and nothing is installed. Where there is no `apt-get` to fetch it
//! with, the tests that need it are skipped, and say so; where everything has to hold (`CI`), that fails.

mod install;
mod server;

use anyhow::{Result, bail};

use crate::stage::Verdict;
use crate::workspace::Workspace;

pub(crate) use server::Registries;

/// Fetches what is missing and starts both in the foreground, until they are interrupted.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let program = match install::program(workspace) {
        Ok(program) => program,
        Err(reason) => bail!("{reason}"),
    };
    let registries = Registries::start(&program, &install::folder(workspace))?;
    for (name, value) in registries.variables() {
        println!("export {name}={value}");
    }
    eprintln!("docker-registry answers; stop it with Ctrl-C");
    registries.wait()
}

/// For a run of the tests: started, or a verdict that says why they are not.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<(Verdict, Option<Registries>)> {
    match install::program(workspace) {
        Ok(program) => {
            let registries = Registries::start(&program, &install::folder(workspace))?;
            println!("docker-registry answers at {}", registries.variables()[0].1);
            Ok((Verdict::Passed, Some(registries)))
        }
        Err(reason) => {
            let message = format!("tests against docker-registry do not run: {reason}");
            let strict = std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
            Ok((if strict { Verdict::Failed(message) } else { Verdict::Skipped(message) }, None))
        }
    }
}
