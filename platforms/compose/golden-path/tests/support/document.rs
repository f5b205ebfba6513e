//! Whether a text is a Compose file that Compose takes: by shape, by references, and as YAML.

use std::collections::BTreeSet;
use std::path::Path;

use innominatus_guest::Json;

use super::Rendered;

/// Fails the test if not.
pub(crate) fn check(rendered: &Rendered) {
    let document: Json = serde_saphyr::from_str(rendered.compose()).expect("YAML");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose.schema.json");
    let schema: Json = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    super::check_schema(&schema, &document);
    references(&document, rendered);
    order(&document);
    variables(rendered);
}

fn names<'a>(value: &'a Json, section: &str) -> BTreeSet<&'a str> {
    value[section].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// What a service refers to is there.
fn references(document: &Json, rendered: &Rendered) {
    let (services, volumes) = (names(document, "services"), names(document, "volumes"));
    let configs = names(document, "configs");
    let mut published = BTreeSet::new();
    for (name, service) in document["services"].as_object().unwrap() {
        for other in names(service, "depends_on") {
            assert!(services.contains(other), "{name} waits for {other}");
            let condition = service["depends_on"][other]["condition"].as_str().unwrap();
            let target = &document["services"][other];
            if condition == "service_healthy" {
                assert!(!target["healthcheck"].is_null(), "{other} has no health check, {name} waits for it");
            }
        }
        if let Some(other) = service["network_mode"].as_str() {
            assert!(services.contains(other.strip_prefix("service:").unwrap()), "{name}: {other}");
            assert!(service["networks"].is_null() && service["ports"].is_null(), "{name} has two networks");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            assert!(volumes.contains(volume["source"].as_str().unwrap()), "{name}: {volume}");
        }
        for config in service["configs"].as_array().into_iter().flatten() {
            assert!(configs.contains(config["source"].as_str().unwrap()), "{name}: {config}");
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            let port = port.as_str().unwrap();
            assert!(published.insert(port.split(':').next().unwrap().to_owned()), "{port} is open twice");
        }
    }
    for (name, config) in document["configs"].as_object().into_iter().flatten() {
        if let Some(file) = config["file"].as_str() {
            let file = file.strip_prefix("./").unwrap_or_else(|| panic!("{name}: {file}"));
            assert!(rendered.file(file).media_type.ends_with(";base64"));
        }
    }
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

/// Every secret variable has a value, every value is used, and `.env` is the secret file.
fn variables(rendered: &Rendered) {
    let env = rendered.file(".env");
    assert!(env.sensitive && env.media_type == "text/x-dotenv");
    for line in env.content.lines() {
        let (name, _) = line.split_once('=').expect("KEY=value");
        assert!(rendered.compose().contains(&format!("${{{name}}}")), "{name} is not used");
    }
}
