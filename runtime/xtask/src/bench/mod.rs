//! `cargo xtask bench`: figures with goals. Not tests: they say how well the program does on this machine, as
//! ratios wherever the machine would otherwise decide.

mod figure;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::bench::figure::{Figure, Goal};
use crate::guests;
use crate::process::{Command, cargo};
use crate::workspace::Workspace;

/// What the figures should be. A figure without a line here is only to be watched.
const GOALS: &[(&str, Goal)] = &[
    ("seam-over-bare", Goal::AtMost(1.25)),
    ("seam-of-a-read", Goal::AtMost(10.0)),
    ("replay", Goal::AtLeast(100_000.0)),
    ("durable-txns-over-disk", Goal::AtLeast(0.4)),
    ("appends-per-idempotent-write", Goal::AtMost(1.0)),
    ("appends-per-other-write", Goal::AtMost(2.0)),
    ("syncs-per-effect-of-64-at-once", Goal::AtMost(0.25)),
];

/// Takes every measurement; fails if a goal is not met.
pub(crate) fn run(workspace: &Workspace, json: bool) -> Result<()> {
    guests::run(workspace, &["fixtures".to_owned()], None)?;
    // As what is released is built: the first time that takes a while.
    Command::new(cargo())
        .args(["build", "--release", "--workspace", "--bin", "innominatus-compile"])
        .folder(&workspace.root)
        .run()?;
    let text = Command::new(cargo())
        .args(["bench", "--workspace", "--bench", "figures", "--"])
        .arg(guests::folder(workspace, "fixtures"))
        .arg(workspace.target.join("release/innominatus-compile"))
        .folder(&workspace.root)
        .output()?;
    let mut missed = Vec::new();
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let figure = read(line)?;
        println!("{}", if json { figure.json().to_string() } else { figure.row() });
        if figure.holds() == Some(false) {
            missed.push(figure.name);
        }
    }
    if !missed.is_empty() {
        bail!("goals not met: {}", missed.join(", "));
    }
    Ok(())
}

fn read(line: &str) -> Result<Figure> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("not a figure: {line}"))?;
    let text =
        |key: &str| value[key].as_str().map(str::to_owned).with_context(|| format!("no `{key}` in {line}"));
    let name = text("name")?;
    let goal = GOALS.iter().find(|(known, _)| *known == name).map(|(_, goal)| *goal);
    Ok(Figure { value: value["value"].as_f64().context("no number")?, unit: text("unit")?, name, goal })
}
