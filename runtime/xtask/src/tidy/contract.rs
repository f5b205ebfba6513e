//! The contract is WIT that parses: every folder under `wit/` is one package.

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::{Resolve, SourceMap};

use super::Finding;
use super::tree::Tree;

const CONTRACT: &str = "wit";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut versions: BTreeMap<&Path, Vec<(&Path, &str)>> = BTreeMap::new();
    for (file, text) in tree.ending("wit").filter(|(file, _)| file.starts_with(CONTRACT)) {
        versions.entry(file.parent().unwrap_or(file)).or_default().push((file, text));
    }
    if versions.is_empty() {
        return vec![Finding::new(
            CONTRACT,
            1,
            "holds no contract",
            "teach `contract.rs` of tidy where it stands",
        )];
    }
    versions
        .into_iter()
        .filter_map(|(folder, files)| {
            let problem = parse(&files).err()?;
            let (file, line) = place(&problem, &files).unwrap_or((folder, 1));
            Some(Finding::new(file, line, problem, "correct the WIT"))
        })
        .collect()
}

fn parse(files: &[(&Path, &str)]) -> Result<(), String> {
    let mut sources = SourceMap::new();
    for (file, text) in files {
        sources.push(file, *text);
    }
    let group = sources.parse().map_err(|(sources, error)| error.render(&sources))?;
    let mut resolve = Resolve::default();
    match resolve.push_group(group) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.render(&resolve.source_map)),
    }
}

/// The file and line that the parser names, as `--> file:line:column`.
fn place<'a>(problem: &str, files: &[(&'a Path, &str)]) -> Option<(&'a Path, usize)> {
    let named = problem.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let mut parts = named.rsplitn(3, ':');
    let (_, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    let file = files.iter().find(|(known, _)| *known == Path::new(file))?.0;
    Some((file, line.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: (&str, &str) =
        ("wit/since-1.0/types.wit", "package a:b@1.0.0;\n\ninterface types { type x = u8; }\n");

    fn places(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        let found = check(&Tree::without_packages(files));
        found.into_iter().map(|finding| (finding.file.display().to_string(), finding.line)).collect()
    }

    #[test]
    fn a_contract_in_several_files_parses_as_one() {
        let world = (
            "wit/since-1.0/world.wit",
            "interface y { use types.{x}; f: func() -> x; }\nworld w { export y; }\n",
        );
        assert_eq!(places(&[TYPES, world]), []);
    }

    #[test]
    fn what_does_not_parse_is_named_with_its_line() {
        let broken = ("wit/since-1.0/world.wit", "\nworld { export y; }\n");
        assert_eq!(places(&[TYPES, broken]), [("wit/since-1.0/world.wit".to_owned(), 2)]);
    }

    #[test]
    fn what_names_nothing_is_found_as_well() {
        let dangling = ("wit/since-1.0/world.wit", "world w { export nothing; }\n");
        assert_eq!(places(&[TYPES, dangling]).len(), 1);
    }

    #[test]
    fn a_tree_without_a_contract_is_wrong() {
        assert_eq!(places(&[]), [("wit".to_owned(), 1)]);
    }
}
