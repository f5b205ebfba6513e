//! `cargo xtask bench`: figures with goals. Not tests: they say how well the program does on this machine, as
//! ratios wherever the machine would otherwise decide.

mod figure;

use anyhow::{Result, bail};

use crate::bench::figure::Figure;
use crate::workspace::Workspace;

/// Takes one measurement.
type Measure = fn(&Workspace) -> Result<Figure>;

/// What is measured, in the order it is shown.
const MEASURES: &[Measure] = &[];

/// Takes every measurement; fails if there is none, or if a goal is not met.
pub(crate) fn run(workspace: &Workspace, json: bool) -> Result<()> {
    if MEASURES.is_empty() {
        bail!("nothing is measured yet; remedy: list a measurement in `runtime/xtask/src/bench/mod.rs`");
    }
    let mut missed = Vec::new();
    for measure in MEASURES {
        let figure = measure(workspace)?;
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
