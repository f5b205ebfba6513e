//! Titles: the paths that layers carry. They become paths of files again on machines that we do not know.

use std::collections::BTreeSet;

use super::ArtifactError;

/// The annotation that holds a layer's path.
pub const TITLE: &str = "org.opencontainers.image.title";

/// Longer paths do not survive every file system.
const LIMIT: usize = 200;

/// Whether a title is a plain relative path.
pub(super) fn check(title: &str) -> Result<(), ArtifactError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let segment = |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
    let problem = if title.len() > LIMIT {
        format!("is longer than {LIMIT} bytes")
    } else if !title.split('/').all(segment) {
        "is not a plain path of letters, digits, `.`, `_` and `-`".to_owned()
    } else if title.to_ascii_lowercase().ends_with(".cwasm") {
        "is a precompiled component, which nobody may hand to another".to_owned()
    } else {
        return Ok(());
    };
    let shown: String = title.chars().take(LIMIT).collect();
    Err(ArtifactError::invalid(format!("the file `{}` {problem}", shown.escape_debug())))
}

/// Titles that were seen. Two that differ in case alone would be one file on some machines.
#[derive(Default)]
pub(super) struct Titles(BTreeSet<String>);

impl Titles {
    /// Takes the next one.
    pub(super) fn add(&mut self, title: &str) -> Result<(), ArtifactError> {
        check(title)?;
        if self.0.insert(title.to_ascii_lowercase()) {
            return Ok(());
        }
        Err(ArtifactError::invalid(format!("the file `{title}` is there twice, or differs in case alone")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_titles() {
        for good in ["platform.yaml", "a/b-c_d.wasm", "..a", "a..b/c"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "x".repeat(LIMIT + 1);
        for bad in [
            "", "/a", "a/", "a//b", "../a", "a/../b", ".", "./a", "a\\b", "a b", "é", "a\0", "C:a",
            "a.cwasm", "A.CWASM", &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn titles_that_differ_in_case_are_one() {
        let mut titles = Titles::default();
        titles.add("README.md").unwrap();
        assert!(titles.add("readme.MD").is_err());
        assert!(titles.add("README.txt").is_ok());
    }
}
