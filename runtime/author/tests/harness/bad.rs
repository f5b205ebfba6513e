//! A platform with one fault planted in each entry: each is found, by the checks that are there for it and no others.

use std::collections::BTreeMap;

use innominatus_author::harness::{Report, Selection, Status};
use innominatus_testkit::programs;

use crate::house::run;

/// What a build would refuse, or put right, and others may have put into a package all the same.
const MISLABELLED: &str = "  - name: mislabelled
    type: mislabelled
    version: 1.0.0
    component: ./bad.wasm
    capabilities:
      - name: http
        reason: makes and removes things
        http:
          - {setting: endpoint, methods: [GET, PUT, POST, DELETE], path: /, secrets: true}
      - name: secrets
        reason: makes a password
";
const NO_PATH: &str = "  - {name: no-path, version: 1.0.0, description: Nothing, component: ./bad.wasm}\n";
const DRIFTED: &str = r#"{"title": "Params", "type": "object", "properties": {"size": {"type": "integer"}}}"#;

/// Which checks fail for which entry.
const PLANTED: &[(&str, &[&str])] = &[
    ("amnesic", &["upgrade-state"]),
    ("anew", &["update"]),
    ("bytewise", &["limits"]),
    ("careless", &["secrets"]),
    ("chancy", &["provision-again"]),
    ("drifted", &["schema-file"]),
    ("evasive", &["denied"]),
    ("forgetful", &["fault-reset", "crash"]),
    ("fragile", &["fault-malformed"]),
    ("giving-up", &["fault-500", "fault-429"]),
    ("greedy", &["wants"]),
    (
        "hidden",
        &[
            "provision-again",
            "update",
            "fault-refused",
            "fault-timeout",
            "fault-reset",
            "fault-500",
            "fault-429",
        ],
    ),
    ("hoarding", &["secrets"]),
    ("in-the-path", &["secrets"]),
    ("littering", &["deprovision"]),
    ("meddling", &["status"]),
    ("mislabelled", &["kind"]),
    ("mistyped", &["outputs"]),
    ("no-path", &["contract"]),
    ("open-hint", &["hints"]),
    ("picky", &["validate"]),
    ("presuming", &["fault-secret"]),
    ("silent", &["outputs"]),
    ("stubborn", &["deprovision-again", "deprovision-fault", "deprovision-crash", "deprovision-unknown"]),
    ("talkative", &["secrets"]),
    ("touchy", &["denied"]),
    ("trusting", &["upgrade-state"]),
    ("twice", &["provision-again", "update"]),
];

/// Tests the bad platform as it was built, with faults that no build lets through.
fn test(selection: Selection) -> Report {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform("bad", folder.path());
    let manifest = folder.path().join("platform.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let (provisioners, paths) = text.split_once("goldenpaths:\n").unwrap();
    std::fs::write(&manifest, format!("{provisioners}{MISLABELLED}goldenpaths:\n{NO_PATH}{paths}")).unwrap();
    std::fs::write(folder.path().join("schemas/drifted.json"), DRIFTED).unwrap();
    run(folder.path(), selection).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_planted_fault_is_found_and_named_in_one_line_with_a_remedy() {
    let report = test(Selection::default());
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (entry, finding) in report.findings().filter(|(_, finding)| finding.status == Status::Fail) {
        assert!(!finding.message.is_empty() && !finding.message.contains('\n'), "{finding:?}");
        assert!(finding.remedy.as_ref().is_some_and(|remedy| !remedy.is_empty()), "{finding:?}");
        let checks = found.entry(&entry.name).or_default();
        if !checks.contains(&finding.check.id) {
            checks.push(finding.check.id);
        }
    }
    let expected: BTreeMap<&str, Vec<&str>> =
        PLANTED.iter().map(|(entry, checks)| (*entry, checks.to_vec())).collect();
    assert_eq!(found, expected, "{}", report.text(false));
}

#[test]
fn a_part_of_it_is_tested_where_that_is_asked_for() {
    let selection =
        Selection { entries: vec!["touchy".into(), "twice".into()], filters: vec!["denied".into()] };
    let report = test(selection);
    let found: Vec<_> = report
        .findings()
        .map(|(entry, finding)| (entry.name.as_str(), finding.check.id, finding.status))
        .collect();
    assert_eq!(found, [("twice", "denied", Status::Pass), ("touchy", "denied", Status::Fail)]);
    let (_, failed) = report.findings().nth(1).unwrap();
    assert!(failed.message.contains("nobody denies me anything"), "{}", failed.message);
}
