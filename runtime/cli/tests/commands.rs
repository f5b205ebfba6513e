//! What the program says, writes and exits with, against a stand-in that plays the server.

mod stand_in;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use innominatus_api::wire::*;
use innominatus_model::Code;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stand_in::*;

const SCORE: &str = "apiVersion: score.dev/v1b1\nmetadata: {name: shop}\n";
/// `a: 1\n` and `P=x\n`.
const FILES: &[(&str, bool, &str)] = &[("compose.yaml", false, "YTogMQo="), (".env", true, "UD14Cg==")];

/// A stand-in whose run ends like this.
fn ending(run: &RunDetail) -> StandIn {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    let last = match run.state {
        RunState::Failed => event("3", "run.failed", "run failed"),
        _ => event("3", "run.succeeded", "run succeeded"),
    };
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/apply", &receipt(Some(RUN)))
        .on(&format!("GET /v1/runs/{RUN}"), &run_of(RunState::Running, None, &[]))
        .on(&format!("GET /v1/runs/{RUN}"), run)
        .on(&format!("GET /v1/runs/{RUN}/artifacts"), &artifacts(FILES))
        .on("GET /v1/applications/shop", &application("ready"))
        .stream(&[
            event("1", "provision.started", "`redis.default#shop.cache` is being made by compose/redis"),
            event("2", "guest.log", "quiet, unless asked for"),
            last,
        ]);
    server
}

fn succeeded() -> RunDetail {
    run_of(RunState::Succeeded, None, &[("compose.yaml", false), (".env", true)])
}

#[test]
fn a_run_prints_a_receipt_tells_what_happens_and_writes_what_is_rendered() {
    let server = ending(&succeeded());
    let ended = server.run(&["run", "deploy-compose", "score.yaml", "--param", "replicas=2", "--image", "web=x:1"]);
    ended.exits(0);
    for part in ["accepted  apply of application `shop`, generation 1", "create    redis.default#shop.cache: new",
        RUN, "redis://localhost:6379", "created    compose.yaml", "created    .env  (secrets inside", "innominatus describe shop"]
    {
        assert!(ended.stdout.contains(part), "no `{part}`: {ended:#?}");
    }
    assert!(ended.stderr.contains("making    `redis.default#shop.cache` is being made"), "{ended:#?}");
    assert!(!ended.stderr.contains("quiet, unless"), "{ended:#?}");
    assert_eq!(server.read("compose.yaml"), "a: 1\n");
    let mode = std::fs::metadata(server.work.path().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let request: ApplyRequest = serde_json::from_value(server.asked("POST /v1/apply")[0].body.clone()).unwrap();
    assert_eq!(request.golden_path.as_deref(), Some("deploy-compose"));
    assert_eq!(request.parameters, Some(json!({ "replicas": 2 })));
    assert_eq!(request.images["web"], "x:1");
    assert_eq!(request.files[0].name, "score.yaml");
}

#[test]
fn with_json_a_run_prints_one_object_and_no_talk() {
    let ended = ending(&succeeded()).run(&["run", "deploy-compose", "score.yaml", "--json"]);
    let report = ended.exits(0).json();
    assert_eq!((report["apiVersion"].as_str(), report["kind"].as_str()), (Some("innominatus.io/v1"), Some("RunReport")));
    assert_eq!(report["requested"]["name"], "shop");
    assert_eq!(report["outcome"]["state"], "succeeded");
    assert_eq!(report["files"][1], json!({ "name": ".env", "path": ".env", "state": "created", "sensitive": true }));
    assert!(!ended.stderr.contains("error"), "{ended:#?}");
}

#[test]
fn quiet_leaves_standard_error_empty() {
    let ended = ending(&succeeded()).run(&["run", "deploy-compose", "score.yaml", "-q"]);
    assert_eq!(ended.exits(0).stderr, "");
}

#[test]
fn a_failed_run_says_which_step_why_and_where_to_look() {
    for (code, exit) in [("provision-failed", 9), ("guest-trap", 12)] {
        let failed = run_of(RunState::Failed, Some(code), &[]);
        let ended = ending(&failed).run(&["run", "deploy-compose", "score.yaml"]);
        ended.exits(exit);
        for part in [&format!("error[{code}]: port-taken: no free port"), "hint: free a port",
            "redis.default#shop.cache (provisioner)", "1 of 1 step failed",
            "innominatus describe shop", &format!("innominatus events list --run {RUN}")]
        {
            assert!(ended.stderr.contains(part), "no `{part}`: {ended:#?}");
        }
        let server = ending(&failed);
        let ended = server.run(&["run", "deploy-compose", "score.yaml", "--json"]);
        let problem = ended.exits(exit).problem();
        assert_eq!((problem.code.as_str(), i32::from(problem.exit_code)), (code, exit));
        assert_eq!(ended.json()["outcome"]["state"], "failed", "what was done is data all the same");
        assert!(!server.work.path().join("compose.yaml").exists());
    }
}

#[test]
fn an_unchanged_run_says_so_and_brings_lost_files_back() {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/apply", &receipt(None))
        .on("GET /v1/runs", &RunList { items: vec![run_of(RunState::Succeeded, None, &[]), succeeded()] })
        .on(&format!("GET /v1/runs/{RUN}/artifacts"), &artifacts(FILES))
        .on("GET /v1/applications/shop", &application("ready"));
    let ended = server.run(&["apply", "score.yaml"]);
    ended.exits(0);
    assert!(ended.stdout.contains("unchanged  apply of application `shop`"), "{ended:#?}");
    assert!(ended.stdout.contains("created    compose.yaml"), "{ended:#?}");
    assert!(ended.stderr.contains("nothing changed: 1 resource as asked for"), "{ended:#?}");
    let again = server.run(&["apply", "score.yaml"]);
    assert!(again.exits(0).stdout.contains("unchanged  compose.yaml"), "{again:#?}");
    let none = server.run(&["apply", "score.yaml", "--no-output"]);
    assert!(!none.exits(0).stdout.contains("compose.yaml"), "{none:#?}");
}

#[test]
fn a_persons_file_in_the_way_is_a_conflict_that_names_the_way_out() {
    let server = ending(&succeeded());
    server.file("compose.yaml", "mine\n");
    let ended = server.run(&["run", "deploy-compose", "score.yaml"]);
    ended.exits(6);
    assert!(ended.stderr.contains("error[output-exists]: `./compose.yaml` exists"), "{ended:#?}");
    assert!(ended.stderr.contains("--overwrite"), "{ended:#?}");
    assert!(ended.stdout.contains("redis.default#shop.cache  ready"), "what was made is still told: {ended:#?}");
    assert_eq!(server.read("compose.yaml"), "mine\n");
}

#[test]
fn a_run_that_does_not_end_in_time_exits_with_8_and_says_how_to_go_on() {
    let server = ending(&run_of(RunState::Running, None, &[]));
    let ended = server.run(&["run", "deploy-compose", "score.yaml", "--timeout", "300ms"]);
    ended.exits(8);
    assert!(ended.stderr.contains("error[wait-timeout]"), "{ended:#?}");
    assert!(ended.stderr.contains(&format!("innominatus wait {RUN}")), "{ended:#?}");
}

#[test]
fn an_interruption_detaches_and_says_how_to_come_back() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let server = ending(&run_of(RunState::Running, None, &[]));
        let mut child = server.spawn(&["run", "deploy-compose", "score.yaml"]);
        server.await_stream();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(stderr.contains("detached: the server goes on"), "{stderr}");
        assert!(stderr.contains(&format!("innominatus wait {RUN}")), "{stderr}");
    }
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_looked_for_again() {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/apply", &receipt(Some(RUN)))
        .stream_and_close(&[event("1", "provision.started", "begins")])
        .stream(&[event("2", "provision.succeeded", "done"), event("3", "run.succeeded", "run succeeded")])
        .on("GET /v1/applications/shop", &application("ready"))
        .on(&format!("GET /v1/runs/{RUN}/artifacts"), &artifacts(FILES));
    for _ in 0..3 {
        server.on(&format!("GET /v1/runs/{RUN}"), &run_of(RunState::Running, None, &[]));
    }
    server.on(&format!("GET /v1/runs/{RUN}"), &succeeded());
    let ended = server.run(&["run", "deploy-compose", "score.yaml"]);
    ended.exits(0);
    let streams: Vec<_> =
        server.asked("GET /v1/events").into_iter().filter(|asked| asked.streams).map(|asked| asked.path).collect();
    assert_eq!(streams.len(), 2, "{streams:?}");
    assert!(streams[1].contains("since=1"), "goes on where it was: {streams:?}");
    assert_eq!(ended.stderr.matches("begins").count(), 1, "{ended:#?}");
}

#[test]
fn without_waiting_there_is_the_receipt_alone() {
    let server = ending(&succeeded());
    let ended = server.run(&["apply", "score.yaml", "--no-wait", "--json"]);
    let report = ended.exits(0).json();
    assert_eq!(report["run"], RUN);
    assert_eq!(report.get("outcome"), None);
    let name = server.run(&["apply", "score.yaml", "--no-wait", "-o", "name"]);
    assert_eq!(name.exits(0).stdout, format!("{RUN}\n"));
}

fn plan(create: usize) -> PlanView {
    serde_json::from_value(json!({
        "id": "plan_1", "application": "shop", "environment": "default", "goldenPath": "compose/deploy-compose",
        "generation": 1, "renders": create > 0, "digest": "sha256:00", "resources": [],
        "summary": { "create": create, "update": 0, "resume": 0, "unchanged": 2, "delete": 0 },
    }))
    .unwrap()
}

#[test]
fn a_plan_tells_by_its_exit_code_only_when_asked() {
    for (create, exit) in [(1, 10), (0, 0)] {
        let server = StandIn::new();
        server.file("score.yaml", SCORE);
        server.on("POST /v1/score/sources", &sources(&[])).on("POST /v1/plan", &plan(create));
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
    let missed = DiagnosticView { line: 3, code: "file-source".into(), message: "not handed in".into(), ..finding.clone() };
    server
        .on("POST /v1/score/sources", &sources(&["a.txt", "gone.txt"]))
        .on("POST /v1/validate", &ValidateAnswer { valid: false, diagnostics: vec![finding, missed] });

    let ended = server.run(&["validate", "score.yaml", "--json"]);
    let lines: Vec<Value> = ended.exits(3).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{ended:#?}");
    for line in &lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["file", "line", "column", "severity", "code", "message", "hint"]);
    }
    assert_eq!(lines[1]["message"], "`source: gone.txt` does not exist");
    assert_eq!((&lines[1]["line"], &lines[1]["column"]), (&json!(3), &json!(15)));
    let sent: ApplyRequest = serde_json::from_value(server.asked("POST /v1/validate")[0].body.clone()).unwrap();
    assert_eq!(sent.files[0].sources, [("a.txt".to_owned(), "aGVsbG8=".to_owned())].into());

    let text = server.run(&["validate", "score.yaml"]);
    text.exits(3);
    assert!(text.stdout.starts_with("score.yaml:1:1: error[score-unknown-field]: unknown field `files`\n"), "{text:#?}");
    assert!(text.stderr.contains("2 errors in 1 file"), "{text:#?}");
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

#[test]
fn a_servers_problem_ends_the_command_with_its_class() {
    let server = StandIn::new();
    for code in [Code::Internal, Code::Unauthenticated, Code::ApplicationNotFound, Code::PlanStale, Code::StoreFull] {
        let mut problem = Problem::new(code, "no\u{1b}[31m");
        problem.hint = Some("do this".into());
        let path = format!("GET /v1/applications/{code}");
        server.refuse(&path, &problem);
        let text = server.run(&["describe", code.as_str()]);
        text.exits(i32::from(code.exit().number()));
        assert_eq!(text.stderr, format!("error[{code}]: no\\u{{1b}}[31m\n  hint: do this\n"));
        assert_eq!(text.stdout, "");
        let json = server.run(&["describe", code.as_str(), "--json"]);
        assert_eq!(json.exits(i32::from(code.exit().number())).problem(), problem);
        assert_eq!(json.stdout, "");
    }
}

#[test]
fn a_named_server_that_does_not_answer_is_transient() {
    let home = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}/none.sock", home.path().display());
    let output = innominatus(home.path(), home.path(), &["list", "--server", &socket]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[server-unreachable]"));
}

#[test]
fn nothing_is_removed_without_a_yes() {
    let server = StandIn::new();
    let deleted = Receipt {
        requested: Requested { operation: "delete".into(), changes: vec![], ..receipt(None).requested },
        ..receipt(Some(RUN))
    };
    server
        .on("GET /v1/applications/shop", &application("ready"))
        .on("DELETE /v1/applications/shop", &deleted)
        .on(&format!("GET /v1/runs/{RUN}"), &succeeded())
        .stream(&[event("3", "run.succeeded", "run succeeded")]);
    let ended = server.run(&["delete", "shop"]);
    ended.exits(2);
    assert!(ended.stderr.contains("add `--yes`"), "{ended:#?}");
    assert_eq!(server.asked("DELETE /v1/applications/shop").len(), 0);

    let ended = server.run(&["delete", "shop", "--yes", "--workload", "web"]);
    assert!(ended.exits(0).stdout.contains("accepted  delete of application `shop`"), "{ended:#?}");
    assert_eq!(server.asked("DELETE /v1/applications/shop")[0].path, "/v1/applications/shop?workload=web");
}

#[test]
fn secrets_are_shown_only_when_asked_for() {
    let server = StandIn::new();
    let outputs = |value: Value, redacted| OutputList {
        resource: RES.into(),
        uid: "redis.default#shop.cache".into(),
        outputs: vec![
            OutputView { name: "port".into(), value: json!(6379), sensitive: false, redacted: false },
            OutputView { name: "password".into(), value, sensitive: true, redacted },
        ],
    };
    let path = format!("GET /v1/resources/{RES}/outputs");
    server
        .on("GET /v1/resources", &ResourceList { items: vec![resource().summary] })
        .on(&path, &outputs(Value::Null, true));
    let table = server.run(&["get-outputs", "shop/redis.default#shop.cache"]);
    assert_eq!(table.exits(0).stdout, "NAME      VALUE\nport      6379\npassword  (sensitive)\n");
    let withheld = server.run(&["get-outputs", RES, "--output-name", "password"]);
    assert!(withheld.exits(2).stderr.contains("add `--reveal`"), "{withheld:#?}");
    let port = server.run(&["get-outputs", "cache", "--application", "shop", "--output-name", "port"]);
    assert_eq!(port.exits(0).stdout, "6379\n");
    let none = server.run(&["get-outputs", RES, "--output-name", "host"]);
    assert!(none.exits(5).stderr.contains("it has: port, password"), "{none:#?}");

    let server = StandIn::new();
    server.on(&path, &outputs(json!("hunter2"), false));
    let shown = server.run(&["get-outputs", RES, "--reveal", "--output-name", "password"]);
    assert_eq!(shown.exits(0).stdout, "hunter2\n");
    assert_eq!(server.asked(&path)[0].path, format!("/v1/resources/{RES}/outputs?reveal=true"));
}

#[test]
fn events_are_one_object_a_line_and_survive_a_server_that_goes_away() {
    let server = StandIn::new();
    server
        .on("GET /v1/events", &EventList { items: vec![event("1", "run.started", "begun")] })
        .on(&format!("GET /v1/resources/{RES}"), &resource())
        .stream_and_close(&[event("2", "provision.started", "second")])
        .stream(&[event("3", "run.succeeded", "third")]);
    let mut child = server.spawn(&["events", "tail", "--run", RUN, "--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (cursor, kind) in [("1", "run.started"), ("2", "provision.started"), ("3", "run.succeeded")] {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!((line["kind"].as_str(), line["cursor"].as_str()), (Some("Event"), Some(cursor)));
        assert_eq!(line["type"], kind);
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let once = server.run(&["events", "tail", "--no-follow"]);
    assert_eq!(once.exits(0).stdout, "2026-11-20 12:00:00  run.started             shop: begun\n");
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let server = StandIn::new();
    let items = (0..5000).map(|n| event(&n.to_string(), "run.started", &"x".repeat(100))).collect();
    server.on("GET /v1/events", &EventList { items });
    for arguments in [&["events", "list"][..], &["events", "list", "--json"], &["explain", "--list"], &["completions", "bash"]] {
        let mut child = server.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn output_that_is_lost_is_an_error() {
    let server = StandIn::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = server.command(&["explain", "--list"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[output-failed]"));
}

#[test]
fn waiting_ends_with_readiness_failure_or_time() {
    let server = StandIn::new();
    server
        .on("GET /v1/applications/shop", &application("progressing"))
        .on("GET /v1/applications/shop", &application("ready"));
    server.run(&["wait", "shop"]).exits(0);
    server.run(&["wait", "shop", "--for", "deleted", "--timeout", "1ms"]).exits(8);
    server.on("GET /v1/applications/blog", &application("failed"));
    let failed = server.run(&["wait", "blog"]);
    assert!(failed.exits(9).stderr.contains("innominatus describe blog"), "{failed:#?}");
    server.refuse("GET /v1/applications/gone", &Problem::new(Code::ApplicationNotFound, "gone"));
    server.run(&["wait", "gone", "--for", "deleted"]).exits(0);
    server.run(&["wait", "gone"]).exits(5);
}

#[test]
fn a_resource_is_ready_only_for_what_is_wanted_now() {
    let server = StandIn::new();
    let mut old = resource();
    old.summary.generation = 2;
    server.on(&format!("GET /v1/resources/{RES}"), &old);
    server.run(&["wait", RES, "--timeout", "1ms"]).exits(8);
    let mut new = old;
    new.summary.observed_generation = 2;
    server.on(&format!("GET /v1/resources/{RES}"), &new);
    server.run(&["wait", RES]).exits(0);
}

#[test]
fn an_installed_platform_shows_its_capabilities_with_reasons() {
    let server = StandIn::new();
    let installed = Receipt {
        requested: Requested {
            operation: "install".into(),
            subject: "platform".into(),
            name: "compose".into(),
            generation: None,
            changes: vec![],
        },
        ..receipt(None)
    };
    let detail: PlatformDetail = serde_json::from_value(json!({
        "name": "compose", "version": "1.0.0", "digest": "sha256:00", "types": ["redis"],
        "goldenPaths": ["deploy-compose"], "installedAt": AT, "compatibility": ">=1.0.0, <2.0.0", "resources": 0,
        "goldenPathDetails": [],
        "provisioners": [{
            "name": "redis", "type": "redis", "classes": [], "version": "1.0.0", "component": "sha256:00",
            "contract": "1.0.0", "outputs": ["host", "password*"], "schema": {},
            "capabilities": [{ "name": "secrets", "reason": "makes the password", "granted": true }],
        }],
    }))
    .unwrap();
    server.on("POST /v1/platforms", &installed).on("GET /v1/platforms/compose", &detail);
    let ended = server.run(&["platform", "install", "dist"]);
    ended.exits(0);
    assert!(ended.stdout.contains("redis        secrets     granted  makes the password"), "{ended:#?}");
    let folder = server.work.path().join("dist");
    assert_eq!(server.asked("POST /v1/platforms")[0].body["folder"], folder.to_str().unwrap());
    let report = server.run(&["platform", "install", "dist", "--json"]).exits(0).json();
    assert_eq!((report["kind"].as_str(), &report["platform"]["name"]), (Some("InstallReport"), &json!("compose")));
}

#[test]
fn colours_are_for_terminals_and_for_who_insists() {
    let server = StandIn::new();
    server.on("GET /v1/applications", &ApplicationList { items: vec![application("ready").summary] });
    assert!(!server.run(&["list"]).stdout.contains('\u{1b}'));
    assert!(server.run(&["list", "--color", "always"]).stdout.contains('\u{1b}'));
    let output = server.command(&["list", "--color", "auto"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn lists_come_in_every_form() {
    let server = StandIn::new();
    server.on("GET /v1/applications", &ApplicationList { items: vec![application("ready").summary] });
    assert!(server.run(&["list"]).stdout.starts_with("APPLICATION  PHASE  READY"));
    assert_eq!(server.run(&["list", "-o", "name"]).stdout, "shop\n");
    assert_eq!(server.run(&["list", "--json"]).json()["items"][0]["goldenPath"], "compose/deploy-compose");
    let yaml = server.run(&["list", "-o", "yaml"]).stdout;
    assert!(yaml.starts_with("apiVersion: innominatus.io/v1\nkind: ApplicationList\n"), "{yaml}");
}
