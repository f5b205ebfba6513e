//! What a component says of itself.

use serde_json::{Map, json};

use crate::Json;

/// One kind of resource that a provisioner makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Score `type`.
    pub kind: String,
    /// Score classes; empty means any.
    pub classes: Vec<String>,
    /// What others may refer to.
    pub outputs: Vec<OutputSpec>,
    /// What it does beyond making and removing: `update`, `adopt`, `settle`, `upgrade-state`.
    pub verbs: Vec<String>,
    /// A JSON object; see [`Offer::with_open_outputs`].
    pub ext: Map<String, Json>,
}

impl Offer {
    /// For a Score `type`, any class.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            classes: Vec::new(),
            outputs: Vec::new(),
            verbs: Vec::new(),
            ext: Map::new(),
        }
    }

    /// Only this class (and others named the same way).
    #[must_use]
    pub fn class(mut self, class: impl Into<String>) -> Self {
        self.classes.push(class.into());
        self
    }

    /// Promises an output.
    #[must_use]
    pub fn output(mut self, output: OutputSpec) -> Self {
        self.outputs.push(output);
        self
    }

    /// Can also do this.
    #[must_use]
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verbs.push(verb.into());
        self
    }

    /// Any output name may be referred to, and the golden path knows what it means
    /// (`ext: {"openOutputs": true}`).
    #[must_use]
    pub fn with_open_outputs(mut self) -> Self {
        self.ext.insert("openOutputs".to_owned(), json!(true));
        self
    }

    /// Whether any output name may be referred to.
    pub fn has_open_outputs(&self) -> bool {
        self.ext.get("openOutputs") == Some(&json!(true))
    }

    /// Whether this offer covers a need of the kind and class.
    pub fn covers(&self, kind: &str, class: &str) -> bool {
        self.kind == kind && (self.classes.is_empty() || self.classes.iter().any(|known| known == class))
    }
}

/// One output that a kind promises.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputSpec {
    /// The name that placeholders use.
    pub name: String,
    /// JSON Schema of the value.
    pub schema: Json,
    /// Whether it is secret.
    pub sensitive: bool,
    /// Whether it is always there once the resource is ready.
    pub required: bool,
}

impl OutputSpec {
    /// A text, always there, not secret.
    pub fn text(name: impl Into<String>) -> Self {
        Self::of(name, json!({"type": "string"}))
    }

    /// A whole number, always there, not secret.
    pub fn integer(name: impl Into<String>) -> Self {
        Self::of(name, json!({"type": "integer"}))
    }

    /// A secret text, always there.
    pub fn secret(name: impl Into<String>) -> Self {
        Self { sensitive: true, ..Self::text(name) }
    }

    /// Any value by its JSON Schema, always there, not secret.
    pub fn of(name: impl Into<String>, schema: Json) -> Self {
        Self { name: name.into(), schema, sensitive: false, required: true }
    }

    /// May be missing.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

/// The answer of `metadata`.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The component's name for itself.
    pub name: String,
    /// Its version, SemVer by convention.
    pub version: String,
    /// What it makes; empty for a golden path.
    pub offers: Vec<Offer>,
    /// A JSON object.
    pub ext: Map<String, Json>,
}
