//! Image manifests: any, as registries keep them, and a platform's, by our rules.

use std::collections::BTreeMap;

use innominatus_model::{Json, canonical};
use serde_json::{Map, json};

use super::descriptor::{annotations, text};
use super::title::Titles;
use super::{
    ARTIFACT_TYPE, ArtifactError, CONFIG_LIMIT, CONFIG_TYPE, Descriptor, IMAGE_MANIFEST_LIMIT,
    IMAGE_MANIFEST_TYPE, LAYERS_LIMIT, media,
};
use crate::TOTAL_LIMIT;

/// An OCI image manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageManifest {
    /// What the whole is; absent in images of containers.
    pub artifact_type: Option<String>,
    /// The config.
    pub config: Descriptor,
    /// The layers, in order.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is about: a signature's is what was signed.
    pub subject: Option<Descriptor>,
    /// Hints.
    pub annotations: BTreeMap<String, String>,
}

impl ImageManifest {
    /// Reads a platform's manifest, by every rule of the format.
    pub fn read(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let manifest = Self::read_any(bytes)?;
        match manifest.artifact_type.as_deref() {
            Some(ARTIFACT_TYPE) => {}
            found => {
                let found = shown(found.unwrap_or("nothing"));
                let problem = format!("it is `{found}`, not a platform (`{ARTIFACT_TYPE}`)");
                return Err(ArtifactError::invalid(problem));
            }
        }
        let config = &manifest.config;
        if config.media_type != CONFIG_TYPE {
            let problem = format!("its config is `{}`, not `{CONFIG_TYPE}`", shown(&config.media_type));
            return Err(ArtifactError::invalid(problem));
        }
        if config.size > CONFIG_LIMIT as u64 {
            return Err(ArtifactError::invalid(format!("its config has more than {CONFIG_LIMIT} bytes")));
        }
        if manifest.subject.is_some() {
            return Err(ArtifactError::invalid("a platform is about nothing else, but it has a `subject`"));
        }
        manifest.check_layers()?;
        Ok(manifest)
    }

    fn check_layers(&self) -> Result<(), ArtifactError> {
        let (mut titles, mut total) = (Titles::default(), 0_u64);
        for layer in &self.layers {
            let title = layer.title().ok_or_else(|| ArtifactError::invalid("a layer has no title"))?;
            titles.add(title)?;
            let Some(role) = media::role(&layer.media_type) else {
                let problem =
                    format!("the file `{title}` is `{}`, which no platform has", shown(&layer.media_type));
                return Err(ArtifactError::invalid(problem));
            };
            if layer.size > role.limit() as u64 {
                let problem = format!("the file `{title}` has more than {} bytes", role.limit());
                return Err(ArtifactError::invalid(problem));
            }
            total = total.saturating_add(layer.size);
        }
        if total > TOTAL_LIMIT {
            let problem = format!("its files have more than {} MiB together", TOTAL_LIMIT / (1024 * 1024));
            return Err(ArtifactError::invalid(problem));
        }
        Ok(())
    }

    /// Reads any image manifest, also a signature's: version 2, SHA-256, no `urls`, not too many layers.
    pub fn read_any(bytes: &[u8]) -> Result<Self, ArtifactError> {
        if bytes.len() > IMAGE_MANIFEST_LIMIT {
            let problem = format!("its manifest has more than {IMAGE_MANIFEST_LIMIT} bytes");
            return Err(ArtifactError::invalid(problem));
        }
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|error| ArtifactError::invalid(format!("its manifest is not JSON: {error}")))?;
        let object =
            json.as_object().ok_or_else(|| ArtifactError::invalid("its manifest is not a JSON object"))?;
        if object.get("schemaVersion").and_then(Json::as_u64) != Some(2) {
            return Err(ArtifactError::invalid("its manifest is not of `schemaVersion` 2"));
        }
        match text(object, "mediaType")? {
            None | Some(IMAGE_MANIFEST_TYPE) => {}
            Some(other) => {
                let problem = format!("it is `{}`, not an image manifest", shown(other));
                return Err(ArtifactError::invalid(problem));
            }
        }
        if object.contains_key("manifests") {
            return Err(ArtifactError::invalid("it is a manifest and a list of manifests at once"));
        }
        let config = object.get("config").ok_or_else(|| ArtifactError::invalid("it has no config"))?;
        let layers = match object.get("layers") {
            Some(Json::Array(layers)) => layers.as_slice(),
            _ => return Err(ArtifactError::invalid("its `layers` are not a list")),
        };
        if layers.len() > LAYERS_LIMIT {
            return Err(ArtifactError::invalid(format!("it has more than {LAYERS_LIMIT} layers")));
        }
        Ok(Self {
            artifact_type: text(object, "artifactType")?.map(str::to_owned),
            config: Descriptor::read(config)?,
            layers: layers.iter().map(Descriptor::read).collect::<Result<_, _>>()?,
            subject: match object.get("subject") {
                None | Some(Json::Null) => None,
                Some(subject) => Some(Descriptor::read(subject)?),
            },
            annotations: annotations(object)?,
        })
    }

    /// Canonical JSON: the same manifest is the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut json = Map::new();
        json.insert("schemaVersion".to_owned(), json!(2));
        json.insert("mediaType".to_owned(), json!(IMAGE_MANIFEST_TYPE));
        if let Some(artifact_type) = &self.artifact_type {
            json.insert("artifactType".to_owned(), json!(artifact_type));
        }
        json.insert("config".to_owned(), self.config.to_json());
        json.insert("layers".to_owned(), self.layers.iter().map(Descriptor::to_json).collect());
        if let Some(subject) = &self.subject {
            json.insert("subject".to_owned(), subject.to_json());
        }
        if !self.annotations.is_empty() {
            json.insert("annotations".to_owned(), json!(self.annotations));
        }
        canonical(&Json::Object(json)).into_bytes()
    }

    /// What it is, as a list of manifests says it: its own word, else its config's.
    pub fn kind(&self) -> &str {
        self.artifact_type.as_deref().unwrap_or(&self.config.media_type)
    }

    /// Everything it needs besides itself: config and layers, each digest once.
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let mut known = std::collections::BTreeSet::new();
        std::iter::once(&self.config).chain(&self.layers).filter(|blob| known.insert(blob.digest)).collect()
    }
}

/// A foreign text in a message.
fn shown(text: &str) -> String {
    text.chars().take(100).collect::<String>().escape_debug().to_string()
}
