//! `run` and `apply`: receipts, progress, files, and every way to end.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use innominatus_api::wire::*;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::samples::*;
use crate::stand_in::*;

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
        .on("POST /v1/plan", &plan(1, &[]))
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
    let ended =
        server.run(&["run", "deploy-compose", "score.yaml", "--param", "replicas=2", "--image", "web=x:1"]);
    ended.exits(0);
    for part in [
        "accepted  apply of application `shop`, generation 1",
        "create    redis.default#shop.cache: new",
        RUN,
        "redis://localhost:6379",
        "created    compose.yaml",
        "created    .env  (secrets inside",
        "innominatus describe shop",
    ] {
        assert!(ended.stdout.contains(part), "no `{part}`: {ended:#?}");
    }
    assert!(ended.stderr.contains("making    `redis.default#shop.cache` is being made"), "{ended:#?}");
    assert!(!ended.stderr.contains("quiet, unless"), "{ended:#?}");
    assert_eq!(server.read("compose.yaml"), "a: 1\n");
    let mode = std::fs::metadata(server.work.path().join(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let request: ApplyRequest =
        serde_json::from_value(server.asked("POST /v1/apply")[0].body.clone()).unwrap();
    assert_eq!(request.golden_path.as_deref(), Some("deploy-compose"));
    assert_eq!((request.parameters, request.set_parameters), (None, Some(json!({ "replicas": 2 }))));
    assert_eq!(request.images["web"], "x:1");
    assert_eq!(request.files[0].name, "score.yaml");
}

#[test]
fn with_json_a_run_prints_one_object_and_no_talk() {
    let ended = ending(&succeeded()).run(&["run", "deploy-compose", "score.yaml", "--json"]);
    let report = ended.exits(0).json();
    assert_eq!(
        (report["apiVersion"].as_str(), report["kind"].as_str()),
        (Some("innominatus.io/v1"), Some("RunReport"))
    );
    assert_eq!(report["requested"]["name"], "shop");
    assert_eq!(report["outcome"]["state"], "succeeded");
    assert_eq!(
        report["files"][1],
        json!({ "name": ".env", "path": ".env", "state": "created", "sensitive": true })
    );
    assert!(!ended.stderr.contains("error"), "{ended:#?}");
}

#[test]
fn quiet_tells_of_nothing_that_went_well_and_of_everything_that_did_not() {
    let server = ending(&succeeded());
    let ended = server.run(&["run", "deploy-compose", "score.yaml", "-q"]);
    assert_eq!((ended.exits(0).stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_eq!(server.read("compose.yaml"), "a: 1\n", "it is done all the same");
    let named = server.run(&["run", "deploy-compose", "score.yaml", "-q", "-o", "name"]);
    assert_eq!(named.exits(0).stdout, format!("{RUN}\n"), "what is asked for is shown");
    let failed = ending(&run_of(RunState::Failed, Some("guest-trap"), &[]));
    let ended = failed.run(&["run", "deploy-compose", "score.yaml", "-q"]);
    assert_eq!(ended.exits(12).stdout, "");
    assert!(ended.stderr.contains("error[guest-trap]"), "{ended:#?}");
}

#[test]
fn parameters_are_put_over_those_that_hold_or_take_their_place() {
    let server = ending(&succeeded());
    server.file("params.yaml", "a: 1\n");
    let asked = |arguments: &[&str]| {
        let arguments: Vec<_> =
            ["apply", "score.yaml", "--no-output"].iter().chain(arguments).copied().collect();
        server.run(&arguments).exits(0);
        let body = server.asked("POST /v1/apply").pop().unwrap().body;
        (body["parameters"].clone(), body["setParameters"].clone())
    };
    let none = serde_json::Value::Null;
    assert_eq!(asked(&[]), (none.clone(), none.clone()));
    assert_eq!(asked(&["--param", "a=2", "--param", "b=null"]), (none.clone(), json!({ "a": 2, "b": null })));
    assert_eq!(asked(&["--reset-params"]), (json!({}), none.clone()));
    assert_eq!(asked(&["--params-file", "params.yaml"]), (json!({ "a": 1 }), none));
    assert_eq!(
        asked(&["--params-file", "params.yaml", "--reset-params", "--param", "b=x"]),
        (json!({ "a": 1 }), json!({ "b": "x" }))
    );
}

#[test]
fn a_golden_path_that_stops_rendering_takes_its_files_away() {
    let server = ending(&succeeded());
    assert!(server.run(&["apply", "score.yaml"]).exits(0).stdout.contains("created    compose.yaml"));
    server
        .instead(&format!("GET /v1/runs/{RUN}"), &run_of(RunState::Succeeded, None, &[]))
        .instead(&format!("GET /v1/runs/{RUN}/artifacts"), &artifacts(&[]))
        .on("GET /v1/runs", &RunList { items: vec![succeeded()] });
    let ended = server.run(&["apply", "score.yaml"]);
    assert!(ended.exits(0).stdout.contains("removed    compose.yaml"), "{ended:#?}");
    assert!(!server.work.path().join(".env").exists());
    assert_eq!(server.asked("GET /v1/runs").len(), 0, "what an earlier run rendered is of no interest");
}

#[test]
fn a_pipe_without_a_writer_does_not_hold_up_a_signal() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for arguments in [
            &["run", "deploy-compose", "pipe"][..],
            &["validate", "pipe"],
            &["plan", "score.yaml", "--params-file", "pipe"],
        ] {
            let server = StandIn::new();
            server.file("score.yaml", SCORE);
            let pipe = server.work.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let mut child = server.spawn(arguments);
            // By then signals are heard.
            server.await_asked("GET /v1/status");
            let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
            kill_process(pid, signal).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}");
        }
    }
}

#[test]
fn a_failed_run_says_which_step_why_and_where_to_look() {
    for (code, exit) in [("provision-failed", 9), ("guest-trap", 12)] {
        let failed = run_of(RunState::Failed, Some(code), &[]);
        let ended = ending(&failed).run(&["run", "deploy-compose", "score.yaml"]);
        ended.exits(exit);
        for part in [
            &format!("error[{code}]: port-taken: no free port"),
            "hint: free a port",
            "redis.default#shop.cache (provisioner)",
            "1 of 1 step failed",
            "innominatus describe shop",
            &format!("innominatus events list --run {RUN}"),
        ] {
            assert!(ended.stderr.contains(part), "no `{part}`: {ended:#?}");
        }
        let server = ending(&failed);
        let ended = server.run(&["run", "deploy-compose", "score.yaml", "--json"]);
        let problem = ended.exits(exit).problem();
        assert_eq!((problem.code.as_str(), i32::from(problem.exit_code)), (code, exit));
        assert_eq!(ended.json()["outcome"]["state"], "failed", "what was done is data all the same");
        assert!(!server.work.path().join("compose.yaml").exists());
        let ended = ending(&failed).run(&["run", "deploy-compose", "score.yaml", "-o", "name"]);
        let whole = "1 of 1 step failed; `redis.default#shop.cache`: no free port";
        assert!(ended.exits(exit).stderr.contains(whole), "nothing was told above: {ended:#?}");
    }
}

#[test]
fn an_unchanged_run_says_so_and_brings_lost_files_back() {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/plan", &plan(0, &[]))
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
    assert!(
        ended.stdout.contains("redis.default#shop.cache  ready"),
        "what was made is still told: {ended:#?}"
    );
    assert_eq!(server.read("compose.yaml"), "mine\n");
}

#[test]
fn what_is_in_the_way_of_the_files_is_told_before_anything_is_asked_for() {
    let server = ending(&succeeded());
    server.instead("POST /v1/plan", &plan(1, &["compose.yaml", ".env"]));
    server.file("compose.yaml", "mine\n");
    server.file("file", "");
    for (arguments, part) in [
        (&[][..], "`./compose.yaml` exists and was not written by innominatus; nothing was asked for yet"),
        (&["--output", "file"], "`file` is not a folder"),
        (&["--output", "file/below"], "`file` is not a folder"),
    ] {
        let arguments: Vec<_> = ["apply", "score.yaml"].iter().chain(arguments).copied().collect();
        let ended = server.run(&arguments);
        assert!(ended.exits(6).stderr.contains(part), "{ended:#?}");
        assert_eq!((server.asked("POST /v1/apply").len(), ended.stdout.as_str()), (0, ""), "{arguments:?}");
    }
    server.run(&["apply", "score.yaml", "--overwrite"]).exits(0);
    assert_eq!(server.read("compose.yaml"), "a: 1\n");
    // In a new folder nothing can be in the way.
    let plans = server.asked("POST /v1/plan").len();
    server.run(&["apply", "score.yaml", "--output", "new"]).exits(0);
    assert_eq!(server.asked("POST /v1/plan").len(), plans);
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
fn waiting_for_another_command_to_write_ends_with_a_signal() {
    let server = ending(&succeeded());
    let notes = server.work.path().join(".innominatus");
    std::fs::create_dir(&notes).unwrap();
    let lock = std::fs::File::create(notes.join(".lock")).unwrap();
    lock.lock().unwrap();
    let mut child = server.spawn(&["run", "deploy-compose", "score.yaml"]);
    server.await_asked(&format!("GET /v1/runs/{RUN}/artifacts"));
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("the same command writes the files"), "{stderr}");
    assert!(!server.work.path().join("compose.yaml").exists());
    drop(lock);
    server.run(&["run", "deploy-compose", "score.yaml"]).exits(0);
    assert_eq!(server.read("compose.yaml"), "a: 1\n");
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_looked_for_again() {
    let server = StandIn::new();
    server.file("score.yaml", SCORE);
    server
        .on("POST /v1/score/sources", &sources(&[]))
        .on("POST /v1/plan", &plan(1, &[]))
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
    let streams: Vec<_> = server
        .asked("GET /v1/events")
        .into_iter()
        .filter(|asked| asked.streams)
        .map(|asked| asked.path)
        .collect();
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

const NEWER: &str = "run_0192f0c1d2e37abc8def0123456789ac";

/// The first run gave way to a newer one, which succeeded; afterwards, so much would have to be made.
fn giving_way(still_to_make: usize) -> StandIn {
    let server = ending(&run_of(RunState::Superseded, None, &[]));
    let mut detail = application("ready");
    detail.last_run = Some(RunDetail { id: NEWER.into(), ..succeeded() });
    server
        .instead("GET /v1/applications/shop", &detail)
        .on(&format!("GET /v1/runs/{NEWER}"), &RunDetail { id: NEWER.into(), ..succeeded() })
        .on("POST /v1/plan", &plan(still_to_make, &[]));
    server
}

#[test]
fn a_run_that_gave_way_ends_well_when_what_it_asked_for_holds_all_the_same() {
    giving_way(0).run(&["run", "deploy-compose", "score.yaml"]).exits(0);
}

#[test]
fn a_run_that_gave_way_to_another_wish_is_a_conflict() {
    let ended = giving_way(1).run(&["run", "deploy-compose", "score.yaml"]);
    ended.exits(6);
    assert!(ended.stderr.contains("gave way to a newer plan"), "{ended:#?}");
}
