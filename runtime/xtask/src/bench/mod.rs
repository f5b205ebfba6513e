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
    // What moves is what changed: its files, and the two documents that name them.
    ("moved-bytes-over-changed", Goal::AtMost(1.0)),
    ("first-answer-over-bare", Goal::AtMost(2.0)),
    ("test-platform-of-compose", Goal::AtMost(5.0)),
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
    let harness = harness(workspace)?;
    let mut missed = Vec::new();
    let measured = text.lines().filter(|line| line.starts_with('{')).map(read);
    for figure in measured.chain([Ok(harness)]) {
        let figure = figure?;
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

/// How long the harness takes for the platform `compose`, whose components are compiled already.
fn harness(workspace: &Workspace) -> Result<Figure> {
    guests::run(workspace, &["compose".to_owned()], None)?;
    Command::new(cargo())
        .args(["build", "--release", "--workspace", "--bin", "innominatus"])
        .folder(&workspace.root)
        .run()?;
    let program = workspace.target.join("release/innominatus");
    let home = workspace.target.join("tmp/bench-home");
    let test = || -> Result<f64> {
        let begin = std::time::Instant::now();
        let command = Command::new(&program).arg("--home").arg(&home).arg("test-platform");
        command.arg(guests::folder(workspace, "compose")).arg("--json").output()?;
        Ok(begin.elapsed().as_secs_f64())
    };
    // The first one compiles the components.
    test()?;
    let mut times = [test()?, test()?, test()?];
    times.sort_by(f64::total_cmp);
    let goal = GOALS.iter().find(|(known, _)| *known == "test-platform-of-compose").map(|(_, goal)| *goal);
    Ok(Figure { name: "test-platform-of-compose".into(), value: times[1], unit: "s".into(), goal })
}

fn read(line: &str) -> Result<Figure> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("not a figure: {line}"))?;
    let text =
        |key: &str| value[key].as_str().map(str::to_owned).with_context(|| format!("no `{key}` in {line}"));
    let name = text("name")?;
    let goal = GOALS.iter().find(|(known, _)| *known == name).map(|(_, goal)| *goal);
    Ok(Figure { value: value["value"].as_f64().context("no number")?, unit: text("unit")?, name, goal })
}
