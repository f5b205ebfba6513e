//! The Compose project being written: what is in it, in which order, and how it reads.

mod yaml;

use innominatus_guest::{Artifact, Failure, FailureExt, Json};
use serde_json::{Map, json};

/// The project and the files beside its Compose file.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) document: Document,
    pub(crate) files: Vec<Artifact>,
}

/// The Compose file.
#[derive(Debug)]
pub(crate) struct Document {
    name: String,
    services: Map<String, Json>,
    volumes: Map<String, Json>,
    configs: Map<String, Json>,
}

/// Keys of a service in the order a person would write them; others follow as they come.
const SERVICE_KEYS: [&str; 18] = [
    "image",
    "hostname",
    "restart",
    "entrypoint",
    "command",
    "working_dir",
    "user",
    "annotations",
    "labels",
    "environment",
    "depends_on",
    "network_mode",
    "networks",
    "ports",
    "volumes",
    "configs",
    "healthcheck",
    "deploy",
];

const HEADER: &str = "\
# Written by the golden path deploy-compose: run it again instead of editing this file.
# Start with `docker compose up`. Secrets are in .env, which only you can read.
";

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let document = Document {
            name: name.to_owned(),
            services: Map::new(),
            volumes: Map::new(),
            configs: Map::new(),
        };
        Self { document, files: Vec::new() }
    }

    /// Adds a service. Fails with code `name-twice` if there is one of this name.
    pub(crate) fn add_service(&mut self, name: &str, service: Map<String, Json>) -> Result<(), Failure> {
        let service = Json::Object(in_order(service));
        insert(&mut self.document.services, "service", name, service)
    }

    /// Adds a named volume; the same volume twice is one volume.
    pub(crate) fn add_volume(&mut self, name: &str, volume: Json) {
        self.document.volumes.entry(name).or_insert(volume);
    }

    /// Adds a config under this name or one made from it, and says which.
    pub(crate) fn add_config(&mut self, wanted: &str, config: Json) -> String {
        let mut name = wanted.to_owned();
        for number in 2.. {
            if !self.document.configs.contains_key(&name) {
                break;
            }
            name = format!("{wanted}-{number}");
        }
        self.document.configs.insert(name.clone(), config);
        name
    }

    /// Adds a file beside the Compose file, and says how the Compose file names it.
    pub(crate) fn add_file(&mut self, wanted: &str, base64: &str) -> String {
        let mut path = format!("files/{wanted}");
        for number in 2.. {
            if !self.files.iter().any(|file| file.name == path) {
                break;
            }
            path = format!("files/{number}-{wanted}");
        }
        self.files.push(Artifact::text(&path, "application/octet-stream;base64", base64));
        format!("./{path}")
    }

    pub(crate) fn has_service(&self, name: &str) -> bool {
        self.document.services.contains_key(name)
    }
}

impl Document {
    /// `compose.yaml`.
    pub(crate) fn artifact(self) -> Result<Artifact, Failure> {
        let mut document = Map::new();
        document.insert("name".to_owned(), json!(self.name));
        let sections = [("services", self.services), ("volumes", self.volumes), ("configs", self.configs)];
        for (name, section) in sections.into_iter().filter(|(_, section)| !section.is_empty()) {
            document.insert(name.to_owned(), Json::Object(section));
        }
        let body = yaml::write(&document).or_permanent("yaml")?;
        Ok(Artifact::text("compose.yaml", "application/yaml", format!("{HEADER}{body}")))
    }
}

/// A section of the same kind; `what` is for people.
fn insert(section: &mut Map<String, Json>, what: &str, name: &str, value: Json) -> Result<(), Failure> {
    if section.contains_key(name) {
        let message =
            format!("two of the application's parts become the {what} `{name}`; rename one of them");
        return Err(Failure::conflict("name-twice", message));
    }
    section.insert(name.to_owned(), value);
    Ok(())
}

fn in_order(mut service: Map<String, Json>) -> Map<String, Json> {
    let mut ordered = Map::new();
    for key in SERVICE_KEYS {
        if let Some(value) = service.shift_remove(key) {
            ordered.insert(key.to_owned(), value);
        }
    }
    ordered.extend(service);
    ordered
}

/// `depends_on` with conditions.
#[derive(Debug, Default)]
pub(crate) struct DependsOn(Map<String, Json>);

impl DependsOn {
    /// Waits for a service; the first condition said for it stays.
    pub(crate) fn add(&mut self, service: &str, condition: &str) {
        self.0.entry(service).or_insert_with(|| json!({"condition": condition}));
    }

    /// Into a service, unless there is nothing to wait for.
    pub(crate) fn write(self, service: &mut Map<String, Json>) {
        if !self.0.is_empty() {
            service.insert("depends_on".to_owned(), Json::Object(self.0));
        }
    }
}
