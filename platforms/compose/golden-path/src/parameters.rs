//! What a person may pass to the golden path, and what the operator may set for the platform.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Parameters of `deploy-compose`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Parameters {
    /// The Compose project's name. When absent it is the application's, with that of the environment unless
    /// this is `default`.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    pub project: Option<String>,
    /// The port of this machine where routes are served, if it is not to be the platform's.
    #[schemars(range(min = 1, max = 65535))]
    pub route_port: Option<u16>,
    /// Ports to open on this machine, as `<port here>:<workload or resource>:<its port>`:
    /// `8080:hello-world:web`, `5432:hello-world-db:5432`. One, or a list.
    #[serde(default)]
    pub publish: Publish,
    /// Values for `environment` resources, written to `.env`. The shell's own variables win over them.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether an `httpGet` probe becomes a health check. The check runs a shell with `wget` or `curl` inside
    /// the container, because Compose knows no other way: turn it off for images without a shell. In an image with
    /// a shell and neither of the two the check asks nothing and passes.
    #[serde(default = "yes")]
    pub http_probes: bool,
}

fn yes() -> bool {
    true
}

/// One or several ports to open.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Publish {
    /// One.
    One(#[schemars(regex(pattern = r"^[0-9]{1,5}:[^:]+:[a-z0-9-]+$"))] String),
    /// Several.
    Several(#[schemars(inner(regex(pattern = r"^[0-9]{1,5}:[^:]+:[a-z0-9-]+$")))] Vec<String>),
}

impl Default for Publish {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// A port to open, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening<'a> {
    /// As written.
    pub(crate) text: &'a str,
    /// On this machine.
    pub(crate) here: u16,
    /// A workload, or the name or id of a resource.
    pub(crate) of: &'a str,
    /// Name or number of its port.
    pub(crate) port: &'a str,
}

impl Publish {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }

    /// Each, taken apart; the text itself where that fails.
    pub(crate) fn openings(&self) -> impl Iterator<Item = Result<Opening<'_>, &str>> {
        self.texts().iter().map(|text| Opening::parse(text).ok_or(text.as_str()))
    }

    /// What is to be opened of this workload or resource, by any of its names.
    pub(crate) fn of<'a>(&'a self, names: &[&str]) -> Vec<Opening<'a>> {
        self.openings().flatten().filter(|opening| names.contains(&opening.of)).collect()
    }
}

impl<'a> Opening<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (here, rest) = text.split_once(':')?;
        let (of, port) = rest.rsplit_once(':')?;
        let here = here.parse().ok().filter(|here| *here > 0)?;
        (!of.is_empty() && !port.is_empty()).then_some(Self { text, here, of, port })
    }
}

/// What the operator of the platform may set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// The port of this machine where routes of the default environment are served.
    pub(crate) route_port: Option<u16>,
    /// That port, by environment.
    #[serde(default)]
    pub(crate) route_ports: BTreeMap<String, u16>,
    /// The image of the proxy that serves routes.
    #[serde(default = "default_router_image")]
    pub(crate) router_image: String,
    /// An image with the usual tools of a shell, for what has to be prepared inside a volume.
    #[serde(default = "default_shell_image")]
    pub(crate) shell_image: String,
}

fn default_router_image() -> String {
    "nginx:1-alpine".to_owned()
}

fn default_shell_image() -> String {
    "busybox:1".to_owned()
}
