//! Platforms as artifacts: the same folder is the same bytes, and whatever was changed on the way is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use innominatus_model::{Capability, Code, Coded as _, Digest, Json, canonical};
use innominatus_package::{
    ARTIFACT_TYPE, ArtifactError, ComponentFacts, Config, Image, ImageManifest, Package, Stamp, open_files,
};
use serde_json::json;

const MANIFEST: &str = "\
apiVersion: innominatus.io/v1
kind: Platform
metadata: { name: acme, version: 1.2.0, license: Apache-2.0, description: For tests, repository: https://example.com/acme }
compatibility: { minCoreVersion: 1.0.0, maxCoreVersion: 2.0.0 }
provisioners:
  - name: database
    type: postgres
    version: 1.0.0
    component: ./parts/all.wasm
    schema: ./schemas/database.json
    capabilities:
      - { name: http, reason: calls the cloud, http: [{ host: api.example.com, methods: [POST, GET] }] }
  - { name: cache, type: redis, version: 1.0.0, component: parts/all.wasm }
goldenpaths:
  - { name: deploy, version: 1.0.0, component: deploy.wasm }
";

fn files(manifest: &str) -> BTreeMap<String, Vec<u8>> {
    [
        ("platform.yaml", manifest.as_bytes()),
        ("parts/all.wasm", b"\0asm all"),
        ("deploy.wasm", b"\0asm deploy"),
        ("schemas/database.json", b"{\"type\": \"object\"}"),
        ("README.md", b"# Acme\n"),
        ("LICENSE", b"free\n"),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
    .into()
}

fn package(manifest: &str) -> Package {
    open_files(Path::new("platform.yaml"), &files(manifest)).unwrap()
}

fn facts() -> BTreeMap<String, ComponentFacts> {
    let facts = |world: &str| ComponentFacts {
        contract: "innominatus:platform@1.0.0".to_owned(),
        world: world.to_owned(),
        imports: ["log", "http", "log"].map(|name| format!("innominatus:platform/{name}@1.0.0")).into(),
        exports: vec!["innominatus:platform/lifecycle@1.0.0".to_owned()],
    };
    BTreeMap::from([
        ("parts/all.wasm".to_owned(), facts("provisioner")),
        ("deploy.wasm".to_owned(), facts("golden-path")),
    ])
}

fn image() -> Image {
    Image::pack(&package(MANIFEST), &facts(), &Stamp::default()).unwrap()
}

fn parsed(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_platform_is_packed_layer_by_layer() {
    let image = image();
    let manifest = parsed(image.manifest_bytes());
    assert_eq!(manifest["artifactType"], ARTIFACT_TYPE);
    let layers: Vec<(&str, &str)> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| {
            let title = layer["annotations"]["org.opencontainers.image.title"].as_str().unwrap();
            (title, layer["mediaType"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        layers,
        [
            ("LICENSE", "text/plain"),
            ("README.md", "text/markdown"),
            ("deploy.wasm", "application/wasm"),
            ("parts/all.wasm", "application/wasm"),
            ("platform.yaml", "application/vnd.innominatus.platform.manifest.v1+yaml"),
            ("schemas/database.json", "application/schema+json"),
        ]
    );
    assert_eq!(manifest["layers"][3]["annotations"]["dev.innominatus.component"], "database,cache");
    assert_eq!(manifest["annotations"]["dev.innominatus.core-max"], "2.0.0");
    assert!(manifest["annotations"].get("org.opencontainers.image.created").is_none());
    let config = parsed(image.config_bytes());
    assert_eq!(config["core"], ">=1.0.0, <2.0.0");
    assert_eq!(config["wit"], json!(["innominatus:platform@1.0.0"]));
    assert_eq!(
        config["provisioners"][0]["capabilities"]["http"]["http"],
        json!([{ "origin": "https://api.example.com", "methods": ["GET", "POST"], "path": "/", "secrets": false }])
    );
    assert_eq!(
        config["components"]["parts/all.wasm"]["imports"],
        json!(["innominatus:platform/http@1.0.0", "innominatus:platform/log@1.0.0"])
    );
    assert_eq!(config["files"]["LICENSE"], Digest::of("free\n").to_string());
    assert_eq!(image.blobs().len(), 7);
    // What every component may do is nothing to be told of.
    let imports = ["cache", "database"].map(|entry| (entry.to_owned(), vec![Capability::Http]));
    assert_eq!(image.config().imports(), BTreeMap::from(imports));
    assert_eq!(image.config().license(), Some("Apache-2.0"));
}

#[test]
fn the_same_platform_is_the_same_bytes() {
    let stamped = Stamp { created: Some("2026-01-01T00:00:00Z".to_owned()), revision: None };
    let stamped = Image::pack(&package(MANIFEST), &facts(), &stamped).unwrap();
    assert_eq!(image(), image());
    assert_ne!(image().digest(), stamped.digest());
    assert_eq!(image().config_bytes(), stamped.config_bytes());
    // How the YAML is written is in the file's digest, and nowhere else in the config.
    let other = MANIFEST.replace("[POST, GET]", "[GET, POST]").replace("./parts", "parts");
    let other = Image::pack(&package(&other), &facts(), &Stamp::default()).unwrap();
    let (mut a, mut b) = (parsed(image().config_bytes()), parsed(other.config_bytes()));
    assert_ne!(a, b);
    for config in [&mut a, &mut b] {
        config["files"]["platform.yaml"] = Json::Null;
    }
    assert_eq!(a, b);
    // A golden digest: what is published does not change with this program.
    assert_eq!(image().digest().to_string(), GOLDEN);
}

/// Of the manifest of the platform above.
const GOLDEN: &str = "sha256:5ebbdaf6c3a71a088307a60f9665451f8ffa66c7dea0a5f6927c15236a621bb2";

#[test]
fn it_unpacks_into_the_platform_that_it_was() {
    let image = image();
    let (again, package) =
        Image::unpack(image.manifest_bytes(), image.config_bytes(), files(MANIFEST)).unwrap();
    assert_eq!(again, image);
    assert_eq!(package.digest, self::package(MANIFEST).digest);
    image.check(&package, &facts()).unwrap();
    let mut lies = facts();
    lies.get_mut("deploy.wasm").unwrap().imports.push("innominatus:platform/secrets@1.0.0".to_owned());
    let error = image.check(&package, &lies).unwrap_err();
    assert!(error.to_string().contains("deploy.wasm"), "{error}");
    lies.remove("deploy.wasm");
    assert!(matches!(Image::pack(&package, &lies, &Stamp::default()), Err(ArtifactError::Pack(_))));
}

/// Manifest, config and files, changed by somebody on the way who mends the digests.
struct Changed {
    manifest: Json,
    config: Json,
    files: BTreeMap<String, Vec<u8>>,
}

impl Changed {
    fn new() -> Self {
        let image = image();
        Self {
            manifest: parsed(image.manifest_bytes()),
            config: parsed(image.config_bytes()),
            files: files(MANIFEST),
        }
    }

    fn layer(&mut self, title: &str) -> &mut Json {
        let layers = self.manifest["layers"].as_array_mut().unwrap();
        layers
            .iter_mut()
            .find(|layer| layer["annotations"]["org.opencontainers.image.title"] == title)
            .unwrap()
    }

    /// Puts other bytes into a file, everywhere.
    fn put(&mut self, title: &str, bytes: &[u8]) {
        let (digest, size) = (Digest::of(bytes).to_string(), bytes.len());
        let layer = self.layer(title);
        layer["digest"] = json!(digest);
        layer["size"] = json!(size);
        self.config["files"][title] = json!(digest);
        self.files.insert(title.to_owned(), bytes.to_vec());
    }

    fn refused(mut self) -> ArtifactError {
        let config = canonical(&self.config);
        self.manifest["config"]["digest"] = json!(Digest::of(&config).to_string());
        self.manifest["config"]["size"] = json!(config.len());
        let manifest = canonical(&self.manifest);
        Image::unpack(manifest.as_bytes(), config.as_bytes(), self.files).unwrap_err()
    }
}

/// What is changed, and a part of what is said.
type Change = (fn(&mut Changed), &'static str);

const CHANGES: &[Change] = &[
    (|x| x.manifest["artifactType"] = json!("application/vnd.example"), "not a platform"),
    (|x| x.manifest["schemaVersion"] = json!(1), "schemaVersion"),
    (|x| x.manifest["mediaType"] = json!("application/vnd.oci.image.index.v1+json"), "not an image manifest"),
    (|x| x.manifest["config"]["mediaType"] = json!("application/json"), "its config is"),
    (|x| x.manifest["config"]["urls"] = json!(["https://evil.example"]), "urls"),
    (|x| x.layer("LICENSE")["urls"] = json!(["https://evil.example"]), "urls"),
    (|x| x.layer("LICENSE")["mediaType"] = json!("application/zip"), "which no platform has"),
    (|x| x.layer("LICENSE")["mediaType"] = json!("text/markdown"), "not `text/markdown`"),
    (|x| x.layer("LICENSE")["digest"] = json!("sha512:00"), "SHA-256"),
    (|x| x.layer("LICENSE")["size"] = json!(9), "bytes, not 9"),
    (|x| x.layer("LICENSE")["size"] = json!(1_u64 << 40), "more than"),
    (|x| x.layer("LICENSE")["annotations"] = json!({}), "no title"),
    (|x| x.manifest["subject"] = x.manifest["config"].clone(), "subject"),
    (
        |x| x.layer("LICENSE")["annotations"]["org.opencontainers.image.title"] = json!("../LICENSE"),
        "plain path",
    ),
    (
        |x| x.layer("LICENSE")["annotations"]["org.opencontainers.image.title"] = json!("readme.md"),
        "case alone",
    ),
    (
        |x| x.layer("LICENSE")["annotations"]["org.opencontainers.image.title"] = json!("NOTICE"),
        "do not agree",
    ),
    (|x| drop(x.manifest["layers"].as_array_mut().unwrap().remove(0)), "do not agree"),
    (|x| drop(x.files.remove("LICENSE")), "missing"),
    (|x| drop(x.files.insert("more".to_owned(), Vec::new())), "not its own"),
    (|x| drop(x.files.insert("LICENSE".to_owned(), b"paid\n".to_vec())), "has the digest"),
    (|x| x.config["files"]["LICENSE"] = json!(Digest::of("paid").to_string()), "do not agree"),
    (|x| x.config["formatVersion"] = json!(2), "of form 2"),
    (|x| x.config["name"] = json!("other"), "what its `platform.yaml` says"),
    (|x| x.config["core"] = json!(">=1.0.0"), "what its `platform.yaml` says"),
    (|x| x.config["more"] = json!(1), "what its `platform.yaml` says"),
    (|x| x.config["provisioners"][0]["capabilities"] = json!({}), "what its `platform.yaml` says"),
    (|x| x.config["components"]["deploy.wasm"]["size"] = json!(1), "what its `platform.yaml` says"),
    (
        |x| drop(x.config["components"].as_object_mut().unwrap().remove("deploy.wasm")),
        "cannot be written again",
    ),
    (|x| x.put("deploy.wasm", b"\x7fELF precompiled"), "ELF"),
    (|x| x.put("deploy.wasm", b"MZ program"), "PE"),
    (
        |x| x.put("platform.yaml", MANIFEST.replace("1.2.0", "1.3.0").as_bytes()),
        "what its `platform.yaml` says",
    ),
    (|x| x.put("platform.yaml", b"kind: Platform"), "not a platform"),
    (
        |x| {
            let layer = x.layer("LICENSE").clone();
            x.manifest["layers"].as_array_mut().unwrap().push(layer);
        },
        "twice",
    ),
    (
        |x| {
            let layer = x.layer("LICENSE").clone();
            x.manifest["layers"] = vec![layer; 300].into();
        },
        "more than 256 layers",
    ),
];

#[test]
fn whatever_was_changed_is_refused() {
    for (change, said) in CHANGES {
        let mut changed = Changed::new();
        change(&mut changed);
        let error = changed.refused();
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert!(error.remedy().is_some());
    }
}

#[test]
fn a_config_is_in_canonical_form() {
    let config = image().config_bytes().to_vec();
    assert!(Config::read(&config).is_ok());
    for bad in [
        [&b" "[..], &config].concat(),
        String::from_utf8(config.clone()).unwrap().replacen("{", "{\"core\":\"x\",", 1).into_bytes(),
        b"null".to_vec(),
        Vec::new(),
        vec![b' '; 2 * 1024 * 1024],
    ] {
        assert_eq!(Config::read(&bad).unwrap_err().code(), Code::ArtifactInvalid);
    }
}

#[test]
fn what_is_about_a_platform_is_a_manifest_too() {
    let image = image();
    let mut about = image.manifest().clone();
    about.subject =
        Some(innominatus_package::Descriptor::of("application/vnd.oci.image.manifest.v1+json", b"x"));
    let bytes = about.to_bytes();
    assert!(ImageManifest::read(&bytes).is_err());
    assert_eq!(ImageManifest::read_any(&bytes).unwrap(), about);
    for bad in
        ["", "[]", "{}", "{\"schemaVersion\": 2}", "{\"schemaVersion\": 2, \"config\": {}, \"layers\": []}"]
    {
        assert!(ImageManifest::read_any(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn what_cannot_be_packed_is_said() {
    let mut files = files(MANIFEST);
    files.insert("deploy.wasm".to_owned(), b"\x7fELF precompiled".to_vec());
    let package = open_files(Path::new("platform.yaml"), &files).unwrap();
    let error = Image::pack(&package, &facts(), &Stamp::default()).unwrap_err();
    assert!(error.to_string().contains("deploy.wasm"), "{error}");
}
