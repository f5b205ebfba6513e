//! Two registries on this machine, for tests of the room `registry`: Debian's `docker-registry`, one that is open to
//! everybody and one that wants a name and a password; and `cosign`, to hold our signatures against.
//!
//! The programs are unpacked once into the target folder and nothing is installed. Where there is no `apt-get` to fetch
//! them with, the tests that need them are skipped, and say so; where everything has to hold (`CI`), that fails.

mod install;
mod server;

use anyhow::{Result, bail};

use crate::stage::Verdict;
use crate::workspace::Workspace;

pub(crate) use server::Registries;

use install::{COSIGN, REGISTRY};

/// Fetches what is missing and starts both in the foreground, until they are interrupted.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let program = match REGISTRY.path(workspace) {
        Ok(program) => program,
        Err(reason) => bail!("{reason}"),
    };
    let registries = Registries::start(&program, &REGISTRY.folder(workspace), None)?;
    for (name, value) in registries.variables() {
        println!("export {name}={}", value.display());
    }
    eprintln!("docker-registry answers; stop it with Ctrl-C");
    registries.wait()
}

/// For a run of the tests: started, or a verdict that says why they are not.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<(Verdict, Option<Registries>)> {
    let program = match REGISTRY.path(workspace) {
        Ok(program) => program,
        Err(reason) => return Ok((missing("against docker-registry", &reason), None)),
    };
    let (verdict, cosign) = match COSIGN.path(workspace) {
        Ok(cosign) => (Verdict::Passed, Some(cosign)),
        Err(reason) => (missing("with cosign", &reason), None),
    };
    let registries = Registries::start(&program, &REGISTRY.folder(workspace), cosign)?;
    println!("docker-registry answers at {}", registries.address());
    Ok((verdict, Some(registries)))
}

fn missing(what: &str, reason: &str) -> Verdict {
    let message = format!("tests {what} do not run: {reason}");
    let strict = std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
    if strict { Verdict::Failed(message) } else { Verdict::Skipped(message) }
}
