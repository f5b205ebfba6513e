//! The house rules, checked. Every rule is a file beside this one and a pure function over the tree, so that
//! each can be tested on a tree of three lines; all of them run, and everything found is said at once.

mod contract;
mod coverage;
mod edges;
mod errors;
mod length;
mod links;
mod manifests;
mod opening;
mod owners;
mod tree;
mod unsafety;
mod words;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// Something that is not as agreed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// The file, seen from the workspace's folder.
    file: PathBuf,
    /// The line, from 1.
    line: usize,
    /// What is wrong.
    problem: String,
    /// What to do.
    remedy: String,
}

/// A rule looks at the whole tree and says what it finds.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[(&str, Rule)] = &[
    ("edges", edges::check),
    ("owners", owners::check),
    ("opening", opening::check),
    ("length", length::check),
    ("unsafe", unsafety::check),
    ("words", words::check),
    ("errors", errors::check),
    ("links", links::check),
    ("contract", contract::check),
    ("coverage", coverage::check),
    ("manifests", manifests::check),
];

/// Runs every rule; fails if one finds something.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let mut found = 0;
    for (name, rule) in RULES {
        let mut findings = rule(&tree);
        findings.sort();
        findings.dedup();
        findings.iter().for_each(|finding| eprintln!("tidy/{name}: {finding}"));
        found += findings.len();
    }
    if found > 0 {
        bail!("tidy found {found} things in {} files", tree.files.len());
    }
    println!("tidy: {} files, {} rules, nothing found", tree.files.len(), RULES.len());
    Ok(())
}

impl Finding {
    fn new(
        file: impl Into<PathBuf>,
        line: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line, problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, problem, remedy } = self;
        write!(formatter, "{}:{line}: {problem}\n    remedy: {remedy}", file.display())
    }
}

/// The first line that holds something, from 1; 1 if none does.
fn line_of(text: &str, holds: impl Fn(&str) -> bool) -> usize {
    text.lines().position(holds).map_or(1, |index| index + 1)
}
