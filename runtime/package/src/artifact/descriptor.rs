//! Descriptors: which bytes, how many, and what they are.

use std::collections::BTreeMap;

use innominatus_model::{Digest, Json};
use serde_json::{Map, json};

use super::{ArtifactError, TITLE};

/// What an OCI manifest says of a blob or of another manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type.
    pub media_type: String,
    /// Of the bytes; SHA-256, as registries in use keep nothing else.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// What a manifest is about, where an index lists it.
    pub artifact_type: Option<String>,
    /// Hints.
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Of bytes that are elsewhere.
    pub fn at(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Of these bytes.
    pub fn of(media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.into(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    /// From JSON. A descriptor that names other places to fetch from is refused: what a registry does not hold itself
    /// is fetched from nowhere.
    pub fn read(json: &Json) -> Result<Self, ArtifactError> {
        let object =
            json.as_object().ok_or_else(|| ArtifactError::invalid("a descriptor is not a JSON object"))?;
        if object.get("urls").is_some_and(|urls| !urls.as_array().is_some_and(Vec::is_empty)) {
            return Err(ArtifactError::invalid("a descriptor has `urls`: nothing is fetched from elsewhere"));
        }
        let digest = text(object, "digest")?.ok_or_else(|| missing("digest"))?;
        let digest = digest.parse().map_err(|_| {
            let shown: String = digest.chars().take(100).collect();
            ArtifactError::invalid(format!("`{}` is not a SHA-256 digest", shown.escape_debug()))
        })?;
        Ok(Self {
            media_type: text(object, "mediaType")?.ok_or_else(|| missing("mediaType"))?.to_owned(),
            digest,
            size: object.get("size").and_then(Json::as_u64).ok_or_else(|| missing("size"))?,
            artifact_type: text(object, "artifactType")?.map(str::to_owned),
            annotations: annotations(object)?,
        })
    }

    /// As JSON.
    pub fn to_json(&self) -> Json {
        let mut json = Map::new();
        json.insert("mediaType".to_owned(), json!(self.media_type));
        json.insert("digest".to_owned(), json!(self.digest.to_string()));
        json.insert("size".to_owned(), json!(self.size));
        if let Some(artifact_type) = &self.artifact_type {
            json.insert("artifactType".to_owned(), json!(artifact_type));
        }
        if !self.annotations.is_empty() {
            json.insert("annotations".to_owned(), json!(self.annotations));
        }
        Json::Object(json)
    }

    /// The path of the file that it is, if it says so.
    pub fn title(&self) -> Option<&str> {
        self.annotations.get(TITLE).map(String::as_str)
    }

    /// Whether the bytes are those.
    pub fn check(&self, what: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        if bytes.len() as u64 != self.size {
            let problem = format!("{what} has {} bytes, not {}", bytes.len(), self.size);
            return Err(ArtifactError::invalid(problem));
        }
        let found = Digest::of(bytes);
        if found != self.digest {
            return Err(ArtifactError::Digest { what: what.to_owned(), expected: self.digest, found });
        }
        Ok(())
    }
}

fn missing(field: &str) -> ArtifactError {
    ArtifactError::invalid(format!("a descriptor has no `{field}`"))
}

/// A field that is text where it is there.
pub(super) fn text<'a>(object: &'a Map<String, Json>, field: &str) -> Result<Option<&'a str>, ArtifactError> {
    match object.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(ArtifactError::invalid(format!("`{field}` is not a text"))),
    }
}

pub(super) fn annotations(object: &Map<String, Json>) -> Result<BTreeMap<String, String>, ArtifactError> {
    let wrong = || ArtifactError::invalid("`annotations` are not texts by name");
    match object.get("annotations") {
        None | Some(Json::Null) => Ok(BTreeMap::new()),
        Some(Json::Object(all)) => all
            .iter()
            .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_owned())))
            .collect(),
        Some(_) => Err(wrong()),
    }
}
