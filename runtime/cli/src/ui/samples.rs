//! Wire types made by hand, for goldens.

use innominatus_api::wire::*;
use serde_json::{Value, json};

pub(super) const NOON: &str = "2026-11-20T12:00:00Z";
const JUST_NOW: &str = "2026-11-20T11:59:57Z";

pub(super) fn shop(
    resources: Vec<ResourceDetail>,
    phase: &str,
    last_run: Option<RunDetail>,
) -> ApplicationDetail {
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
        parameters: json!({ "publish": ["8080:web:80"] }),
        files: vec!["compose.yaml".into(), ".env".into()],
        resources_detail: resources,
        last_run,
        rendered: None,
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

pub(super) fn route() -> ResourceDetail {
    ResourceDetail {
        depends_on: vec!["dns.default#web.dns".into()],
        hints: vec![hint("url", "URL", "http://web.localhost:8080/")],
        ..made("res_1", "route.default#web.route", "ready", &[])
    }
}

pub(super) fn dns() -> ResourceDetail {
    made("res_2", "dns.default#web.dns", "ready", &[("host", Some(json!("web.localhost")))])
}

pub(super) fn postgres() -> ResourceDetail {
    let outputs = [("host", Some(json!("shop-db"))), ("port", Some(json!(5432))), ("password", None)];
    ResourceDetail {
        hints: vec![
            hint("connection_string", "connection", "postgres://shop:***@localhost:5432/shop"),
            hint("command", "start it", "docker compose up -d\ndocker compose logs -f"),
        ],
        ..made("res_3", "postgres.default#shared-db", "ready", &outputs)
    }
}

pub(super) fn redis_ready() -> ResourceDetail {
    made("res_4", "redis.default#web.cache", "ready", &[("host", Some(json!("cache")))])
}

pub(super) fn redis_failed() -> ResourceDetail {
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

pub(super) fn made(id: &str, uid: &str, phase: &str, outputs: &[(&str, Option<Value>)]) -> ResourceDetail {
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
        conditions: vec![
            condition("Provisioned", "True", "Made", "made"),
            condition("Ready", "True", "Made", "made"),
        ],
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

pub(super) fn hint(kind: &str, label: &str, value: &str) -> HintView {
    HintView {
        kind: kind.into(),
        label: label.into(),
        value: value.into(),
        icon: None,
        sensitive: false,
        redacted: false,
    }
}

pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str) -> ConditionView {
    ConditionView {
        kind: kind.into(),
        status: status.into(),
        reason: reason.into(),
        message: message.into(),
        last_transition_time: JUST_NOW.into(),
        observed_generation: 1,
    }
}

pub(super) fn error(code: &str, message: &str) -> ErrorView {
    ErrorView {
        code: code.into(),
        reason: Some("port-taken".into()),
        message: message.into(),
        hint: Some("free port 6379 and run the command again".into()),
        at: JUST_NOW.into(),
    }
}

pub(super) fn log(resource: &str, severity: &str, message: &str) -> EventView {
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

pub(super) fn effect(resource: &str, kind: &str, purpose: &str, outcome: &str) -> EventView {
    EventView {
        kind: kind.into(),
        message: format!("{purpose}: PUT cloud.example.com: {outcome} (42 ms)"),
        details: json!({"component": "acme/redis", "purpose": purpose, "method": "PUT", "host": "cloud.example.com",
            "port": 443, "outcome": outcome, "tookMs": 42}),
        ..log(resource, if outcome == "200" { "" } else { "warning" }, "")
    }
}

pub(super) fn step(
    name: &str,
    kind: &str,
    state: &str,
    uid: Option<&str>,
    error: Option<ErrorView>,
) -> StepView {
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

pub(super) fn run_of(state: RunState) -> RunDetail {
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
            ArtifactView {
                name: "compose.yaml".into(),
                media_type: "application/yaml".into(),
                sensitive: false,
                size: 512,
            },
            ArtifactView { name: ".env".into(), media_type: "text/plain".into(), sensitive: true, size: 64 },
        ],
        error: None,
    }
}

pub(super) fn run_failed() -> RunDetail {
    RunDetail {
        steps: vec![
            step(
                "cache",
                "provisioner",
                "failed",
                Some("redis.default#web.cache"),
                Some(error("provision-failed", "no free port")),
            ),
            step("render", "render", "skipped", None, None),
        ],
        artifacts: vec![],
        error: Some(ErrorView { reason: None, hint: None, ..error("run-failed", "1 of 2 steps failed") }),
        ..run_of(RunState::Failed)
    }
}

pub(super) fn change(action: &str, subject: &str, reason: &str) -> Change {
    Change { action: action.into(), subject: subject.into(), reason: reason.into() }
}

pub(super) fn applied() -> Receipt {
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
        observed: Observed {
            phase: "progressing".into(),
            message: "1 of 3 resources is ready".into(),
            at: JUST_NOW.into(),
        },
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

pub(super) fn planned() -> PlanView {
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
        parameters: json!({ "publish": ["8080:web:80"], "project": "shop" }),
        renders: true,
        expected_files: vec!["compose.yaml".into(), ".env".into()],
        digest: "sha256:00".into(),
    }
}

pub(super) fn compose() -> PlatformDetail {
    PlatformDetail {
        summary: PlatformSummary {
            name: "compose".into(),
            version: "1.0.0".into(),
            digest: "sha256:00".into(),
            types: vec!["postgres".into(), "redis".into()],
            golden_paths: vec!["deploy-compose".into()],
            installed_at: JUST_NOW.into(),
            serving: true,
            enabled: true,
            reference: "registry.example.com/acme/platform:1.0.0".into(),
            signer: Some("key sha256:5f0c".into()),
            held: None,
        },
        description: Some("Local development with Docker Compose".into()),
        upstream: Some("github.com/docker/compose v2.29.1".into()),
        compatibility: ">=1.0.0, <2.0.0".into(),
        provisioners: vec![ProvisionerView {
            name: "postgres".into(),
            kind: "postgres".into(),
            classes: vec![],
            version: "1.0.0".into(),
            component: "sha256:00".into(),
            contract: "1.0.0".into(),
            capabilities: vec![CapabilityView {
                name: "secrets".into(),
                reason: "generates the password".into(),
                granted: true,
                asks: vec!["make secrets of its own; it holds tokens, never the values".into()],
                http: vec![],
                credentials: Default::default(),
                references: vec![],
                missing: vec![],
            }],
            grant: GrantView {
                generate: true,
                words: vec!["make secrets of its own".into()],
                ..GrantView::default()
            },
            outputs: vec!["host".into(), "port".into(), "password*".into()],
            schema: json!({ "type": "object", "properties": {
                "version": { "enum": ["16", "17"], "default": "17", "description": "Of the server." },
                "size": { "type": "integer" },
            }, "required": ["size"] }),
            schemas: vec![SchemaView { class: None, schema: json!({ "type": "object" }) }],
        }],
        golden_path_details: vec![GoldenPathView {
            name: "deploy-compose".into(),
            version: "1.0.0".into(),
            component: "sha256:00".into(),
            contract: "1.0.0".into(),
            schema: json!({ "type": "object", "properties": {
                "publish": { "type": "array", "items": { "type": "string" }, "default": [] },
            } }),
        }],
        resources: 4,
    }
}
