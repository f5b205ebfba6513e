//! How a report looks: for people, for programs, for CI systems.

use innominatus_author::harness::{CHECKS, HarnessError, Scope, Selection};
use innominatus_model::{Code, Coded as _};
use innominatus_testkit::{fixtures, golden};

use crate::house::{run, test};

fn of(entries: &[&str], filters: &[&str]) -> Selection {
    let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
    Selection { entries: owned(entries), filters: owned(filters) }
}

#[test]
fn one_finding_is_told_in_three_ways() {
    let report = test("bad", of(&["littering", "greedy"], &["littering/deprovision", "greedy/wants"]));
    let text = report.text(false);
    let line = "  FAIL  deprovision: it leaves 1 thing behind: https://endpoint.test/things/web-littering-log; remove \
                everything that the handle in `target.prior` tells of\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("FAILED: 1 passed, 2 failed, 0 warnings, 3 skipped"), "{text}");

    let json = report.json();
    assert_eq!((&json["kind"], &json["passed"]), (&"PlatformTestReport".into(), &false.into()));
    assert_eq!(json["summary"]["fail"], 2);
    let checks = json["entries"][0]["checks"].as_array().unwrap();
    assert_eq!(checks[0]["id"], "deprovision");
    assert_eq!(checks[0]["status"], "fail");
    assert!(json["entries"][0]["exports"]["provision"]["fuel"].as_u64().unwrap() > 0);
    assert!(json["components"][0]["bytes"].as_u64().unwrap() > 1000);

    let xml = report.junit().unwrap();
    assert!(
        xml.contains(
            "<testsuite name=\"bad.littering\" tests=\"5\" disabled=\"3\" errors=\"0\" failures=\"1\""
        ),
        "{xml}"
    );
    assert!(xml.contains("<failure message=\"it leaves 1 thing behind"), "{xml}");
}

#[test]
fn what_is_no_platform_is_an_error_with_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let error = run(folder.path(), Selection::default()).unwrap_err();
    assert_eq!(error.code(), Code::ManifestPath);
    std::fs::write(folder.path().join("platform.yaml"), "apiVersion: innominatus.io/v1\nkind: Platfrom\n")
        .unwrap();
    let error = run(&folder.path().join("platform.yaml"), Selection::default()).unwrap_err();
    assert!(error.diagnostics().iter().any(|finding| finding.line == 2), "{error}");
    let error = run(&innominatus_testkit::programs::platform("bad"), of(&["nobody"], &[])).unwrap_err();
    assert!(matches!(error, HarnessError::NoEntry { .. }), "{error}");
    assert_eq!(error.code(), Code::Usage);
}

#[test]
fn the_reference_lists_every_check() {
    let mut table =
        String::from("| check | what has to hold | what to do where it does not |\n|---|---|---|\n");
    for scope in [Scope::Platform, Scope::Provisioner, Scope::GoldenPath, Scope::Test] {
        table.push_str(&format!("| **{}** | | |\n", scope.as_str()));
        for check in CHECKS.iter().filter(|check| check.scope == scope) {
            table.push_str(&format!("| `{}` | {} | {} |\n", check.id, check.what, check.remedy));
        }
    }
    let page = fixtures::root().with_file_name("docs").join("reference/platform-tests.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (begin, end) = ("<!-- checks: begin -->\n", "<!-- checks: end -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    golden::check(&page, &format!("{head}{begin}{table}{end}{tail}"));
}
