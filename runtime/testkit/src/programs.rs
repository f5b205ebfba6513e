//! Programs and platforms that are built beside the tests, in the same target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The target folder that the running test was built into.
///
/// # Panics
/// When the test does not lie in one.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // `<target>/debug/deps/<test>`, or `<target>/debug/<program>`.
    let profile = test.ancestors().find(|folder| folder.join("deps").is_dir());
    let target = profile.and_then(Path::parent);
    target.unwrap_or_else(|| panic!("`{}` lies in no target folder", test.display())).to_path_buf()
}

/// The program that compiles components. Built once if it is not there; one that is there is taken as it is.
///
/// # Panics
/// When it cannot be built.
pub fn compiler() -> PathBuf {
    static BUILT: Once = Once::new();
    let program = target().join("debug").join("innominatus-compile");
    BUILT.call_once(|| {
        if program.is_file() {
            return;
        }
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "-p", "innominatus-sandbox", "--bin", "innominatus-compile", "--target-dir"])
            .arg(target())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "innominatus-compile was not built");
    });
    assert!(program.is_file(), "there is no `{}`", program.display());
    program
}

/// The folder of a platform that was built from this repository: `fixtures`, `compose`.
///
/// # Panics
/// When it is not built.
#[track_caller]
pub fn platform(name: &str) -> PathBuf {
    let folder = target().join("platforms").join(name);
    let built = folder.join("platform.yaml").is_file();
    assert!(built, "the platform `{name}` is not built in `{}`: run `cargo xtask guests`", folder.display());
    folder
}

/// Copies such a platform into a folder, to change something about it.
///
/// # Panics
/// When it is not built, or cannot be copied.
#[track_caller]
pub fn copy_platform(name: &str, to: &Path) {
    let from = platform(name);
    let copied = walkdir::WalkDir::new(&from).into_iter().try_for_each(|entry| {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(&from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(copy)
        } else {
            std::fs::copy(entry.path(), copy).map(drop)
        }
    });
    copied.unwrap_or_else(|error| panic!("{name}: {error}"));
}

/// A folder below the target folder that tests of every room may share, made if need be.
///
/// # Panics
/// When it cannot be made.
pub fn shared(name: &str) -> PathBuf {
    let folder = target().join("tests").join(name);
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_the_one_of_this_test() {
        assert!(std::env::current_exe().unwrap().starts_with(target()));
        assert!(target().join("debug").is_dir());
    }

    #[test]
    #[should_panic(expected = "run `cargo xtask guests`")]
    fn a_platform_that_is_not_built_says_how_to_build_it() {
        platform("never-built");
    }
}
