//! Resources: what is desired of each, and what is there.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::{
    Artifact, Condition, ExecutionId, Hint, Json, Name, Output, Phase, Prior, ResourceId, ResourceUid, RunId,
    Scope, Unsettled,
};
use innominatus_plan::ComponentRef;
use serde::{Deserialize, Serialize};

use crate::key::{self, KeyBuilder};
use crate::record::{
    ComponentRecord, ConditionRecord, HintRecord, PhaseWord, PriorRecord, RecordError, ReferenceRecord, Text,
    TextOption, TextVec, UidRecord, UnsettledRecord, Via, ViaOption, ViaVec,
};
use crate::{Change, Ledger, LedgerError, Stored};

/// One resource: the desired state, and beside it what was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Identity.
    #[serde(with = "Text")]
    pub id: ResourceId,
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The environment.
    #[serde(with = "Text")]
    pub environment: Name,
    /// The application.
    #[serde(with = "Text")]
    pub application: Name,
    /// Identity in the application.
    #[serde(with = "Via::<UidRecord>")]
    pub uid: ResourceUid,
    /// Name for people.
    pub name: String,
    /// Who claims it.
    #[serde(with = "TextVec")]
    pub workloads: Vec<Name>,
    /// In whose context the params are read.
    #[serde(with = "Text")]
    pub owner: Name,
    /// Desired params, placeholders as written.
    pub params: Json,
    /// Desired annotations, which its provisioner sees as labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What the params refer to.
    #[serde(with = "ViaVec::<ReferenceRecord>")]
    pub references: Vec<(String, ResourceId)>,
    /// Who makes it.
    #[serde(with = "Via::<ComponentRecord>")]
    pub provisioner: ComponentRef,
    /// Counts changes of what is desired.
    pub generation: u64,
    /// To be removed.
    pub deleting: bool,
    /// When it entered the desired state, milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// When anything of it last changed.
    pub updated_ms: u64,
    /// What was observed.
    pub status: ResourceStatus,
    /// Counts writes of this record; what is sealed is bound to it.
    #[serde(default)]
    pub(crate) writes: u64,
    /// `status.prior` and `status.hints`, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<String>,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceStatus {
    /// Where it is in its life.
    #[serde(with = "Via::<PhaseWord>")]
    pub phase: Phase,
    /// The generation that `phase` is about.
    pub observed_generation: u64,
    /// In the Kubernetes shape.
    #[serde(with = "ViaVec::<ConditionRecord>")]
    pub conditions: Vec<Condition>,
    /// What the component handed over last: sealed at rest, never part of the record's clear text.
    #[serde(skip)]
    pub prior: Option<Prior>,
    /// Who handed it over.
    #[serde(with = "ViaOption::<ComponentRecord>")]
    pub made_by: Option<ComponentRef>,
    /// Useful to a person; may hold tokens. Sealed at rest: what a component thinks fit to show on demand only is
    /// not ours to keep in clear.
    #[serde(skip)]
    pub hints: Vec<Hint>,
    /// Tries of this generation.
    pub attempts: u32,
    /// What is being waited for.
    pub waiting: Option<Waiting>,
    /// What went wrong last.
    pub last_error: Option<LastError>,
    /// The run that touched it last.
    #[serde(with = "TextOption")]
    pub run: Option<RunId>,
    /// An execution that has not ended: it goes on where it was.
    #[serde(default, with = "TextOption", skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
    /// Whether a write may have left for it: then its component has to be asked when it goes. Records of runtimes that
    /// did not write this are taken for such.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub wrote: bool,
    /// Writes of executions that ended, of which nobody knows whether they happened. Sealed at rest.
    #[serde(skip)]
    pub unsettled: Vec<Unsettled>,
}

fn yes() -> bool {
    true
}

fn is_yes(wrote: &bool) -> bool {
    *wrote
}

/// A wait that outlives the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When the next call is due, milliseconds since the Unix epoch.
    pub until_ms: u64,
    /// What for.
    pub reason: String,
    /// How far, if the component said so.
    pub percent: Option<u8>,
    /// A retry after a failure, rather than work that takes its time.
    pub retry: bool,
    /// How long the wait was when it began, in milliseconds: a clock that jumps makes nobody wait longer. None in
    /// records of runtimes that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// Stable code.
    pub code: String,
    /// The guest's own code, if it said no.
    pub reason: Option<String>,
    /// For people.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
}

impl Default for ResourceStatus {
    fn default() -> Self {
        Self {
            phase: Phase::Pending,
            observed_generation: 0,
            conditions: Vec::new(),
            prior: None,
            made_by: None,
            hints: Vec::new(),
            attempts: 0,
            waiting: None,
            last_error: None,
            run: None,
            execution: None,
            wrote: false,
            unsettled: Vec::new(),
        }
    }
}

impl Resource {
    /// Newly desired, nothing observed.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a field of the record, named at the one call site"
    )]
    pub fn new(
        scope: &Scope,
        application: &Name,
        id: ResourceId,
        uid: ResourceUid,
        name: String,
        owner: Name,
        provisioner: ComponentRef,
        now_ms: u64,
    ) -> Self {
        Self {
            id,
            tenant: scope.tenant.clone(),
            environment: scope.environment.clone(),
            application: application.clone(),
            uid,
            name,
            workloads: Vec::new(),
            owner,
            params: Json::Null,
            annotations: BTreeMap::new(),
            references: Vec::new(),
            provisioner,
            generation: 1,
            deleting: false,
            created_ms: now_ms,
            updated_ms: now_ms,
            status: ResourceStatus::default(),
            writes: 0,
            sealed: None,
        }
    }

    /// Whose, and where.
    pub fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.clone(), environment: self.environment.clone() }
    }

    /// Who was called to make it, if anybody was: who handed something over last, or else who was asked to and may
    /// have begun.
    pub fn maker(&self) -> Option<&ComponentRef> {
        let status = &self.status;
        let begun = status.run.is_some() || status.prior.is_some();
        status.made_by.as_ref().or_else(|| begun.then_some(&self.provisioner))
    }

    /// Ready for what is desired now.
    pub fn is_settled(&self) -> bool {
        self.status.phase == Phase::Ready
            && self.status.observed_generation == self.generation
            && !self.deleting
    }

    /// The outputs it handed over.
    pub fn outputs(&self) -> &[Output] {
        self.status.prior.as_ref().map_or(&[], |prior| &prior.state.outputs)
    }

    /// The artifacts it handed over.
    pub fn artifacts(&self) -> &[Artifact] {
        self.status.prior.as_ref().map_or(&[], |prior| &prior.state.artifacts)
    }
}

/// What of a resource is sealed.
#[derive(Serialize, Deserialize)]
struct SealedRecord {
    prior: Option<PriorRecord>,
    #[serde(default)]
    hints: Vec<HintRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsettled: Vec<UnsettledRecord>,
}

/// Where a resource or run is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(with = "Text")]
    pub(crate) tenant: Name,
    #[serde(with = "Text")]
    pub(crate) environment: Name,
    #[serde(with = "Text")]
    pub(crate) application: Name,
}

impl Place {
    pub(crate) fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.clone(), environment: self.environment.clone() }
    }
}

impl Ledger {
    /// One resource.
    pub async fn resource(&self, id: ResourceId) -> Result<Option<Stored<Resource>>, LedgerError> {
        let Some(place) = self.place(id).await? else { return Ok(None) };
        let key = key::resource(&place.scope(), &place.application, id);
        match self.read(&key, format!("resource {id}")).await? {
            Some(stored) => self.unseal(stored).map(Some),
            None => Ok(None),
        }
    }

    /// Where its record is.
    pub(crate) async fn place(&self, id: ResourceId) -> Result<Option<Place>, LedgerError> {
        let place = self.read::<Place>(&key::index(id.as_bytes()), format!("resource {id}")).await?;
        Ok(place.map(|stored| stored.value))
    }

    /// The resources of one application, oldest first.
    pub async fn resources(
        &self,
        scope: &Scope,
        application: &Name,
    ) -> Result<Vec<Stored<Resource>>, LedgerError> {
        self.resources_under(KeyBuilder::scoped("res", scope).part(application.as_str()).build()).await
    }

    /// The resources of one tenant and environment.
    pub async fn resources_of(&self, scope: &Scope) -> Result<Vec<Stored<Resource>>, LedgerError> {
        self.resources_under(KeyBuilder::scoped("res", scope).build()).await
    }

    /// Every resource of every tenant.
    pub async fn all_resources(&self) -> Result<Vec<Stored<Resource>>, LedgerError> {
        self.resources_under(KeyBuilder::new("res").build()).await
    }

    async fn resources_under(&self, prefix: Vec<u8>) -> Result<Vec<Stored<Resource>>, LedgerError> {
        let records = self.list(prefix, "a resource").await?;
        records.into_iter().map(|stored| self.unseal(stored)).collect()
    }

    fn unseal(&self, mut stored: Stored<Resource>) -> Result<Stored<Resource>, LedgerError> {
        let resource = &mut stored.value;
        // Taken out: what is the same in clear is the same record, whatever key it was sealed with.
        if let Some(sealed) = resource.sealed.take() {
            let what = format!("resource {}", resource.id);
            let key = key::resource(&resource.scope(), &resource.application, resource.id);
            let shape = |error| LedgerError::Record { what: what.clone(), source: RecordError::Shape(error) };
            let sealed = BASE64
                .decode(sealed)
                .map_err(|_| shape(serde::de::Error::custom("the sealed part is not base64")))?;
            let clear = self
                .keys
                .open(&key, resource.writes, &sealed)
                .map_err(|source| LedgerError::Seal { what: what.clone(), source })?;
            let record: SealedRecord = serde_json::from_slice(&clear).map_err(shape)?;
            resource.status.prior = record.prior.map(Into::into);
            resource.status.hints = record.hints.into_iter().map(Into::into).collect();
            resource.status.unsettled = record.unsettled.into_iter().map(Into::into).collect();
        }
        Ok(stored)
    }
}

impl Change<'_> {
    /// Writes a resource: still as it was read, or with `before` none, new.
    pub fn put_resource(&mut self, resource: &Resource, before: Option<&Stored<Resource>>) {
        let mut resource = resource.clone();
        let key = key::resource(&resource.scope(), &resource.application, resource.id);
        resource.writes = before.map_or(0, |stored| stored.value.writes) + 1;
        resource.sealed = None;
        let status = &resource.status;
        if status.prior.is_some() || !status.hints.is_empty() || !status.unsettled.is_empty() {
            let record = SealedRecord {
                prior: status.prior.as_ref().map(Into::into),
                hints: status.hints.iter().map(Into::into).collect(),
                unsettled: status.unsettled.iter().map(Into::into).collect(),
            };
            match serde_json::to_vec(&record) {
                Ok(clear) => {
                    let clear = zeroize::Zeroizing::new(clear);
                    resource.sealed =
                        Some(BASE64.encode(self.ledger().keys.seal(&key, resource.writes, &clear)));
                }
                Err(error) => self.fail(LedgerError::Record {
                    what: format!("resource {}", resource.id),
                    source: RecordError::Shape(error),
                }),
            }
        }
        if before.is_none() {
            let place = Place {
                tenant: resource.tenant.clone(),
                environment: resource.environment.clone(),
                application: resource.application.clone(),
            };
            self.put_always(key::index(resource.id.as_bytes()), "an index", &place);
        }
        self.put(key, format!("resource {}", resource.id), &resource, before);
    }

    /// Removes a resource that is gone from the world.
    pub fn delete_resource(&mut self, before: &Stored<Resource>) {
        let resource = &before.value;
        let key = key::resource(&resource.scope(), &resource.application, resource.id);
        self.delete(key, format!("resource {}", resource.id), before);
        self.delete_always(key::index(resource.id.as_bytes()));
    }
}
