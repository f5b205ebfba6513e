//! A built folder becomes an artifact, on disk.

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_model::{Digest, Name, Version};
use innominatus_package::{ComponentFacts, Image, Package, Reference, Stamp, Tag, open_folder};
use innominatus_registry::push as put;
use innominatus_sandbox::inspect;

use super::{Access, PublishError, Stage};

/// What was packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The platform.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// How to name it: `oci-layout:dist/acme.tar:1.0.0-dev`.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// Files and their sizes, in order of their paths.
    pub files: Vec<(String, u64)>,
}

/// A platform's folder as an artifact. The same files give the same digest, on any machine.
pub fn image_of(folder: &Path) -> Result<(Package, Image), PublishError> {
    let package = open_folder(folder)?;
    let image = image(&package)?;
    Ok((package, image))
}

/// The same of files that are in memory.
pub(crate) fn image(package: &Package) -> Result<Image, PublishError> {
    let mut facts = BTreeMap::new();
    for (path, blob) in package.components() {
        let contract = inspect(&blob.bytes)
            .map_err(|source| PublishError::Component { path: path.to_owned(), source })?;
        facts.insert(path.to_owned(), ComponentFacts::from(&contract));
    }
    // When and from what it was built says nothing about what it is, and would give the same files another digest: that
    // is for provenance to say.
    Ok(Image::pack(package, &facts, &Stamp::default())?)
}

/// Writes a layout with the artifact: a folder, or a file where the path ends in `.tar`.
pub async fn pack(access: &Access, folder: &Path, to: &Path, stage: Stage) -> Result<Packed, PublishError> {
    let (package, image) = image_of(folder)?;
    let (name, version) = (package.manifest.name.clone(), package.manifest.version.clone());
    let tag: Tag = stage.label(&version).parse()?;
    let reference = Reference::Layout { path: to.to_owned(), tag: Some(tag.clone()), digest: None };
    let opened = access.create(&reference)?;
    put(opened.registry(), opened.repository(), &[tag], &image, &[], true).await?;
    opened.finish()?;
    let files = package.files.iter().map(|(path, file)| (path.clone(), file.blob.bytes.len() as u64));
    Ok(Packed {
        name,
        version,
        reference: reference.to_string(),
        digest: image.digest(),
        files: files.collect(),
    })
}
