//! Every local link in a Markdown page leads to a file or folder of the project, and to a heading if it says so.

use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::tree::Tree;

/// `[text](target)` and `[label]: target`.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$"#;
    Regex::new(pattern).expect("a constant pattern")
});

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, text) in tree.ending("md") {
        for (line, target) in links(text) {
            if let Some(problem) = broken(tree, file, text, &target) {
                found.push(Finding::new(file, line, problem, "correct the link, or write what it leads to"));
            }
        }
    }
    found
}

fn broken(tree: &Tree, file: &Path, text: &str, target: &str) -> Option<String> {
    let elsewhere = target.contains("://") || target.starts_with("mailto:");
    if elsewhere {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let page = if path.is_empty() {
        text
    } else {
        let reached = resolve(file, path);
        if tree.files.keys().all(|known| !known.starts_with(&reached)) {
            return Some(format!("`{target}` leads nowhere: there is no `{}`", reached.display()));
        }
        tree.files.get(&reached).map_or("", String::as_str)
    };
    let anchor = anchor.filter(|anchor| !anchor.is_empty())?;
    // Line numbers and headings of other kinds of file are left to who reads them.
    let is_page = path.is_empty() || path.ends_with(".md");
    (is_page && !headings(page).any(|heading| heading == anchor))
        .then(|| format!("`{target}` leads to a heading that is not there"))
}

/// The links of a page with their lines, those in code left out.
fn links(text: &str) -> Vec<(usize, String)> {
    prose(text)
        .flat_map(|(line, words)| {
            let words = without_code(words);
            let targets = LINK.captures_iter(&words).filter_map(|link| link.get(1).or(link.get(2)));
            targets.map(|target| (line, target.as_str().to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

/// The lines outside fenced code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').enumerate().filter(|(index, _)| index % 2 == 0).map(|(_, part)| part).collect()
}

/// The anchors of a page's headings, as common renderers make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept =
            words.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    })
}

/// A link's path seen from the project's folder.
fn resolve(file: &Path, path: &str) -> PathBuf {
    let start = if path.starts_with('/') { Path::new("") } else { file.parent().unwrap_or(Path::new("")) };
    let mut reached = PathBuf::new();
    for part in start.join(path.trim_start_matches('/')).components() {
        match part {
            Component::Normal(name) => reached.push(name),
            // Above the project there is nothing; the link then names a file that is not known.
            Component::ParentDir if !reached.pop() => reached.push(".."),
            _ => {}
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(page: &str) -> Vec<usize> {
        let other = ("docs/guide/first.md", "# First steps, in order\n");
        let found = check(&Tree::without_packages(&[("docs/a.md", page), other, ("LICENSE", "text")]));
        found.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_to_files_folders_headings_and_elsewhere_are_fine() {
        let page = "# A page\n[f](guide/first.md) [d](guide/) [up](../LICENSE) [top](/LICENSE)\n\
                    [h](guide/first.md#first-steps-in-order) [own](#a-page) [web](https://score.dev)\n\n\
                    [ref]: guide/first.md\n";
        assert_eq!(problems(page), [0_usize; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found_with_their_line() {
        let page = "# A\n[a](guide/second.md)\n[b](../../LICENSE)\n[c](guide/first.md#second)\n[d](#b)\n\n[e]: gone.md\n";
        assert_eq!(problems(page), [2, 3, 4, 5, 7]);
    }

    #[test]
    fn code_is_not_read_for_links() {
        assert_eq!(problems("`[a](gone.md)`\n\n```\n[b](gone.md)\n```\n"), [0_usize; 0]);
    }
}
