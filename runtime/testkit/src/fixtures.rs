//! Where fixtures lie, and walking them.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The repository's `fixtures` folder.
pub fn root() -> PathBuf {
    repository().join("fixtures")
}

/// The Score specification's own files, in `shared/score` beside the repository. They are not part of the
/// repository: when they are absent this says so on stderr, and the test that wanted them is skipped.
pub fn shared_score() -> Option<PathBuf> {
    let folder = repository().parent()?.join("shared").join("score");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("skipped: no folder {}", folder.display());
    }
    None
}

/// Every file below `folder` whose name ends with `suffix`, sorted by path.
///
/// # Panics
/// When the folder cannot be read or holds no such file: a test over no data cannot fail.
#[track_caller]
pub fn files(folder: impl AsRef<Path>, suffix: &str) -> Vec<PathBuf> {
    let folder = folder.as_ref();
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap_or_else(|error| panic!("fixtures in {}: {error}", folder.display()));
        if entry.file_type().is_file() && entry.file_name().to_string_lossy().ends_with(suffix) {
            files.push(entry.into_path());
        }
    }
    assert!(!files.is_empty(), "no fixture ends with `{suffix}` in {}", folder.display());
    files
}

fn repository() -> PathBuf {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    room.ancestors().nth(2).expect("the room lies two folders below the repository").to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_repositorys() {
        assert!(root().is_dir());
        assert!(root().with_file_name("Cargo.toml").is_file());
    }

    #[test]
    fn files_are_found_at_any_depth_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a/z.yaml", "a/y.json"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = files(folder.path(), ".yaml");
        assert_eq!(found, [folder.path().join("a/z.yaml"), folder.path().join("b.yaml")]);
    }

    #[test]
    #[should_panic(expected = "no fixture ends with `.yaml`")]
    fn an_empty_walk_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        files(folder.path(), ".yaml");
    }
}
