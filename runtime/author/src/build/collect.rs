//! Putting a platform together in memory, and finding out whether it is one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use innominatus_model::{Digest, Json};
use innominatus_package::{DOCUMENTS, FileRole, MANIFEST_NAME, Package, open_files};

use super::{BuildError, BuiltComponent, Maker, componentize};
use crate::cargo::Profile;
use crate::workshop::{Answers, ask, judge};
use crate::{Project, Tell, Workshop};

/// A platform in memory.
pub(super) struct Collected {
    /// It, verified.
    pub(super) package: Package,
    /// Every file of it, by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) components: Vec<BuiltComponent>,
    pub(super) answers: Answers,
}

/// Collects a platform's files: fails where the whole is not a platform that would be installed.
pub(super) async fn platform(
    project: &Project,
    profile: Profile,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<Collected, BuildError> {
    let mut bytes = BTreeMap::new();
    let mut makers = BTreeMap::new();
    for path in project.named_as(FileRole::Component) {
        let guest = project.guests.iter().find(|guest| guest.path == path);
        let (maker, found) = match guest {
            Some(guest) => {
                (Maker::Cargo(guest.package.clone()), Some(componentize::component(project, guest, profile)?))
            }
            None => (Maker::File, read(&project.folder, path)?),
        };
        makers.insert(path.to_owned(), maker);
        // One that is missing is reported with its place in the manifest, when the whole is looked at.
        found.into_iter().for_each(|found| drop(bytes.insert(path.to_owned(), found)));
    }
    let answers = ask(project, &bytes, workshop, tell).await.map_err(BuildError::Asking)?;
    if answers.failed() {
        return Err(BuildError::Contract { name: project.manifest.name.clone(), findings: answers.findings });
    }
    let mut files = sources(project)?;
    files.extend(answers.schemas.iter().map(|(path, schema)| (path.clone(), text_of(schema))));
    let component = |(path, bytes): (&String, &Vec<u8>)| BuiltComponent {
        path: path.clone(),
        size: bytes.len(),
        digest: Digest::of(bytes),
        maker: makers.get(path).cloned().unwrap_or(Maker::File),
    };
    let components = bytes.iter().map(component).collect();
    files.extend(bytes);
    let package = open_files(&project.shown, &files)?;
    let findings = judge(project, &package, &answers);
    if !findings.is_empty() {
        return Err(BuildError::Contract { name: project.manifest.name.clone(), findings });
    }
    Ok(Collected { package, files, components, answers })
}

/// What stands in the source folder and belongs to the platform, but for components.
pub(crate) fn sources(project: &Project) -> Result<BTreeMap<String, Vec<u8>>, BuildError> {
    let mut files = BTreeMap::new();
    files.insert(MANIFEST_NAME.to_owned(), project.text.clone());
    let named =
        project.named.iter().filter(|(_, role)| **role != FileRole::Component).map(|(path, _)| path.as_str());
    for path in named.chain(DOCUMENTS) {
        if let Some(bytes) = read(&project.folder, path)? {
            files.insert(path.to_owned(), bytes);
        }
    }
    Ok(files)
}

/// A file of the source folder, if it is there. Symbolic links inside the folder are followed, out of it not.
fn read(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, BuildError> {
    let file = folder.join(path);
    let unread = |source| BuildError::Source { file: file.clone(), source };
    let Ok(real) = fs::canonicalize(&file) else { return Ok(None) };
    if !real.starts_with(folder) || !real.is_file() {
        return Err(unread(std::io::Error::other("it is not a regular file inside the platform's folder")));
    }
    fs::read(&real).map(Some).map_err(unread)
}

/// A schema as it stands in its file.
pub(crate) fn text_of(schema: &Json) -> Vec<u8> {
    format!("{schema:#}\n").into_bytes()
}
