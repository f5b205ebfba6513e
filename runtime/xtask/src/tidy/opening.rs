//! Every source opens with `//!`, saying what it is for; only attributes of the whole file may stand before.

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter_map(|(file, text)| {
            let line = wrong(text)?;
            Some(Finding::new(
                file,
                line,
                "does not say what it is for",
                "open it with `//!` and one sentence",
            ))
        })
        .collect()
}

/// The line that stands where the opening should, if it is not one.
fn wrong(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let in_attribute = depth > 0 || trimmed.starts_with("#!");
        if in_attribute {
            depth += i32::try_from(trimmed.matches('[').count()).unwrap_or(0);
            depth -= i32::try_from(trimmed.matches(']').count()).unwrap_or(0);
        } else if !trimmed.is_empty() {
            let says = trimmed.strip_prefix("//!").is_some_and(|rest| !rest.trim().is_empty());
            // `#![doc = include_str!(…)]` opens a file just as well, and was passed over above.
            return (!says && !text.starts_with("#![doc")).then_some(index + 1);
        }
    }
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_first_is_fine() {
        assert_eq!(wrong("//! The list of error codes.\n\nuse std::fmt;\n"), None);
    }

    #[test]
    fn attributes_may_come_before_it() {
        assert_eq!(wrong("#![allow(\n    dead_code,\n)]\n\n//! Words.\n"), None);
        assert_eq!(wrong("#!/usr/bin/env -S cargo\n//! Words.\n"), None);
    }

    #[test]
    fn an_included_page_is_an_opening() {
        assert_eq!(wrong("#![doc = include_str!(\"../README.md\")]\n\nmod a;\n"), None);
    }

    #[test]
    fn anything_else_is_found_with_its_line() {
        assert_eq!(wrong("\nuse std::fmt;\n//! Too late.\n"), Some(2));
        assert_eq!(wrong("// A plain comment.\n"), Some(1));
        assert_eq!(wrong("//!\n//! An empty first line.\n"), Some(1));
        assert_eq!(wrong(""), Some(1));
    }

    #[test]
    fn only_sources_are_looked_at() {
        let tree = Tree::without_packages(&[("a.rs", "mod a;\n"), ("a.md", "# A\n")]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, std::path::Path::new("a.rs"));
    }
}
