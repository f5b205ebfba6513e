//! Sees that a file was saved that counts: the sources of the platform, its Score files, its tests.
//!
//! What a build writes is not watched (`target`, `dist`, hidden folders, components), and a file counts only if it holds
//! something else than before: a generator that writes what was there already does not keep the loop going.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use innominatus_model::{Code, Coded, Digest};
use innominatus_package::MANIFEST_NAME;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::debounce::Debounce;
use super::{Dev, Options, source};
use crate::Project;

const QUIET: Duration = Duration::from_millis(60);
const LONGEST: Duration = Duration::from_millis(500);
/// Folders that tools write; what is in them is no source.
const WRITTEN: [&str; 3] = ["target", "dist", "node_modules"];
/// Larger files are compared by their size and nothing else.
const COMPARED: u64 = 4 << 20;

/// Files cannot be watched here.
#[derive(Debug, thiserror::Error)]
#[error("files cannot be watched")]
pub struct WatchError {
    #[source]
    source: notify::Error,
}

impl Coded for WatchError {
    fn code(&self) -> Code {
        Code::Unavailable
    }

    fn remedy(&self) -> Option<String> {
        Some("use `--once`; on Linux, `sysctl fs.inotify.max_user_watches` says how many folders can be watched".into())
    }
}

/// Which files count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Scope {
    /// Folders with all that is below.
    roots: BTreeSet<PathBuf>,
    /// Single files outside of them.
    files: BTreeSet<PathBuf>,
    /// Files that a build writes.
    written: BTreeSet<PathBuf>,
}

impl Scope {
    async fn of(options: &Options) -> Self {
        let mut scope = Self::default();
        let project = if options.no_build { None } else { Project::open(&options.folder).await.ok() };
        match &project {
            Some(project) => {
                scope.roots.insert(project.folder.clone());
                for guest in &project.guests {
                    scope.roots.extend(guest.cargo_toml.parent().map(Path::to_path_buf));
                }
                if let Some(workspace) = &project.workspace {
                    scope.files.extend(["Cargo.toml", "Cargo.lock"].map(|file| workspace.root.join(file)));
                }
                let made = project.guests.iter().map(|guest| guest.path.clone());
                let by_command =
                    project.named_as(innominatus_package::FileRole::Component).map(str::to_owned);
                let by_command = by_command.filter(|_| project.manifest.build.is_some());
                scope.written.extend(made.chain(by_command).map(|path| project.folder.join(path)));
            }
            None => {
                let folder = match options.no_build {
                    true => source::built(&options.folder).await.unwrap_or_else(|_| options.folder.clone()),
                    false => options.folder.clone(),
                };
                scope.roots.insert(absolute(&folder));
            }
        }
        scope.files.extend(options.scores.iter().chain(&options.recording).map(|file| absolute(file)));
        scope
    }

    /// Whether a change of this file is a reason for a round.
    fn counts(&self, path: &Path) -> bool {
        if self.files.contains(path) {
            return true;
        }
        let within = self.roots.iter().filter_map(|root| path.strip_prefix(root).ok());
        let plain = |inside: &Path| {
            inside.components().all(|part| {
                let name = part.as_os_str().to_string_lossy();
                !name.starts_with('.') && !WRITTEN.contains(&&*name)
            })
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What editors write beside the file they save: backups, locks, and vim's probe for writable folders.
        let of_an_editor = name.ends_with(['~', '#']) || name.ends_with(".swp") || name == "4913";
        within.into_iter().any(plain) && !of_an_editor && !self.written.contains(path)
    }

    /// Every folder to watch, and every file that counts.
    fn walk(&self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let (mut folders, mut files) = (BTreeSet::new(), self.files.clone());
        folders.extend(self.files.iter().filter_map(|file| file.parent()).map(Path::to_path_buf));
        let mut open: Vec<PathBuf> = self.roots.iter().cloned().collect();
        while let Some(folder) = open.pop() {
            if !folders.insert(folder.clone()) && !self.roots.contains(&folder) {
                continue;
            }
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && self.counts(&path) => open.push(path),
                    Ok(kind) if !kind.is_dir() && self.counts(&path) => _ = files.insert(path),
                    _ => {}
                }
            }
        }
        (folders, files)
    }
}

/// What files held when they were looked at last.
#[derive(Debug, Default)]
struct Seen(BTreeMap<PathBuf, Option<Digest>>);

impl Seen {
    /// Whether it holds something else than before; it is remembered as it is now.
    fn changed(&mut self, path: &Path) -> bool {
        let now = held(path);
        match self.0.insert(path.to_path_buf(), now) {
            Some(before) => before != now,
            None => now.is_some(),
        }
    }
}

fn held(path: &Path) -> Option<Digest> {
    let known = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    if known.len() > COMPARED {
        return Some(Digest::of(format!("{}\n{:?}", known.len(), known.modified().ok()).as_bytes()));
    }
    std::fs::read(path).ok().map(|bytes| Digest::of(&bytes))
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
}

/// Decides which changes are a reason for a round, and when. Knows no watcher: what it is told is what happened.
struct Gate {
    scope: Scope,
    seen: Seen,
    debounce: Debounce,
}

impl Gate {
    fn new(scope: Scope) -> Self {
        let mut seen = Seen::default();
        for file in scope.walk().1 {
            seen.changed(&file);
        }
        Self { scope, seen, debounce: Debounce::new(QUIET, LONGEST) }
    }

    /// Something happened to this path.
    fn told(&mut self, path: &Path, now: Instant) {
        if path.is_dir() && self.scope.counts(path) {
            // Files may stand in a new folder before anybody watches it.
            for file in
                self.scope.walk().1.range(path.to_path_buf()..).take_while(|file| file.starts_with(path))
            {
                self.debounce.add(file.clone(), now);
            }
        } else if self.scope.counts(path) {
            self.debounce.add(path.to_path_buf(), now);
        }
    }

    /// What is to be looked at now, if it is something else than before.
    fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        let mut changed = self.debounce.take(now)?;
        changed.retain(|path| self.seen.changed(path));
        (!changed.is_empty()).then_some(changed)
    }
}

/// Waits for changes.
pub struct Watch {
    watcher: RecommendedWatcher,
    told: UnboundedReceiver<PathBuf>,
    watched: BTreeSet<PathBuf>,
    gate: Gate,
    options: Options,
}

impl Watch {
    /// From now on; what changes during a round is a reason for the next one.
    pub async fn begin(dev: &Dev) -> Result<Self, WatchError> {
        let (teller, told) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            // Nobody listens any more: it ends.
            event.paths.into_iter().for_each(|path| _ = teller.send(path));
        })
        .map_err(|source| WatchError { source })?;
        let gate = Gate::new(Scope::of(dev.options()).await);
        let options = dev.options().clone();
        let mut watch = Self { watcher, told, watched: BTreeSet::new(), gate, options };
        watch.follow()?;
        Ok(watch)
    }

    /// Waits for the next change that counts; says which files it was.
    pub async fn changed(&mut self) -> Result<Vec<PathBuf>, WatchError> {
        loop {
            let due = self.gate.debounce.due();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = self.told.recv() => match told {
                    Some(path) => self.gate.told(&path, Instant::now()),
                    None => std::future::pending().await,
                },
                () = wait => {
                    self.follow()?;
                    if let Some(changed) = self.gate.take(Instant::now()) {
                        if changed.iter().any(|path| is_manifest(path)) {
                            self.gate.scope = Scope::of(&self.options).await;
                            self.follow()?;
                        }
                        return Ok(changed.into_iter().collect());
                    }
                }
            }
        }
    }

    /// Watches folders that are new.
    fn follow(&mut self) -> Result<(), WatchError> {
        let (folders, _) = self.gate.scope.walk();
        for folder in folders.difference(&self.watched) {
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // It went away in between, or is not there yet.
                Err(error)
                    if matches!(error.kind, notify::ErrorKind::PathNotFound | notify::ErrorKind::Io(_))
                        && !folder.exists() => {}
                Err(source) => return Err(WatchError { source }),
            }
        }
        self.watched = folders;
        Ok(())
    }
}

/// Whether other files may count from now on.
fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MANIFEST_NAME || name == "Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, file: &str, text: &str) -> PathBuf {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_change_that_counts_is_told_once_and_when_it_is_quiet() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let manifest = write(&root, "platform.yaml", "a");
        let source = write(&root, "p/src/lib.rs", "a");
        let built = write(&root, "p.wasm", "a");
        let junk = [
            write(&root, "target/debug/x", "a"),
            write(&root, "p/dist/x", "a"),
            write(&root, ".git/index", "a"),
            write(&root, "p/src/.lib.rs.swp", "a"),
            write(&root, "p/src/lib.rs~", "a"),
            write(&root, "p/src/4913", "a"),
        ];
        let scope =
            Scope { roots: [root.clone()].into(), written: [built.clone()].into(), ..Scope::default() };
        assert!(scope.walk().0.iter().all(|folder| !folder.ends_with("target") && !folder.ends_with(".git")));
        let mut gate = Gate::new(scope);
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);

        // None of these is a source, and a source that was written as it was is none either.
        for path in junk.iter().chain([&built]) {
            std::fs::write(path, "b").unwrap();
            gate.told(path, at(0));
        }
        assert_eq!(gate.debounce.due(), None);
        gate.told(&source, at(0));
        assert_eq!(gate.take(at(1000)), None);

        std::fs::write(&source, "b").unwrap();
        std::fs::remove_file(&manifest).unwrap();
        gate.told(&source, at(2000));
        gate.told(&manifest, at(2030));
        assert_eq!(gate.take(at(2060)), None, "it is not quiet yet");
        assert_eq!(gate.take(at(2100)), Some([manifest, source.clone()].into()));
        gate.told(&source, at(3000));
        assert_eq!(gate.take(at(4000)), None, "that was told already");

        // A folder that is new counts with what is in it.
        let new = write(&root, "p/src/more/work.rs", "a");
        gate.told(new.parent().unwrap(), at(5000));
        assert_eq!(gate.take(at(6000)), Some([new].into()));
    }

    #[test]
    fn a_score_file_elsewhere_counts_alone() {
        let folder = tempfile::tempdir().unwrap();
        let score = write(folder.path(), "web.score.yaml", "a");
        let scope = Scope { files: [score.clone()].into(), ..Scope::default() };
        assert!(scope.counts(&score) && !scope.counts(&folder.path().join("other.score.yaml")));
        assert_eq!(scope.walk(), ([folder.path().to_path_buf()].into(), [score].into()));
    }
}
