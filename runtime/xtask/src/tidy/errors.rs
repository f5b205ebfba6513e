//! Every error code has a page in `docs/errors/`, and every page a code.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::tree::Tree;

const TABLE: &str = "runtime/model/src/code/table.rs";
const PAGES: &str = "docs/errors";

/// A row of the table: `Name = "word", Class, 422, "summary";`
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*[A-Z]\w*\s*=\s*"([a-z0-9-]+)",\s*[A-Z]\w*,\s*\d{3},"#).expect("a constant pattern")
});

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let table = tree.files.get(Path::new(TABLE)).map_or("", String::as_str);
    let codes: BTreeMap<&str, usize> = table
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((ROW.captures(line)?.get(1)?.as_str(), index + 1)))
        .collect();
    let pages: BTreeMap<&str, (&Path, &str)> = tree
        .ending("md")
        .filter(|(file, _)| file.parent() == Some(Path::new(PAGES)))
        .filter_map(|(file, text)| Some((file.file_stem()?.to_str()?, (file, text))))
        .filter(|(word, _)| *word != "README")
        .collect();

    let mut found = Vec::new();
    if codes.is_empty() {
        found.push(Finding::new(
            TABLE,
            1,
            "holds no error code",
            "teach `errors.rs` of tidy where they stand now",
        ));
        return found;
    }
    for (code, line) in &codes {
        if !pages.contains_key(code) {
            let remedy = format!("write `{PAGES}/{code}.md`: cause, example, remedy");
            found.push(Finding::new(TABLE, *line, format!("code `{code}` has no page"), remedy));
        }
    }
    for (word, (file, text)) in &pages {
        if !codes.contains_key(word) {
            let problem = format!("there is no code `{word}`");
            found.push(Finding::new(*file, 1, problem, "remove the page, or name it after its code"));
        }
        if text.lines().next().map(str::trim_end) != Some(&format!("# {word}")) {
            let remedy = format!("open the page with `# {word}`");
            found.push(Finding::new(*file, 1, "the heading is not the code", remedy));
        }
        if !text.lines().skip(1).any(|line| !line.trim().is_empty()) {
            found.push(Finding::new(*file, 1, "explains nothing", "write cause, example and remedy"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "codes! {\n    /// A bug.\n    Internal = \"internal\", Internal, 500, \"a bug\";\n    \
                       Usage = \"usage\", Usage, 400, \"not understood\";\n}\n";

    fn problems(pages: &[(&str, &str)]) -> Vec<String> {
        let files = [&[(TABLE, TWO)], pages].concat();
        let found = check(&Tree::without_packages(&files));
        found
            .iter()
            .map(|finding| format!("{}:{} {}", finding.file.display(), finding.line, finding.problem))
            .collect()
    }

    #[test]
    fn a_page_for_every_code_is_fine() {
        let pages = [
            ("docs/errors/internal.md", "# internal\n\nA bug.\n"),
            ("docs/errors/usage.md", "# usage\n\nText.\n"),
            ("docs/errors/README.md", "# Error codes\n"),
        ];
        assert_eq!(problems(&pages), [""; 0]);
    }

    #[test]
    fn a_missing_and_a_stray_page_are_both_found() {
        let pages = [
            ("docs/errors/internal.md", "# internal\n\nA bug.\n"),
            ("docs/errors/usages.md", "# usages\n\nText.\n"),
        ];
        let expected = [
            format!("{TABLE}:4 code `usage` has no page"),
            "docs/errors/usages.md:1 there is no code `usages`".to_owned(),
        ];
        assert_eq!(problems(&pages), expected);
    }

    #[test]
    fn a_page_has_its_code_as_heading_and_says_something() {
        let pages =
            [("docs/errors/internal.md", "# Internal\n\nA bug.\n"), ("docs/errors/usage.md", "# usage\n\n")];
        let expected = [
            "docs/errors/internal.md:1 the heading is not the code",
            "docs/errors/usage.md:1 explains nothing",
        ];
        assert_eq!(problems(&pages), expected);
    }

    #[test]
    fn a_table_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        assert_eq!(check(&Tree::without_packages(&[(TABLE, "//! Moved.\n")])).len(), 1);
    }
}
