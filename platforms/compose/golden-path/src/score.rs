//! The parts of a Score workload that a Compose file is made of. The host has validated the file.

use innominatus_guest::{Failure, FailureExt, Json, Workload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Map;

/// A map in the order of the file.
pub(crate) type Ordered<T> = Vec<(String, T)>;

#[derive(Debug, Deserialize)]
pub(crate) struct Spec {
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) service: Service,
    #[serde(deserialize_with = "ordered")]
    pub(crate) containers: Ordered<Container>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) annotations: Map<String, Json>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Service {
    #[serde(default, deserialize_with = "ordered")]
    pub(crate) ports: Ordered<Port>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Port {
    pub(crate) port: u16,
    pub(crate) protocol: Option<String>,
    pub(crate) target_port: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    pub(crate) image: String,
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    #[serde(default, deserialize_with = "ordered")]
    pub(crate) variables: Ordered<String>,
    #[serde(default, deserialize_with = "by_target")]
    pub(crate) files: Ordered<File>,
    #[serde(default, deserialize_with = "by_target")]
    pub(crate) volumes: Ordered<Volume>,
    #[serde(default, deserialize_with = "ordered")]
    pub(crate) before: Ordered<Before>,
    #[serde(default)]
    pub(crate) resources: Compute,
    pub(crate) liveness_probe: Option<Probe>,
    pub(crate) readiness_probe: Option<Probe>,
}

impl Container {
    /// The one that its health check is made of: Compose has one check for each service.
    pub(crate) fn probe(&self) -> Option<&Probe> {
        self.readiness_probe.as_ref().or(self.liveness_probe.as_ref())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    pub(crate) mode: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) binary_content: Option<String>,
    #[serde(default)]
    pub(crate) no_expand: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Volume {
    pub(crate) source: String,
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) read_only: bool,
}

/// The state of the container that says so, before the container that is named starts.
#[derive(Debug, Deserialize)]
pub(crate) struct Before {
    pub(crate) ready: Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ready {
    Started,
    Healthy,
    Complete,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Compute {
    #[serde(default)]
    pub(crate) limits: Amounts,
    #[serde(default)]
    pub(crate) requests: Amounts,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Amounts {
    pub(crate) cpu: Option<String>,
    pub(crate) memory: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probe {
    pub(crate) exec: Option<Exec>,
    pub(crate) http_get: Option<HttpGet>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Exec {
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpGet {
    pub(crate) host: Option<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) path: String,
    pub(crate) port: u16,
    #[serde(default)]
    pub(crate) http_headers: Vec<Header>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Spec {
    /// Reads a workload. Fails with code `score` where the host let something through that Score does not
    /// have.
    pub(crate) fn of(workload: &Workload) -> Result<Self, Failure> {
        Self::deserialize(&workload.spec).or_permanent("score")
    }
}

fn ordered<'de, D: Deserializer<'de>, T: DeserializeOwned>(input: D) -> Result<Ordered<T>, D::Error> {
    let map = Option::<Map<String, Json>>::deserialize(input)?.unwrap_or_default();
    let entry = |(key, value)| Ok((key, serde_json::from_value(value).map_err(serde::de::Error::custom)?));
    map.into_iter().map(entry).collect()
}

/// A map by target, or the older list of entries with a `target` each.
fn by_target<'de, D: Deserializer<'de>, T: DeserializeOwned>(input: D) -> Result<Ordered<T>, D::Error> {
    let entries: Vec<(String, Json)> = match Json::deserialize(input)? {
        Json::Object(map) => map.into_iter().collect(),
        Json::Array(list) => {
            let target = |entry: &Json| entry.get("target").and_then(Json::as_str).map(str::to_owned);
            let entry = |entry: Json| Some((target(&entry)?, entry));
            list.into_iter().filter_map(entry).collect()
        }
        _ => Vec::new(),
    };
    let entry = |(key, value)| Ok((key, serde_json::from_value(value).map_err(serde::de::Error::custom)?));
    entries.into_iter().map(entry).collect()
}
