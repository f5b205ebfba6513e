//! What a provisioner is asked about.

use serde::de::DeserializeOwned;
use serde_json::Map;

use crate::{Failure, Json, State, Violation};

/// Before the key of an annotation, in a label.
pub(crate) const ANNOTATION: &str = "annotation/";

/// A resource that somebody wants. `P` is the author's type of its params.
#[derive(Debug, Clone, PartialEq)]
pub struct Target<P> {
    /// Whose.
    pub tenant: String,
    /// Where.
    pub environment: String,
    /// The application it belongs to.
    pub application: String,
    /// The resource's identity in the runtime, `res_` and 32 hexadecimal digits: the same for its whole life. What it
    /// is in its application says [`Target::uid`].
    pub id: String,
    /// A name for people and for derived names, unique in the application.
    pub name: String,
    /// Score `type`.
    pub kind: String,
    /// Score `class`, `default` when absent.
    pub class: String,
    /// The workloads that claim it.
    pub workloads: Vec<String>,
    /// `uid`, and each annotation of the resource as `annotation/<key>`; see [`Target::uid`] and
    /// [`Target::annotation`].
    pub labels: Vec<(String, String)>,
    /// Validated by the host, defaults and placeholders filled in.
    pub params: P,
    /// Grows with every change of what is wanted.
    pub generation: u64,
    /// Which try of this generation, from 1.
    pub attempt: u32,
    /// What the host kept from the last answer.
    pub prior: Option<Prior>,
    /// Writes that may or may not have happened: look before creating.
    pub unsettled: Vec<Unsettled>,
    /// A JSON object.
    pub ext: Map<String, Json>,
}

impl<P> Target<P> {
    /// The same target with other params.
    pub fn with_params<Q>(self, params: Q) -> Target<Q> {
        Target {
            tenant: self.tenant,
            environment: self.environment,
            application: self.application,
            id: self.id,
            name: self.name,
            kind: self.kind,
            class: self.class,
            workloads: self.workloads,
            labels: self.labels,
            params,
            generation: self.generation,
            attempt: self.attempt,
            prior: self.prior,
            unsettled: self.unsettled,
            ext: self.ext,
        }
    }

    /// The author's own note in the prior state; none when there is no prior, or it was written otherwise.
    pub fn handle<H: DeserializeOwned>(&self) -> Option<H> {
        H::deserialize(&self.prior.as_ref()?.state.handle).ok()
    }

    /// The resource's identity in its application, `type.class#id` or `type.class#workload.resource`: the label
    /// `uid`.
    pub fn uid(&self) -> &str {
        self.labels.iter().find(|(key, _)| key == "uid").map_or(self.id.as_str(), |(_, uid)| uid)
    }

    /// What the Score file says under `metadata.annotations` of the resource, by the key as written there.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let is_meant = |label: &str| label.strip_prefix(ANNOTATION) == Some(key);
        self.labels.iter().find(|(label, _)| is_meant(label)).map(|(_, value)| value.as_str())
    }

    /// The last part of the uid: what the Score file calls the resource, or its shared `id`.
    pub fn resource_name(&self) -> &str {
        let key = self.uid().split_once('#').map_or(self.uid(), |(_, key)| key);
        let own = self.workloads.iter().find_map(|workload| key.strip_prefix(workload)?.strip_prefix('.'));
        own.unwrap_or(key)
    }
}

impl Target<Json> {
    /// Reads the params as the author's type.
    pub(crate) fn typed<P: DeserializeOwned>(self) -> Result<Target<P>, Failure> {
        let params = P::deserialize(&self.params)
            .map_err(|error| Failure::invalid([Violation::new("", error.to_string())]))?;
        Ok(self.with_params(params))
    }
}

/// What the host kept from the last answer, partial failure or checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// What was handed over.
    pub state: State,
    /// The version of the provisioner that said so.
    pub version: String,
    /// The generation it was said of.
    pub generation: u64,
    /// The params it was said of.
    pub params: Json,
}

/// A write that may or may not have happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// What the call was for.
    pub purpose: String,
    /// When it left, milliseconds since the Unix epoch.
    pub sent_ms: u64,
    /// The request as the guest gave it.
    pub request: Json,
}
