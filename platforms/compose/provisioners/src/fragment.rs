//! What a provisioner contributes to the Compose file, as an artifact.
//!
//! JSON in the Compose file's own words: `{"services": {…}, "volumes": {…}, "configs": {…}}`. Texts are
//! templates: `${outputs.<name>}` is an output of the same resource (a secret one becomes a variable of
//! `.env`), `$$` is a `$`. Who uses the resource waits for those of its services that no other service of
//! the fragment waits for.

use innominatus_guest::{Artifact, Failure, Json};
use serde::Serialize;
use serde_json::{Map, json};

/// The media type of a fragment.
pub const FRAGMENT: &str = "application/vnd.innominatus.compose+json";

/// A fragment under construction.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Fragment {
    #[serde(skip_serializing_if = "Map::is_empty")]
    services: Map<String, Json>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    volumes: Map<String, Json>,
}

impl Fragment {
    /// Adds a service.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, service: Json) -> Self {
        self.services.insert(name.into(), service);
        self
    }

    /// Adds a named volume.
    #[must_use]
    pub fn volume(mut self, name: impl Into<String>) -> Self {
        self.volumes.insert(name.into(), json!({}));
        self
    }

    /// As an artifact. Holds no token, so it is not sensitive.
    pub fn artifact(&self) -> Result<Artifact, Failure> {
        Ok(Artifact::json("compose.json", FRAGMENT, self)?)
    }
}
