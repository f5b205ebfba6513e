//! The SDK as this program holds it: written into new projects, renewed in old ones, found where it was changed by hand.

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_model::{CORE_VERSION, Digest};

use super::{ScaffoldError, render};
use crate::Project;
use crate::files::write;
use crate::sync::{Derived, SyncError, read};

macro_rules! rust {
    ($path:literal) => {
        (concat!("rust/", $path), include_str!(concat!("../../../../guest-sdk/rust/", $path)))
    };
}

macro_rules! wit {
    ($path:literal) => {
        (concat!("wit/since-1.0/", $path), include_str!(concat!("../../../../wit/since-1.0/", $path)))
    };
}

/// Its sources and the contract.
const EMBEDDED: &[(&str, &str)] = &[
    rust!("README.md"),
    rust!("src/bindings.rs"),
    rust!("src/component/golden_path.rs"),
    rust!("src/component/mod.rs"),
    rust!("src/component/provisioners.rs"),
    rust!("src/export.rs"),
    rust!("src/golden_path/mod.rs"),
    rust!("src/golden_path/request.rs"),
    rust!("src/golden_path/step.rs"),
    rust!("src/host/component.rs"),
    rust!("src/host/http.rs"),
    rust!("src/host/mod.rs"),
    rust!("src/host/native.rs"),
    rust!("src/host/secrets.rs"),
    rust!("src/lib.rs"),
    rust!("src/placeholder/mod.rs"),
    rust!("src/placeholder/template.rs"),
    rust!("src/placeholder/values.rs"),
    rust!("src/prelude.rs"),
    rust!("src/provisioner.rs"),
    rust!("src/schema.rs"),
    rust!("src/testing/capture.rs"),
    rust!("src/testing/fake_host.rs"),
    rust!("src/testing/mod.rs"),
    rust!("src/testing/recipes.rs"),
    rust!("src/value/answer.rs"),
    rust!("src/value/failure.rs"),
    rust!("src/value/mod.rs"),
    rust!("src/value/offer.rs"),
    rust!("src/value/state.rs"),
    rust!("src/value/target.rs"),
    rust!("src/wire/golden_path.rs"),
    rust!("src/wire/mod.rs"),
    rust!("src/wire/provisioner.rs"),
    rust!("src/wire/tests.rs"),
    wit!("capabilities.wit"),
    wit!("generator.wit"),
    wit!("lifecycle.wit"),
    wit!("types.wit"),
];

/// Where the SDK stands in a project.
const FOLDER: &str = "sdk";
/// Says which SDK it is; written last.
const MARK: &str = "sdk/VERSION";
/// From the SDK's package to the contract: here, and in a project.
const TO_CONTRACT: [&str; 2] = ["\"../../wit/since-1.0\"", "\"../wit/since-1.0\""];

/// Every file, by its path in a project.
pub(crate) fn files() -> Result<BTreeMap<String, String>, ScaffoldError> {
    let embedded = EMBEDDED.iter().map(|(path, text)| (*path, text.replace(TO_CONTRACT[0], TO_CONTRACT[1])));
    let all = embedded.chain(render::sdk()?);
    let mut files: BTreeMap<String, String> =
        all.map(|(path, text)| (format!("{FOLDER}/{path}"), text)).collect();
    let mark = mark(&CORE_VERSION.to_string(), &digest(&files));
    files.insert(MARK.to_owned(), mark);
    Ok(files)
}

/// The one place that says which SDK it is, and each file that was changed by hand.
pub(crate) fn derived(project: &Project) -> Result<Vec<Derived>, SyncError> {
    let place = |path: &str, what: &str, found: &str, wanted: &str, optional: bool| Derived {
        file: project.show(&project.folder.join(path)),
        line: 0,
        column: 0,
        what: what.to_owned(),
        found: found.to_owned(),
        wanted: wanted.to_owned(),
        optional,
        path: project.folder.join(path),
        span: None,
    };
    let Some(mark) = read(&project.folder.join(MARK))? else { return Ok(Vec::new()) };
    let ours = files()?;
    let wanted = ours.get(MARK).map_or("", String::as_str).trim_end();
    let mut all = Vec::new();
    if mark.trim_end() == wanted {
        for (path, text) in ours.iter().filter(|(path, _)| *path != MARK) {
            let found = read(&project.folder.join(path))?;
            let state = match found {
                Some(found) if found == *text => "as generated",
                Some(_) => "changed by hand",
                None => "missing",
            };
            if state != "as generated" {
                all.push(place(path, "this file of the SDK", state, "as generated", false));
            }
        }
    }
    // An SDK of another innominatus goes on working: to renew it is the author's choice.
    all.push(place(MARK, "the SDK", mark.trim_end(), wanted, true));
    Ok(all)
}

/// Writes the SDK of this program where a project has one that is not the same; names what was written.
pub(crate) fn renew(project: &Project) -> Result<Vec<String>, SyncError> {
    if !project.folder.join(MARK).is_file() {
        return Ok(Vec::new());
    }
    let mut written = Vec::new();
    let ours = files()?;
    // The mark last: it says that the rest is there.
    let last = |path: &str| path == MARK;
    let (rest, mark): (Vec<_>, Vec<_>) = ours.iter().partition(|(path, _)| !last(path));
    for (path, text) in rest.into_iter().chain(mark) {
        if write(&project.folder, path, text.as_bytes())? {
            written.push(project.show(&project.folder.join(path)));
        }
    }
    remove_others(project, &ours)?;
    Ok(written)
}

/// Sources that an older SDK had: the compiler would not mind them, a reader would.
fn remove_others(project: &Project, ours: &BTreeMap<String, String>) -> Result<(), SyncError> {
    let mut open = vec![project.folder.join(FOLDER)];
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if !is_ours(&project.folder, &path, ours) {
                std::fs::remove_file(&path).map_err(crate::files::at(&path))?;
            }
        }
    }
    Ok(())
}

fn is_ours(folder: &Path, path: &Path, ours: &BTreeMap<String, String>) -> bool {
    path.strip_prefix(folder).ok().and_then(Path::to_str).is_some_and(|path| ours.contains_key(path))
}

fn mark(version: &str, digest: &Digest) -> String {
    format!("innominatus {version} {digest}\n")
}

fn digest(files: &BTreeMap<String, String>) -> Digest {
    let mut all = Vec::new();
    for (path, text) in files {
        all.extend_from_slice(format!("{path} {}\n", text.len()).as_bytes());
        all.extend_from_slice(text.as_bytes());
    }
    Digest::of(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_sdk_and_of_the_contract_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = vec!["rust/README.md".to_owned()];
        let mut open = vec![(root.join("guest-sdk/rust/src"), "rust/src".to_owned())];
        open.push((root.join("wit/since-1.0"), "wit/since-1.0".to_owned()));
        while let Some((folder, name)) = open.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
                if path.is_dir() { open.push((path, name)) } else { found.push(name) }
            }
        }
        found.sort();
        let mut embedded: Vec<_> = EMBEDDED.iter().map(|(path, _)| (*path).to_owned()).collect();
        embedded.sort();
        assert_eq!(embedded, found);
    }

    #[test]
    fn the_sdk_finds_the_contract_where_a_project_has_it() {
        let files = files().unwrap();
        let bindings = &files["sdk/rust/src/bindings.rs"];
        assert_eq!(
            (bindings.matches(TO_CONTRACT[0]).count(), bindings.matches(TO_CONTRACT[1]).count()),
            (0, 2)
        );
    }
}
