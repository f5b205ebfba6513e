//! A small platform, a cache that counts, and registries that are not waited for long.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use innominatus_model::Digest;
use innominatus_package::{
    ComponentFacts, Descriptor, EMPTY_BYTES, EMPTY_TYPE, IMAGE_MANIFEST_TYPE, Image, ImageManifest, Package,
    Repository, Stamp, open_files,
};
use innominatus_registry::{Cache, Credentials, NewReferrer, Nobody, Patience, Remote, RemoteConfig};

pub(crate) fn package(version: &str, deploy: &[u8]) -> Package {
    let manifest = format!(
        "apiVersion: innominatus.io/v1\nkind: Platform\nmetadata: {{name: acme, version: {version}, license: \
         Apache-2.0}}\ncompatibility: {{minCoreVersion: 1.0.0, maxCoreVersion: 2.0.0}}\nprovisioners:\n  - {{name: \
         database, type: postgres, version: 1.0.0, component: ./parts/databases.wasm, schema: db.json}}\ngoldenpaths:\n  - \
         {{name: deploy, version: 1.0.0, component: deploy.wasm}}\n"
    );
    let large: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    let files = BTreeMap::from([
        ("platform.yaml".to_owned(), manifest.into_bytes()),
        ("parts/databases.wasm".to_owned(), [b"\0asm".to_vec(), large].concat()),
        ("deploy.wasm".to_owned(), deploy.to_vec()),
        ("db.json".to_owned(), br#"{"type": "object"}"#.to_vec()),
        ("README.md".to_owned(), b"# acme\n".to_vec()),
    ]);
    open_files(Path::new("platform.yaml"), &files).unwrap()
}

pub(crate) fn facts() -> BTreeMap<String, ComponentFacts> {
    let facts = |world: &str, export: &str| ComponentFacts {
        contract: "innominatus:platform@1.0.0".to_owned(),
        world: world.to_owned(),
        imports: vec!["innominatus:platform/log@1.0.0".to_owned()],
        exports: vec![format!("innominatus:platform/{export}@1.0.0")],
    };
    BTreeMap::from([
        ("parts/databases.wasm".to_owned(), facts("provisioner", "lifecycle")),
        ("deploy.wasm".to_owned(), facts("golden-path", "generator")),
    ])
}

pub(crate) fn image(version: &str, deploy: &[u8]) -> Image {
    Image::pack(&package(version, deploy), &facts(), &Stamp::default()).unwrap()
}

pub(crate) fn repository(host: &str, path: &str) -> Repository {
    format!("{host}/{path}").parse().unwrap()
}

/// A path that nobody has used: a registry may have been filled by an earlier run.
pub(crate) fn fresh(path: &str) -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let number = std::hash::RandomState::new().build_hasher().finish();
    format!("walk-{number:x}/{path}")
}

/// Something about a manifest.
pub(crate) fn referrer(subject: &Digest, size: u64, kind: &str, text: &[u8]) -> NewReferrer {
    let mut about = Descriptor::of(IMAGE_MANIFEST_TYPE, b"");
    (about.digest, about.size) = (*subject, size);
    let manifest = ImageManifest {
        artifact_type: Some(kind.to_owned()),
        config: Descriptor::of(EMPTY_TYPE, EMPTY_BYTES),
        layers: vec![Descriptor::of(kind, text)],
        subject: Some(about),
        annotations: BTreeMap::from([("dev.example".to_owned(), "yes".to_owned())]),
    };
    NewReferrer { manifest: manifest.to_bytes(), blobs: vec![EMPTY_BYTES.to_vec(), text.to_vec()] }
}

pub(crate) fn signature(image: &Image, text: &[u8]) -> NewReferrer {
    referrer(
        &image.digest(),
        image.manifest_bytes().len() as u64,
        "application/vnd.example.signature+json",
        text,
    )
}

pub(crate) fn impatient() -> RemoteConfig {
    let patience = Patience {
        connect: Duration::from_secs(2),
        idle: Duration::from_secs(5),
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
        tries: 3,
        ..Patience::default()
    };
    RemoteConfig { patience, ..RemoteConfig::default() }
}

pub(crate) fn remote() -> Remote {
    remote_as(Arc::new(Nobody))
}

pub(crate) fn remote_as(credentials: Arc<dyn Credentials>) -> Remote {
    Remote::new(impatient(), credentials).unwrap()
}

/// A cache in memory.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) Mutex<BTreeMap<Digest, Vec<u8>>>);

impl Cache for Memory {
    fn get(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(digest).cloned()
    }

    fn keep(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().insert(Digest::of(bytes), bytes.to_vec());
        Ok(())
    }
}
