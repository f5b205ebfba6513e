//! `cargo xtask test`: everything that is to hold before a change goes in, in the order that fails soonest.

use anyhow::Result;

use crate::moto::{self, Moto};
use crate::preflight::{self, Part};
use crate::process::{Command, cargo};
use crate::registry::{self, Registries};
use crate::stage::{Stages, Verdict};
use crate::workspace::Workspace;
use crate::{guests, tidy};

/// Runs every check.
pub(crate) fn run(workspace: &Workspace, keep_going: bool) -> Result<()> {
    let mut stages = Stages::new(keep_going);
    stages.run("preflight", || preflight::c_compiler().map(|()| Verdict::Passed))?;
    stages.run("format", || {
        with(Part::Rustfmt, || task(workspace, &["fmt", "--all", "--", "--check"]).run())
    })?;
    stages.run("tidy", || passed(tidy::run(workspace)))?;
    stages.run("guests", || passed(guests::run(workspace, &[], None)))?;
    stages.run("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        with(Part::Clippy, || task(workspace, &arguments).run())
    })?;
    let mut account = None;
    stages.run("moto", || {
        let (verdict, moto) = moto::for_tests(workspace)?;
        account = moto;
        Ok(verdict)
    })?;
    let mut registries = None;
    stages.run("registries", || {
        let (verdict, started) = registry::for_tests(workspace)?;
        registries = started;
        Ok(verdict)
    })?;
    stages.run("tests", || {
        let command = task(workspace, &["test", "--workspace", "--all-targets", "--no-fail-fast"]);
        let variables = account.iter().flat_map(Moto::variables);
        let command = variables.fold(command, |command, (name, value)| command.env(name, Some(value)));
        let variables = registries.iter().flat_map(Registries::variables);
        passed(variables.fold(command, |command, (name, value)| command.env(name, Some(value))).run())
    })?;
    // Stopped as soon as nobody needs it, and by its destructor where a stage ends the run.
    drop((account, registries));
    stages.run("doc tests", || passed(task(workspace, &["test", "--workspace", "--doc"]).run()))?;
    stages.run("docs", || {
        let command = task(workspace, &["doc", "--workspace", "--no-deps"]);
        passed(command.env("RUSTDOCFLAGS", Some("-D warnings")).run())
    })?;
    stages.finish()
}

/// A cargo command on the whole workspace.
fn task(workspace: &Workspace, arguments: &[&str]) -> Command {
    Command::new(cargo()).args(arguments).folder(&workspace.root)
}

/// A stage that needs a part of the toolchain; where it cannot be had, the stage is skipped and says so.
fn with(part: Part, work: impl FnOnce() -> Result<()>) -> Result<Verdict> {
    match part.obtain() {
        Ok(()) => passed(work()),
        Err(reason) => Ok(Verdict::Skipped(reason)),
    }
}

fn passed(result: Result<()>) -> Result<Verdict> {
    result.map(|()| Verdict::Passed)
}
