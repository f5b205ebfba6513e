//! What people see of each wire type, as goldens: built by hand, at a fixed moment, without styles.

use innominatus_api::wire::*;
use innominatus_testkit::golden;
use serde_json::json;

use super::samples::*;
use super::{View, application, event, plan, platform, receipt, resource, run, status};

#[test]
fn a_ready_application_is_a_tree_with_outputs_and_hints() {
    let detail =
        shop(vec![route(), dns(), postgres(), redis_ready()], "ready", Some(run_of(RunState::Succeeded)));
    check("describe-ready", &application::describe(&View::fixed(), &detail, &detail.events));
}

#[test]
fn a_failed_application_says_what_failed_why_and_what_the_guest_logged() {
    let detail = shop(vec![route(), dns(), postgres(), redis_failed()], "failed", Some(run_failed()));
    check("describe-failed", &application::describe(&View::fixed(), &detail, &detail.events));
}

#[test]
fn one_resource_has_conditions_params_and_events() {
    let lost = effect("res_4", "effect.unknown", "make the cache", "outcome unknown");
    let events = vec![log("res_4", "warning", "port 6379 is taken"), lost];
    check("describe-resource", &resource::describe(&View::fixed(), &redis_failed(), &events));
}

#[test]
fn one_run_has_steps_errors_and_files() {
    let done = effect("res_4", "effect.performed", "look for the cache", "200");
    let lost = effect("res_4", "effect.unknown", "make the cache", "outcome unknown");
    let mut text =
        run::describe(&View::fixed(), &run_failed(), &[done, lost, log("res_4", "info", "no effect")]);
    text.push_str("----\n");
    text.push_str(&run::describe(&View::fixed(), &run_of(RunState::Succeeded), &[]));
    check("describe-run", &text);
}

#[test]
fn lists_are_tables() {
    let view = View::fixed();
    let detail = shop(vec![route(), dns(), postgres(), redis_failed()], "failed", None);
    let resources: Vec<_> = detail.resources_detail.iter().map(|resource| resource.summary.clone()).collect();
    let mut text = application::list(&view, std::slice::from_ref(&detail.summary));
    text.push_str("----\n");
    text.push_str(&resource::list(&view, &resources));
    text.push_str("----\n");
    text.push_str(&run::list(&view, &[run_failed(), run_of(RunState::Running)]));
    text.push_str("----\n");
    text.push_str(&platform::list(&view, &[compose().summary]));
    check("lists", &text);
}

#[test]
fn a_receipt_says_what_was_requested_what_is_observed_and_how_to_go_on() {
    let view = View::fixed();
    let mut text = receipt::text(&view, &applied());
    text.push_str("----\n");
    let unchanged = Receipt {
        run: None,
        diagnostics: vec![],
        requested: Requested {
            changes: vec![change("unchanged", "redis.default#shop.cache", "")],
            ..applied().requested
        },
        observed: Observed {
            phase: "ready".into(),
            message: "4 of 4 resources are ready".into(),
            at: NOON.into(),
        },
        ..applied()
    };
    text.push_str(&receipt::text(&view, &unchanged));
    check("receipt", &text);
}

#[test]
fn a_plan_says_what_would_happen_and_why() {
    let view = View::fixed();
    let mut text = plan::text(&view, &planned());
    text.push_str("----\n");
    let summary = PlanSummary { unchanged: 2, ..PlanSummary::default() };
    let idle = PlanView { summary, renders: false, resources: vec![], ..planned() };
    text.push_str(&plan::text(&view, &idle));
    check("plan", &text);
}

#[test]
fn a_platform_shows_what_it_makes_and_what_it_asks_for() {
    check("platform", &platform::describe(&View::fixed(), &compose()));
}

#[test]
fn after_a_run_there_is_what_was_made_and_how_to_use_it() {
    let resources = [route(), dns(), postgres(), redis_ready()];
    check("made", &application::made(&View::fixed(), &resources));
}

#[test]
fn outputs_withhold_what_is_secret() {
    check("outputs", &resource::outputs(&View::fixed(), &postgres().outputs));
}

#[test]
fn status_is_short() {
    let view = View::fixed();
    let server = ServerStatus {
        version: "1.0.0".into(),
        contracts: vec!["1.0.0".into()],
        store: "sled".into(),
        revision: 42,
        applications: 1,
        resources: 4,
        unready: 1,
        runs: 0,
        interrupted: 2,
        platforms: 1,
        pid: 4711,
        started_at: "2026-11-20T09:30:00Z".into(),
    };
    let detail = shop(vec![], "failed", None);
    let mut text = status::server(&view, &server);
    text.push_str(&status::application(&view, &detail.summary));
    text.push_str(&status::resource(&view, &redis_failed().summary));
    text.push_str(&status::run(&view, &run_failed()));
    check("status", &text);
}

#[test]
fn nothing_that_others_wrote_reaches_the_terminal_as_it_is() {
    const EVIL: &str = "x\u{1b}[2J\u{202e}\u{9b}31m\r\u{200b}";
    let mut redis = redis_failed();
    redis.summary.uid = EVIL.into();
    redis.summary.workloads = vec![EVIL.into()];
    redis.params = json!({ "a": EVIL });
    redis.conditions[0].message = EVIL.into();
    redis.outputs =
        vec![OutputView { name: EVIL.into(), value: EVIL.into(), sensitive: false, redacted: false }];
    redis.hints = vec![HintView {
        kind: "url".into(),
        label: EVIL.into(),
        value: EVIL.into(),
        icon: None,
        sensitive: false,
        redacted: false,
    }];
    redis.last_error = Some(ErrorView { message: EVIL.into(), hint: Some(EVIL.into()), ..error(EVIL, "x") });
    let mut run = run_failed();
    run.steps[0].message = Some(EVIL.into());
    run.steps[0].uid = Some(EVIL.into());
    let mut detail = shop(vec![redis.clone()], EVIL, Some(run.clone()));
    let mut evil = effect(&redis.summary.id, "effect.unknown", EVIL, EVIL);
    evil.details["host"] = EVIL.into();
    detail.events = vec![log(&redis.summary.id, "error", EVIL), evil];
    detail.next = vec![NextStep { purpose: EVIL.into(), command: EVIL.into() }];
    let mut platform = compose();
    platform.description = Some(EVIL.into());
    platform.provisioners[0].capabilities[0].reason = EVIL.into();
    platform.provisioners[0].schema = json!({ "properties": { EVIL: {
        "enum": [EVIL], "default": EVIL, "description": EVIL,
    } } });
    let mut applied = applied();
    applied.requested.name = EVIL.into();
    applied.requested.changes = vec![change(EVIL, EVIL, EVIL)];
    applied.diagnostics[0].message = EVIL.into();
    let mut planned = planned();
    planned.resources[0].reason = EVIL.into();
    let view = View::fixed();
    for text in [
        application::describe(&view, &detail, &detail.events),
        application::list(&view, &[detail.summary.clone()]),
        application::made(&view, &[redis.clone()]),
        resource::describe(&view, &redis, &detail.events),
        resource::list(&view, &[redis.summary.clone()]),
        resource::outputs(&view, &redis.outputs),
        run::describe(&view, &run, &detail.events),
        platform::describe(&view, &platform),
        receipt::text(&view, &applied),
        plan::text(&view, &planned),
        event::line(&view, &detail.events[0], &|_| Some(EVIL.into())),
        status::application(&view, &detail.summary),
    ] {
        // Styles are ours: what is left after them must be plain.
        let mut plain = text.clone();
        for sequence in [
            "\u{1b}[0m",
            "\u{1b}[1m",
            "\u{1b}[2m",
            "\u{1b}[22m",
            "\u{1b}[31m",
            "\u{1b}[32m",
            "\u{1b}[33m",
            "\u{1b}[36m",
            "\u{1b}[39m",
            "\u{1b}[49m",
            "\u{1b}[38;5;1m",
            "\u{1b}[38;5;2m",
            "\u{1b}[38;5;3m",
            "\u{1b}[38;5;6m",
        ] {
            plain = plain.replace(sequence, "");
        }
        let bad = plain.chars().find(|&c| c != '\n' && super::text::is_deceptive(c));
        assert_eq!(bad, None, "{plain:?}");
    }
}

fn check(name: &str, text: &str) {
    let plain = anstream::adapter::strip_str(text).to_string();
    for line in plain.lines() {
        assert_eq!(line, line.trim_end(), "a line has a tail");
    }
    golden::check(format!("tests/golden/{name}.txt"), &plain);
}
