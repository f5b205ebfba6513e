//! Words that no file of the project may hold: unfinished work, tests that do not run, and places that exist
//! on one machine only. The patterns are put together here so that this file does not hold them either.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::tree::Tree;

struct Word {
    pattern: Regex,
    problem: &'static str,
    remedy: &'static str,
    /// Files that may hold it.
    except: &'static [&'static str],
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let word = |pattern: &str, problem, remedy, except| Word {
        pattern: Regex::new(pattern).expect("a constant pattern, compiled by the tests"),
        problem,
        remedy,
        except,
    };
    vec![
        word(
            concat!(
                r"crates",
                r"\.io|deb",
                r"\.debian\.org|pypi",
                r"\.org|registry",
                r"\.npmjs\.org|files",
                r"\.pythonhosted\.org|proxy",
                r"\.golang\.org"
            ),
            "names the host of a package registry",
            "leave it to the tool's own settings",
            // cargo writes the registry into it.
            &["Cargo.lock"],
        ),
        word(
            concat!(r"(?:^|[^\w.}/-])/(?:wo", r"rk|ro", r"ot)(?:/|\b)"),
            "names a folder of one machine",
            "use a path seen from the project, or ask for it",
            &[],
        ),
        word(
            concat!(r"\bto", r"do!"),
            "holds unfinished work",
            "finish it, or fail with a code and a remedy",
            &[],
        ),
        word(
            concat!(r"\bunimple", r"mented!"),
            "holds unfinished work",
            "fail with a code and a remedy",
            &[],
        ),
        word(
            concat!(r"\bFIX", r"ME\b"),
            "holds unfinished work",
            "do it, or write down what is missing",
            &[],
        ),
        word(
            concat!(r"#\[ig", r"nore"),
            "holds a test that does not run",
            "make it run, or take it out",
            &[],
        ),
    ]
});

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(|(file, text)| of_file(file, text)).collect()
}

fn of_file(file: &Path, text: &str) -> Vec<Finding> {
    let words = WORDS.iter().filter(|word| !word.except.iter().any(|except| file == Path::new(except)));
    words
        .flat_map(|word| {
            let held = text.lines().enumerate().filter(|(_, line)| word.pattern.is_match(line));
            held.map(|(index, _)| Finding::new(file, index + 1, word.problem, word.remedy))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &str, text: &str) -> Vec<usize> {
        let found = check(&Tree::without_packages(&[(file, text)]));
        found.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn every_word_is_found_on_its_line() {
        for word in [
            concat!("https://index.crates", ".io/"),
            concat!("http://deb.deb", "ian.org/debian"),
            concat!("https://registry.npm", "js.org"),
            concat!("see /wo", "rk/main/notes"),
            concat!("\"/ro", "ot/.cache\""),
            concat!("    to", "do!()"),
            concat!("    unimple", "mented!(\"later\")"),
            concat!("// FIX", "ME: later"),
            concat!("    #[ig", "nore = \"slow\"]"),
        ] {
            assert_eq!(lines("a.rs", &format!("fine\n{word}\nfine\n")), [2], "{word}");
        }
    }

    #[test]
    fn words_that_only_look_alike_are_fine() {
        for text in ["todo = \"warn\"", "src/work/x", "framework/", "./root/x", "$ROOT/x", "ignore = true"] {
            assert_eq!(lines("a.md", text), [0_usize; 0], "{text}");
        }
    }

    #[test]
    fn the_lock_file_may_name_the_registry_and_nothing_else() {
        let registry = concat!("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");
        assert_eq!(lines("Cargo.lock", registry), [0_usize; 0]);
        assert_eq!(lines("runtime/Cargo.lock", registry), [1]);
    }
}
