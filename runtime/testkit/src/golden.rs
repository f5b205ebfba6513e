//! Goldens: the expected text stands in a file, and a person can bless what the code says now.

use std::path::Path;
use std::{env, fs, io};

use similar::TextDiff;

/// Compares a text with a file, byte for byte. With `BLESS=1` in the environment the file is written
/// instead, with the folders above it.
///
/// # Panics
/// When they differ: the message is a unified diff and says how to accept the new text.
#[track_caller]
pub fn check(path: impl AsRef<Path>, actual: &str) {
    if let Err(difference) = compare(path, actual) {
        panic!("{difference}");
    }
}

/// Like [`check`], for tests that walk a folder and tell of every difference at once: the error is the
/// unified diff.
pub fn compare(path: impl AsRef<Path>, actual: &str) -> Result<(), String> {
    let blessing = env::var("BLESS").is_ok_and(|value| value == "1");
    compare_or_bless(path.as_ref(), actual, blessing)
}

fn compare_or_bless(path: &Path, actual: &str, blessing: bool) -> Result<(), String> {
    let shown = path.display();
    let expected = match fs::read_to_string(path) {
        Ok(expected) => Some(expected),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("golden {shown} cannot be read: {error}")),
    };
    if expected.as_deref() == Some(actual) {
        return Ok(());
    }
    if blessing {
        let folder = path.parent().unwrap_or(Path::new("."));
        return fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, actual))
            .map_err(|error| format!("golden {shown} cannot be written: {error}"));
    }
    let missing = if expected.is_none() { " (the file does not exist)" } else { "" };
    let expected = expected.unwrap_or_default();
    let diff = TextDiff::from_lines(expected.as_str(), actual);
    let diff = diff.unified_diff().context_radius(3).header("expected", "actual").to_string();
    Err(format!("differs from golden {shown}{missing}\n{diff}\nif the new text is right: BLESS=1 cargo test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_as_a_unified_diff() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(compare_or_bless(&path, "one\ntwo\n", false), Ok(()));
        let error = compare_or_bless(&path, "one\nthree\n", false).unwrap_err();
        assert!(error.contains("-two\n+three\n"), "{error}");
        assert!(error.contains("BLESS=1"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n", "nothing is written unasked");
    }

    #[test]
    fn a_missing_golden_is_a_difference_even_for_an_empty_text() {
        let folder = tempfile::tempdir().unwrap();
        let error = compare_or_bless(&folder.path().join("none"), "", false).unwrap_err();
        assert!(error.contains("does not exist"), "{error}");
    }

    #[test]
    fn blessing_writes_the_file_and_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/a.txt");
        assert_eq!(compare_or_bless(&path, "text", true), Ok(()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }
}
