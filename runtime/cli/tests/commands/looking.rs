//! Everything else: looking, waiting, removing, installing, and what holds for every command.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use innominatus_api::wire::*;
use innominatus_model::Code;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::samples::*;
use crate::stand_in::*;

#[test]
fn a_servers_problem_ends_the_command_with_its_class() {
    let server = StandIn::new();
    for code in
        [Code::Internal, Code::Unauthenticated, Code::ApplicationNotFound, Code::PlanStale, Code::StoreFull]
    {
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
        .on(&format!("GET /v1/runs/{RUN}"), &run_of(RunState::Succeeded, None, &[]))
        .stream(&[event("3", "run.succeeded", "run succeeded")]);
    let ended = server.run(&["delete", "shop"]);
    ended.exits(2);
    assert!(ended.stderr.contains("add `--yes`"), "{ended:#?}");
    assert_eq!(server.asked("DELETE /v1/applications/shop").len(), 0);

    server.instead(
        "GET /v1/applications/shop",
        &ApplicationDetail { files: vec!["compose.yaml".into()], ..application("ready") },
    );
    let whole = server.run(&["delete", "shop", "--yes"]);
    assert!(whole.exits(0).stderr.contains("files stay where they were written: compose.yaml"), "{whole:#?}");
    assert!(whole.stderr.contains("what was started from them goes on"), "{whole:#?}");
    let quiet = server.run(&["delete", "shop", "--yes", "-q"]);
    assert_eq!((quiet.exits(0).stdout.as_str(), quiet.stderr.as_str()), ("", ""));

    let ended = server.run(&["delete", "shop", "--yes", "--workload", "web"]);
    assert!(ended.exits(0).stdout.contains("accepted  delete of application `shop`"), "{ended:#?}");
    assert!(!ended.stderr.contains("files stay"), "the others still use them: {ended:#?}");
    assert_eq!(server.asked("DELETE /v1/applications/shop")[2].path, "/v1/applications/shop?workload=web");
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
    let bare = OutputList { outputs: vec![], ..outputs(Value::Null, true) };
    server.instead(&path, &bare);
    assert_eq!(server.run(&["get-outputs", RES]).exits(0).stderr, "no outputs\n");
    let none = server.run(&["get-outputs", RES, "--output-name", "host"]);
    assert!(none.exits(5).stderr.contains("it has none"), "{none:#?}");

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
    for arguments in [
        &["events", "list"][..],
        &["events", "list", "--json"],
        &["explain", "--list"],
        &["completions", "bash"],
    ] {
        let mut child =
            server.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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
fn nobody_waits_for_a_phase_that_never_comes() {
    let server = StandIn::new();
    server
        .on("GET /v1/applications/shop", &application("ready"))
        .on(&format!("GET /v1/resources/{RES}"), &resource())
        .on(&format!("GET /v1/runs/{RUN}"), &run_of(RunState::Succeeded, None, &[]));
    let bogus = server.run(&["wait", "shop", "--for", "bogus"]);
    assert!(bogus.exits(2).stderr.contains("possible values: pending, provisioning, ready"), "{bogus:#?}");
    for (what, phase, part) in [
        ("shop", "provisioning", "an application is never `provisioning`"),
        (RES, "progressing", "a resource is never `progressing`"),
        (RUN, "ready", "a run has no phase"),
    ] {
        let ended = server.run(&["wait", what, "--for", phase]);
        assert!(ended.exits(2).stderr.contains(part), "{ended:#?}");
    }
    server.run(&["wait", RUN]).exits(0);
    server.run(&["wait", RES, "--for", "ready"]).exits(0);
}

#[test]
fn a_variable_that_is_set_to_nothing_says_nothing() {
    let server = StandIn::new();
    server.on("GET /v1/applications", &applications(&[]));
    let listed = server.command(&["list", "-o", "name"]).env("INNOMINATUS_SERVER", "").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "shop\n");
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("innominatus");
    std::fs::create_dir(&home).unwrap();
    let mut command = innominatus(std::path::Path::new(""), folder.path(), &["list"]);
    let output = command.env("XDG_DATA_HOME", folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(home.join("store").is_dir(), "the usual home is meant");
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
    std::fs::create_dir(server.work.path().join("dist")).unwrap();
    let ended = server.run(&["platform", "install", "dist"]);
    ended.exits(0);
    assert!(ended.stdout.contains("redis        secrets     granted  makes the password"), "{ended:#?}");
    let folder = server.work.path().join("dist");
    assert_eq!(server.asked("POST /v1/platforms")[0].body["folder"], folder.to_str().unwrap());
    let report = server.run(&["platform", "install", "dist", "--json"]).exits(0).json();
    assert_eq!(
        (report["kind"].as_str(), &report["platform"]["name"]),
        (Some("InstallReport"), &json!("compose"))
    );
}

#[test]
fn colours_are_for_terminals_and_for_who_insists() {
    let server = StandIn::new();
    server.on("GET /v1/applications", &applications(&[]));
    assert!(!server.run(&["list"]).stdout.contains('\u{1b}'));
    assert!(server.run(&["list", "--color", "always"]).stdout.contains('\u{1b}'));
    let output = server.command(&["list", "--color", "auto"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn lists_come_in_every_form() {
    let server = StandIn::new();
    server.on("GET /v1/applications", &applications(&[]));
    assert!(server.run(&["list"]).stdout.starts_with("APPLICATION  PHASE  READY"));
    assert_eq!(server.run(&["list", "-o", "name"]).stdout, "shop\n");
    assert!(!server.run(&["list"]).stderr.contains("--env"));
    server.instead("GET /v1/applications", &applications(&["prod", "staging"]));
    let told = server.run(&["list"]).exits(0).stderr.clone();
    assert!(told.contains("there are more with `--env`: prod, staging"), "{told}");
    assert_eq!(server.run(&["list", "--json"]).json()["items"][0]["goldenPath"], "compose/deploy-compose");
    let yaml = server.run(&["list", "-o", "yaml"]).stdout;
    assert!(yaml.starts_with("apiVersion: innominatus.io/v1\nkind: ApplicationList\n"), "{yaml}");
}

#[test]
fn a_server_that_goes_away_between_two_questions_is_looked_for_again() {
    let server = StandIn::new();
    let list = applications(&[]);
    server.hang_up("GET /v1/applications").hang_up("GET /v1/applications").on("GET /v1/applications", &list);
    assert_eq!(server.run(&["list", "-o", "name"]).exits(0).stdout, "shop\n");
    assert_eq!(server.asked("GET /v1/applications").len(), 3);
}

#[test]
fn what_may_have_been_removed_is_not_removed_again() {
    let server = StandIn::new();
    server.hang_up("DELETE /v1/applications/shop").on("DELETE /v1/applications/shop", &receipt(None));
    let ended = server.run(&["delete", "shop", "--yes"]);
    assert!(ended.exits(7).stderr.contains("error[interrupted]"), "{ended:#?}");
    assert_eq!(server.asked("DELETE /v1/applications/shop").len(), 1);
}
