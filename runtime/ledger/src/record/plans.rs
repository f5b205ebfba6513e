//! The stored shape of a plan.

use std::collections::BTreeMap;

use innominatus_model::{
    Candidate, Class, Digest, Json, Kind, Name, Need, Offer, PathRequest, PlanId, ResourceId, ResourceUid,
    Scope, Step, StepKind, WorkloadSpec,
};
use innominatus_plan::{Action, ComponentRef, Plan, Removal, RenderTask, Task};
use serde::{Deserialize, Serialize};

use super::{
    ComponentRecord, OfferRecord, ReferenceRecord, Text, TextOption, TextVec, UidRecord, Via, ViaOption,
    ViaVec, Word,
};

#[derive(Serialize, Deserialize)]
pub(crate) struct PlanRecord {
    #[serde(with = "Text")]
    id: PlanId,
    #[serde(with = "TextOption")]
    parent: Option<PlanId>,
    generation: u64,
    #[serde(with = "ViaOption::<ComponentRecord>")]
    golden_path: Option<ComponentRef>,
    #[serde(with = "Via::<RequestRecord>")]
    request: PathRequest,
    #[serde(with = "ViaVec::<TaskRecord>")]
    tasks: Vec<Task>,
    #[serde(with = "ViaVec::<RenderRecord>")]
    renders: Vec<RenderTask>,
    render: bool,
    #[serde(with = "ViaVec::<RemovalRecord>")]
    removals: Vec<Removal>,
    #[serde(with = "Text")]
    intent: Digest,
}

impl From<&Plan> for PlanRecord {
    fn from(plan: &Plan) -> Self {
        let Plan { id, parent, scope: _, application: _, generation, golden_path, request, .. } =
            plan.clone();
        let Plan { tasks, renders, render, removals, intent, .. } = plan.clone();
        Self { id, parent, generation, golden_path, request, tasks, renders, render, removals, intent }
    }
}

impl From<PlanRecord> for Plan {
    fn from(record: PlanRecord) -> Self {
        let PlanRecord {
            id,
            parent,
            generation,
            golden_path,
            request,
            tasks,
            renders,
            render,
            removals,
            intent,
        } = record;
        Self {
            id,
            parent,
            scope: request.scope.clone(),
            application: request.application.clone(),
            generation,
            golden_path,
            request,
            tasks,
            renders,
            render,
            removals,
            intent,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RequestRecord {
    #[serde(with = "Text")]
    tenant: Name,
    #[serde(with = "Text")]
    environment: Name,
    #[serde(with = "Text")]
    application: Name,
    #[serde(with = "ViaVec::<WorkloadRecord>")]
    workloads: Vec<WorkloadSpec>,
    #[serde(with = "ViaVec::<NeedRecord>")]
    needs: Vec<Need>,
    parameters: Json,
}

impl From<&PathRequest> for RequestRecord {
    fn from(request: &PathRequest) -> Self {
        let PathRequest { scope, application, workloads, needs, parameters } = request.clone();
        Self {
            tenant: scope.tenant,
            environment: scope.environment,
            application,
            workloads,
            needs,
            parameters,
        }
    }
}

impl From<RequestRecord> for PathRequest {
    fn from(record: RequestRecord) -> Self {
        let RequestRecord { tenant, environment, application, workloads, needs, parameters } = record;
        Self { scope: Scope { tenant, environment }, application, workloads, needs, parameters }
    }
}

#[derive(Serialize, Deserialize)]
struct WorkloadRecord {
    #[serde(with = "Text")]
    name: Name,
    spec: Json,
}

impl From<&WorkloadSpec> for WorkloadRecord {
    fn from(workload: &WorkloadSpec) -> Self {
        Self { name: workload.name.clone(), spec: workload.spec.clone() }
    }
}

impl From<WorkloadRecord> for WorkloadSpec {
    fn from(record: WorkloadRecord) -> Self {
        Self { name: record.name, spec: record.spec }
    }
}

#[derive(Serialize, Deserialize)]
struct CandidateRecord {
    provisioner: String,
    offer: OfferRecord,
}

#[derive(Serialize, Deserialize)]
struct NeedRecord {
    id: String,
    name: String,
    #[serde(rename = "type", with = "Text")]
    kind: Kind,
    #[serde(with = "Text")]
    class: Class,
    #[serde(with = "TextVec")]
    workloads: Vec<Name>,
    params: Json,
    depends_on: Vec<String>,
    candidates: Vec<CandidateRecord>,
}

impl From<&Need> for NeedRecord {
    fn from(need: &Need) -> Self {
        let Need { id, name, kind, class, workloads, params, depends_on, candidates } = need.clone();
        let candidates = candidates
            .into_iter()
            .map(|Candidate { provisioner, offer }| CandidateRecord { provisioner, offer: (&*offer).into() })
            .collect();
        Self { id, name, kind, class, workloads, params, depends_on, candidates }
    }
}

impl From<NeedRecord> for Need {
    fn from(record: NeedRecord) -> Self {
        let NeedRecord { id, name, kind, class, workloads, params, depends_on, candidates } = record;
        let candidates = candidates
            .into_iter()
            .map(|CandidateRecord { provisioner, offer }| Candidate {
                provisioner,
                offer: Offer::from(offer).into(),
            })
            .collect();
        Self { id, name, kind, class, workloads, params, depends_on, candidates }
    }
}

#[derive(Serialize, Deserialize)]
struct TaskRecord {
    step: String,
    #[serde(with = "Text")]
    resource: ResourceId,
    #[serde(with = "Via::<UidRecord>")]
    uid: ResourceUid,
    name: String,
    #[serde(with = "TextVec")]
    workloads: Vec<Name>,
    #[serde(with = "Text")]
    owner: Name,
    params: Json,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(with = "ViaVec::<ReferenceRecord>")]
    references: Vec<(String, ResourceId)>,
    #[serde(with = "Via::<ComponentRecord>")]
    provisioner: ComponentRef,
    action: String,
    reason: String,
    generation: u64,
    after: Vec<String>,
}

impl From<&Task> for TaskRecord {
    fn from(task: &Task) -> Self {
        let action = task.action.as_str().to_owned();
        let Task { step, resource, uid, name, workloads, owner, params, references, .. } = task.clone();
        let Task { annotations, provisioner, reason, generation, after, .. } = task.clone();
        Self {
            step,
            resource,
            uid,
            name,
            workloads,
            owner,
            params,
            annotations,
            references,
            provisioner,
            action,
            reason,
            generation,
            after,
        }
    }
}

impl TryFrom<TaskRecord> for Task {
    type Error = Word;
    fn try_from(record: TaskRecord) -> Result<Self, Word> {
        let action = Word::parse("action", &record.action, Action::parse)?;
        let TaskRecord { step, resource, uid, name, workloads, owner, params, references, .. } = record;
        let TaskRecord { annotations, provisioner, reason, generation, after, .. } = record;
        Ok(Self {
            step,
            resource,
            uid,
            name,
            workloads,
            owner,
            params,
            annotations,
            references,
            provisioner,
            action,
            reason,
            generation,
            after,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct RenderRecord {
    name: String,
    kind: String,
    subject: Option<String>,
    config: Json,
    depends_on: Vec<String>,
    after: Vec<String>,
}

impl From<&RenderTask> for RenderRecord {
    fn from(render: &RenderTask) -> Self {
        let Step { name, kind, subject, config, depends_on } = render.step.clone();
        Self {
            name,
            kind: kind.as_str().to_owned(),
            subject,
            config,
            depends_on,
            after: render.after.clone(),
        }
    }
}

impl From<RenderRecord> for RenderTask {
    fn from(record: RenderRecord) -> Self {
        let RenderRecord { name, kind, subject, config, depends_on, after } = record;
        Self { step: Step { name, kind: StepKind::parse(&kind), subject, config, depends_on }, after }
    }
}

#[derive(Serialize, Deserialize)]
struct RemovalRecord {
    #[serde(with = "Text")]
    resource: ResourceId,
    #[serde(with = "Via::<UidRecord>")]
    uid: ResourceUid,
    name: String,
    #[serde(with = "Via::<ComponentRecord>")]
    provisioner: ComponentRef,
    reason: String,
    #[serde(with = "TextVec")]
    after: Vec<ResourceId>,
}

impl From<&Removal> for RemovalRecord {
    fn from(removal: &Removal) -> Self {
        let Removal { resource, uid, name, provisioner, reason, after } = removal.clone();
        Self { resource, uid, name, provisioner, reason, after }
    }
}

impl From<RemovalRecord> for Removal {
    fn from(record: RemovalRecord) -> Self {
        let RemovalRecord { resource, uid, name, provisioner, reason, after } = record;
        Self { resource, uid, name, provisioner, reason, after }
    }
}
