//! A host small enough to test a platform with: reads Score files, has the provisioners make what they
//! need, hands the result to the golden path.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub(crate) mod document;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use innominatus_compose_golden_path::DeployCompose;
use innominatus_compose_provisioners as servers;
use innominatus_compose_wiring as wiring;
use innominatus_guest::placeholder::{Template, Values, resource_uid};
use innominatus_guest::testing::{self, FakeHost, GoldenPathComponent, ProvisionerComponent};
use innominatus_guest::{
    Artifact, Candidate, Failure, Json, Made, Need, Offer, Progress, Request, State, Step, Target, Violation,
    Workload,
};
use serde_json::{Map, json};

/// What a run came to.
pub(crate) struct Rendered {
    pub(crate) steps: Vec<Step>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) log: Vec<String>,
    /// `<need>: <label>: <value>`, as `describe` shows them.
    pub(crate) hints: Vec<String>,
    /// Variables that are left to the shell.
    open: BTreeSet<String>,
}

impl Rendered {
    pub(crate) fn file(&self, name: &str) -> &Artifact {
        self.artifacts.iter().find(|artifact| artifact.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    pub(crate) fn compose(&self) -> &str {
        &self.file("compose.yaml").content
    }

    /// `.env`, if there is anything in it.
    pub(crate) fn env(&self) -> Option<&str> {
        let env = self.artifacts.iter().find(|artifact| artifact.name == ".env")?;
        assert!(env.sensitive && env.media_type == "text/x-dotenv");
        Some(&env.content)
    }

    /// Fails the test if Compose would not take it.
    pub(crate) fn check(&self) -> Json {
        let others = self.artifacts.iter().filter(|artifact| artifact.media_type.ends_with(";base64"));
        document::check(&document::Project {
            compose: self.compose(),
            env: self.env(),
            files: others.map(|artifact| artifact.name.clone()).collect(),
            open: self.open.clone(),
        })
    }
}

/// Why a run came to nothing.
#[derive(Debug)]
pub(crate) enum Refused {
    Invalid(Vec<Violation>),
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Every provisioner of the platform.
pub(crate) fn with_provisioners<R>(run: impl FnOnce(ProvisionerComponent<'_>) -> R) -> R {
    run(ProvisionerComponent::new(
        "compose",
        "1.0.0",
        &[
            &servers::Database(&servers::POSTGRES),
            &servers::Database(&servers::MYSQL),
            &servers::Database(&servers::MONGODB),
            &servers::Redis,
            &servers::Amqp,
            &servers::S3,
            &wiring::Volume,
            &wiring::Dns,
            &wiring::Route,
            &wiring::Service,
            &wiring::ServicePort,
            &wiring::Environment,
        ],
    ))
}

/// A Score file as the host hands it on: `source` of files inlined.
pub(crate) fn workload(text: &str) -> Workload {
    let mut spec: Json = serde_saphyr::from_str(text).expect("YAML");
    let containers = spec["containers"].as_object_mut().expect("containers");
    for container in containers.values_mut() {
        let files: Vec<&mut Json> = match &mut container["files"] {
            Json::Object(files) => files.values_mut().collect(),
            Json::Array(files) => files.iter_mut().collect(),
            _ => vec![],
        };
        for file in files {
            let file = file.as_object_mut().expect("a file");
            if let Some(source) = file.remove("source") {
                file.insert("content".to_owned(), json!(format!("content of {}", source.as_str().unwrap())));
            }
        }
        if container["files"].is_null() {
            container.as_object_mut().expect("a container").remove("files");
        }
    }
    Workload { name: spec["metadata"]["name"].as_str().expect("a name").to_owned(), spec }
}

/// The needs of the workloads, dependencies first.
pub(crate) fn needs(workloads: &[Workload], offers: &[Offer]) -> Vec<Need> {
    let mut needs: BTreeMap<String, Need> = BTreeMap::new();
    for workload in workloads {
        let empty = Map::new();
        let resources = workload.spec["resources"].as_object().unwrap_or(&empty);
        for (name, resource) in resources {
            let id = resource_uid(&workload.name, name, resource);
            let params = resource.get("params").cloned().unwrap_or_else(|| json!({}));
            let kind = resource["type"].as_str().unwrap().to_owned();
            let class = resource["class"].as_str().unwrap_or("default").to_owned();
            let depends_on = references(&params).into_iter().filter_map(|path| {
                let other = resources.get(path.get(1)?)?;
                (path[0] == "resources").then(|| resource_uid(&workload.name, &path[1], other))
            });
            let offers = offers.iter().filter(|offer| offer.covers(&kind, &class));
            let need = Need {
                id: id.clone(),
                name: match resource["id"].as_str() {
                    Some(id) => id.replace('.', "-"),
                    None => format!("{}-{name}", workload.name),
                },
                candidates: offers
                    .map(|offer| Candidate { provisioner: format!("compose/{kind}"), offer: offer.clone() })
                    .collect(),
                kind,
                class,
                workloads: vec![],
                depends_on: depends_on.collect(),
                params,
            };
            needs.entry(id).or_insert(need).workloads.push(workload.name.clone());
        }
    }
    let mut ordered: Vec<Need> = Vec::new();
    while !needs.is_empty() {
        let ready = |need: &Need| need.depends_on.iter().all(|id| ordered.iter().any(|done| done.id == *id));
        let next = needs.values().find(|need| ready(need)).expect("no circle").id.clone();
        ordered.push(needs.remove(&next).unwrap());
    }
    ordered
}

fn references(value: &Json) -> Vec<Vec<String>> {
    match value {
        Json::String(text) => {
            Template::parse(text).unwrap().references().map(|reference| reference.parts().to_vec()).collect()
        }
        Json::Array(items) => items.iter().flat_map(references).collect(),
        Json::Object(entries) => entries.values().flat_map(references).collect(),
        _ => vec![],
    }
}

fn expanded(value: &Json, values: Values<'_>) -> Json {
    match value {
        Json::String(text) => json!(values.expand(text).expect("placeholders that lead somewhere")),
        Json::Array(items) => items.iter().map(|item| expanded(item, values)).collect(),
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), expanded(value, values))).collect()
        }
        other => other.clone(),
    }
}

/// Whether every need of the workloads can be made here.
pub(crate) fn can_make(workloads: &[Workload]) -> bool {
    with_provisioners(|component| {
        needs(workloads, &component.metadata().offers).iter().all(|need| !need.candidates.is_empty())
    })
}

/// The whole way: validate, steps, make, render; in the environment `default`.
pub(crate) fn run(workloads: Vec<Workload>, parameters: Json, settings: Json) -> Result<Rendered, Refused> {
    run_in("default", workloads, parameters, settings)
}

/// The whole way, in this environment.
pub(crate) fn run_in(
    environment: &str,
    workloads: Vec<Workload>,
    parameters: Json,
    settings: Json,
) -> Result<Rendered, Refused> {
    with_provisioners(|component| {
        let fake = FakeHost::new().with_settings(settings.clone());
        let path = GoldenPathComponent::new("compose", "1.0.0", &DeployCompose);
        check_schema(&path.parameter_schema(), &parameters);
        let open = document::left_to_the_shell(&workloads);
        let needs = needs(&workloads, &component.metadata().offers);
        let request: Request<Json> = testing::request(workloads, needs, parameters);
        let application = request.workloads[0].name.clone();
        let request = Request { application, environment: environment.to_owned(), ..request };

        let violations = path.validate(fake.path_host(), request.clone());
        if !violations.is_empty() {
            return Err(Refused::Invalid(violations));
        }
        let steps = path.generate_steps(fake.path_host(), request.clone())?;
        let mut made: Vec<Made> = Vec::new();
        let mut hints = Vec::new();
        for step in &steps {
            let Some(need) = step.subject.as_deref().and_then(|id| request.need(id)) else { continue };
            let params = step.config.get("params").unwrap_or(&need.params);
            let owner = request.workload(&need.workloads[0]).unwrap();
            let params = expanded(params, Values::new(owner, &request.needs, &made));
            check_schema(&component.config_schema(&need.kind, &need.class), &params);
            let target = Target { environment: environment.to_owned(), ..target_of(need, params) };
            let (state, told) = provision(component, need, target, &settings)?;
            hints.extend(told);
            made.push(handed_on(need, state));
        }
        let render = steps.last().unwrap();
        let artifacts = path.render(fake.path_host(), request.clone(), render, &made)?;
        check_tokens(&artifacts, &made);
        Ok(Rendered { steps, artifacts, log: fake.log_lines(), hints, open })
    })
}

fn target_of(need: &Need, params: Json) -> Target<Json> {
    let labels = vec![("uid".to_owned(), need.id.clone())];
    Target {
        id: need.id.clone(),
        workloads: need.workloads.clone(),
        labels,
        ..testing::target(&need.kind, &need.name, params)
    }
}

fn provision(
    component: ProvisionerComponent<'_>,
    need: &Need,
    target: Target<Json>,
    settings: &Json,
) -> Result<(State, Vec<String>), Failure> {
    let fake = FakeHost::new().with_settings(settings.clone()).for_resource(&need.id);
    let Progress::Ready(state) = component.provision(fake.host(), target.clone())? else {
        panic!("{} is not ready at once", need.id);
    };
    // Once more, with the first answer as prior: nothing changes.
    let made = testing::made(target, state.clone());
    let again = component.provision(fake.host(), made.clone())?;
    assert_eq!(again, Progress::Ready(state.clone()), "{} is not idempotent", need.id);
    check_state(component, need, &state, &fake);
    let hints = component.get_hints(fake.host(), made)?;
    let hints = hints.into_iter().map(|hint| format!("{}: {}: {}", need.id, hint.label, hint.value));
    Ok((state, hints.collect()))
}

/// What the host checks of an answer: declared outputs, and no token where none may stand.
fn check_state(component: ProvisionerComponent<'_>, need: &Need, state: &State, fake: &FakeHost) {
    let offers = component.metadata().offers;
    let offer = offers.iter().find(|offer| offer.covers(&need.kind, &need.class)).unwrap();
    let promised: Vec<_> = offer.outputs.iter().map(|spec| (spec.name.as_str(), spec.sensitive)).collect();
    let handed: Vec<_> = state.outputs.iter().map(|out| (out.name.as_str(), out.sensitive)).collect();
    assert_eq!(handed, promised, "{}", need.id);
    for (output, spec) in state.outputs.iter().zip(&offer.outputs) {
        check_schema(&spec.schema, &output.value);
    }
    let open = state.outputs.iter().filter(|output| !output.sensitive).map(|output| output.value.to_string());
    let open = open.chain(state.artifacts.iter().map(|artifact| artifact.content.clone()));
    for text in open.chain([state.handle.to_string()]) {
        for (name, token) in fake.minted() {
            assert!(!text.contains(&token), "{}: the token of `{name}` stands in {text}", need.id);
        }
    }
}

/// As `render` sees it: a sensitive output is one token, whatever it is made of.
fn handed_on(need: &Need, state: State) -> Made {
    let mut outputs = state.outputs;
    for output in outputs.iter_mut().filter(|output| output.sensitive) {
        let of = format!("{}{}", need.name, output.name);
        let of: String = of.chars().filter(char::is_ascii_alphanumeric).collect();
        output.value = json!(format!("token{of}"));
    }
    Made { need: need.id.clone(), outputs, artifacts: state.artifacts }
}

fn check_tokens(artifacts: &[Artifact], made: &[Made]) {
    let tokens = made.iter().flat_map(|made| &made.outputs).filter(|output| output.sensitive);
    for token in tokens {
        let token = token.value.as_str().unwrap();
        for artifact in artifacts.iter().filter(|artifact| !artifact.sensitive) {
            assert!(!artifact.content.contains(token), "`{token}` stands in {}", artifact.name);
        }
    }
}

/// Fails the test if the value does not satisfy the schema.
pub(crate) fn check_schema(schema: &Json, value: &Json) {
    let validator = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex());
    let validator = validator.build(schema).expect("a schema");
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\nin {value:#}");
}

/// Compares with a golden file, which is not there if nothing is found; writes it when `BLESS` is set.
pub(crate) fn golden(file: &Path, found: Option<&str>) {
    if std::env::var_os("BLESS").is_some() {
        match found {
            Some(found) => std::fs::write(file, found).unwrap(),
            None if file.exists() => std::fs::remove_file(file).unwrap(),
            None => {}
        }
        return;
    }
    let expected = std::fs::read_to_string(file).ok();
    assert!(
        expected.as_deref() == found,
        "{} differs; run again with BLESS=1 if it should\n--- expected\n{}\n--- found\n{}",
        file.display(),
        expected.as_deref().unwrap_or("no file"),
        found.unwrap_or("no file")
    );
}
