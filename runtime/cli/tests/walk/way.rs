//! The whole way of a platform: new, build, test, sign, push, install by digest, run, an update that asks for more, approve,
//! roll back, uninstall.

use std::path::Path;

use serde_json::Value;

use crate::{Person, Project, carry, edit, registry};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

#[test]
fn from_nothing_to_uninstalled() {
    let Some(registry) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let author = Person { home: folder.path().join("author-home"), folder: folder.path().to_owned() };
    let held = Project::new(&author, &["--provisioner", "postgres", "--provisioner", "dns", "--golden-path"]);
    let project = held.folder.clone();
    let here = project.to_str().unwrap();
    let author = Person { home: author.home, folder: project.clone() };
    let user = Person { home: folder.path().join("user-home"), folder: folder.path().to_owned() };

    // The author: build, test, publish, sign.
    author.ok(&["platform", "build", "--offline", "--locked", here]);
    author.ok(&["platform", "test", "--no-build", "--harness-only", here]);
    author.ok(&["platform", "keygen", folder.path().join("acme").to_str().unwrap()]);
    let repository = format!("{registry}/walk/platform-acme-{}", std::process::id());
    let planned =
        author.json(&["platform", "push", here, "--to", &repository, "--stage", "prod", "--dry-run"]);
    let pushed = author.json(&["platform", "push", here, "--to", &repository, "--stage", "prod"]);
    assert_eq!(pushed["digest"], planned["digest"]);
    assert_eq!(pushed["references"][0], format!("{repository}:0.1.0"));
    let again = author.json(&["platform", "push", here, "--to", &repository, "--stage", "prod"]);
    assert_eq!(again["movedBytes"], 0, "what is there does not move");
    let pinned = pushed["pinned"].as_str().unwrap();
    let (key, public) = (folder.path().join("acme.key"), folder.path().join("acme.pub"));
    let public = public.to_str().unwrap();

    // The user: unsigned is refused, signed by somebody else is refused, then exactly these bytes.
    let (code, said) = user.refused(&["platform", "install", pinned, "--grant", "all"]);
    assert_eq!(code, 11, "{said}");
    let signed =
        author.json(&["platform", "sign", pinned, "--key", key.to_str().unwrap(), "--project", here]);
    assert_eq!(signed["attestation"]["predicateType"], PROVENANCE, "`platform.yaml` promises it: {signed}");
    author.ok(&["platform", "keygen", folder.path().join("other").to_str().unwrap()]);
    let other = folder.path().join("other.pub");
    let (code, said) =
        user.refused(&["platform", "install", pinned, "--key", other.to_str().unwrap(), "--grant", "all"]);
    assert_eq!(code, 11, "{said}");
    user.ok(&["platform", "verify", pinned, "--key", public]);

    // A policy that wants to know where it was made is satisfied by what lies there.
    let policy = user.home.join("policy.yaml");
    let rule = format!(
        "trust:\n- scope: \"{registry}/walk/**\"\n  require:\n  - key: {public}\n  attestations:\n  - type: slsa\n"
    );
    std::fs::write(&policy, rule).unwrap();
    let verified = user.json(&["platform", "verify", pinned]);
    let said = verified["lines"].as_array().unwrap().iter().filter_map(Value::as_str);
    assert!(said.into_iter().any(|line| line.contains(&format!("attested `{PROVENANCE}`"))), "{verified}");
    std::fs::remove_file(policy).unwrap();
    user.ok(&["platform", "install", pinned, "--key", public, "--grant", "all"]);
    let detail = user.json(&["platform", "inspect", "acme"]);
    assert_eq!(detail["digest"], pushed["digest"], "the verified bytes are the installed bytes");
    assert!(detail["signer"].as_str().unwrap().starts_with("key sha256:"));

    // Who knows the index finds the platform, by its digest.
    let index = format!("{registry}/walk/index-{}", std::process::id());
    author.ok(&["platform", "index", pinned, "--to", &index]);
    let listed =
        author.json(&["platform", "index", pushed["references"][0].as_str().unwrap(), "--to", &index]);
    assert_eq!((&listed["generation"], &listed["entries"]), (&2.into(), &1.into()), "{listed}");
    let registries = format!(
        "hosts:\n  {registry}: {{plainHttp: true}}\nindexes:\n- {{name: corp, type: oci, ref: {index}}}\n"
    );
    std::fs::write(user.home.join("registries.yaml"), registries).unwrap();
    let found = user.json(&["platform", "discover", "--type", "postgres"]);
    assert_eq!(found["items"][0]["reference"], pinned, "{found}");

    let score = project.join("examples/hello.score.yaml");
    let score = score.to_str().unwrap();
    user.ok(&["run", "deploy", score, "--platform", "acme@0.1", "--no-output"]);

    // The same as a file: it is so already. What fails has its place in the lock as before.
    let file = folder.path().join("platforms.yaml");
    let lock = folder.path().join("platforms.lock");
    let wanted = |place: &str| {
        let text = format!("platforms:\n- {{name: acme, repository: \"{place}\", version: \">=0.1, <1\"}}\n");
        std::fs::write(&file, text).unwrap();
    };
    wanted(&repository);
    user.ok(&["platform", "apply", file.to_str().unwrap(), "--dry-run"]);
    user.ok(&["platform", "apply", file.to_str().unwrap()]);
    user.ok(&["platform", "apply", file.to_str().unwrap(), "--dry-run"]);
    let locked = std::fs::read_to_string(&lock).unwrap();
    assert!(locked.contains(detail["digest"].as_str().unwrap()), "{locked}");
    user.ok(&["platform", "apply", file.to_str().unwrap(), "--locked"]);
    wanted("127.0.0.1:1/walk/nowhere");
    user.refused(&["platform", "apply", file.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), locked);
    let release = user.ok(&["platform", "save", pinned, folder.path().join("my acme.tar").to_str().unwrap()]);
    assert!(release.contains("2 attachments"), "{release}");

    // What it really did becomes a test of it, which needs no server.
    let copy = folder.path().join("recorded");
    carry(&project.join("target/platforms/acme"), &copy);
    let copy = copy.to_str().unwrap();
    let report = user.json(&["test-platform", copy, "--record", "hello/postgres.default#hello.postgres"]);
    assert_eq!(
        (&report["summary"]["fail"], report["summary"]["pass"].as_u64()),
        (&0.into(), Some(2)),
        "{report}"
    );
    assert!(Path::new(copy).join("tests/recordings/recorded-postgres.json").is_file());

    // The next version asks for more: it waits, and the first goes on serving.
    let manifest = project.join("platform.yaml");
    let before = std::fs::read_to_string(&manifest).unwrap();
    edit(&manifest, "version: 0.1.0\n", "version: 0.2.0\n");
    let asks = "        reason: makes the password of";
    edit(&manifest, asks, &format!("        references: [licence]\n{asks}"));
    let outcome = std::panic::catch_unwind(|| {
        author.ok(&["platform", "sync", here]);
        author.ok(&["platform", "build", "--offline", here]);
        author.json(&["platform", "push", here, "--to", &repository, "--stage", "prod"])
    });
    std::fs::write(&manifest, before).unwrap();
    let second = outcome.unwrap();
    author.ok(&["platform", "sync", here]);
    author.ok(&["platform", "sign", second["pinned"].as_str().unwrap(), "--key", key.to_str().unwrap()]);
    let outdated = user.json(&["platform", "outdated"]);
    assert_eq!(outdated["items"][0]["wanted"], "0.2.0", "{outdated}");
    let diff = user.json(&["platform", "diff", "acme", second["pinned"].as_str().unwrap()]);
    assert_eq!(diff["widens"], true, "{diff}");
    let (code, said) = user.refused(&["platform", "update", "acme"]);
    assert_eq!(code, 11, "{said}");
    let list = user.json(&["platform", "list"]);
    assert_eq!((&list["items"][0]["version"], &list["items"][0]["serving"]), (&"0.1.0".into(), &true.into()));
    assert_eq!(list["items"][0]["held"]["version"], "0.2.0");

    user.ok(&["platform", "approve", "acme"]);
    let list = user.json(&["platform", "list"]);
    assert_eq!((&list["items"][1]["version"], &list["items"][1]["serving"]), (&"0.2.0".into(), &true.into()));
    let (code, _) = user.refused(&["platform", "rollback", "acme"]);
    assert_eq!(code, 11);
    user.ok(&["platform", "rollback", "acme", "--allow-downgrade"]);
    user.ok(&["platform", "migrate", "acme", "--to", "0.2.0", "--yes"]);
    user.ok(&["platform", "uninstall", "acme@0.1.0"]);
    let (code, said) = user.refused(&["platform", "uninstall", "acme"]);
    assert_eq!(code, 6, "its resources are there: {said}");
    user.ok(&["delete", "hello", "--yes"]);
    user.ok(&["platform", "uninstall", "acme"]);
    assert_eq!(user.json(&["platform", "list"])["items"], Value::Array(Vec::new()));
}
