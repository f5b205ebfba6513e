//! The whole artifact: packed from a package, and unpacked into one again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use innominatus_model::Digest;

use super::title::{self, Titles};
use super::{
    ARTIFACT_TYPE, ArtifactError, CONFIG_TYPE, ComponentFacts, Config, Descriptor, ImageManifest,
    LAYERS_LIMIT, TITLE, config, media,
};
use crate::{Blob, MANIFEST_NAME, Package, open_files};

/// What a manifest may say of the act of packing. Without it, the same folder is the same artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// When it was made, as RFC 3339 writes it; of the source, not of the clock.
    pub created: Option<String>,
    /// The revision of the source.
    pub revision: Option<String>,
}

/// A platform's artifact, with all its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    manifest: ImageManifest,
    manifest_blob: Blob,
    config: Config,
    config_blob: Blob,
    files: BTreeMap<String, Blob>,
}

impl Image {
    /// Packs a platform. `facts` are of its components, by path.
    pub fn pack(
        package: &Package,
        facts: &BTreeMap<String, ComponentFacts>,
        stamp: &Stamp,
    ) -> Result<Self, ArtifactError> {
        if package.files.len() > LAYERS_LIMIT {
            return Err(ArtifactError::Pack(format!("it has more than {LAYERS_LIMIT} files")));
        }
        let (config, config_bytes) = Config::of(package, facts)?;
        let (mut titles, mut layers, mut files) = (Titles::default(), Vec::new(), BTreeMap::new());
        for (path, file) in &package.files {
            titles.add(path).map_err(|error| ArtifactError::Pack(error.to_string()))?;
            if let Some(native) = media::native(&file.blob.bytes) {
                return Err(ArtifactError::Pack(format!("the file `{path}` is {native}")));
            }
            let mut layer = Descriptor::of(media::of(file.role, path), &file.blob.bytes);
            layer.annotations.insert(TITLE.to_owned(), path.clone());
            if package.component(path).is_some() {
                layer
                    .annotations
                    .insert("dev.innominatus.component".to_owned(), config::entries(package, path));
            }
            layers.push(layer);
            files.insert(path.clone(), file.blob.clone());
        }
        let manifest = ImageManifest {
            artifact_type: Some(ARTIFACT_TYPE.to_owned()),
            config: Descriptor::of(CONFIG_TYPE, &config_bytes),
            layers,
            subject: None,
            annotations: annotations(package, &config, stamp),
        };
        let manifest_blob = Blob::new(manifest.to_bytes());
        Ok(Self { manifest, manifest_blob, config, config_blob: Blob::new(config_bytes), files })
    }

    /// Puts an artifact together again: `files` are the layers' bytes by their titles.
    ///
    /// Nothing is believed twice: config and layers name the same files; the bytes are theirs; and the platform that
    /// the files are, written down again, is the config. What was found in the components is still the publisher's
    /// word: [`Image::check`] it.
    pub fn unpack(
        manifest: &[u8],
        config: &[u8],
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<(Self, Package), ArtifactError> {
        let manifest_blob = Blob::new(manifest);
        let manifest = ImageManifest::read(manifest)?;
        manifest.config.check("its config", config)?;
        let config_blob = Blob::new(config);
        let config = Config::read(config)?;
        same_files(&manifest, &config)?;
        for layer in &manifest.layers {
            let title = layer.title().unwrap_or_default();
            let bytes = files.get(title).ok_or_else(|| absent(title))?;
            layer.check(&format!("the file `{title}`"), bytes)?;
            if let Some(native) = media::native(bytes) {
                return Err(ArtifactError::invalid(format!("the file `{title}` is {native}")));
            }
        }
        if let Some(title) = files.keys().find(|title| !config.files.contains_key(*title)) {
            return Err(ArtifactError::invalid(format!(
                "the file `{}` is not its own",
                title.escape_debug()
            )));
        }
        let package = open_files(Path::new(MANIFEST_NAME), &files)
            .map_err(|error| ArtifactError::Platform(Box::new(error)))?;
        same_roles(&manifest, &package)?;
        let (_, again) = Config::of(&package, &config.facts).map_err(|error| {
            ArtifactError::invalid(format!("its config cannot be written again: {error}"))
        })?;
        if again != *config_blob.bytes {
            return Err(ArtifactError::invalid("its config does not say what its `platform.yaml` says"));
        }
        let files = package.files.iter().map(|(path, file)| (path.clone(), file.blob.clone())).collect();
        Ok((Self { manifest, manifest_blob, config, config_blob, files }, package))
    }

    /// Whether the config says of the package and its components what is true. `facts` are the installer's own.
    pub fn check(
        &self,
        package: &Package,
        facts: &BTreeMap<String, ComponentFacts>,
    ) -> Result<(), ArtifactError> {
        let (own, bytes) = Config::of(package, facts)?;
        if bytes == *self.config_blob.bytes {
            return Ok(());
        }
        let different = own.facts.iter().find(|(path, facts)| self.config.facts.get(*path) != Some(facts));
        Err(ArtifactError::invalid(match different {
            Some((path, _)) => format!("its config says of the component `{path}` what is not in it"),
            None => "its config is of another platform".to_owned(),
        }))
    }

    /// The artifact's digest: of the manifest's bytes, and by them of everything.
    pub fn digest(&self) -> Digest {
        self.manifest_blob.digest
    }

    /// The manifest.
    pub fn manifest(&self) -> &ImageManifest {
        &self.manifest
    }

    /// The manifest's bytes.
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.manifest_blob.bytes
    }

    /// The config.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The config's bytes.
    pub fn config_bytes(&self) -> &[u8] {
        &self.config_blob.bytes
    }

    /// Config and layers with their bytes, each digest once.
    pub fn blobs(&self) -> Vec<(&Descriptor, &[u8])> {
        let mut known = BTreeSet::new();
        let layers = self.manifest.layers.iter().filter_map(|layer| {
            let blob = self.files.get(layer.title()?)?;
            Some((layer, &*blob.bytes))
        });
        std::iter::once((&self.manifest.config, self.config_bytes()))
            .chain(layers)
            .filter(|(descriptor, _)| known.insert(descriptor.digest))
            .collect()
    }

    /// How many bytes it has altogether, each blob once.
    pub fn size(&self) -> u64 {
        let blobs: u64 = self.blobs().iter().map(|(descriptor, _)| descriptor.size).sum();
        blobs + self.manifest_bytes().len() as u64
    }
}

/// Hints for listings; what counts is in the config.
fn annotations(package: &Package, config: &Config, stamp: &Stamp) -> BTreeMap<String, String> {
    let manifest = &package.manifest;
    let range = &manifest.compatibility;
    let image = |name: &str| format!("org.opencontainers.image.{name}");
    let own = |name: &str| format!("dev.innominatus.{name}");
    let all = [
        (image("title"), Some(manifest.name.to_string())),
        (image("version"), Some(manifest.version.to_string())),
        (image("description"), manifest.description.clone()),
        (image("licenses"), manifest.license.clone()),
        (image("source"), manifest.repository.clone()),
        (image("created"), stamp.created.clone()),
        (image("revision"), stamp.revision.clone()),
        (own("platform"), Some(manifest.name.to_string())),
        (own("core-min"), Some(range.min().to_string())),
        (own("core-max"), range.max().map(ToString::to_string)),
        (own("wit"), Some(config.contracts().join(",")).filter(|contracts| !contracts.is_empty())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn same_files(manifest: &ImageManifest, config: &Config) -> Result<(), ArtifactError> {
    for title in config.files.keys() {
        title::check(title)?;
    }
    let layers: BTreeMap<&str, Digest> =
        manifest.layers.iter().filter_map(|layer| Some((layer.title()?, layer.digest))).collect();
    let files: BTreeMap<&str, Digest> =
        config.files.iter().map(|(title, digest)| (title.as_str(), *digest)).collect();
    let differs = |title: &&&str| layers.get(**title) != files.get(**title);
    match layers.keys().chain(files.keys()).find(differs) {
        None => Ok(()),
        Some(title) => Err(ArtifactError::invalid(format!(
            "its config and its layers do not agree on the file `{title}`"
        ))),
    }
}

/// Every layer is a file of the platform, and of the kind that it says.
fn same_roles(manifest: &ImageManifest, package: &Package) -> Result<(), ArtifactError> {
    for layer in &manifest.layers {
        let title = layer.title().unwrap_or_default();
        let Some(file) = package.files.get(title) else {
            return Err(ArtifactError::invalid(format!(
                "its `platform.yaml` has no use for the file `{title}`"
            )));
        };
        if media::of(file.role, title) != layer.media_type {
            let problem = format!("the file `{title}` is a {}, not `{}`", file.role.what(), layer.media_type);
            return Err(ArtifactError::invalid(problem));
        }
    }
    match package.files.keys().find(|path| !manifest.layers.iter().any(|layer| layer.title() == Some(path))) {
        None => Ok(()),
        Some(path) => Err(absent(path)),
    }
}

fn absent(title: &str) -> ArtifactError {
    ArtifactError::invalid(format!("the file `{}` is missing", title.escape_debug()))
}
