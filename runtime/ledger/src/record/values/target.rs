//! What a provisioner was asked to look after, as an execution keeps it.

use innominatus_model::{Class, Json, Kind, Name, ResourceId, Scope, Target};
use serde::{Deserialize, Serialize};

use super::{PriorRecord, UnsettledRecord};
use crate::record::{Text, TextVec};

#[derive(Serialize, Deserialize)]
pub(crate) struct TargetRecord {
    #[serde(with = "Text")]
    tenant: Name,
    #[serde(with = "Text")]
    environment: Name,
    #[serde(with = "Text")]
    application: Name,
    #[serde(with = "Text")]
    id: ResourceId,
    name: String,
    #[serde(rename = "type", with = "Text")]
    kind: Kind,
    #[serde(with = "Text")]
    class: Class,
    #[serde(with = "TextVec")]
    workloads: Vec<Name>,
    labels: Vec<(String, String)>,
    params: Json,
    generation: u64,
    attempt: u32,
    prior: Option<PriorRecord>,
    unsettled: Vec<UnsettledRecord>,
}

impl From<&Target> for TargetRecord {
    fn from(target: &Target) -> Self {
        Self {
            tenant: target.scope.tenant.clone(),
            environment: target.scope.environment.clone(),
            application: target.application.clone(),
            id: target.id,
            name: target.name.clone(),
            kind: target.kind.clone(),
            class: target.class.clone(),
            workloads: target.workloads.clone(),
            labels: target.labels.clone(),
            params: target.params.clone(),
            generation: target.generation,
            attempt: target.attempt,
            prior: target.prior.as_ref().map(Into::into),
            unsettled: target.unsettled.iter().map(Into::into).collect(),
        }
    }
}

impl From<TargetRecord> for Target {
    fn from(record: TargetRecord) -> Self {
        Self {
            scope: Scope { tenant: record.tenant, environment: record.environment },
            application: record.application,
            id: record.id,
            name: record.name,
            kind: record.kind,
            class: record.class,
            workloads: record.workloads,
            labels: record.labels,
            params: record.params,
            generation: record.generation,
            attempt: record.attempt,
            prior: record.prior.map(Into::into),
            unsettled: record.unsettled.into_iter().map(Into::into).collect(),
        }
    }
}
