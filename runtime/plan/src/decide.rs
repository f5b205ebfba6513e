//! The decision itself.

use std::collections::BTreeMap;

use innominatus_model::{Digest, PathRequest, PlanId, StepKind, canonical};
use serde_json::json;

use crate::draft::Draft;
use crate::plan::{Plan, RenderTask, Task};
use crate::removals::removals;
use crate::{Inputs, PlanError, Snapshot, steps};

/// Decides what to do so that the application becomes what its files ask for.
pub fn decide(inputs: &Inputs<'_>) -> Result<Plan, PlanError> {
    let at_fault = |what: String| PlanError::GoldenPath { golden_path: inputs.golden_path.label(), what };
    let checked = steps::check(inputs.steps, &inputs.request.needs).map_err(at_fault)?;

    let mut draft = Draft::new(inputs);
    for step in checked.order.iter().filter(|step| step.kind == StepKind::Provisioner) {
        let after = checked.after[step.name.as_str()].iter().map(ToString::to_string).collect();
        draft.add(step, after).map_err(at_fault)?;
    }
    let tasks = draft.finish()?;

    let renders: Vec<RenderTask> = checked
        .order
        .iter()
        .filter(|step| step.kind == StepKind::Render)
        .map(|step| RenderTask {
            step: (*step).clone(),
            after: checked.ancestors(&step.name).into_iter().map(str::to_owned).collect(),
        })
        .collect();
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
        request: named(inputs.request, &tasks),
        render: changes || !settled,
        tasks,
        renders,
        removals,
        intent,
    })
}

/// The request with the names that provisioners are told, for `render`.
fn named(request: &PathRequest, tasks: &[Task]) -> PathRequest {
    let names: BTreeMap<String, &str> =
        tasks.iter().map(|task| (task.uid.to_string(), task.name.as_str())).collect();
    let mut request = request.clone();
    for need in &mut request.needs {
        if let Some(name) = names.get(&need.id) {
            need.name = (*name).to_owned();
        }
    }
    request
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

fn intent(inputs: &Inputs<'_>, tasks: &[Task], renders: &[RenderTask]) -> Digest {
    let component =
        |c: &crate::ComponentRef| json!([c.label(), c.version.to_string(), c.component.to_string()]);
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
