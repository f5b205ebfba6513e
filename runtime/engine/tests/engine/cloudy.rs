//! A house with the guests of the fake cloud installed, and the cloud.

use std::path::Path;

use innominatus_engine::{Answer, ApplyInput, Engine};
use innominatus_ledger::{Ledger, Run};
use innominatus_model::{Code, Coded, Event, EventKind, Json, ResourceId, Scope, Secret, SecretName};
use innominatus_package::read_grants;
use innominatus_testkit::cloud::Cloud;
use innominatus_testkit::programs;
use serde_json::json;

use crate::house::{House, chain, name, web};

/// What the operator gave for the cloud.
pub(crate) const BEARER: &str = "operator's bearer: \"a\\b\" +/=";
/// The line that grants everything the guests ask for.
pub(crate) const LINE: &str = "methods: [GET, PUT, POST, DELETE], secrets: true, addresses: [127.0.0.1/32]";

/// A house, and the cloud that its guests are granted.
pub(crate) struct Sky {
    pub(crate) house: House,
    pub(crate) cloud: Cloud,
}

impl Sky {
    /// Everything is granted.
    pub(crate) async fn new() -> Self {
        let house = House::empty().await;
        let cloud = Cloud::start().await;
        prepare(&house.engine, house.folder.path(), &cloud).await;
        Self { house, cloud }
    }

    /// A resource of the workload `web` that ends ready.
    pub(crate) async fn made(&self, resources: Json) -> Run {
        let run = self.house.run(&web(resources)).await;
        assert_eq!(run.state, innominatus_ledger::RunState::Succeeded, "{run:?}");
        run
    }

    /// One that does not; the code with which it ends.
    pub(crate) async fn not_made(&self, resources: Json) -> String {
        let run = self.house.run(&web(resources)).await;
        assert_eq!(run.state, innominatus_ledger::RunState::Failed, "{run:?}");
        run.error.unwrap().code
    }

    /// The methods of what the cloud was asked, since request number `from`.
    pub(crate) fn asked(&self, from: usize) -> Vec<String> {
        self.cloud.seen().into_iter().skip(from).map(|seen| seen.method).collect()
    }

    /// What exists in the cloud, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.cloud.things().into_iter().map(|thing| thing.name).collect();
        names.sort();
        names
    }

    pub(crate) async fn id(&self, declared: &str) -> ResourceId {
        self.house.resources("web").await[declared].id
    }

    /// The events of a kind, whole.
    pub(crate) async fn events(&self, kind: EventKind) -> Vec<Event> {
        self.house.events().await.into_iter().filter(|event| event.kind == kind).collect()
    }

    /// Nothing is left half done.
    pub(crate) async fn at_rest(&self) {
        at_rest(self.house.ledger()).await;
    }
}

/// Settings, the operator's secrets, the platform.
pub(crate) async fn prepare(engine: &Engine, folder: &Path, cloud: &Cloud) {
    cloud.demand_bearer(BEARER);
    settings(folder, cloud);
    for (secret, value) in [("cloud/token", BEARER), ("team/licence", "licence-0123456789")] {
        let secret = SecretName::new(secret).unwrap();
        engine.set_secret(&name("default"), &secret, &Secret::new(value)).await.unwrap();
    }
    install(engine, &grants(cloud, LINE)).await.unwrap_or_else(|error| panic!("{error}"));
    golden_path(engine).await;
}

/// The guests of the fixtures, for their golden path.
pub(crate) async fn golden_path(engine: &Engine) {
    let fixtures = programs::platform("fixtures");
    let installed = engine.install(&name("default"), &fixtures, Some(&Answer::all())).await;
    installed.unwrap_or_else(|error| panic!("{}", chain(&error)));
}

pub(crate) fn settings(folder: &Path, cloud: &Cloud) {
    let folder = folder.join("settings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cloudy.json"), json!({"endpoint": cloud.endpoint()}).to_string()).unwrap();
}

/// A grants file for every guest, with one line of http.
pub(crate) fn grants(cloud: &Cloud, rest: &str) -> String {
    let port = cloud.address().port();
    let mut text = "grants:\n".to_owned();
    for entry in ["widget", "gadget", "locket"] {
        text.push_str(&format!(
            "  cloudy/{entry}:\n    http:\n      - {{host: 127.0.0.1, scheme: http, port: {port}, {rest}}}\n    \
             credentials:\n      cloud: {{kind: bearer, token: cloud/token}}\n"
        ));
        text.push_str(match entry {
            "locket" => {
                "    secrets:\n      generate: true\n      references:\n        licence: {secret: team/licence, hosts: [127.0.0.1]}\n"
            }
            _ => "    secrets: {generate: true}\n",
        });
    }
    text
}

/// Installs with a grants file; the error in words.
pub(crate) async fn install(engine: &Engine, text: &str) -> Result<(), String> {
    install_from(engine, &programs::platform("cloudy"), text).await
}

pub(crate) async fn install_from(engine: &Engine, folder: &Path, text: &str) -> Result<(), String> {
    let (grants, _) = read_grants("grants.yaml", text.as_bytes()).map_err(|error| error.to_string())?;
    let answer = Answer { choices: vec![], file: Some(("grants.yaml".into(), grants)) };
    let installed = engine.install(&name("default"), folder, Some(&answer)).await;
    installed.map(|_| ()).map_err(|error| format!("{} {:?}", chain(&error), error.remedy()))
}

/// A resource of the cloud that asks with short patience.
pub(crate) fn thing(kind: &str, params: Json) -> Json {
    let mut all = json!({"timeoutMs": 300});
    all.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
    json!({"aa": {"type": kind, "params": all}})
}

/// The same as a request.
pub(crate) fn wish(kind: &str, params: Json) -> ApplyInput {
    web(thing(kind, params))
}

/// No execution is open, and no more of them are kept than are to be.
pub(crate) async fn at_rest(ledger: &Ledger) {
    for stored in ledger.resources(&Scope::default(), &name("web")).await.unwrap() {
        let resource = stored.value;
        assert_eq!(resource.status.execution, None, "{}: {:?}", resource.uid, resource.status);
        assert!(resource.status.unsettled.is_empty(), "{}: {:?}", resource.uid, resource.status.unsettled);
        let executions = ledger.executions(&resource.scope(), resource.id).await.unwrap();
        assert!(executions.iter().all(|stored| stored.value.ended_ms.is_some()), "{}", resource.uid);
        assert!(executions.len() <= innominatus_ledger::EXECUTIONS_KEPT + 1, "{}", executions.len());
    }
}

/// The exit class of a code.
pub(crate) fn exit(code: &str) -> u8 {
    Code::parse(code).unwrap_or_else(|| panic!("`{code}` is no code")).exit().number()
}
