//! What a golden path is asked, and what it says.

use std::sync::Arc;

use crate::{Artifact, Class, Json, Kind, Name, Offer, Output, Scope};

/// A validated Score workload; `spec` is JSON of the published schema.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadSpec {
    /// `metadata.name`.
    pub name: Name,
    /// The whole file as JSON, `files[].source` inlined.
    pub spec: Json,
}

/// A provisioner that could serve a need: `<platform>/<entry>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// What it makes of this kind. Shared by all needs that it could serve.
    pub offer: Arc<Offer>,
}

/// One resource that the workloads ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The uid as text; unique in the request.
    pub id: String,
    /// A name for people and for derived names, unique in the application.
    pub name: String,
    /// Score `type`.
    pub kind: Kind,
    /// Score `class`.
    pub class: Class,
    /// The workloads that claim it.
    pub workloads: Vec<Name>,
    /// With placeholders as written.
    pub params: Json,
    /// Ids of the needs that the params refer to.
    pub depends_on: Vec<String>,
    /// Who could make it, the golden path's own platform first.
    pub candidates: Vec<Candidate>,
}

/// What a golden path works on.
#[derive(Debug, Clone, PartialEq)]
pub struct PathRequest {
    /// Whose, and where.
    pub scope: Scope,
    /// The application.
    pub application: Name,
    /// Every workload of the application, by name.
    pub workloads: Vec<WorkloadSpec>,
    /// Every need of every workload, in an order that respects `depends_on`.
    pub needs: Vec<Need>,
    /// What the person passed to the golden path.
    pub parameters: Json,
}

/// What kind of work a step is. Open in the contract; the first two run here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Makes one need by a provisioner.
    Provisioner,
    /// Calls the golden path's `render`.
    Render,
    /// A word this host does not run (`kubernetes`, `terraform`, `ansible`, …).
    Other(String),
}

impl StepKind {
    /// From the contract's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "provisioner" => Self::Provisioner,
            "render" => Self::Render,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The contract's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Provisioner => "provisioner",
            Self::Render => "render",
            Self::Other(word) => word,
        }
    }
}

/// One step of a golden path, as the guest said it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Unique in the answer.
    pub name: String,
    /// What kind of work.
    pub kind: StepKind,
    /// For a provisioner step: the id of its need.
    pub subject: Option<String>,
    /// For a provisioner step: `{"provisioner": "<platform>/<entry>", "params": {…}}`, `params` optional
    /// (the need's own when absent). For a render step: the golden path's own note to itself.
    pub config: Json,
    /// Names of steps that come first.
    pub depends_on: Vec<String>,
}

/// A need that has been made, as `render` sees it. Sensitive outputs are tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The need's id.
    pub need: String,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// Its artifacts.
    pub artifacts: Vec<Artifact>,
}
