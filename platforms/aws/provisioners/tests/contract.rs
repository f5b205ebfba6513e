//! What Score users rely on: the outputs of each type, the params it takes, and that a file for local development
//! is a file for this platform too.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;

use innominatus_guest::Json;
use serde_json::json;
use support::{Cloud, component, provision, target};

#[test]
fn outputs_are_those_of_local_development() {
    let s3 = "endpoint region bucket access_key_id secret_key* aws_access_key_id aws_secret_key*";
    let expected = [
        ("s3", "", s3),
        ("storage", "default s3", s3),
        ("postgres", "", "host port name database username password* connection*"),
    ];
    let offers = component(|component| component.metadata().offers);
    assert_eq!(offers.len(), expected.len());
    for (offer, (kind, classes, names)) in offers.iter().zip(expected) {
        assert_eq!((offer.kind.as_str(), offer.classes.join(" ").as_str()), (kind, classes));
        let shown = |name: &str, sensitive| if sensitive { format!("{name}*") } else { name.to_owned() };
        let found: Vec<String> =
            offer.outputs.iter().map(|output| shown(&output.name, output.sensitive)).collect();
        assert_eq!(found.join(" "), names);
        assert!(offer.outputs.iter().all(|output| output.required));
        assert!(
            offer.verbs.iter().any(|verb| verb == "settle")
                && offer.verbs.iter().any(|verb| verb == "update")
        );
    }
}

/// Every param that the platform `compose` takes is taken here, with a value that it takes there.
#[test]
fn a_file_for_local_development_is_taken_as_it_is() {
    let cases: [(&str, Json); 4] = [
        (
            "s3",
            json!({"version": "RELEASE.2025", "image": "minio:1", "bucket": "uploads", "region": "eu-west-1", "size": 3}),
        ),
        ("s3", json!({})),
        (
            "postgres",
            json!({"version": 15, "image": "postgres:15", "database": "orders", "username": "ada",
                   "engine": "postgres", "size": {"cpu": 1}, "storage": "20Gi", "replicas": 2, "volume": "v15"}),
        ),
        ("postgres", json!({"version": "15.4"})),
    ];
    for (kind, params) in cases {
        let target = target(kind, params.clone());
        let cloud = Cloud::default();
        let host = cloud.host();
        let found = component(|component| component.validate_config(host.host(), target.clone()));
        assert_eq!(found, [], "{params}");
        provision(&cloud, &target).unwrap();
    }
}

/// The schemas are what people see of the params, in errors and in `explain`.
#[test]
fn schemas_are_as_published() {
    for kind in ["s3", "postgres"] {
        let schema = component(|component| component.config_schema(kind, "default"));
        assert_eq!(schema["additionalProperties"], json!(false), "{kind} takes unknown params");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schemas/{kind}.json"));
        let found = format!("{schema:#}\n");
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(expected == found, "{}: run again with BLESS=1 if it should be\n{found}", file.display());
    }
    let schema = |kind| component(|component| component.config_schema(kind, "s3"));
    assert_eq!(schema("storage"), schema("s3"));
}
