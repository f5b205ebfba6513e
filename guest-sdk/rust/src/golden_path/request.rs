//! What a golden path works on.

use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::{Artifact, Failure, Json, Offer, Output, Violation};

/// What a golden path works on. `P` is the author's type of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Request<P> {
    /// Whose.
    pub tenant: String,
    /// Where.
    pub environment: String,
    /// The application.
    pub application: String,
    /// Every workload of the application, by name.
    pub workloads: Vec<Workload>,
    /// Every need of every workload, dependencies first.
    pub needs: Vec<Need>,
    /// What the person passed, validated by the host, defaults filled in.
    pub parameters: P,
    /// A JSON object.
    pub ext: Map<String, Json>,
}

impl<P> Request<P> {
    /// The need with this id.
    pub fn need(&self, id: &str) -> Option<&Need> {
        self.needs.iter().find(|need| need.id == id)
    }

    /// The workload with this name.
    pub fn workload(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.name == name)
    }
}

impl Request<Json> {
    /// Reads the parameters as the author's type.
    pub(crate) fn typed<P: DeserializeOwned>(self) -> Result<Request<P>, Failure> {
        let parameters = P::deserialize(&self.parameters)
            .map_err(|error| Failure::invalid([Violation::new("", error.to_string())]))?;
        Ok(Request {
            tenant: self.tenant,
            environment: self.environment,
            application: self.application,
            workloads: self.workloads,
            needs: self.needs,
            parameters,
            ext: self.ext,
        })
    }
}

/// A validated Score workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// `metadata.name`.
    pub name: String,
    /// The whole file as JSON of the published schema, `files[].source` inlined.
    pub spec: Json,
}

/// One resource that the workloads ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// `type.class#id`, or `type.class#workload.resource`; unique in the request.
    pub id: String,
    /// A name for people and for derived names, unique in the application.
    pub name: String,
    /// Score `type`.
    pub kind: String,
    /// Score `class`.
    pub class: String,
    /// The workloads that claim it.
    pub workloads: Vec<String>,
    /// With placeholders as written.
    pub params: Json,
    /// Ids of the needs that the params refer to.
    pub depends_on: Vec<String>,
    /// Who could make it, the golden path's own platform first.
    pub candidates: Vec<Candidate>,
}

/// A provisioner that could serve a need.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// `<platform>/<entry>`.
    pub provisioner: String,
    /// What it makes of this kind.
    pub offer: Offer,
}

/// A need that has been made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The need's id.
    pub need: String,
    /// Its outputs; sensitive ones are tokens.
    pub outputs: Vec<Output>,
    /// Its artifacts.
    pub artifacts: Vec<Artifact>,
}

impl Made {
    /// An output by name.
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }
}
