//! An account of AWS in memory, for tests of the platform `aws`: moto, on a free port of this machine, checking the
//! signature and the permission of every request.
//!
//! It is installed once, by pinned versions with their hashes, into the target folder. Where there is no Python to
//! install it with, the tests that need it are skipped, and say so; where everything has to hold (`CI`), that fails.

mod install;
mod server;

use anyhow::{Result, bail};

use crate::stage::Verdict;
use crate::workspace::Workspace;

pub(crate) use server::Moto;

/// Installs what is missing and starts it in the foreground, until it is interrupted.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = match install::python(workspace) {
        Ok(python) => python,
        Err(reason) => bail!("{reason}"),
    };
    let moto = Moto::start(&python, &install::folder(workspace))?;
    for (name, value) in moto.variables() {
        println!("export {name}={}", value.display());
    }
    eprintln!("moto answers at {}; stop it with Ctrl-C", moto.endpoint());
    moto.wait()
}

/// For a run of the tests: started, or a verdict that says why it is not.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<(Verdict, Option<Moto>)> {
    match install::python(workspace) {
        Ok(python) => {
            let moto = Moto::start(&python, &install::folder(workspace))?;
            println!("moto answers at {}", moto.endpoint());
            Ok((Verdict::Passed, Some(moto)))
        }
        Err(reason) => {
            let message = format!("tests against moto do not run: {reason}");
            let verdict = if is_strict(std::env::var("CI").ok().as_deref()) {
                Verdict::Failed(message)
            } else {
                Verdict::Skipped(message)
            };
            Ok((verdict, None))
        }
    }
}

/// Whether a machine that is missing something fails.
fn is_strict(ci: Option<&str>) -> bool {
    ci.is_some_and(|value| !["", "0", "false"].contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_for_changes_has_to_have_everything() {
        for (ci, strict) in
            [(None, false), (Some(""), false), (Some("0"), false), (Some("1"), true), (Some("true"), true)]
        {
            assert_eq!(is_strict(ci), strict, "{ci:?}");
        }
    }
}
