//! Whether a text is a Compose file that Compose takes: by the published schema, by references, by order and by
//! the variables it refers to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use innominatus_guest::{Json, Workload};

/// A Compose file and what was written beside it.
pub(crate) struct Project<'a> {
    pub(crate) compose: &'a str,
    /// `.env`, if it was written.
    pub(crate) env: Option<&'a str>,
    /// Relative paths of the other files.
    pub(crate) files: BTreeSet<String>,
    /// Variables of the shell that starts the project: nobody can write those down.
    pub(crate) open: BTreeSet<String>,
}

/// Fails the test if Compose would not take it.
pub(crate) fn check(project: &Project<'_>) -> Json {
    let document: Json = serde_saphyr::from_str(project.compose).expect("YAML");
    for schema in [
        repository().join("fixtures/compose-spec/compose-spec.json"),
        // Closed: what this golden path does not mean to write, it does not write.
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose.schema.json"),
    ] {
        let text = std::fs::read_to_string(&schema).unwrap_or_else(|error| panic!("{schema:?}: {error}"));
        super::check_schema(&serde_json::from_str(&text).expect("a schema is JSON"), &document);
    }
    references(&document, &project.files);
    order(&document);
    variables(&document, project);
    document
}

/// Fails the test if an image is not pinned: its tag is named, and does not move on by itself.
pub(crate) fn images_are_pinned(document: &Json) {
    for (name, service) in document["services"].as_object().unwrap() {
        let image = service["image"].as_str().unwrap();
        let last = image.rsplit('/').next().unwrap();
        let tag = last.split_once('@').or_else(|| last.split_once(':')).map(|(_, tag)| tag);
        let pinned = tag.is_some_and(|tag| tag.chars().any(|c| c.is_ascii_digit()));
        assert!(pinned, "{name}: the image `{image}` is not pinned");
    }
}

/// The variables that `environment` resources of these workloads leave to the shell.
pub(crate) fn left_to_the_shell(workloads: &[Workload]) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for workload in workloads {
        let text = workload.spec.to_string();
        for (name, resource) in workload.spec["resources"].as_object().into_iter().flatten() {
            if resource["type"] == "environment" {
                let start = format!("${{resources.{name}.");
                let starts = text.split(&start).skip(1);
                open.extend(starts.filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())));
            }
        }
    }
    open
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().to_path_buf()
}

fn names<'a>(value: &'a Json, section: &str) -> BTreeSet<&'a str> {
    value[section].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// What a service refers to is there, and what is there is referred to.
fn references(document: &Json, files: &BTreeSet<String>) {
    let (services, volumes) = (names(document, "services"), names(document, "volumes"));
    let configs = names(document, "configs");
    let mut published = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut hosts: BTreeSet<&str> = services.clone();
    for (name, service) in document["services"].as_object().unwrap() {
        for other in names(service, "depends_on") {
            assert!(services.contains(other) && other != name, "{name} waits for {other}");
            let condition = service["depends_on"][other]["condition"].as_str().unwrap();
            let target = &document["services"][other];
            match condition {
                "service_healthy" => {
                    assert!(!target["healthcheck"].is_null(), "{name} waits for the health of {other}");
                }
                // What is always started again never ends.
                "service_completed_successfully" => {
                    assert_ne!(target["restart"], "unless-stopped", "{name} waits for the end of {other}");
                }
                _ => {}
            }
        }
        let network = service["network_mode"].as_str().unwrap_or("none");
        if network != "none" {
            let other = network.strip_prefix("service:").unwrap();
            assert!(services.contains(other), "{name}: {network}");
            let own = &document["services"][other]["network_mode"];
            assert!(own.is_null(), "{name} joins {other}, which has no network of its own");
            assert!(service["networks"].is_null() && service["ports"].is_null(), "{name} has two networks");
        }
        for alias in service["networks"]["default"]["aliases"].as_array().into_iter().flatten() {
            assert!(hosts.insert(alias.as_str().unwrap()), "{name}: {alias} is the name of two services");
        }
        let mut targets = BTreeSet::new();
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let source = volume["source"].as_str().unwrap();
            assert!(volumes.contains(source), "{name}: {volume}");
            assert!(targets.insert(volume["target"].as_str().unwrap()), "{name}: {volume}");
            used.insert(source);
        }
        for config in service["configs"].as_array().into_iter().flatten() {
            let source = config["source"].as_str().unwrap();
            assert!(configs.contains(source), "{name}: {config}");
            assert!(targets.insert(config["target"].as_str().unwrap()), "{name}: {config}");
            used.insert(source);
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            let port = port.as_str().unwrap();
            let here =
                port.split(':').next().unwrap().to_owned() + port.split_once('/').map_or("", |(_, p)| p);
            assert!(published.insert(here), "{port} is open twice");
        }
    }
    for config in configs {
        assert!(used.contains(config), "nobody mounts the config {config}");
    }
    let mut beside = BTreeSet::new();
    for (name, config) in document["configs"].as_object().into_iter().flatten() {
        if let Some(file) = config["file"].as_str() {
            let file = file.strip_prefix("./").unwrap_or_else(|| panic!("{name}: {file}"));
            assert!(files.contains(file), "{name}: there is no file {file}");
            beside.insert(file.to_owned());
        }
    }
    assert_eq!(&beside, files, "a file that nobody mounts");
}

/// Services can start one after the other.
fn order(document: &Json) {
    let services = document["services"].as_object().unwrap();
    let mut started: BTreeSet<&str> = BTreeSet::new();
    while started.len() < services.len() {
        let ready = services.iter().find(|(name, service)| {
            let network = service["network_mode"].as_str().and_then(|mode| mode.strip_prefix("service:"));
            let mut before = names(service, "depends_on").into_iter().chain(network);
            !started.contains(name.as_str()) && before.all(|other| started.contains(other))
        });
        let (name, _) = ready.unwrap_or_else(|| panic!("a circle after {started:?}"));
        started.insert(name);
    }
}

/// Every variable has a value but those of the shell, every value is used, and the file is there only then.
fn variables(document: &Json, project: &Project<'_>) {
    let mut used = BTreeSet::new();
    referred(document, &mut used);
    let mut defined = BTreeSet::new();
    for line in project.env.iter().flat_map(|env| env.lines()) {
        let (name, value) = line.split_once('=').expect("KEY=value");
        assert!(defined.insert(name.to_owned()), "{name} is defined twice");
        assert!(!value.is_empty(), "{name} has no value");
    }
    for name in &used {
        assert!(defined.contains(name) || project.open.contains(name), "{name} is not defined");
    }
    for name in &defined {
        assert!(used.contains(name), "{name} is not used");
    }
    assert!(project.env.is_none_or(|env| !env.is_empty()), "an empty .env");
}

/// As Compose reads it: `$$` is a `$`, and any other `$` begins a variable.
fn referred(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, after)) = rest.split_once('$') {
                rest = match (after.strip_prefix('$'), after.strip_prefix('{')) {
                    (Some(rest), _) => rest,
                    (None, Some(inside)) => {
                        let (name, rest) = inside.split_once('}').expect("a variable ends");
                        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                        assert!(!name.is_empty() && name.chars().all(plain), "`${{{name}}}` in {text}");
                        found.insert(name.to_owned());
                        rest
                    }
                    (None, None) => panic!("a single `$` in {text}"),
                };
            }
        }
        Json::Array(items) => items.iter().for_each(|item| referred(item, found)),
        Json::Object(entries) => entries.values().for_each(|entry| referred(entry, found)),
        _ => {}
    }
}
