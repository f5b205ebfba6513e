//! What a component says of itself.

use crate::{Class, Json, Kind};

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

/// What a component can do beyond making and removing. Open in the contract; these are known to the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Changes a thing in place.
    Update,
    /// Takes over a thing that exists.
    Adopt,
    /// Looks at `target.unsettled` before it creates.
    Settle,
    /// Understands the state of an older version.
    UpgradeState,
    /// A word this host does not know.
    Other(String),
}

impl Verb {
    /// From the contract's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "update" => Self::Update,
            "adopt" => Self::Adopt,
            "settle" => Self::Settle,
            "upgrade-state" => Self::UpgradeState,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The contract's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Settle => "settle",
            Self::UpgradeState => "upgrade-state",
            Self::Other(word) => word,
        }
    }
}

/// One kind that a component makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Score `type`.
    pub kind: Kind,
    /// Score classes; empty means any.
    pub classes: Vec<Class>,
    /// What others may refer to.
    pub outputs: Vec<OutputSpec>,
    /// Besides `outputs`, it may have others that nobody can list beforehand (an `environment`). From
    /// `ext` of the contract: `{"openOutputs": true}`.
    pub open_outputs: bool,
    /// What it can do besides.
    pub verbs: Vec<Verb>,
}

impl Offer {
    /// Whether this offer covers the class.
    pub fn covers(&self, class: &Class) -> bool {
        self.classes.is_empty() || self.classes.contains(class)
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
}
