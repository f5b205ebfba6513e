//! A workload becomes a plan by the pure rooms, as it would once the platform is installed.

use innominatus_effect::Export;
use innominatus_model::{
    Cause, Code, Digest, Failure, Json, Need, PathRequest, PlanId, ResourceId, Scope, Step, StepKind,
    Violation, WorkloadSpec,
};
use innominatus_plan::params::Schema;
use innominatus_plan::{Action, Inputs, Plan, Snapshot, decide, needs, written};
use innominatus_sandbox::{CallError, GoldenPath};
use innominatus_score::{Demand, Workload, demand};
use serde_json::json;

use super::ready::{Ready, Way};
use super::report::{Planned, PlannedResource, Trouble};
use super::trace;
use crate::harness::sample::Samples;
use crate::harness::world::Cloud;

/// A workload with what it needs.
pub(crate) struct Wish {
    pub(crate) workload: Workload,
    demand: Demand,
    parameters: Json,
}

impl Wish {
    /// Parameters are the defaults of the golden path's schema; what it requires besides is made up.
    pub(crate) fn new(ready: &Ready, workload: Workload) -> Result<Self, Trouble> {
        let demand = demand(std::slice::from_ref(&workload)).map_err(Trouble::in_files)?;
        let source = ready.way.schema();
        let schema = Schema::new(&source).map_err(|error| {
            let message = format!("the schema of the golden path's parameters {error}");
            Trouble::new(Code::SchemaInvalid, message, Some("mend the schema".into()))
        })?;
        let mut parameters = schema.with_defaults(&json!({}));
        if !schema.violations(&parameters).is_empty() {
            let samples = Samples::of(&source, &schema).map_err(|why| {
                let message = format!("no parameters of the golden path could be made up: {why}");
                Trouble::new(Code::ParametersInvalid, message, Some("give its schema `examples`".into()))
            })?;
            parameters = samples.minimal;
        }
        Ok(Self { workload, demand, parameters })
    }

    /// The plan against what there is.
    pub(crate) async fn plan(&self, ready: &Ready, snapshot: &Snapshot) -> Result<Plan, Trouble> {
        let reference = ready.way.reference();
        let request = PathRequest {
            scope: Scope::default(),
            application: self.workload.name().clone(),
            workloads: vec![WorkloadSpec {
                name: self.workload.name().clone(),
                spec: self.workload.spec().clone(),
            }],
            needs: needs(&self.demand, &ready.catalogue, &reference.platform, snapshot)
                .map_err(|error| Trouble::of(&error))?,
            parameters: self.parameters.clone(),
        };
        let steps = self.steps(ready, &request).await?;
        let fresh: Vec<ResourceId> = self.demand.needs.iter().map(|need| id(&need.uid.to_string())).collect();
        decide(&Inputs {
            id: PlanId::from_bytes(bytes(&format!("{}\n{}", request.application, snapshot.generation))),
            request: &request,
            golden_path: reference,
            workloads: std::slice::from_ref(&self.workload),
            demand: &self.demand,
            steps: &steps,
            catalogue: &ready.catalogue,
            snapshot,
            fresh: &fresh,
        })
        .map_err(|error| Trouble::of(&error))
    }

    async fn steps(&self, ready: &Ready, request: &PathRequest) -> Result<Vec<Step>, Trouble> {
        match &ready.way {
            Way::Plain { .. } => Ok(request.needs.iter().map(step).collect()),
            Way::Written { reference, path } => {
                written::steps(path, &reference.platform, request, &self.demand, &ready.catalogue)
                    .map_err(|error| Trouble::of(&error))
            }
            Way::Component { reference, path, .. } => {
                let cloud = Cloud::new(json!({})).into();
                let broke = |error: &CallError, entries: &[_]| {
                    trace::fault(ready.bytes(&reference.component), error, entries)
                };
                let ask = async |guest: GoldenPath| guest.validate(request).await;
                let (violations, entries) = path.ask(Export::Validate, &cloud, ask).await;
                let violations = violations.map_err(|error| broke(&error, &entries))?;
                if !violations.is_empty() {
                    return Err(refused(&reference.label(), &violations));
                }
                let ask = async |guest: GoldenPath| guest.generate_steps(request).await;
                let (steps, entries) = path.ask(Export::GenerateSteps, &cloud, ask).await;
                let steps = steps.map_err(|error| broke(&error, &entries))?;
                steps.map_err(|failure| said_no(&reference.label(), &failure))
            }
        }
    }
}

/// A plan for people.
pub(crate) fn shown(ready: &Ready, plan: &Plan) -> Planned {
    let uid_of =
        |step: &String| plan.tasks.iter().find(|task| task.step == *step).map(|task| task.uid.to_string());
    let resources = plan.tasks.iter().map(|task| PlannedResource {
        uid: task.uid.to_string(),
        name: task.name.clone(),
        action: match task.action {
            Action::Follow => Action::Keep.as_str(),
            action => action.as_str(),
        },
        reason: task.reason.clone(),
        provisioner: task.provisioner.label(),
        depends_on: task.after.iter().filter_map(uid_of).collect(),
    });
    Planned {
        application: plan.application.to_string(),
        golden_path: ready.way.label(),
        parameters: plan.request.parameters.clone(),
        resources: resources.collect(),
        removed: plan.removals.len(),
        renders: plan.render && !plan.renders.is_empty(),
        unchanged: plan.is_unchanged(),
    }
}

/// By the first that can make it.
fn step(need: &Need) -> Step {
    let first = need.candidates.first().map(|candidate| candidate.provisioner.clone());
    Step {
        name: need.name.clone(),
        kind: StepKind::Provisioner,
        subject: Some(need.id.clone()),
        config: json!({"provisioner": first}),
        depends_on: Vec::new(),
    }
}

fn refused(golden_path: &str, violations: &[Violation]) -> Trouble {
    let listed: Vec<String> = violations
        .iter()
        .map(|violation| match violation.pointer.is_empty() {
            true => violation.message.clone(),
            false => format!("`{}`: {}", violation.pointer, violation.message),
        })
        .collect();
    let remedy = violations.iter().find_map(|violation| violation.remedy.clone());
    let message = format!("the golden path `{golden_path}` refuses this: {}", listed.join("; "));
    Trouble::new(Code::ParametersInvalid, message, remedy)
}

pub(crate) fn said_no(golden_path: &str, failure: &Failure) -> Trouble {
    match &failure.cause {
        Cause::Invalid(violations) if !violations.is_empty() => refused(golden_path, violations),
        _ => {
            let message = format!("the golden path `{golden_path}` says no: {failure}");
            Trouble::new(Code::GoldenPathFailed, message, None)
        }
    }
}

/// The same for the same thing in each round, so that what is shown stays the same.
fn id(text: &str) -> ResourceId {
    ResourceId::from_bytes(bytes(text))
}

fn bytes(text: &str) -> [u8; 16] {
    let digest = Digest::of(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(byte, of)| *byte = *of);
    bytes
}
