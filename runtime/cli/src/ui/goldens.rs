//! What people see of each wire type, as goldens: built by hand, at a fixed moment, without styles.

use innominatus_api::wire::*;
use innominatus_testkit::golden;
use serde_json::{Value, json};

use super::{View, application, event, plan, platform, receipt, resource, run, status};

const NOON: &str = "2026-11-20T12:00:00Z";
const JUST_NOW: &str = "2026-11-20T11:59:57Z";

#[test]
fn a_ready_application_is_a_tree_with_outputs_and_hints() {
    let detail = shop(vec![route(), dns(), postgres(), redis_ready()], "ready", Some(run_of(RunState::Succeeded)));
    check("describe-ready", &application::describe(&View::fixed(), &detail, &detail.events));
}

#[test]
fn a_failed_application_says_what_failed_why_and_what_the_guest_logged() {
    let detail = shop(vec![route(), dns(), postgres(), redis_failed()], "failed", Some(run_failed()));
    check("describe-failed", &application::describe(&View::fixed(), &detail, &detail.events));
}

#[test]
fn one_resource_has_conditions_params_and_events() {
    let events = vec![log("res_4", "warning", "port 6379 is taken")];
    check("describe-resource", &resource::describe(&View::fixed(), &redis_failed(), &events));
}

#[test]
fn one_run_has_steps_errors_and_files() {
    let mut text = run::describe(&View::fixed(), &run_failed());
    text.push_str("----\n");
    text.push_str(&run::describe(&View::fixed(), &run_of(RunState::Succeeded)));
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
        requested: Requested { changes: vec![change("unchanged", "redis.default#shop.cache", "")], ..applied().requested },
        observed: Observed { phase: "ready".into(), message: "4 of 4 resources are ready".into(), at: NOON.into() },
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
    redis.outputs = vec![OutputView { name: EVIL.into(), value: EVIL.into(), sensitive: false, redacted: false }];
    redis.hints = vec![HintView { kind: "url".into(), label: EVIL.into(), value: EVIL.into(), icon: None, sensitive: false }];
    redis.last_error = Some(ErrorView { message: EVIL.into(), hint: Some(EVIL.into()), ..error(EVIL, "x") });
    let mut run = run_failed();
    run.steps[0].message = Some(EVIL.into());
    run.steps[0].uid = Some(EVIL.into());
    let mut detail = shop(vec![redis.clone()], EVIL, Some(run.clone()));
    detail.events = vec![log(&redis.summary.id, "error", EVIL)];
    detail.next = vec![NextStep { purpose: EVIL.into(), command: EVIL.into() }];
    let mut platform = compose();
    platform.description = Some(EVIL.into());
    platform.provisioners[0].capabilities[0].reason = EVIL.into();
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
        run::describe(&view, &run),
        platform::describe(&view, &platform),
        receipt::text(&view, &applied),
        plan::text(&view, &planned),
        event::line(&view, &detail.events[0], &|_| Some(EVIL.into())),
        status::application(&view, &detail.summary),
    ] {
        // Styles are ours: what is left after them must be plain.
        let mut plain = text.clone();
        for sequence in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[22m", "\u{1b}[31m", "\u{1b}[32m",
            "\u{1b}[33m", "\u{1b}[36m", "\u{1b}[39m", "\u{1b}[49m", "\u{1b}[38;5;1m", "\u{1b}[38;5;2m",
            "\u{1b}[38;5;3m", "\u{1b}[38;5;6m"]
        {
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

fn shop(resources: Vec<ResourceDetail>, phase: &str, last_run: Option<RunDetail>) -> ApplicationDetail {
    let ready = resources.iter().filter(|resource| resource.summary.phase == "ready").count();
    ApplicationDetail {
        summary: ApplicationSummary {
            name: "shop".into(),
            id: "app_1".into(),
            environment: "default".into(),
            workloads: vec!["web".into(), "worker".into()],
            golden_path: "compose/deploy-compose".into(),
            phase: phase.into(),
            generation: 2,
            ready,
            resources: resources.len(),
            updated_at: JUST_NOW.into(),
        },
        resources_detail: resources,
        last_run,
        events: vec![
            log("res_3", "", "database shop_db is there"),
            log("res_4", "warning", "port 6379 is taken"),
            EventView { kind: "provision.failed".into(), ..log("res_4", "error", "no free port") },
        ],
        next: vec![
            NextStep { purpose: "try again".into(), command: "apply score.yaml".into() },
            NextStep { purpose: "see what happens".into(), command: "events tail --application shop".into() },
        ],
    }
}

fn route() -> ResourceDetail {
    ResourceDetail {
        depends_on: vec!["dns.default#web.dns".into()],
        hints: vec![hint("url", "URL", "http://web.localhost:8080/")],
        ..made("res_1", "route.default#web.route", "ready", &[])
    }
}

fn dns() -> ResourceDetail {
    made("res_2", "dns.default#web.dns", "ready", &[("host", Some(json!("web.localhost")))])
}

fn postgres() -> ResourceDetail {
    let outputs = [("host", Some(json!("shop-db"))), ("port", Some(json!(5432))), ("password", None)];
    ResourceDetail {
        hints: vec![
            hint("connection_string", "connection", "postgres://shop:***@localhost:5432/shop"),
            hint("command", "start it", "docker compose up -d\ndocker compose logs -f"),
        ],
        ..made("res_3", "postgres.default#shared-db", "ready", &outputs)
    }
}

fn redis_ready() -> ResourceDetail {
    made("res_4", "redis.default#web.cache", "ready", &[("host", Some(json!("cache")))])
}

fn redis_failed() -> ResourceDetail {
    let mut redis = made("res_4", "redis.default#web.cache", "failed", &[]);
    redis.summary.generation = 2;
    redis.conditions = vec![
        condition("Provisioned", "False", "PortTaken", "no free port"),
        condition("Ready", "False", "PortTaken", "no free port"),
        condition("Degraded", "False", "Fine", "nothing is degraded"),
        condition("Stalled", "True", "GivenUp", "given up after 3 attempts"),
    ];
    redis.attempts = 3;
    redis.last_error = Some(error("provision-failed", "no free port"));
    redis
}

fn made(id: &str, uid: &str, phase: &str, outputs: &[(&str, Option<Value>)]) -> ResourceDetail {
    let (kind, name) = (uid.split('.').next().unwrap(), uid.split('#').nth(1).unwrap());
    ResourceDetail {
        summary: ResourceSummary {
            id: id.into(),
            uid: uid.into(),
            name: name.into(),
            kind: kind.into(),
            class: "default".into(),
            application: "shop".into(),
            environment: "default".into(),
            workloads: vec!["web".into()],
            phase: phase.into(),
            generation: 1,
            observed_generation: 1,
            provisioner: format!("compose/{kind}"),
            created_at: "2026-11-18T08:15:00Z".into(),
            updated_at: JUST_NOW.into(),
        },
        params: json!({ "size": "small" }),
        depends_on: vec![],
        platform_version: "1.0.0".into(),
        component: format!("sha256:{}", "0a".repeat(32)),
        conditions: vec![condition("Provisioned", "True", "Made", "made"), condition("Ready", "True", "Made", "made")],
        outputs: outputs
            .iter()
            .map(|(name, value)| OutputView {
                name: (*name).into(),
                value: value.clone().unwrap_or_default(),
                sensitive: value.is_none(),
                redacted: value.is_none(),
            })
            .collect(),
        hints: vec![],
        attempts: 1,
        next_attempt_at: None,
        last_error: None,
        handle: Value::Null,
    }
}

fn hint(kind: &str, label: &str, value: &str) -> HintView {
    HintView { kind: kind.into(), label: label.into(), value: value.into(), icon: None, sensitive: false }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> ConditionView {
    ConditionView {
        kind: kind.into(),
        status: status.into(),
        reason: reason.into(),
        message: message.into(),
        last_transition_time: JUST_NOW.into(),
        observed_generation: 1,
    }
}

fn error(code: &str, message: &str) -> ErrorView {
    ErrorView {
        code: code.into(),
        reason: Some("port-taken".into()),
        message: message.into(),
        hint: Some("free port 6379 and run the command again".into()),
        at: JUST_NOW.into(),
    }
}

fn log(resource: &str, severity: &str, message: &str) -> EventView {
    EventView {
        id: "evt_1".into(),
        cursor: "7".into(),
        kind: "guest.log".into(),
        severity: (!severity.is_empty()).then(|| severity.into()),
        environment: "default".into(),
        application: Some("shop".into()),
        resource: Some(resource.into()),
        run: Some("run_1".into()),
        platform: None,
        message: message.into(),
        details: Value::Null,
        at: JUST_NOW.into(),
    }
}

fn step(name: &str, kind: &str, state: &str, uid: Option<&str>, error: Option<ErrorView>) -> StepView {
    StepView {
        name: name.into(),
        kind: kind.into(),
        state: state.into(),
        resource: uid.map(|_| "res_4".into()),
        uid: uid.map(str::to_owned),
        message: None,
        error,
    }
}

fn run_of(state: RunState) -> RunDetail {
    RunDetail {
        id: "run_1".into(),
        application: "shop".into(),
        environment: "default".into(),
        plan: "plan_1".into(),
        state,
        started_at: "2026-11-20T11:59:50Z".into(),
        ended_at: state.is_final().then(|| JUST_NOW.into()),
        steps: vec![
            step("cache", "provisioner", "succeeded", Some("redis.default#web.cache"), None),
            step("render", "render", "succeeded", None, None),
        ],
        artifacts: vec![
            ArtifactView { name: "compose.yaml".into(), media_type: "application/yaml".into(), sensitive: false, size: 512 },
            ArtifactView { name: ".env".into(), media_type: "text/plain".into(), sensitive: true, size: 64 },
        ],
        error: None,
    }
}

fn run_failed() -> RunDetail {
    RunDetail {
        steps: vec![
            step("cache", "provisioner", "failed", Some("redis.default#web.cache"), Some(error("provision-failed", "no free port"))),
            step("render", "render", "skipped", None, None),
        ],
        artifacts: vec![],
        error: Some(ErrorView { reason: None, hint: None, ..error("run-failed", "1 of 2 steps failed") }),
        ..run_of(RunState::Failed)
    }
}

fn change(action: &str, subject: &str, reason: &str) -> Change {
    Change { action: action.into(), subject: subject.into(), reason: reason.into() }
}

fn applied() -> Receipt {
    Receipt {
        requested: Requested {
            operation: "apply".into(),
            subject: "application".into(),
            name: "shop".into(),
            generation: Some(2),
            changes: vec![
                change("create", "redis.default#web.cache", "new"),
                change("update", "postgres.default#shared-db", "params changed"),
                change("delete", "s3.default#web.bucket", "no longer claimed"),
            ],
        },
        observed: Observed { phase: "progressing".into(), message: "1 of 3 resources is ready".into(), at: JUST_NOW.into() },
        run: Some("run_1".into()),
        plan: None,
        diagnostics: vec![DiagnosticView {
            file: "score.yaml".into(),
            line: 12,
            column: 5,
            severity: "warning".into(),
            code: "score-deprecated".into(),
            message: "`files` as a list is deprecated".into(),
            hint: Some("write a map from target to file".into()),
        }],
        next: vec![NextStep { purpose: "wait for the end".into(), command: "wait run_1".into() }],
    }
}

fn planned() -> PlanView {
    let resource = |uid: &str, action, reason: &str| PlannedResource {
        resource: "res_4".into(),
        uid: uid.into(),
        name: "cache".into(),
        action,
        reason: reason.into(),
        provisioner: "compose/redis".into(),
        platform_version: "1.0.0".into(),
        component: "sha256:00".into(),
        depends_on: vec![],
    };
    PlanView {
        id: "plan_1".into(),
        parent: None,
        application: "shop".into(),
        environment: "default".into(),
        golden_path: "compose/deploy-compose".into(),
        generation: 1,
        summary: PlanSummary { create: 1, update: 0, resume: 0, unchanged: 1, delete: 1 },
        resources: vec![
            resource("redis.default#web.cache", PlanAction::Create, "new"),
            resource("dns.default#web.dns", PlanAction::Unchanged, ""),
            resource("s3.default#web.bucket", PlanAction::Delete, "no longer claimed"),
        ],
        renders: true,
        digest: "sha256:00".into(),
    }
}

fn compose() -> PlatformDetail {
    PlatformDetail {
        summary: PlatformSummary {
            name: "compose".into(),
            version: "1.0.0".into(),
            digest: "sha256:00".into(),
            types: vec!["postgres".into(), "redis".into()],
            golden_paths: vec!["deploy-compose".into()],
            installed_at: JUST_NOW.into(),
        },
        description: Some("Local development with Docker Compose".into()),
        compatibility: ">=1.0.0, <2.0.0".into(),
        provisioners: vec![ProvisionerView {
            name: "postgres".into(),
            kind: "postgres".into(),
            classes: vec![],
            version: "1.0.0".into(),
            component: "sha256:00".into(),
            contract: "1.0.0".into(),
            capabilities: vec![CapabilityView { name: "secrets".into(), reason: "generates the password".into(), granted: true }],
            outputs: vec!["host".into(), "port".into(), "password*".into()],
            schema: json!({ "type": "object" }),
        }],
        golden_path_details: vec![GoldenPathView {
            name: "deploy-compose".into(),
            version: "1.0.0".into(),
            component: "sha256:00".into(),
            contract: "1.0.0".into(),
            schema: json!({ "type": "object" }),
        }],
        resources: 4,
    }
}
