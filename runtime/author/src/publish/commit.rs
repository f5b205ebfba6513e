//! The commit that a project is at, as git has it. A repository may be somebody else's, so nothing that it names is run
//! for that: no filters, hooks or monitors, and nothing is fetched. Files are compared as they lie there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use innominatus_package::MANIFEST_NAME;

use crate::process::Command;

/// Whoever has more to look through than this signs without a commit.
const PATIENCE: Duration = Duration::from_secs(60);
/// A larger `platform.yaml` is not the one that was packed.
const MOST: u64 = 16 << 20;
/// Paths of one call, well below what a command line may hold.
const AT_ONCE: usize = 200;

/// The commit that a project was at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCommit {
    /// Its whole id.
    pub commit: String,
    /// Whether the work tree held what the commit does not: then the platform may be made of that.
    pub dirty: bool,
}

/// The commit of the project; none where the folder is not the one that this was made of, or git does not keep it. Another
/// repository that the folder happens to lie in says nothing of it.
pub(super) async fn commit_of(folder: &Path, manifest: &[u8]) -> Option<SourceCommit> {
    if regular(&folder.join(MANIFEST_NAME))? != manifest {
        return None;
    }
    tokio::time::timeout(PATIENCE, look(folder)).await.ok().flatten()
}

async fn look(folder: &Path) -> Option<SourceCommit> {
    git(folder, &["ls-files", "--error-unmatch", "--", MANIFEST_NAME]).await?;
    let commit = git(folder, &["rev-parse", "--verify", "HEAD"]).await?.trim().to_owned();
    let is_commit = matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"]).await?.trim_end_matches('\n'));
    let dirty = is_dirty(&root, &commit).await?;
    is_commit.then_some(SourceCommit { commit, dirty })
}

/// Whether anything is there that the commit does not have, or not so. What git would turn into the same, and what it was
/// told not to look at, counts as well.
async fn is_dirty(root: &Path, commit: &str) -> Option<bool> {
    let staged = ["diff-index", "--cached", "--no-ext-diff", "--ignore-submodules=none", "--name-only"];
    let staged = git(root, &[&staged[..], &[commit, "--"]].concat()).await?;
    let others = git(root, &["ls-files", "--others", "--exclude-standard"]).await?;
    if !staged.is_empty() || !others.is_empty() {
        return Some(true);
    }
    let listed = git(root, &["ls-tree", "-r", "-z", "--full-tree", commit]).await?;
    let mut files: Vec<(&str, &str)> = Vec::new();
    for entry in listed.split_terminator('\0') {
        let (what, path) = entry.split_once('\t')?;
        let mut what = what.split(' ');
        let (mode, hash) = (what.next()?, what.nth(1)?);
        match mode {
            "120000" => {
                let target = std::fs::read_link(root.join(path)).unwrap_or_default();
                if Path::new(&git(root, &["cat-file", "blob", hash]).await?) != target {
                    return Some(true);
                }
            }
            "100644" | "100755" if is_regular(&root.join(path)) => files.push((path, hash)),
            // It is gone, or something else; or another repository, which is not looked into.
            _ => return Some(true),
        }
    }
    for some in files.chunks(AT_ONCE) {
        let paths: Vec<&str> = some.iter().map(|(path, _)| *path).collect();
        let found = git(root, &[&["hash-object", "--no-filters", "--"], &paths[..]].concat()).await?;
        if !found.lines().eq(some.iter().map(|(_, hash)| *hash)) {
            return Some(true);
        }
    }
    Some(false)
}

fn is_regular(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// A file's bytes; none of what is no file, so that nobody waits for a pipe.
fn regular(path: &Path) -> Option<Vec<u8>> {
    let found = std::fs::metadata(path).ok()?;
    if !found.is_file() || found.len() > MOST {
        return None;
    }
    std::fs::read(path).ok()
}

/// Asks git, which writes nothing for that. Where it is not there, or knows nothing, nothing is known.
async fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git").args(["--no-optional-locks", "-c", "core.fsmonitor=false"]);
    // A hook of another repository names that one.
    for other in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command = command.env(other, None::<&str>);
    }
    for (name, value) in
        [("GIT_NO_REPLACE_OBJECTS", "1"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")]
    {
        command = command.env(name, Some(value));
    }
    command.args(arguments).folder(folder).output().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(folder: &Path, arguments: &[&str]) {
        let who = ["-c", "user.name=Ann", "-c", "user.email=ann@acme.example", "-c", "commit.gpgsign=false"];
        let mut command = std::process::Command::new("git");
        command
            .args(who)
            .args(arguments)
            .current_dir(folder)
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE");
        assert!(command.status().unwrap().success(), "{arguments:?}");
    }

    const TEXT: &[u8] = b"kind: Platform\n";

    /// A project that is committed, with a source and a link to it.
    fn project() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        std::fs::write(folder.join(MANIFEST_NAME), TEXT).unwrap();
        std::fs::write(folder.join("source"), "one\n").unwrap();
        std::os::unix::fs::symlink("source", folder.join("link")).unwrap();
        runs(folder, &["init", "--quiet"]);
        runs(folder, &["add", "."]);
        runs(folder, &["commit", "--quiet", "--message", "A platform"]);
        root
    }

    #[tokio::test]
    async fn a_commit_is_named_where_it_holds_the_project() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        std::fs::write(folder.join(MANIFEST_NAME), TEXT).unwrap();
        assert_eq!(commit_of(folder, TEXT).await, None, "git does not know it");
        runs(folder, &["init", "--quiet"]);
        assert_eq!(commit_of(folder, TEXT).await, None, "it lies in a work tree and is not of it");
        runs(folder, &["add", MANIFEST_NAME]);
        assert_eq!(commit_of(folder, TEXT).await, None, "there is no commit");
        runs(folder, &["commit", "--quiet", "--message", "A platform"]);
        let clean = commit_of(folder, TEXT).await.unwrap();
        assert_eq!((clean.commit.len(), clean.dirty), (40, false), "{clean:?}");
        assert_eq!(commit_of(folder, b"kind: Other\n").await, None, "it is not what was signed");

        let within = folder.join("target");
        std::fs::create_dir(&within).unwrap();
        std::fs::write(within.join(MANIFEST_NAME), TEXT).unwrap();
        assert_eq!(commit_of(&within, TEXT).await, None, "what was built is not of the commit");
        let changed = commit_of(folder, TEXT).await.unwrap();
        assert_eq!(changed, SourceCommit { dirty: true, ..clean });
    }

    #[tokio::test]
    async fn whatever_differs_is_seen_whatever_git_was_told() {
        let changed = |change: fn(&Path)| async move {
            let root = project();
            assert!(!commit_of(root.path(), TEXT).await.unwrap().dirty);
            change(root.path());
            commit_of(root.path(), TEXT).await.unwrap().dirty
        };
        let write = |folder: &Path| std::fs::write(folder.join("source"), "two\n").unwrap();
        assert!(changed(write).await);
        assert!(
            changed(|folder| {
                runs(folder, &["update-index", "--assume-unchanged", "source"]);
                std::fs::write(folder.join("source"), "two\n").unwrap();
            })
            .await
        );
        assert!(
            changed(|folder| {
                std::fs::write(folder.join("source"), "two\n").unwrap();
                runs(folder, &["add", "source"]);
                std::fs::write(folder.join("source"), "one\n").unwrap();
            })
            .await
        );
        assert!(changed(|folder| std::fs::remove_file(folder.join("source")).unwrap()).await);
        assert!(
            changed(|folder| {
                std::fs::remove_file(folder.join("link")).unwrap();
                std::os::unix::fs::symlink(MANIFEST_NAME, folder.join("link")).unwrap();
            })
            .await
        );
        assert!(
            changed(|folder| {
                runs(folder, &["commit", "--quiet", "--allow-empty", "--message", "Another"]);
                std::fs::write(folder.join("source"), "two\n").unwrap();
                runs(folder, &["commit", "--quiet", "--all", "--message", "Changed"]);
                runs(folder, &["replace", "HEAD~1", "HEAD"]);
                runs(folder, &["reset", "--quiet", "--soft", "HEAD~1"]);
            })
            .await
        );
    }

    #[tokio::test]
    async fn nothing_that_the_repository_names_is_run() {
        let root = project();
        let (folder, ran) = (root.path(), root.path().join(".git/ran"));
        std::fs::write(folder.join(".git/info/attributes"), "* filter=evil diff=evil\n").unwrap();
        let run = format!("touch {}", ran.display());
        for name in ["filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command"] {
            runs(folder, &["config", name, &run]);
        }
        runs(folder, &["config", "core.fsmonitor", &run]);
        std::fs::write(folder.join("source"), "one\n").unwrap();
        assert!(!commit_of(folder, TEXT).await.unwrap().dirty);
        std::fs::write(folder.join("source"), "two\n").unwrap();
        assert!(commit_of(folder, TEXT).await.unwrap().dirty);
        assert!(!ran.exists());

        // Nobody waits for a pipe.
        std::fs::remove_file(folder.join(MANIFEST_NAME)).unwrap();
        assert!(
            std::process::Command::new("mkfifo").arg(folder.join(MANIFEST_NAME)).status().unwrap().success()
        );
        assert_eq!(commit_of(folder, TEXT).await, None);
    }
}
