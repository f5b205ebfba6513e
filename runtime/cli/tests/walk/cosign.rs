//! Both ways between the program and the real `cosign`, by the commands that people type: what `platform sign` signs cosign
//! verifies, and what cosign signs is installed.
//!
//! `INNOMINATUS_COSIGN` names a cosign from version 3; `cargo xtask test` sets it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use innominatus_testkit::guest;
use tempfile::TempDir;

use crate::{Person, registry};

/// It asks for nothing, so that only its signature stands in the way.
const MANIFEST: &str = "\
apiVersion: innominatus.io/v1
kind: Platform
metadata: {name: things, version: 1.2.0}
compatibility: {minCoreVersion: \"1.0.0\"}
provisioners:
  - {name: thing, type: thing, version: 1.2.0, component: ./thing.wasm}
";

/// A registry, a cosign, and one who has both.
struct Place {
    cosign: PathBuf,
    registry: String,
    person: Person,
    folder: TempDir,
}

impl Place {
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn here() -> Option<Self> {
        let registry = registry()?;
        let Some(cosign) = std::env::var_os("INNOMINATUS_COSIGN") else {
            eprintln!("SKIPPED: no cosign; `cargo xtask test` fetches one");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let person = Person { home: folder.path().join("home"), folder: folder.path().to_owned() };
        Some(Self { cosign: cosign.into(), registry, person, folder })
    }

    /// Pushes a platform that nobody signed; says how to name exactly its bytes.
    fn pushed(&self, repository: &str) -> String {
        let platform = self.folder.path().join("things");
        std::fs::create_dir(&platform).unwrap();
        std::fs::write(platform.join("platform.yaml"), MANIFEST).unwrap();
        std::fs::write(platform.join("thing.wasm"), guest::provisioner("")).unwrap();
        let to = format!("{}/walk/{repository}-{}", self.registry, std::process::id());
        let pushed = self.person.json(&["platform", "push", "things", "--to", &to, "--stage", "prod"]);
        pushed["pinned"].as_str().unwrap().to_owned()
    }

    /// Nothing of this machine's own: no settings, no cache, no keys.
    fn cosign(&self, arguments: &[&str]) -> Output {
        Command::new(&self.cosign)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("COSIGN_PASSWORD", "only for this test")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn cosign_does(&self, arguments: &[&str]) {
        let output = self.cosign(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// As the author guide says it, on a registry without certificate.
    fn verify(&self, key: &str, pinned: &str) -> Output {
        let (no_log, plain) = ("--insecure-ignore-tlog=true", "--allow-http-registry");
        self.cosign(&["verify", "--key", key, no_log, plain, pinned])
    }
}

#[test]
fn cosign_verifies_what_platform_sign_signs() {
    let Some(place) = Place::here() else { return };
    let pinned = place.pushed("cosign-verifies");
    for name in ["own", "other"] {
        place.person.ok(&["platform", "keygen", name]);
    }
    assert!(!place.verify("own.pub", &pinned).status.success(), "nothing is signed yet");

    place.person.ok(&["platform", "sign", &pinned, "--key", "own.key"]);
    let verified = place.verify("own.pub", &pinned);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    assert!(!place.verify("other.pub", &pinned).status.success(), "another key verifies nothing");
}

#[test]
fn what_cosign_signs_is_installed() {
    let Some(place) = Place::here() else { return };
    let pinned = place.pushed("cosign-signs");
    for name in ["own", "other"] {
        place.cosign_does(&["generate-key-pair", "--output-key-prefix", name]);
    }
    let (code, said) = place.person.refused(&["platform", "install", &pinned, "--key", "own.pub"]);
    assert!(code == 11 && said.contains("signature-missing"), "{code}: {said}");

    // No log and no clock of others: this needs no network.
    place.cosign_does(&["signing-config", "create", "--out", "alone.json"]);
    let alone = ["sign", "--yes", "--signing-config", "alone.json", "--allow-http-registry"].as_slice();
    place.cosign_does(&[alone, &["--key", "own.key"], &[&pinned]].concat());

    let (code, said) = place.person.refused(&["platform", "install", &pinned, "--key", "other.pub"]);
    assert!(code == 11 && said.contains("signer-not-trusted"), "{code}: {said}");
    place.person.ok(&["platform", "install", &pinned, "--key", "own.pub"]);
    let detail = place.person.json(&["platform", "inspect", "things"]);
    let digest = detail["digest"].as_str().unwrap();
    assert!(pinned.ends_with(digest), "{pinned} is not {digest}");
    assert!(detail["signer"].as_str().unwrap().starts_with("key sha256:"), "{detail}");
}
