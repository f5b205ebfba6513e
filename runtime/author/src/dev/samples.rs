//! The Score files that a platform is tried with: those that are named, else the examples that lie beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Severity};
use innominatus_score::{Source, Workload, file_sources, read};

use super::report::Trouble;

/// What Score files beside a platform end with.
pub(crate) const ENDING: &str = ".score.yaml";
/// The folder of examples.
pub(crate) const EXAMPLES: &str = "examples";
/// Bytes of a Score file, and of each file that it names.
const LARGEST: u64 = 1 << 20;

/// The Score files of a platform's folder, in the order of their names: those in `examples`, then those beside the
/// manifest.
pub(crate) fn beside(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [&folder.join(EXAMPLES), folder] {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let scores = entries.map(|entry| entry.path()).filter(|path| is_score(path) && path.is_file());
        let mut scores: Vec<PathBuf> = scores.collect();
        scores.sort();
        found.extend(scores);
    }
    found
}

fn is_score(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING))
}

/// The workload of a Score file. A container with the image `.`, which a person names when it is applied, gets one that
/// is made up.
pub(crate) fn workload(file: &Path) -> Result<Workload, Trouble> {
    let name = file.display().to_string();
    let text = bounded(file).map_err(|why| {
        let code = if file.exists() { Code::FileUnreadable } else { Code::FileNotFound };
        Trouble::new(code, format!("`{name}` {why}"), Some("name a Score file with `--score`".into()))
    })?;
    let files = sources(file, &text)?;
    let reading = read(&Source { name, text, files });
    let errors = reading.diagnostics.into_iter().filter(|found| found.severity == Severity::Error).collect();
    let mut workload = reading.workload.ok_or_else(|| Trouble::in_files(errors))?;
    let containers = workload.spec()["containers"].as_object().into_iter().flatten();
    let open: Vec<String> =
        containers.filter(|(_, container)| container["image"] == ".").map(|(name, _)| name.clone()).collect();
    for container in open {
        workload.set_image(&container, "registry.test/dev:latest");
    }
    Ok(workload)
}

/// The files that it names with `source:`. They lie below its own folder.
fn sources(score: &Path, text: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let folder = score.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |path: &str, why: &str| {
        let remedy = "name a plain file of at most 1 MiB below the folder of the Score file";
        Trouble::new(
            Code::FileSource,
            format!("`{}`: `source: {}` {why}", score.display(), path.escape_debug()),
            Some(remedy.into()),
        )
    };
    let mut files = BTreeMap::new();
    for path in file_sources(text) {
        let real = fs::canonicalize(folder).and_then(|root| Ok((fs::canonicalize(root.join(&path))?, root)));
        let (real, root) = real.map_err(|error| refused(&path, &format!("cannot be read: {error}")))?;
        if !real.starts_with(root) {
            return Err(refused(&path, "leads out of the Score file's folder"));
        }
        let bytes = bounded(&real).map_err(|why| refused(&path, &why))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

/// A plain file that is not too large. The error is a fragment.
fn bounded(file: &Path) -> Result<Vec<u8>, String> {
    let unread = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "is not there".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let known = fs::metadata(file).map_err(unread)?;
    if !known.is_file() {
        return Err("is not a plain file".into());
    }
    if known.len() > LARGEST {
        return Err("is larger than 1 MiB".into());
    }
    fs::read(file).map_err(unread)
}
