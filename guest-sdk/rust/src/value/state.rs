//! What a provisioner hands over.

use serde::Serialize;

use crate::{Json, Token};

/// The state of a resource, kept by the host and handed back as `prior`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// What the provisioner needs to find its thing again; never a secret.
    pub handle: Json,
    /// What others may refer to.
    pub outputs: Vec<Output>,
    /// What the golden path assembles.
    pub artifacts: Vec<Artifact>,
}

impl State {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a note to find the thing again. Must not hold a secret.
    #[must_use]
    pub fn handle(mut self, handle: impl Into<Json>) -> Self {
        self.handle = handle.into();
        self
    }

    /// Adds an output.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.outputs.push(Output { name: name.into(), value: value.into(), sensitive: false });
        self
    }

    /// Adds a sensitive output: a token, or a text that holds tokens.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.outputs.push(Output { name: name.into(), value: value.into(), sensitive: true });
        self
    }

    /// Adds an artifact.
    #[must_use]
    pub fn artifact(mut self, artifact: Artifact) -> Self {
        self.artifacts.push(artifact);
        self
    }

    /// The value of an output.
    pub fn get(&self, output: &str) -> Option<&Json> {
        self.outputs.iter().find(|known| known.name == output).map(|known| &known.value)
    }
}

/// A named value that a resource gives to those who refer to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// As in `${resources.db.host}`: the last segment.
    pub name: String,
    /// The value.
    pub value: Json,
    /// Shown redacted, stored sealed, handed on as a token.
    pub sensitive: bool,
}

/// A piece of text that a golden path can assemble, or (from `render`) a file of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// For a run artifact: a relative file name.
    pub name: String,
    /// What the content is.
    pub media_type: String,
    /// Text; base64 text when the media type ends in `;base64`.
    pub content: String,
    /// Tokens in the content become secrets, in a file that only its owner can read. A token in any other
    /// artifact is a fault.
    pub sensitive: bool,
}

impl Artifact {
    /// Text without secrets.
    pub fn text(name: impl Into<String>, media_type: impl Into<String>, content: impl Into<String>) -> Self {
        Self { name: name.into(), media_type: media_type.into(), content: content.into(), sensitive: false }
    }

    /// A value as JSON, without secrets.
    pub fn json(
        name: impl Into<String>,
        media_type: impl Into<String>,
        content: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self::text(name, media_type, serde_json::to_string(content)?))
    }

    /// Holds tokens.
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }
}

impl From<Token> for Json {
    fn from(token: Token) -> Self {
        Json::String(token.into_text())
    }
}
