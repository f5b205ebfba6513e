//! `platform ci --push --key`: from sources to a signed platform in a registry, by one command.

use innominatus_testkit::programs;
use serde_json::{Deserializer, Value};

use crate::{Person, registry};

#[test]
fn ci_goes_on_to_what_is_pushed_and_signed() {
    let Some(registry) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let author = Person { home: folder.path().join("home"), folder: folder.path().to_owned() };
    // Its component is there: cargo has nothing to do with it.
    let project = folder.path().join("cloudy");
    programs::copy_platform("cloudy", &project);
    author.ok(&["platform", "keygen", "acme"]);

    // What cannot end well does not begin.
    let (code, said) = author.refused(&["platform", "ci", "cloudy", "--push"]);
    assert!(code == 2 && said.contains("`publish:`"), "{code}: {said}");
    let manifest = project.join("platform.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let repository = format!("{registry}/walk/ci-{}", std::process::id());
    std::fs::write(manifest, format!("{text}publish: {{registry: \"{repository}\"}}\n")).unwrap();
    let (_, said) = author.refused(&["platform", "ci", "cloudy", "--push", "--key", "acme.pub"]);
    assert!(said.contains("key-invalid"), "{said}");
    assert!(!project.join("dist").exists(), "nothing was begun");

    let to_the_end = ["--push", "--stage", "prod", "--key", "acme.key", "--json"];
    let printed = author.ok(&[&["platform", "ci", "cloudy"][..], &to_the_end].concat());
    let reports: Vec<Value> = Deserializer::from_str(&printed).into_iter().map(Result::unwrap).collect();
    let last = reports.last().unwrap();
    let steps: Vec<_> =
        last["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(steps, ["sync", "validate", "build", "test", "pack", "push", "sign"]);
    let pushed = reports.iter().find(|report| report["kind"] == "PushReport").unwrap();
    assert_eq!(pushed["references"][0], format!("{repository}:1.0.0"));
    author.ok(&["platform", "verify", pushed["pinned"].as_str().unwrap(), "--key", "acme.pub"]);
}
