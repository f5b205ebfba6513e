//! Golden paths that are files keep the same rules as those that are components.

use std::collections::BTreeMap;

use innominatus_author::harness::{Finding, Selection, Status};
use innominatus_testkit::programs;
use tempfile::TempDir;

use crate::house::run;

/// What the checks find of `cloudy` with a golden path of these steps.
fn found(resource: &str, sensitive: bool, template: &str) -> BTreeMap<&'static str, Finding> {
    let folder = cloudy(resource, sensitive, template);
    let selection = Selection { entries: vec!["deploy".into()], ..Selection::default() };
    let report = run(folder.path(), selection).unwrap_or_else(|error| panic!("{error}"));
    let findings = report.findings().map(|(entry, finding)| {
        assert_eq!(entry.name, "deploy");
        (finding.check.id, finding.clone())
    });
    findings.collect()
}

/// `cloudy` with a golden path of these steps.
fn cloudy(resource: &str, sensitive: bool, template: &str) -> TempDir {
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
         object, properties: {{greeting: {{type: string, default: hello}}}}}}\nsteps:\n  - {{name: make, type: provisioner, config: {{resource: '{resource}'}}}}\n  - name: files\n    \
         type: render\n    dependsOn: [make]\n    config:\n      files:\n        - {{path: it.txt, mediaType: \
         text/plain, sensitive: {sensitive}, template: '{template}'}}\n"
    );
    std::fs::write(folder.path().join("deploy.yaml"), path).unwrap();
    folder
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

/// Needs, a workload, and what came of it.
const GIVEN: &str = "
given:
  goldenPath: deploy
  request:
    workloads:
      - apiVersion: score.dev/v1b1
        metadata: {name: web}
        containers: {main: {image: web}}
        resources: {parts: {type: widget}}
    needs: [{type: widget, resource: parts, provisioner: cloudy/widget}]
    made: [{need: 'widget.default#web.parts', outputs: {size: 3}}]
";

#[test]
fn table_tests_of_a_file_are_run() {
    let greeting = "{{ parameters.greeting }} {% for it in resources %}{{ it.outputs.size }}{% endfor %}";
    let folder = cloudy("widget", false, greeting);
    let tests = [
        ("steps", "", "generate-steps", "{steps: ['make:web-parts', files]}"),
        ("renders", "", "render", "{files: {it.txt: hello 3}}"),
        ("greets", "    parameters: {greeting: bye}\n", "render", "{files: {it.txt: bye 3}}"),
        ("refuses", "    parameters: {greeting: 3}\n", "validate", "{violations: [/greeting]}"),
        ("errs", "", "render", "{files: {it.txt: bye 3}}"),
        ("says-no", "", "render", "{files: {it.txt: bye 3}}"),
        (
            "wants-none",
            "",
            "generate-steps",
            "{failure: {code: golden-path-failed, message: 'no step makes*'}}",
        ),
    ];
    for (name, more, when, expect) in tests {
        let given = match name {
            "wants-none" | "says-no" => GIVEN.replace("widget", "locket"),
            _ => GIVEN.to_owned(),
        };
        let text = format!(
            "apiVersion: innominatus.io/v1\nkind: PlatformTest\nmetadata: {{name: {name}}}{given}{more}when: {when}\nexpect: \
             {expect}\n"
        );
        std::fs::write(folder.path().join(format!("tests/{name}.yaml")), text).unwrap();
    }
    let selection = Selection { entries: vec!["deploy".into()], ..Selection::default() };
    let report = run(folder.path(), selection).unwrap_or_else(|error| panic!("{error}"));
    let found = report.findings().filter(|(_, finding)| finding.check.id == "test");
    let found: BTreeMap<String, &Finding> =
        found.map(|(_, finding)| (finding.case.clone().unwrap_or_default(), finding)).collect();
    assert_eq!(found.len(), tests.len(), "{found:#?}");
    for (name, finding) in &found {
        let expected = if ["errs", "says-no"].contains(&name.as_str()) { Status::Fail } else { Status::Pass };
        assert_eq!(finding.status, expected, "{finding:#?}");
        assert_eq!(
            name == "says-no",
            finding.message.contains("it says no: golden-path-failed"),
            "{finding:#?}"
        );
    }
}
