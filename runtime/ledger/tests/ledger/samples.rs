//! One of every kind of record, with every field that there is.

use innominatus_ledger::{
    Application, InstalledGoldenPath, InstalledPlatform, InstalledProvisioner, LastError, RenderedFile,
    Resource, Run, RunState, StepEnd, Waiting,
};
use innominatus_model::{
    ApplicationId, Artifact, Candidate, Capability, Class, Condition, ConditionStatus, ConditionType, Digest,
    Event, EventId, EventKind, Grant, Hint, Kind, Name, Need, Offer, Output, OutputSpec, PathRequest, Phase,
    PlanId, Prior, ResourceId, ResourceUid, RunId, Scope, Severity, State, Step, StepKind, Subject, UidKey,
    Verb, Version, Want, WorkloadSpec,
};
use innominatus_plan::{Action, ComponentRef, Plan, Removal, RenderTask, Task};
use serde_json::json;

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope { tenant: name("acme"), environment: name("staging") }
}

fn bytes(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) fn resource_id(number: u64) -> ResourceId {
    ResourceId::from_bytes(bytes(number))
}

pub(crate) fn run_id(number: u64) -> RunId {
    // Ids of different kinds are never the same in the world either.
    RunId::from_bytes(bytes(1 << 48 | number))
}

pub(crate) fn plan_id(number: u64) -> PlanId {
    PlanId::from_bytes(bytes(number))
}

pub(crate) fn component(entry: &str) -> ComponentRef {
    ComponentRef {
        platform: name("compose"),
        version: "1.2.3-rc.1+build.7".parse().unwrap(),
        entry: name(entry),
        component: Digest::of(entry),
    }
}

fn uid(key: UidKey) -> ResourceUid {
    ResourceUid { kind: Kind::new("postgres").unwrap(), class: Class::new("large").unwrap(), key }
}

fn own(resource: &str) -> ResourceUid {
    uid(UidKey::Own { workload: name("web"), resource: resource.into() })
}

pub(crate) fn application() -> Application {
    Application {
        id: ApplicationId::from_bytes(bytes(1)),
        tenant: scope().tenant,
        environment: scope().environment,
        name: name("shop"),
        generation: 3,
        plan: plan_id(1),
        run: run_id(1),
        rendered: Some(run_id(2)),
        golden_path: Some(component("deploy")),
        parameters: json!({"replicas": 2, "ratio": 0.1}),
        workloads: vec![name("api"), name("web")],
        deleting: false,
        created_ms: 1_700_000_000_000,
        updated_ms: 1_700_000_000_001,
    }
}

fn offer() -> Offer {
    Offer {
        kind: Kind::new("postgres").unwrap(),
        classes: vec![Class::default(), Class::new("large").unwrap()],
        outputs: vec![OutputSpec {
            name: "host".into(),
            schema: json!({"type": "string"}),
            sensitive: true,
            required: false,
        }],
        open_outputs: true,
        verbs: vec![Verb::Update, Verb::Other("rotate".into())],
    }
}

pub(crate) fn plan() -> Plan {
    let request = PathRequest {
        scope: scope(),
        application: name("shop"),
        workloads: vec![WorkloadSpec {
            name: name("web"),
            spec: json!({"metadata": {"name": "web"}, "containers": {}}),
        }],
        needs: vec![Need {
            id: own("db").to_string(),
            name: "web-db".into(),
            kind: Kind::new("postgres").unwrap(),
            class: Class::new("large").unwrap(),
            workloads: vec![name("web")],
            params: json!({"near": "${resources.cache.host}"}),
            depends_on: vec!["redis.default#cache".into()],
            candidates: vec![Candidate { provisioner: "compose/postgres".into(), offer: offer().into() }],
        }],
        parameters: json!({}),
    };
    Plan {
        id: plan_id(1),
        parent: Some(plan_id(9)),
        scope: scope(),
        application: name("shop"),
        generation: 3,
        golden_path: Some(component("deploy")),
        request,
        tasks: vec![Task {
            step: "make-db".into(),
            resource: resource_id(1),
            uid: own("db"),
            name: "web-db".into(),
            workloads: vec![name("web")],
            owner: name("web"),
            params: json!({"near": "${resources.cache.host}", "nothing": null}),
            annotations: Default::default(),
            references: vec![("cache".into(), resource_id(2))],
            provisioner: component("postgres"),
            action: Action::Follow,
            reason: "made again only if the outputs it refers to change".into(),
            generation: 4,
            after: vec!["make-cache".into()],
        }],
        renders: vec![RenderTask {
            step: Step {
                name: "files".into(),
                kind: StepKind::Render,
                subject: Some("web".into()),
                config: json!({"theme": ["dark"]}),
                depends_on: vec!["make-db".into()],
            },
            after: vec!["make-cache".into(), "make-db".into()],
        }],
        render: true,
        removals: vec![Removal {
            resource: resource_id(3),
            uid: uid(UidKey::Shared("a.b".into())),
            name: "a-b".into(),
            provisioner: component("redis"),
            reason: "no workload claims it any more".into(),
            after: vec![resource_id(4)],
        }],
        intent: Digest::of("intent"),
    }
}

pub(crate) fn last_error() -> LastError {
    LastError {
        code: "provision-failed".into(),
        reason: Some("quota".into()),
        message: "there is no room".into(),
        hint: Some("ask for less".into()),
        at_ms: 5,
    }
}

pub(crate) fn run() -> Run {
    Run {
        id: run_id(1),
        tenant: scope().tenant,
        environment: scope().environment,
        application: name("shop"),
        plan: plan_id(1),
        state: RunState::Superseded,
        started_ms: 1,
        ended_ms: Some(2),
        files: Vec::new(),
        error: Some(last_error()),
        steps: vec![StepEnd {
            name: "make-db".into(),
            kind: "provisioner".into(),
            state: "failed".into(),
            resource: Some(resource_id(1)),
            uid: Some("postgres.large#web.db".into()),
            message: Some("gave up".into()),
            error: Some(last_error()),
        }],
    }
}

pub(crate) fn files() -> Vec<Artifact> {
    vec![
        Artifact {
            name: "compose.yaml".into(),
            media_type: "application/yaml".into(),
            content: "services: {}\n".into(),
            sensitive: false,
        },
        Artifact {
            name: ".env".into(),
            media_type: "text/x-dotenv".into(),
            content: "PASSWORD=token\n".into(),
            sensitive: true,
        },
    ]
}

pub(crate) fn rendered(files: &[Artifact]) -> Vec<RenderedFile> {
    let file = |file: &Artifact| RenderedFile {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        sensitive: file.sensitive,
        size: file.content.len() as u64,
    };
    files.iter().map(file).collect()
}

/// Everything of it is set; `writes` is the ledger's own.
pub(crate) fn resource(number: u64) -> Resource {
    let mut resource = Resource::new(
        &scope(),
        &name("shop"),
        resource_id(number),
        own("db"),
        "web-db".into(),
        name("web"),
        component("postgres"),
        7,
    );
    resource.workloads = vec![name("api"), name("web")];
    resource.params = json!({"size": 3, "near": "${resources.cache.host}"});
    resource.references = vec![("cache".into(), resource_id(2))];
    resource.generation = 4;
    resource.updated_ms = 8;
    resource.status.phase = Phase::InDoubt;
    resource.status.observed_generation = 3;
    resource.status.conditions = vec![Condition {
        kind: ConditionType::Stalled,
        status: ConditionStatus::Unknown,
        reason: "Waiting".into(),
        message: "for the cache".into(),
        since_ms: 6,
        observed_generation: 3,
    }];
    resource.status.prior = Some(prior("hunter2-clear", "host-4711"));
    resource.status.made_by = Some(component("postgres"));
    resource.status.hints = vec![Hint {
        kind: "url".into(),
        label: "Console".into(),
        value: "https://db.example.org/?key=hint-4711".into(),
        icon: Some("link".into()),
        sensitive: true,
    }];
    resource.status.attempts = 2;
    resource.status.wrote = true;
    resource.status.waiting = Some(Waiting {
        until_ms: 99,
        reason: "backoff".into(),
        percent: Some(40),
        retry: true,
        for_ms: None,
    });
    resource.status.last_error = Some(last_error());
    resource.status.run = Some(run_id(1));
    resource
}

/// A plain one.
pub(crate) fn small(number: u64) -> Resource {
    let mut resource = resource(number);
    resource.status = Default::default();
    resource.status.wrote = true;
    resource.params = json!({});
    resource
}

pub(crate) fn prior(secret: &str, host: &str) -> Prior {
    Prior {
        state: State {
            handle: json!({"id": [1, 2]}),
            outputs: vec![
                Output { name: "password".into(), value: json!(secret), sensitive: true },
                Output { name: "host".into(), value: json!(host), sensitive: false },
            ],
            artifacts: vec![Artifact {
                name: "service".into(),
                media_type: "application/json".into(),
                content: "{}".into(),
                sensitive: true,
            }],
        },
        version: "1.2.3".into(),
        generation: 3,
        params: json!({"size": 3}),
    }
}

pub(crate) fn platform() -> InstalledPlatform {
    let postgres = InstalledProvisioner::new(
        name("postgres"),
        Kind::new("postgres").unwrap(),
        Version::new(1, 2, 3),
        Digest::of("postgres"),
        Version::new(1, 0, 0),
        offer(),
        vec![(None, json!({"type": "object"})), (Some(Class::new("large").unwrap()), json!(true))],
        &[Want::plain(Capability::Secrets, "passwords")],
        &Grant::new([Capability::Secrets]),
        true,
    );
    InstalledPlatform {
        tenant: scope().tenant,
        name: name("compose"),
        version: "1.2.3-rc.1+build.7".parse().unwrap(),
        digest: Digest::of("package"),
        description: Some("local development".into()),
        upstream: None,
        min_core: Version::new(1, 0, 0),
        max_core: Some(Version::new(2, 0, 0)),
        provisioners: vec![postgres],
        golden_paths: vec![InstalledGoldenPath {
            name: name("deploy"),
            version: Version::new(1, 2, 3),
            component: Digest::of("deploy"),
            contract: Version::new(1, 0, 0),
            schema: json!({"type": "object"}),
            written: false,
        }],
        installed_ms: 11,
        origin: None,
    }
}

pub(crate) fn event(number: u64) -> Event {
    Event {
        id: EventId::from_bytes(bytes(number)),
        scope: scope(),
        kind: EventKind::ProvisionFailed,
        severity: Some(Severity::Warning),
        subject: Subject {
            application: Some(name("shop")),
            resource: Some(resource_id(1)),
            run: Some(run_id(1)),
            platform: Some(name("compose")),
        },
        message: format!("event {number}"),
        details: json!({"attempt": 2}),
        at_ms: 12,
    }
}
