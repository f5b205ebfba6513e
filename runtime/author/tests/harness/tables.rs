//! Table tests: what is wrong with a file is said with its place, and what does not hold with both sides.

use std::path::Path;

use innominatus_author::harness::{Finding, HarnessError, Selection, Status};
use innominatus_model::Coded as _;
use innominatus_testkit::programs;

use crate::house::run;

/// The findings of one test on the platform `cloudy`.
fn table(test: &str) -> Result<Vec<Finding>, HarnessError> {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform("cloudy", folder.path());
    // Alone, without those that the platform brings.
    std::fs::remove_dir_all(folder.path().join("tests")).unwrap();
    write(folder.path(), test);
    let report = run(folder.path(), Selection { entries: vec![], filters: vec!["/test".into()] })?;
    Ok(report.findings().map(|(_, finding)| finding.clone()).collect())
}

fn write(folder: &Path, test: &str) {
    std::fs::create_dir_all(folder.join("tests")).unwrap();
    let head = "apiVersion: innominatus.io/v1\nkind: PlatformTest\nmetadata: {name: one}\n";
    std::fs::write(folder.join("tests/one.yaml"), format!("{head}{test}")).unwrap();
}

#[test]
fn a_difference_is_one_line_with_its_place_and_a_diff() {
    let found = table(
        "given:\n  provisioner: widget\n  settings: {endpoint: \"https://cloud.test\"}\n  answers:\n    - then: {status: 201, body: {id: t1}}\n\
         when: provision\nexpect:\n  progress: ready\n  outputs: {ids: t2}\n  calls:\n    - {method: PUT, url: \"*/things\"}\n",
    )
    .unwrap();
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.status, Status::Fail);
    assert!(
        finding.message.contains("one.yaml:12: the outputs are not as expected (and 1 more)"),
        "{}",
        finding.message
    );
    assert!(finding.details.contains("-ids: \"t2\"\n+ids: \"t1\"\n"), "{}", finding.details);
    assert!(finding.details.contains("one.yaml:13: expected 1 requests, found 1"), "{}", finding.details);
    assert!(
        finding.details.contains("-PUT */things *\n+POST https://cloud.test/things"),
        "{}",
        finding.details
    );
}

#[test]
fn an_answer_that_is_to_be_used_and_is_not_is_told() {
    let found = table(
        "given:\n  provisioner: widget\n  settings: {endpoint: \"https://cloud.test\"}\n  answers:\n    - {when: {method: DELETE}, then: {status: 204}, times: 1}\n    \
         - then: {status: 201, body: {id: t1}}\nwhen: provision\nexpect:\n  progress: ready\n",
    )
    .unwrap();
    assert!(
        found[0].message.contains("an answer was not used: DELETE any URL in line 8: 0 of 1 times"),
        "{found:?}"
    );
}

#[test]
fn a_test_of_nobody_fails() {
    let found = table("given:\n  provisioner: nobody\nwhen: provision\nexpect: {progress: ready}\n").unwrap();
    assert!(found[0].message.contains("the platform has no such entry"), "{found:?}");
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    let error =
        table("given:\n  provisoner: widget\nwhen: provison\nexpect: {progress: redy}\n").unwrap_err();
    let found: Vec<_> = error
        .diagnostics()
        .iter()
        .map(|one| {
            format!(
                "{}:{}: {} ({})",
                one.line,
                one.column,
                one.message,
                one.hint.as_deref().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "5:3: `given` names no entry (add `provisioner: <entry>` or `goldenPath: <entry>`, as in platform.yaml)",
            "5:3: unknown field `given.provisoner` (did you mean `provisioner`?)",
            "6:7: `when` is `provison`, which is not known (did you mean `provision`?)",
            "7:20: `expect.progress` is `redy`, which is not known (did you mean `ready`?)",
        ]
    );
}
