//! Golden paths that are files keep the same rules as those that are components.

use std::collections::BTreeMap;

use innominatus_author::harness::{Finding, Selection, Status};
use innominatus_testkit::programs;

use crate::house::run;

/// What the checks find of `cloudy` with a golden path of these steps.
fn found(resource: &str, sensitive: bool, template: &str) -> BTreeMap<&'static str, Finding> {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform("cloudy", folder.path());
    std::fs::create_dir_all(folder.path().join("tests")).unwrap();
    let sample = programs::platform("cloudy").join("tests/widget.yaml");
    std::fs::copy(sample, folder.path().join("tests/widget.yaml")).unwrap();
    let manifest = folder.path().join("platform.yaml");
    let mut text = std::fs::read_to_string(&manifest).unwrap();
    text.push_str("goldenpaths:\n  - {name: deploy, version: 1.0.0, file: ./deploy.yaml}\n");
    std::fs::write(manifest, text).unwrap();
    let path = format!(
        "apiVersion: innominatus.io/v1\nkind: GoldenPath\nmetadata: {{name: deploy, version: 1.0.0}}\nparameters: {{type: \
         object}}\nsteps:\n  - {{name: make, type: provisioner, config: {{resource: '{resource}'}}}}\n  - name: files\n    \
         type: render\n    dependsOn: [make]\n    config:\n      files:\n        - {{path: it.txt, mediaType: \
         text/plain, sensitive: {sensitive}, template: '{template}'}}\n"
    );
    std::fs::write(folder.path().join("deploy.yaml"), path).unwrap();
    let selection = Selection { entries: vec!["deploy".into()], ..Selection::default() };
    let report = run(folder.path(), selection).unwrap_or_else(|error| panic!("{error}"));
    let findings = report.findings().map(|(entry, finding)| {
        assert_eq!(entry.name, "deploy");
        (finding.check.id, finding.clone())
    });
    findings.collect()
}

fn status(found: &BTreeMap<&'static str, Finding>) -> Vec<(&'static str, Status)> {
    found.iter().map(|(id, finding)| (*id, finding.status)).collect()
}

const NAMES: &str = "{% for it in resources %}{{ it.name }}{% endfor %}";
const SECRETS: &str = "{% for it in resources %}{{ it.outputs.password | default(1) }}{% endfor %}";

#[test]
fn a_good_file_passes() {
    use Status::Pass;
    let expected = [("render", Pass), ("schema", Pass), ("secrets", Pass), ("steps", Pass)];
    for found in [found("*", false, NAMES), found("*", true, SECRETS)] {
        assert_eq!(status(&found), expected, "{found:#?}");
    }
}

#[test]
fn what_breaks_the_rules_is_found() {
    use Status::{Fail, Pass, Skip};
    let leaks = found("*", false, SECRETS);
    assert_eq!(status(&leaks)[2], ("secrets", Fail), "{leaks:#?}");
    assert!(leaks["secrets"].message.contains("`it.txt`, which is not sensitive"), "{leaks:#?}");

    let uncovered = found("locket", false, NAMES);
    assert_eq!(
        status(&uncovered),
        [("render", Skip), ("schema", Pass), ("secrets", Skip), ("steps", Fail)],
        "{uncovered:#?}"
    );
    assert!(uncovered["steps"].message.contains("no step makes `widget"), "{uncovered:#?}");

    let broken = found("*", false, "{{ resources[999].name }}");
    assert_eq!(status(&broken)[0], ("render", Fail), "{broken:#?}");
}
