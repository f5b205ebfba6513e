//! `unsafe` is forbidden crate by crate; the few places that need it are listed here with their reasons.

use std::path::Path;

use super::tree::Tree;
use super::{Finding, line_of};

/// Roots of crates that cannot forbid it, because something listed below, or a macro, stands within.
const UNFORBIDDEN: &[(&str, &str)] = &[
    ("runtime/sandbox/src/lib.rs", "loads the components that it compiled itself"),
    ("guest-sdk/rust/src/lib.rs", "the bindings of the contract pass raw memory"),
];

/// Files, or folders, that may allow it.
const ALLOWING: &[(&str, &str)] = &[
    (
        "runtime/sandbox/src/compile/trusted.rs",
        "loads the components that it compiled itself, authenticated first",
    ),
    ("guest-sdk/rust/src/bindings.rs", "the bindings of the contract pass raw memory"),
    ("guest-sdk/rust/src/export.rs", "the export macros, whose expansion passes raw memory"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let forbid = "#![forbid(unsafe_code)]";
    let allows = |line: &str| {
        let line = line.trim_start();
        line.starts_with('#') && line.contains("allow(") && line.contains("unsafe_code")
    };
    let mut found = Vec::new();
    for (file, text) in tree.sources() {
        let listed = |table: &[(&str, &str)]| {
            table.iter().any(|(path, _)| file.starts_with(path) || file == Path::new(&format!("{path}.rs")))
        };
        if is_root(file) && !listed(UNFORBIDDEN) && !text.lines().any(|line| line.trim() == forbid) {
            found.push(Finding::new(file, 1, "does not forbid `unsafe`", format!("add `{forbid}`")));
        }
        if text.lines().any(allows) && !listed(ALLOWING) {
            let remedy = "do without; or list it with its reason in `unsafety.rs` of tidy";
            found.push(Finding::new(file, line_of(text, allows), "allows `unsafe`", remedy));
        }
    }
    found
}

/// Whether a source is the first of a library or a program.
fn is_root(file: &Path) -> bool {
    file.ends_with("src/lib.rs")
        || file.ends_with("src/main.rs")
        || file.parent().is_some_and(|folder| folder.ends_with("src/bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str, text: &str) -> usize {
        check(&Tree::without_packages(&[(file, text)])).len()
    }

    #[test]
    fn every_crate_forbids_it_in_its_first_file() {
        assert_eq!(problems("runtime/x/src/lib.rs", "//! X.\n\n#![forbid(unsafe_code)]\n"), 0);
        assert_eq!(problems("runtime/x/src/lib.rs", "//! X.\n"), 1);
        assert_eq!(problems("runtime/x/src/bin/y.rs", "//! Y.\n"), 1);
        assert_eq!(problems("runtime/x/src/part.rs", "//! Part.\n"), 0);
    }

    #[test]
    fn a_comment_does_not_forbid_anything() {
        assert_eq!(problems("runtime/x/src/main.rs", "//! X.\n// #![forbid(unsafe_code)]\n"), 1);
    }

    #[test]
    fn only_a_listed_file_may_allow_it() {
        let text = "//! X.\n#![allow(unsafe_code, reason = \"speed\")]\n";
        assert_eq!(problems("runtime/x/src/part.rs", text), 1);
        assert_eq!(problems("runtime/sandbox/src/compile/trusted.rs", text), 0);
        assert_eq!(problems("runtime/sandbox/src/compile/cache.rs", text), 1);
        assert_eq!(problems("runtime/sandbox/src/compile.rs", text), 1);
    }
}
