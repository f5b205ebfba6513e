//! How long a source may be: aim at 150 lines, ask at 400, stop at 800.

use std::path::Path;

use super::Finding;
use super::tree::Tree;

const ASK: usize = 400;
const STOP: usize = 800;

/// Sources that are longer than is asked for, each with the reason why it reads better whole.
const LONG: &[(&str, &str)] = &[
    (
        "runtime/model/src/code/table.rs",
        "one line for each code, in one list that everybody can look through",
    ),
    ("runtime/sandbox/tests/calls.rs", "one test for each promise of a call, over the same few helpers"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, LONG)
}

fn check_with(tree: &Tree, long: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, text) in tree.sources() {
        let lines = text.lines().count();
        let excused = long.iter().any(|(path, _)| Path::new(path) == file);
        let problem = if lines > STOP {
            format!("has {lines} lines, more than {STOP}")
        } else if lines > ASK && !excused {
            format!("has {lines} lines, more than {ASK}, and no reason for it")
        } else {
            continue;
        };
        let remedy = "make it a folder with a file for each part; or give the reason in `length.rs` of tidy";
        found.push(Finding::new(file, lines, problem, remedy));
    }
    let needless = long
        .iter()
        .filter(|(path, _)| tree.files.get(Path::new(path)).is_none_or(|text| text.lines().count() <= ASK));
    found.extend(needless.map(|(path, _)| {
        Finding::new(
            *path,
            1,
            "is excused for its length and need not be",
            "take it out of `length.rs` of tidy",
        )
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(lines: usize, long: &[(&str, &str)]) -> usize {
        let text = "//! Line.\n".repeat(lines);
        check_with(&Tree::without_packages(&[("a.rs", &text)]), long).len()
    }

    #[test]
    fn a_source_of_medium_length_needs_a_reason() {
        assert_eq!(problems(ASK, &[]), 0);
        assert_eq!(problems(ASK + 1, &[]), 1);
        assert_eq!(problems(ASK + 1, &[("a.rs", "a table")]), 0);
    }

    #[test]
    fn no_reason_is_enough_for_a_very_long_one() {
        assert_eq!(problems(STOP, &[("a.rs", "a table")]), 0);
        assert_eq!(problems(STOP + 1, &[("a.rs", "a table")]), 1);
    }

    #[test]
    fn a_reason_nobody_needs_any_more_is_found() {
        assert_eq!(problems(ASK, &[("a.rs", "a table")]), 1);
        assert_eq!(problems(ASK, &[("gone.rs", "a table")]), 1);
    }

    #[test]
    fn every_reason_says_something() {
        assert!(LONG.iter().all(|(_, reason)| reason.split_whitespace().count() >= 3));
    }
}
