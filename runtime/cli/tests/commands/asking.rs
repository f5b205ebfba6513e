//! `plan` and `validate`: answers, and nothing done.

use innominatus_api::wire::*;
use serde_json::{Value, json};

use crate::samples::*;
use crate::stand_in::*;

const SCORE: &str = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\n";

#[test]
fn a_plan_tells_by_its_exit_code_only_when_asked() {
    for (create, exit) in [(1, 10), (0, 0)] {
        let server = StandIn::new();
        server.file("score.yaml", SCORE);
        server.on("POST /v1/score/sources", &sources(&[])).on("POST /v1/plan", &plan(create, &[]));
        server.run(&["plan", "score.yaml", "--detailed-exitcode"]).exits(exit);
        server.run(&["plan", "score.yaml"]).exits(0);
        let dry = server.run(&["run", "deploy-compose", "score.yaml", "--dry-run", "--json"]);
        assert_eq!(dry.exits(0).json()["kind"], "PlanView");
        assert_eq!(server.asked("POST /v1/apply").len(), 0);
    }
}

#[test]
fn validate_prints_findings_as_data_and_files_beside_the_score_file_are_sent() {
    let server = StandIn::new();
    server.file("score.yaml", "files:\n  a: {source: a.txt}\n  b: {source: gone.txt}\n");
    server.file("a.txt", "hello");
    let finding: DiagnosticView = serde_json::from_value(json!({
        "file": "score.yaml", "line": 1, "column": 1, "severity": "error", "code": "score-unknown-field",
        "message": "unknown field `files`",
    }))
    .unwrap();
    let missed = DiagnosticView {
        line: 3,
        code: "file-source".into(),
        message: "not handed in".into(),
        ..finding.clone()
    };
    server
        .on("POST /v1/score/sources", &sources(&["a.txt", "gone.txt"]))
        .on("POST /v1/validate", &ValidateAnswer { valid: false, diagnostics: vec![finding, missed] });

    let ended = server.run(&["validate", "score.yaml", "--json"]);
    let lines: Vec<Value> =
        ended.exits(3).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{ended:#?}");
    for line in &lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["file", "line", "column", "severity", "code", "message", "hint"]);
    }
    assert_eq!(lines[1]["message"], "`source: gone.txt` does not exist");
    assert_eq!((&lines[1]["line"], &lines[1]["column"]), (&json!(3), &json!(15)));
    let sent: ApplyRequest =
        serde_json::from_value(server.asked("POST /v1/validate")[0].body.clone()).unwrap();
    assert_eq!(sent.files[0].sources, [("a.txt".to_owned(), "aGVsbG8=".to_owned())].into());

    let text = server.run(&["validate", "score.yaml"]);
    text.exits(3);
    assert!(
        text.stdout.starts_with("score.yaml:1:1: error[score-unknown-field]: unknown field `files`\n"),
        "{text:#?}"
    );
    assert!(text.stderr.contains("2 errors in 1 file"), "{text:#?}");
}

#[test]
fn without_a_home_files_are_checked_by_themselves_and_none_is_made() {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("good.yaml"), format!("{SCORE}containers: {{web: {{image: x}}}}\n"))
        .unwrap();
    std::fs::write(work.path().join("bad.yaml"), SCORE).unwrap();
    let (missing, file) = (work.path().join("home"), work.path().join("good.yaml"));
    for home in [&missing, &file] {
        let validate = |name: &str| innominatus(home, work.path(), &["validate", name]).output().unwrap();
        let good = validate("good.yaml");
        let talk = String::from_utf8_lossy(&good.stderr).into_owned();
        assert_eq!(good.status.code(), Some(0), "{talk}");
        assert!(talk.contains("no home can be looked into") && talk.contains("1 file valid"), "{talk}");
        assert_eq!(validate("bad.yaml").status.code(), Some(3));
    }
    assert!(!missing.exists());
    // What does not need one does not speak of it.
    let alone =
        innominatus(&missing, work.path(), &["validate", "good.yaml", "--schema-only"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&alone.stderr), "1 file valid\n");
}

#[test]
fn warnings_alone_are_valid() {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    let warning: DiagnosticView = serde_json::from_value(json!({
        "file": "score.yaml", "line": 1, "column": 1, "severity": "warning", "code": "score-dialect",
        "message": "older dialect", "hint": "write `score.dev/v1b1`",
    }))
    .unwrap();
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/validate", &ValidateAnswer { valid: true, diagnostics: vec![warning] });
    let ended = server.run(&["validate", "score.yaml"]);
    assert!(ended.exits(0).stderr.contains("1 file valid, 1 warning"), "{ended:#?}");
}

#[test]
fn a_source_out_of_reach_stops_a_run_before_it_begins() {
    let server = StandIn::new();
    server.file("score.yaml", "source: ../secret\n");
    server.on("POST /v1/score/sources", &sources(&["../secret"]));
    let ended = server.run(&["run", "deploy-compose", "score.yaml"]);
    ended.exits(3);
    assert!(ended.stderr.contains("score.yaml:1:9: error[file-source]"), "{ended:#?}");
    assert_eq!(server.asked("POST /v1/apply").len(), 0);
}
