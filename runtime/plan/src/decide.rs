//! The decision itself.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{
    Code, Diagnostic, Digest, Json, PathRequest, PlanId, ResourceId, ResourceUid, Severity, Step, StepKind, canonical,
};
use innominatus_score::placeholder::{self, Root};
use innominatus_score::{Demanded, Workload};
use serde_json::json;

use crate::params::Schema;
use crate::plan::{Action, Plan, Removal, RenderTask, Task};
use crate::{Catalogue, Existing, Inputs, Offered, PlanError, Snapshot, outputs, steps};

/// Decides what to do so that the application becomes what its files ask for.
pub fn decide(inputs: &Inputs<'_>) -> Result<Plan, PlanError> {
    let golden_path = inputs.golden_path.label();
    let at_fault = |what: String| PlanError::GoldenPath { golden_path: golden_path.clone(), what };
    let checked = steps::check(inputs.steps, &inputs.request.needs).map_err(at_fault)?;

    let mut draft = Draft::new(inputs);
    for step in checked.order.iter().filter(|step| step.kind == StepKind::Provisioner) {
        let after = checked.after[step.name.as_str()].iter().map(ToString::to_string).collect();
        draft.add(step, after).map_err(|what| PlanError::GoldenPath { golden_path: inputs.golden_path.label(), what })?;
    }
    draft.check_files()?;

    let renders: Vec<RenderTask> = checked
        .order
        .iter()
        .filter(|step| step.kind == StepKind::Render)
        .map(|step| RenderTask {
            step: (*step).clone(),
            after: checked.ancestors(&step.name).into_iter().map(str::to_owned).collect(),
        })
        .collect();
    let Draft { tasks, .. } = draft;
    let removals = removals(inputs.snapshot, &tasks, "no workload claims it any more");
    let intent = intent(inputs, &tasks, &renders);
    let changes = !removals.is_empty() || tasks.iter().any(|task| task.action.is_change());
    let current = inputs.snapshot.current.as_ref();
    let settled = current.is_some_and(|current| current.settled && current.intent == intent);
    Ok(Plan {
        id: inputs.id,
        parent: current.map(|current| current.plan),
        scope: inputs.request.scope.clone(),
        application: inputs.request.application.clone(),
        generation: inputs.snapshot.generation + 1,
        golden_path: Some(inputs.golden_path.clone()),
        request: inputs.request.clone(),
        render: !renders.is_empty() && (changes || !settled),
        tasks,
        renders,
        removals,
        intent,
    })
}

/// The plan that removes everything.
pub fn removal(id: PlanId, request: PathRequest, snapshot: &Snapshot) -> Plan {
    Plan {
        id,
        parent: snapshot.current.as_ref().map(|current| current.plan),
        scope: request.scope.clone(),
        application: request.application.clone(),
        generation: snapshot.generation + 1,
        golden_path: None,
        tasks: Vec::new(),
        renders: Vec::new(),
        render: false,
        removals: removals(snapshot, &[], "the application is removed"),
        intent: Digest::of(canonical(&json!(["removal", request.application.as_str()]))),
        request,
    }
}

struct Draft<'a> {
    inputs: &'a Inputs<'a>,
    existing: BTreeMap<&'a ResourceUid, &'a Existing>,
    ids: BTreeMap<String, ResourceId>,
    chosen: Vec<&'a Offered>,
    tasks: Vec<Task>,
}

impl<'a> Draft<'a> {
    fn new(inputs: &'a Inputs<'a>) -> Self {
        let existing: BTreeMap<_, _> = inputs.snapshot.resources.iter().map(|e| (&e.uid, e)).collect();
        let ids = inputs
            .demand
            .needs
            .iter()
            .zip(inputs.fresh)
            .map(|(need, fresh)| (need.uid.to_string(), existing.get(&need.uid).map_or(*fresh, |known| known.id)))
            .collect();
        Self { inputs, existing, ids, chosen: Vec::new(), tasks: Vec::new() }
    }

    /// Tasks arrive dependencies first. The error is a fault of the golden path.
    fn add(&mut self, step: &Step, after: Vec<String>) -> Result<(), String> {
        let subject = step.subject.as_deref().unwrap_or_default();
        let need = self
            .inputs
            .demand
            .needs
            .iter()
            .find(|need| need.uid.to_string() == subject)
            .ok_or_else(|| format!("step `{}` has the subject `{subject}`, which nobody asked for", step.name))?;
        let label = steps::chosen(step).unwrap_or_default();
        let known = self.existing.get(&need.uid).copied();
        let offered = offered(self.inputs.catalogue, need, label, known)
            .ok_or_else(|| format!("step `{}` names `{label}`, which does not make `{subject}`", step.name))?;
        let params = step.config.get("params").unwrap_or(&need.params).clone();
        let references = self.references(step, need, &params)?;
        let resource = *self.ids.get(subject).ok_or_else(|| format!("no identity was handed in for `{subject}`"))?;
        let mut task = Task {
            step: step.name.clone(),
            resource,
            uid: need.uid.clone(),
            name: known.map_or_else(|| need.name.clone(), |known| known.name.clone()),
            workloads: need.workloads.clone(),
            owner: need.owner.clone(),
            params,
            references,
            provisioner: offered.provisioner.clone(),
            action: Action::Create,
            reason: "it does not exist yet".into(),
            generation: 1,
            after,
        };
        if let Some(known) = known {
            self.judge(&mut task, known);
        }
        self.chosen.push(offered);
        self.tasks.push(task);
        Ok(())
    }

    /// What the params refer to. Steps may bring their own params, so this is read anew.
    fn references(&self, step: &Step, need: &Demanded, params: &Json) -> Result<Vec<(String, ResourceId)>, String> {
        let owner = self.inputs.workloads.iter().find(|workload| *workload.name() == need.owner);
        let mut references: Vec<(String, ResourceId)> = Vec::new();
        for reference in
            placeholder::references(params).map_err(|error| format!("the params of step `{}`: {error}", step.name))?
        {
            let (Root::Resources, [name, ..]) = (&reference.root, reference.path.as_slice()) else { continue };
            let uid = owner.and_then(|workload| workload.resources().get(name)).map(|known| known.uid.to_string());
            let id = uid.as_ref().and_then(|uid| self.ids.get(uid)).ok_or_else(|| {
                format!("the params of step `{}` refer to `{name}`, which `{}` does not have", step.name, need.owner)
            })?;
            let made_before = self.tasks.iter().any(|task| task.resource == *id);
            if !made_before {
                return Err(format!("step `{}` refers to `{name}`, which is made after it", step.name));
            }
            if !references.iter().any(|(known, _)| known == name) {
                references.push((name.clone(), *id));
            }
        }
        Ok(references)
    }

    fn judge(&self, task: &mut Task, known: &Existing) {
        let mut differs = Vec::new();
        if task.params != known.params || task.references != known.references || task.owner != known.owner {
            differs.push("its params changed".to_owned());
        }
        if task.provisioner != known.provisioner {
            differs.push(format!("it is now made by {} {}", task.provisioner.label(), task.provisioner.version));
        }
        if task.workloads != known.workloads {
            differs.push("the workloads that claim it changed".to_owned());
        }
        if known.deleting {
            differs.push("it was being removed".to_owned());
        }
        task.generation = known.generation;
        if !differs.is_empty() {
            task.action = Action::Update;
            task.generation += 1;
            task.reason = differs.join(", ");
        } else if !known.settled {
            task.action = Action::Resume;
            task.reason = "it was begun and is not ready yet".into();
        } else if self.moves(task) {
            task.action = Action::Follow;
            task.reason = "made again only if the outputs it refers to change".into();
        } else {
            task.action = Action::Keep;
            task.reason = "it is as asked for".into();
        }
    }

    /// Whether something the params refer to may come out differently.
    fn moves(&self, task: &Task) -> bool {
        task.references.iter().any(|(_, id)| {
            self.tasks.iter().any(|other| other.resource == *id && (other.action != Action::Keep))
        })
    }

    fn check_files(&self) -> Result<(), PlanError> {
        let offers = self.tasks.iter().zip(&self.chosen).map(|(task, offered)| (task.uid.to_string(), &offered.offer));
        let mut diagnostics = outputs::check(self.inputs.workloads, &offers.collect());
        for (task, offered) in self.tasks.iter().zip(&self.chosen) {
            match Schema::new(&offered.schema) {
                Err(error) => diagnostics.push(Diagnostic {
                    file: String::new(),
                    line: 0,
                    column: 0,
                    severity: Severity::Error,
                    code: Code::SchemaInvalid,
                    message: format!("the schema of `{}` for `{}` {error}", task.provisioner.label(), task.kind()),
                    hint: Some("report this to the platform's author".into()),
                }),
                Ok(schema) => {
                    for violation in schema.violations(&schema.with_defaults(&task.params)) {
                        diagnostics.push(self.params_diagnostic(task, &violation.pointer, &violation.message));
                    }
                }
            }
        }
        if diagnostics.is_empty() { Ok(()) } else { Err(PlanError::Files { diagnostics }) }
    }

    fn params_diagnostic(&self, task: &Task, pointer: &str, message: &str) -> Diagnostic {
        let owner = self.inputs.workloads.iter().find(|workload| *workload.name() == task.owner);
        let (file, (line, column)) = owner.map_or_else(
            || (task.owner.to_string(), (0, 0)),
            |workload| {
                let name = resource_name(workload, &task.uid).unwrap_or_default();
                let pointer = format!("/resources/{name}/params{pointer}");
                (workload.file().to_owned(), workload.locate(&pointer))
            },
        );
        let at = if pointer.is_empty() { "params".to_owned() } else { format!("params{pointer}") };
        Diagnostic {
            file,
            line,
            column,
            severity: Severity::Error,
            code: Code::ParamsInvalid,
            message: format!("`{at}` of `{}` does not satisfy {}: {message}", task.uid, task.provisioner.label()),
            hint: Some(format!(
                "`innominatus platform inspect {}` shows the schema of `{}`",
                task.provisioner.platform,
                task.kind()
            )),
        }
    }
}

fn resource_name<'a>(workload: &'a Workload, uid: &ResourceUid) -> Option<&'a str> {
    workload.resources().iter().find(|(_, known)| known.uid == *uid).map(|(name, _)| name.as_str())
}

/// The version that made a resource goes on with it while it is installed; new resources get the newest.
fn offered<'a>(
    catalogue: &'a Catalogue,
    need: &Demanded,
    label: &str,
    known: Option<&Existing>,
) -> Option<&'a Offered> {
    let (kind, class) = (&need.uid.kind, &need.uid.class);
    known
        .filter(|known| known.provisioner.label() == label)
        .and_then(|known| catalogue.find(label, kind, class, Some(&known.provisioner.version)))
        .or_else(|| catalogue.find(label, kind, class, None))
}

/// Everything that exists and has no task, dependents first.
fn removals(snapshot: &Snapshot, tasks: &[Task], reason: &str) -> Vec<Removal> {
    let kept: BTreeSet<ResourceId> = tasks.iter().map(|task| task.resource).collect();
    let mut gone: Vec<&Existing> = snapshot.resources.iter().filter(|known| !kept.contains(&known.id)).collect();
    gone.sort_by(|a, b| a.uid.cmp(&b.uid));
    let users = |id: ResourceId| -> Vec<ResourceId> {
        gone.iter().filter(|other| other.references.iter().any(|(_, known)| *known == id)).map(|other| other.id).collect()
    };
    let mut removals: Vec<Removal> = Vec::with_capacity(gone.len());
    let mut done: BTreeSet<ResourceId> = BTreeSet::new();
    while removals.len() < gone.len() {
        let before = removals.len();
        for known in &gone {
            let after = users(known.id);
            if !done.contains(&known.id) && after.iter().all(|user| done.contains(user)) {
                done.insert(known.id);
                removals.push(Removal {
                    resource: known.id,
                    uid: known.uid.clone(),
                    name: known.name.clone(),
                    provisioner: known.provisioner.clone(),
                    reason: reason.to_owned(),
                    after,
                });
            }
        }
        // References of accepted plans have no circle; should a record say otherwise, nothing may be left.
        if removals.len() == before {
            for known in gone.iter().filter(|known| !done.contains(&known.id)) {
                removals.push(Removal {
                    resource: known.id,
                    uid: known.uid.clone(),
                    name: known.name.clone(),
                    provisioner: known.provisioner.clone(),
                    reason: reason.to_owned(),
                    after: Vec::new(),
                });
            }
        }
    }
    removals
}

fn intent(inputs: &Inputs<'_>, tasks: &[Task], renders: &[RenderTask]) -> Digest {
    let component = |c: &crate::ComponentRef| json!([c.label(), c.version.to_string(), c.component.to_string()]);
    let request = inputs.request;
    Digest::of(canonical(&json!({
        "goldenPath": component(inputs.golden_path),
        "parameters": request.parameters,
        "workloads": request.workloads.iter().map(|w| json!([w.name.as_str(), w.spec])).collect::<Vec<_>>(),
        "tasks": tasks.iter().map(|task| json!({
            "step": task.step,
            "uid": task.uid.to_string(),
            "params": task.params,
            "provisioner": component(&task.provisioner),
            "after": task.after,
        })).collect::<Vec<_>>(),
        "renders": renders.iter().map(|render| json!({
            "step": render.step.name,
            "config": render.step.config,
            "after": render.after,
        })).collect::<Vec<_>>(),
    })))
}
