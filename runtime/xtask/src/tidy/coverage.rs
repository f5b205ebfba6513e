//! `docs/security/coverage.md` speaks of every attack of the catalogue, and what it names as proof is there: a test
//! that is a test, a fixture, an entry of the table of attacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::tree::Tree;
use super::{Finding, line_of};

const PAGE: &str = "docs/security/coverage.md";
const TABLE: &str = "fixtures/hostile/rows.yaml";
const HOSTILE: &str = "fixtures/hostile";

/// The rows of the catalogue: a letter, and how many.
const ROWS: &[(char, u32)] = &[('G', 14), ('C', 13), ('N', 12), ('F', 6), ('O', 11), ('Y', 7)];

/// What may be said of a row, and whether a test has to show it.
const STATES: &[(&str, bool)] =
    &[("covered", true), ("partly", true), ("not yet", false), ("does not apply", false)];

/// `| G1 | attack | state | shown by | what is missing |`
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$").expect("a constant pattern")
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`([^`]+)`").expect("a constant pattern"));
static ENTRY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^- (?:\{ )?row: ([A-Z]\d+)\b").expect("a constant pattern"));
static GUEST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bguest: ([a-z0-9-]+)").expect("a constant pattern"));

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.get(Path::new(PAGE)) else {
        return vec![Finding::new(
            PAGE,
            1,
            "is not there",
            "say of every attack what shows that it does nothing",
        )];
    };
    let table = tree.files.get(Path::new(TABLE)).map_or("", String::as_str);
    let tried: BTreeMap<&str, usize> = numbered(table)
        .filter_map(|(line, text)| Some((ENTRY.captures(text)?.get(1)?.as_str(), line)))
        .collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (line, text) in numbered(page) {
        let Some(row) = ROW.captures(text) else { continue };
        let part = |index: usize| row.get(index).map_or("", |part| part.as_str().trim());
        let (id, state, shown, missing) = (part(1), part(3), part(4), part(5));
        let mut say = |problem: String, remedy: &str| found.push(Finding::new(PAGE, line, problem, remedy));
        if !seen.insert(id.to_owned()) {
            say(format!("row {id} stands twice"), "keep one of the two");
        }
        if !rows().any(|known| known == id) {
            say(format!("there is no row {id}"), "correct it, or teach `coverage.rs` of tidy the new row");
        }
        let Some((_, proven)) = STATES.iter().find(|(word, _)| *word == state) else {
            say(format!("row {id} is `{state}`"), "say covered, partly, not yet or does not apply");
            continue;
        };
        let named: Vec<&str> =
            NAMED.captures_iter(shown).filter_map(|named| Some(named.get(1)?.as_str())).collect();
        if *proven == named.is_empty() {
            let problem = format!("row {id} is {state} and names {} tests", named.len());
            say(problem, "name the tests that show it, or say that none does");
        }
        if state != "covered" && missing.is_empty() {
            say(format!("row {id} is {state}, and nobody says why"), "say what is missing, or why not");
        }
        for name in &named {
            if let Some(problem) = absent(tree, name) {
                say(format!("row {id} names `{name}`: {problem}"), "name a test that is there");
            }
        }
        if named.contains(&TABLE) != tried.contains_key(id) {
            let problem = format!("row {id} and the table of attacks do not agree");
            say(problem, "name the table where it tries the row, and only there");
        }
    }
    let missing = rows().filter(|row| !seen.contains(row));
    found.extend(missing.map(|row| {
        let remedy = "say by which test it is covered, or that it is not yet, or why it does not apply";
        Finding::new(PAGE, 1, format!("row {row} is not there"), remedy)
    }));
    found.extend(unnamed(tree, page, table));
    found
}

fn rows() -> impl Iterator<Item = String> {
    ROWS.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Why what is named is no proof: `path`, or `path::test`.
fn absent(tree: &Tree, name: &str) -> Option<&'static str> {
    let (path, test) = name.split_once("::").map_or((name, None), |(path, test)| (path, Some(test)));
    let Some(text) = tree.files.get(Path::new(path)) else {
        // What is not text is not in the tree, and no proof either.
        return Some("there is no such file");
    };
    let Some(test) = test else {
        return path.ends_with(".rs").then_some("a source is no proof; name a test in it");
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = format!("fn {test}(");
    let Some(at) = lines.iter().position(|line| line.contains(&begins)) else {
        return Some("there is no such function in it");
    };
    let marks = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    let is_test =
        marks.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
    (!is_test).then_some("it is no test")
}

/// Attacks that lie there and that neither the table nor the page speaks of.
fn unnamed(tree: &Tree, page: &str, table: &str) -> Vec<Finding> {
    let guests: BTreeSet<&str> =
        GUEST.captures_iter(table).filter_map(|guest| Some(guest.get(1)?.as_str())).collect();
    let attacks = tree.ending("wat").filter(|(file, _)| file.parent() == Some(Path::new(HOSTILE)));
    attacks
        .filter(|(file, _)| {
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            !guests.contains(stem) && !page.contains(&format!("`{}`", file.display()))
        })
        .map(|(file, text)| {
            let remedy = format!("put it into `{TABLE}`, or name it in `{PAGE}`");
            Finding::new(file, line_of(text, |line| line.contains("attack:")), "no row speaks of it", remedy)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: (&str, &str) = (
        "runtime/a/tests/b.rs",
        "//! Tests.\n#[tokio::test(flavor = \"x\")]\nasync fn holds() {}\nfn helper() {}\n",
    );
    const ROWS_YAML: (&str, &str) = (TABLE, "- { row: G1, guest: one, at: run }\n");
    const WAT: (&str, &str) = ("fixtures/hostile/one.wat", ";; attack: x\n");

    /// The page with these lines in place of those of the same rows; all others do not apply.
    fn page(lines: &[&str]) -> String {
        let given = |row: &str| lines.iter().find(|line| line.starts_with(&format!("| {row} |")));
        rows().fold(String::from("# Coverage\n"), |page, row| {
            let usual = format!("| {row} | x | does not apply |  | nothing of it is there |");
            let line = match row.as_str() {
                "G1" => format!("| G1 | x | covered | `{TABLE}` |  |"),
                _ => usual,
            };
            page + given(&row).copied().unwrap_or(&line) + "\n"
        })
    }

    fn problems(lines: &[&str], more: &[(&str, &str)]) -> Vec<String> {
        let page = page(lines);
        let files = [&[(PAGE, page.as_str()), TEST, ROWS_YAML, WAT], more].concat();
        check(&Tree::without_packages(&files)).into_iter().map(|finding| finding.problem).collect()
    }

    #[test]
    fn a_page_that_names_what_is_there_is_fine() {
        let lines = ["| C2 | x | partly | `runtime/a/tests/b.rs::holds` | the other half |"];
        assert_eq!(problems(&lines, &[]), [""; 0]);
    }

    #[test]
    fn what_is_named_has_to_be_a_test_that_is_there() {
        for (name, problem) in [
            ("runtime/a/tests/b.rs::gone", "there is no such function in it"),
            ("runtime/a/tests/b.rs::helper", "it is no test"),
            ("runtime/a/tests/b.rs", "a source is no proof; name a test in it"),
            ("runtime/a/tests/c.rs::holds", "there is no such file"),
            ("fixtures/hostile/two.wat", "there is no such file"),
        ] {
            let line = format!("| C2 | x | covered | `{name}` |  |");
            assert_eq!(problems(&[&line], &[]), [format!("row C2 names `{name}`: {problem}")]);
        }
    }

    #[test]
    fn a_state_is_one_of_four_and_has_its_reason() {
        assert_eq!(problems(&["| C2 | x | surely |  | y |"], &[]), ["row C2 is `surely`"]);
        assert_eq!(problems(&["| C2 | x | covered |  |  |"], &[]), ["row C2 is covered and names 0 tests"]);
        assert_eq!(
            problems(&["| C2 | x | not yet |  |  |"], &[]),
            ["row C2 is not yet, and nobody says why"]
        );
        let claims = "| C2 | x | not yet | `runtime/a/tests/b.rs::holds` | y |";
        assert_eq!(problems(&[claims], &[]), ["row C2 is not yet and names 1 tests"]);
    }

    #[test]
    fn every_row_stands_there_once() {
        assert_eq!(problems(&["| C2 | torn"], &[]), ["row C2 is not there"]);
        let twice = "| C2 | x | not yet |  | y |\n| C2 | x | not yet |  | y |";
        assert_eq!(problems(&[twice], &[]), ["row C2 stands twice"]);
        assert_eq!(
            problems(&["| C2 | x | not yet |  | y |\n| Z9 | x | not yet |  | y |"], &[]),
            ["there is no row Z9"]
        );
    }

    #[test]
    fn the_table_of_attacks_and_the_page_agree() {
        let silent = "| G1 | x | covered | `runtime/a/tests/b.rs::holds` |  |";
        assert_eq!(problems(&[silent], &[]), ["row G1 and the table of attacks do not agree"]);
        let other = ("fixtures/hostile/two.wat", ";; attack: y\n");
        assert_eq!(problems(&[], &[other]), ["no row speaks of it"]);
        let named = "| C2 | x | covered | `fixtures/hostile/two.wat` |  |";
        assert_eq!(problems(&[named], &[other]), [""; 0]);
    }

    #[test]
    fn without_a_page_that_is_said() {
        assert_eq!(check(&Tree::without_packages(&[TEST])).len(), 1);
    }
}
