//! What the stand-in answers: one application, one resource, one run.

use innominatus_api::wire::*;
use serde_json::json;

pub(crate) const RUN: &str = "run_0192f0c1d2e37abc8def0123456789ab";
pub(crate) const RES: &str = "res_0192f0c1d2e37abc8def0123456789ab";
pub(crate) const AT: &str = "2026-11-20T12:00:00Z";

pub(crate) fn status() -> ServerStatus {
    ServerStatus {
        version: "1.0.0".into(),
        contracts: vec!["1.0.0".into()],
        store: "sled".into(),
        revision: 7,
        applications: 1,
        resources: 1,
        unready: 0,
        runs: 0,
        interrupted: 0,
        platforms: 1,
        pid: 1,
        started_at: AT.into(),
    }
}

pub(crate) fn sources(paths: &[&str]) -> SourcesAnswer {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    SourcesAnswer { files: vec![FileSources { name: "score.yaml".into(), paths }] }
}

pub(crate) fn receipt(run: Option<&str>) -> Receipt {
    let action = if run.is_some() { "create" } else { "unchanged" };
    Receipt {
        requested: Requested {
            operation: "apply".into(),
            subject: "application".into(),
            name: "shop".into(),
            generation: Some(1),
            changes: vec![Change {
                action: action.into(),
                subject: "redis.default#shop.cache".into(),
                reason: "new".into(),
            }],
        },
        observed: Observed {
            phase: "progressing".into(),
            message: "0 of 1 resources ready".into(),
            at: AT.into(),
        },
        run: run.map(str::to_owned),
        plan: None,
        diagnostics: vec![],
        next: vec![NextStep { purpose: "wait for the end".into(), command: format!("wait {RUN}") }],
    }
}

/// A plan that makes so many resources, and is expected to write these files.
pub(crate) fn plan(create: usize, files: &[&str]) -> PlanView {
    serde_json::from_value(json!({
        "id": "plan_1", "application": "shop", "environment": "default", "goldenPath": "compose/deploy-compose",
        "generation": 1, "renders": create > 0, "digest": "sha256:00", "resources": [], "expectedFiles": files,
        "summary": { "create": create, "update": 0, "resume": 0, "unchanged": 2, "delete": 0 },
    }))
    .unwrap()
}

pub(crate) fn run_of(state: RunState, error: Option<&str>, artifacts: &[(&str, bool)]) -> RunDetail {
    let error = error.map(|code| ErrorView {
        code: code.into(),
        reason: Some("port-taken".into()),
        message: "no free port".into(),
        hint: Some("free a port".into()),
        at: AT.into(),
    });
    RunDetail {
        id: RUN.into(),
        application: "shop".into(),
        environment: "default".into(),
        plan: "plan_0192f0c1d2e37abc8def0123456789ab".into(),
        state,
        started_at: AT.into(),
        ended_at: state.is_final().then(|| "2026-11-20T12:00:02Z".into()),
        steps: vec![StepView {
            name: "cache".into(),
            kind: "provisioner".into(),
            state: if error.is_some() { "failed" } else { "succeeded" }.into(),
            resource: Some(RES.into()),
            uid: Some("redis.default#shop.cache".into()),
            message: None,
            error: error.clone(),
        }],
        artifacts: artifacts.iter().map(|(name, sensitive)| view(name, *sensitive)).collect(),
        error,
    }
}

fn view(name: &str, sensitive: bool) -> ArtifactView {
    ArtifactView { name: name.into(), media_type: "text/plain".into(), sensitive, size: 2 }
}

/// Contents in base64, as on the wire.
pub(crate) fn artifacts(items: &[(&str, bool, &str)]) -> ArtifactList {
    let items = items.iter().map(|(name, sensitive, content)| ArtifactContent {
        artifact: view(name, *sensitive),
        content: (*content).into(),
    });
    ArtifactList { items: items.collect() }
}

pub(crate) fn resource() -> ResourceDetail {
    serde_json::from_value(json!({
        "id": RES, "uid": "redis.default#shop.cache", "name": "cache", "type": "redis", "class": "default",
        "application": "shop", "environment": "default", "workloads": ["shop"], "phase": "ready",
        "generation": 1, "observedGeneration": 1, "provisioner": "compose/redis", "createdAt": AT, "updatedAt": AT,
        "params": {}, "dependsOn": [], "platformVersion": "1.0.0", "component": "sha256:00",
        "conditions": [], "outputs": [], "attempts": 1, "handle": null,
        "hints": [{ "type": "url", "label": "URL", "value": "redis://localhost:6379", "sensitive": false, "redacted": false }],
    }))
    .unwrap()
}

pub(crate) fn application(phase: &str) -> ApplicationDetail {
    ApplicationDetail {
        summary: ApplicationSummary {
            name: "shop".into(),
            id: "app_0192f0c1d2e37abc8def0123456789ab".into(),
            environment: "default".into(),
            workloads: vec!["shop".into()],
            golden_path: "compose/deploy-compose".into(),
            phase: phase.into(),
            generation: 1,
            ready: 1,
            resources: 1,
            updated_at: AT.into(),
        },
        parameters: json!({}),
        files: vec![],
        resources_detail: vec![resource()],
        last_run: None,
        rendered: Some(RUN.into()),
        events: vec![],
        next: vec![NextStep { purpose: "start it".into(), command: "describe shop".into() }],
    }
}

pub(crate) fn event(cursor: &str, kind: &str, message: &str) -> EventView {
    EventView {
        id: format!("evt_{cursor:0>32}"),
        cursor: cursor.into(),
        kind: kind.into(),
        severity: kind.ends_with("failed").then(|| "error".into()),
        environment: "default".into(),
        application: Some("shop".into()),
        resource: kind.starts_with("provision").then(|| RES.into()),
        run: Some(RUN.into()),
        platform: None,
        message: message.into(),
        details: json!({}),
        at: AT.into(),
    }
}

/// One that is ready, and where there are others.
pub(crate) fn applications(others: &[&str]) -> ApplicationList {
    ApplicationList {
        items: vec![application("ready").summary],
        other_environments: others.iter().map(|&name| name.to_owned()).collect(),
    }
}
