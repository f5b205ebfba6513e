//! Resources: the fragments that provisioners handed over, as services, volumes and configs.

use innominatus_guest::{Failure, FailureExt, Json, Made, Need, Request};
use serde::Deserialize;
use serde_json::{Map, json};

use crate::parameters::Parameters;
use crate::project::{DependsOn, Project};
use crate::text::Variables;

/// The media type of a fragment; see `platforms/compose/README.md`.
const FRAGMENT: &str = "application/vnd.innominatus.compose+json";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fragment {
    #[serde(default)]
    services: Map<String, Json>,
    #[serde(default)]
    volumes: Map<String, Json>,
    #[serde(default)]
    configs: Map<String, Json>,
}

/// Every resource that is part of the project.
#[derive(Debug, Default)]
pub(crate) struct Resources<'a>(Vec<(&'a Need, Fragment)>);

impl<'a> Resources<'a> {
    /// Reads the fragments of what was made, in the order of the needs.
    pub(crate) fn read(
        request: &'a Request<Parameters>,
        made: &[Made],
        variables: &mut Variables,
    ) -> Result<Self, Failure> {
        let mut resources = Self::default();
        for need in &request.needs {
            let Some(made) = made.iter().find(|made| made.need == need.id) else { continue };
            for artifact in made.artifacts.iter().filter(|artifact| artifact.media_type == FRAGMENT) {
                let fragment: Json = serde_json::from_str(&artifact.content).or_permanent("fragment")?;
                let fragment = filled(fragment, &mut |text| variables.fill(text, need, made))?;
                resources.0.push((need, Fragment::deserialize(fragment).or_permanent("fragment")?));
            }
        }
        Ok(resources)
    }

    /// Has a service wait until the resource can be used.
    pub(crate) fn wait_for(&self, need: &Need, depends_on: &mut DependsOn) {
        for (_, fragment) in self.0.iter().filter(|(of, _)| of.id == need.id) {
            for (name, service) in fragment.last_services() {
                depends_on.add(name, condition(service));
            }
        }
    }

    /// Adds everything to the project.
    pub(crate) fn add(self, project: &mut Project, parameters: &Parameters) -> Result<(), Failure> {
        for (need, fragment) in self.0 {
            let mut openings = parameters.publish.of(&[&need.name, &need.id]);
            for (name, service) in fragment.services {
                let Json::Object(mut service) = service else {
                    let message = format!("service `{name}` of `{}` is not an object", need.id);
                    return Err(Failure::permanent("fragment", message));
                };
                // The resource's own port is that of its first service.
                let ports =
                    openings.drain(..).map(|opening| json!(format!("{}:{}", opening.here, opening.port)));
                let ports: Vec<_> = ports.collect();
                if !ports.is_empty() {
                    service.insert("ports".to_owned(), Json::Array(ports));
                }
                project.add_service(&name, service)?;
            }
            for (name, volume) in fragment.volumes {
                project.add_volume_of(&need.id, &name, volume)?;
            }
            for (name, config) in fragment.configs {
                project.add_config(&name, config);
            }
        }
        Ok(())
    }
}

impl Fragment {
    /// The services that no other service of the fragment waits for.
    fn last_services(&self) -> impl Iterator<Item = (&String, &Json)> {
        let awaited = |name: &str| {
            self.services.values().any(|service| match &service["depends_on"] {
                Json::Object(map) => map.contains_key(name),
                Json::Array(list) => list.iter().any(|other| other == name),
                _ => false,
            })
        };
        self.services.iter().filter(move |(name, _)| !awaited(name))
    }
}

/// What it means that a service can be used: it is healthy if it can say so; it is done if it runs once.
fn condition(service: &Json) -> &'static str {
    let runs_once = matches!(service["restart"].as_str(), Some("no" | "on-failure"));
    if !service["healthcheck"].is_null() {
        "service_healthy"
    } else if runs_once {
        "service_completed_successfully"
    } else {
        "service_started"
    }
}

/// The value with every text replaced; keys stay.
fn filled(value: Json, replace: &mut impl FnMut(&str) -> Result<String, Failure>) -> Result<Json, Failure> {
    Ok(match value {
        Json::String(text) => Json::String(replace(&text)?),
        Json::Array(items) => {
            Json::Array(items.into_iter().map(|item| filled(item, replace)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let entry = |(key, value)| Ok((key, filled(value, replace)?));
            Json::Object(entries.into_iter().map(entry).collect::<Result<_, Failure>>()?)
        }
        other => other,
    })
}
