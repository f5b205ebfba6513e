//! An application from text, and what would exist if a plan had been carried out.

use innominatus_model::{
    Class, Digest, Json, Kind, Name, Offer, OutputSpec, PathRequest, PlanId, ResourceId, Scope, Step,
    StepKind, WorkloadSpec,
};
use innominatus_plan::{
    Catalogue, ComponentRef, Defaults, Inputs, Offered, Plan, PlanError, Serves, Snapshot, decide, needs,
};
use innominatus_score::{Demand, Source, Workload, demand, read};
use serde_json::json;

/// Everything a decision is made from.
pub(crate) struct Case {
    pub(crate) workloads: Vec<Workload>,
    pub(crate) demand: Demand,
    pub(crate) catalogue: Catalogue,
    /// None: the default steps.
    pub(crate) steps: Option<Vec<Step>>,
    pub(crate) parameters: Json,
    pub(crate) snapshot: Snapshot,
    /// The first number of the ids handed in.
    pub(crate) ids_from: u64,
}

impl Case {
    pub(crate) fn new(files: &[(String, String)], catalogue: Catalogue) -> Self {
        let mut workloads: Vec<Workload> = files.iter().map(|(name, text)| workload(name, text)).collect();
        workloads.sort_by(|a, b| a.name().cmp(b.name()));
        let demand = demand(&workloads).unwrap_or_else(|findings| panic!("{findings:?}"));
        let snapshot = Snapshot::default();
        Self { workloads, demand, catalogue, steps: None, parameters: json!({}), snapshot, ids_from: 1 }
    }

    pub(crate) fn request(&self) -> Result<PathRequest, PlanError> {
        Ok(PathRequest {
            scope: Scope { tenant: name("default"), environment: name("default") },
            application: name("shop"),
            workloads: self
                .workloads
                .iter()
                .map(|workload| WorkloadSpec { name: workload.name().clone(), spec: workload.spec().clone() })
                .collect(),
            needs: needs(&self.demand, &self.catalogue, &name("compose"), &self.snapshot)?,
            parameters: self.parameters.clone(),
        })
    }

    pub(crate) fn decide(&self) -> Result<Plan, PlanError> {
        let request = self.request()?;
        let steps = self.steps.clone().unwrap_or_else(|| default_steps(&request));
        let fresh: Vec<ResourceId> =
            (0..self.demand.needs.len() as u64).map(|n| resource_id(self.ids_from + n)).collect();
        decide(&Inputs {
            id: PlanId::from_bytes(*resource_id(self.ids_from).as_bytes()),
            request: &request,
            golden_path: &component("compose/deploy", "1.0.0", ""),
            workloads: &self.workloads,
            demand: &self.demand,
            steps: &steps,
            catalogue: &self.catalogue,
            snapshot: &self.snapshot,
            fresh: &fresh,
        })
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn resource_id(number: u64) -> ResourceId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ResourceId::from_bytes(bytes)
}

pub(crate) fn component(label: &str, version: &str, build: &str) -> ComponentRef {
    let (platform, entry) = label.split_once('/').unwrap();
    ComponentRef {
        platform: name(platform),
        version: version.parse().unwrap(),
        entry: name(entry),
        component: Digest::of(format!("{label} {version} {build}")),
    }
}

pub(crate) fn offered(entry: &Json) -> Offered {
    let text = |key: &str, otherwise: &str| entry[key].as_str().unwrap_or(otherwise).to_owned();
    let words = |key: &str| -> Vec<String> {
        entry[key].as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let outputs = words("outputs").into_iter();
    Offered {
        provisioner: component(&text("provisioner", ""), &text("version", "1.0.0"), &text("build", "")),
        offer: std::sync::Arc::new(Offer {
            kind: Kind::new(text("type", "")).unwrap(),
            classes: words("classes").into_iter().map(|class| Class::new(class).unwrap()).collect(),
            outputs: outputs
                .map(|name| OutputSpec { name, schema: json!({}), sensitive: false, required: true })
                .collect(),
            open_outputs: entry["openOutputs"].as_bool().unwrap_or(false),
            verbs: Vec::new(),
        }),
        schema: entry.get("schema").cloned().unwrap_or_else(|| json!({"type": "object"})),
        serves: match entry["serves"].as_str() {
            Some("all") => Serves::All,
            Some("its-own") => Serves::ItsOwn,
            _ => Serves::New,
        },
        defaults: entry.get("defaults").map(|params| Defaults {
            class: entry["defaultsClass"].as_str().map(|class| Class::new(class).unwrap()),
            params: params.clone(),
        }),
        overruled: entry["overruled"].as_bool().unwrap_or(false),
    }
}

pub(crate) fn catalogue(entries: &Json) -> Catalogue {
    Catalogue::new(entries.as_array().unwrap().iter().map(offered).collect())
}

pub(crate) fn step(entry: &Json) -> Step {
    Step {
        name: entry["name"].as_str().unwrap().to_owned(),
        kind: StepKind::parse(entry["kind"].as_str().unwrap()),
        subject: entry["subject"].as_str().map(str::to_owned),
        config: entry["config"].clone(),
        depends_on: serde_json::from_value(entry["dependsOn"].clone()).unwrap(),
    }
}

/// One provisioner step per need, by its first candidate, then a render step.
pub(crate) fn default_steps(request: &PathRequest) -> Vec<Step> {
    let mut steps: Vec<Step> = request
        .needs
        .iter()
        .map(|need| Step {
            name: format!("make-{}", need.name),
            kind: StepKind::Provisioner,
            subject: Some(need.id.clone()),
            config: json!({"provisioner": need.candidates[0].provisioner}),
            depends_on: Vec::new(),
        })
        .collect();
    let depends_on = steps.iter().map(|step| step.name.clone()).collect();
    steps.push(Step {
        name: "files".into(),
        kind: StepKind::Render,
        subject: None,
        config: json!({}),
        depends_on,
    });
    steps
}

pub(crate) fn workload(file: &str, text: &str) -> Workload {
    let reading = read(&Source { name: file.into(), text: text.into(), files: Default::default() });
    reading.workload.unwrap_or_else(|| panic!("{file}: {:?}", reading.diagnostics))
}
