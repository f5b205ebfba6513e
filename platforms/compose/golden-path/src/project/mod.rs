//! The Compose project being written: what is in it, in which order, and how it reads.

mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use innominatus_guest::{Artifact, Failure, FailureExt, Json};
use serde_json::{Map, json};

use crate::text::{Variables, literal};

/// The project and the files beside its Compose file.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) document: Document,
    pub(crate) files: Vec<Artifact>,
    /// Folders that must be there in a volume before it can be mounted from there on.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// Volumes by the resource that keeps its data there.
    owners: BTreeMap<String, String>,
    /// Names of workloads, which stand beside those of services.
    aliases: BTreeSet<String>,
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

/// The label that says which content the configs of a service have.
const CONFIGS: &str = "io.innominatus.configs";

const HEADER: &str = "\
# Written by the golden path deploy-compose: run it again instead of editing this file.
# Start with `docker compose up`.";

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let document = Document {
            name: name.to_owned(),
            services: Map::new(),
            volumes: Map::new(),
            configs: Map::new(),
        };
        Self {
            document,
            files: Vec::new(),
            folders: BTreeMap::new(),
            owners: BTreeMap::new(),
            aliases: BTreeSet::new(),
        }
    }

    /// Adds a service. Fails with code `name-twice` if there is one of this name.
    pub(crate) fn add_service(&mut self, name: &str, service: Map<String, Json>) -> Result<(), Failure> {
        if self.has_service(name) || self.aliases.contains(name) {
            return Err(name_twice("service", name));
        }
        self.document.services.insert(name.to_owned(), Json::Object(in_order(service)));
        Ok(())
    }

    /// Has a workload answer to its name. Fails with code `name-twice` if a service does that already.
    pub(crate) fn add_alias(&mut self, workload: &str) -> Result<(), Failure> {
        if self.has_service(workload) || !self.aliases.insert(workload.to_owned()) {
            return Err(name_twice("host name", workload));
        }
        Ok(())
    }

    /// Adds a named volume; the same volume twice is one volume.
    pub(crate) fn add_volume(&mut self, name: &str, volume: Json) {
        self.document.volumes.entry(name).or_insert(volume);
    }

    /// Adds the volume of a resource. Fails with code `name-twice` if another resource has one of this name.
    pub(crate) fn add_volume_of(&mut self, need: &str, name: &str, volume: Json) -> Result<(), Failure> {
        let owner = self.owners.entry(name.to_owned()).or_insert_with(|| need.to_owned());
        if owner != need {
            return Err(name_twice("volume", name));
        }
        self.add_volume(name, volume);
        Ok(())
    }

    /// Has a folder be there in a volume, and says which service to wait for until it is: Docker mounts no
    /// folder that is not there, and an empty volume has none.
    pub(crate) fn need_folder(&mut self, volume: &str, folder: &str) -> String {
        self.folders.entry(volume.to_owned()).or_default().insert(folder.to_owned());
        folders_service(volume)
    }

    /// Adds the services that make those folders, once everything else is there.
    pub(crate) fn prepare_folders(&mut self, image: &str) -> Result<(), Failure> {
        for (volume, folders) in std::mem::take(&mut self.folders) {
            // Whoever the container runs as, it can write there.
            let make = ["mkdir", "-p", "-m", "0777"].into_iter().map(str::to_owned);
            let folders = folders.iter().map(|folder| literal(&format!("/volume/{folder}")));
            let service = json!({
                "image": image,
                "entrypoint": make.chain(folders).collect::<Vec<_>>(),
                "network_mode": "none",
                "volumes": [{"type": "volume", "source": volume, "target": "/volume"}],
            });
            let Json::Object(service) = service else { unreachable!("an object was written") };
            self.add_service(&folders_service(&volume), service)?;
        }
        Ok(())
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

    /// Has every service say which content its configs have. Compose replaces a container when its service changes,
    /// and looks at no content: a changed file, or a new route, would never reach a container that runs.
    pub(crate) fn mark_configs(&mut self) {
        let Document { services, configs, .. } = &mut self.document;
        let content = |source: &str| -> String {
            let config = configs.get(source).map(Json::to_string).unwrap_or_default();
            let beside = self.files.iter().filter(|file| config.contains(&format!("./{}\"", file.name)));
            config.clone() + &beside.map(|file| file.content.as_str()).collect::<String>()
        };
        for (_, service) in services.iter_mut() {
            let Json::Object(service) = service else { continue };
            let mounted = service.get("configs").and_then(Json::as_array).into_iter().flatten();
            let sources = mounted.filter_map(|mount| mount["source"].as_str().or(mount.as_str()));
            let contents: Vec<_> = sources.map(content).collect();
            if contents.is_empty() {
                continue;
            }
            let digest = digest(&contents);
            match service.entry("labels").or_insert_with(|| json!({})) {
                Json::Array(labels) => labels.push(json!(format!("{CONFIGS}={digest}"))),
                Json::Object(labels) => drop(labels.insert(CONFIGS.to_owned(), json!(digest))),
                // No labels at all; Compose says so.
                _ => {}
            }
            *service = in_order(std::mem::take(service));
        }
    }

    pub(crate) fn has_service(&self, name: &str) -> bool {
        self.document.services.contains_key(name)
    }
}

impl Document {
    /// `compose.yaml`. A person who opens it is told of `.env` where there is one.
    pub(crate) fn artifact(self, variables: &Variables) -> Result<Artifact, Failure> {
        let mut document = Map::new();
        document.insert("name".to_owned(), json!(self.name));
        let sections = [("services", self.services), ("volumes", self.volumes), ("configs", self.configs)];
        for (name, section) in sections.into_iter().filter(|(_, section)| !section.is_empty()) {
            document.insert(name.to_owned(), Json::Object(section));
        }
        let body = yaml::write(&document).or_permanent("yaml")?;
        let note = match variables.artifact() {
            Some(_) if variables.hold_secrets() => " Secrets are in .env, which only you can read.",
            Some(_) => " Values of variables are in .env.",
            None => "",
        };
        Ok(Artifact::text("compose.yaml", "application/yaml", format!("{HEADER}{note}\n{body}")))
    }
}

/// Tells contents apart; not meant to withstand somebody who wants two to look alike.
fn digest(contents: &[String]) -> String {
    let bytes = contents.iter().flat_map(|content| content.bytes().chain([0]));
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{sum:016x}")
}

fn folders_service(volume: &str) -> String {
    format!("{volume}-folders")
}

/// `what` is for people.
fn name_twice(what: &str, name: &str) -> Failure {
    let message = format!("two of the application's parts become the {what} `{name}`; rename one of them");
    Failure::conflict("name-twice", message)
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
