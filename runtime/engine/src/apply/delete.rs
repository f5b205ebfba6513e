//! Removing: an application, one of its workloads, or a resource that nobody claims.

use innominatus_ledger::LedgerError;
use innominatus_model::{Code, Name, PathRequest, PlanId, ResourceId, Scope};
use innominatus_plan::removal;
use serde_json::json;

use super::accept::TRIES;
use super::draft::{Drafted, Edit};
use super::{Accepted, ApplyInput, snapshot};
use crate::{ApplyError, Engine, EngineError};

impl Engine {
    /// Removes an application: every resource is deprovisioned, dependents first.
    pub async fn delete_application(&self, scope: &Scope, name: &Name) -> Result<Accepted, ApplyError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_delete_application(scope, name).await {
                Err(ApplyError::Engine(EngineError::Ledger(LedgerError::Conflict { .. })))
                    if tries < TRIES => {}
                result => return result,
            }
        }
    }

    async fn try_delete_application(&self, scope: &Scope, name: &Name) -> Result<Accepted, ApplyError> {
        let ledger = self.ledger();
        let before = ledger.application(scope, name).await?;
        if before.is_none() {
            return Err(EngineError::refused(
                Code::ApplicationNotFound,
                format!("there is no application `{name}`"),
                Some("`innominatus list` shows the applications".to_owned()),
            )
            .into());
        }
        let (snapshot, _) = snapshot::snapshot(ledger, before.as_ref()).await?;
        let request = PathRequest {
            scope: scope.clone(),
            application: name.clone(),
            workloads: Vec::new(),
            needs: Vec::new(),
            parameters: json!({}),
        };
        let plan = removal(PlanId::generate(), request, &snapshot);
        let installed = ledger.platforms(&scope.tenant).await?;
        self.accept(Drafted::new(plan, before, installed, Vec::new())).await
    }

    /// Removes one workload's claims; the application's other workloads stay. The last one takes the
    /// application with it.
    pub async fn delete_workload(
        &self,
        scope: &Scope,
        name: &Name,
        workload: &Name,
    ) -> Result<Accepted, ApplyError> {
        let ledger = self.ledger();
        let application = ledger.application(scope, name).await?.ok_or_else(|| {
            EngineError::refused(Code::ApplicationNotFound, format!("there is no application `{name}`"), None)
        })?;
        if !application.value.workloads.contains(workload) {
            let known: Vec<_> =
                application.value.workloads.iter().map(|known| format!("`{known}`")).collect();
            return Err(EngineError::refused(
                Code::NotFound,
                format!("application `{name}` has no workload `{workload}`"),
                Some(format!("it has {}", known.join(", "))),
            )
            .into());
        }
        if application.value.workloads.len() == 1 {
            return self.delete_application(scope, name).await;
        }
        let input =
            ApplyInput { scope: scope.clone(), application: Some(name.clone()), ..ApplyInput::default() };
        self.apply_edit(&input, Edit::Without(workload)).await
    }

    /// Tries again to remove a resource that nobody claims any more.
    pub async fn delete_resource(&self, id: ResourceId) -> Result<Accepted, ApplyError> {
        let ledger = self.ledger();
        let resource = ledger.resource(id).await?.ok_or_else(|| {
            EngineError::refused(
                Code::ResourceNotFound,
                format!("there is no resource {id}"),
                Some("`innominatus list resources` shows the resources".to_owned()),
            )
        })?;
        let resource = resource.value;
        let scope = resource.scope();
        if !resource.deleting {
            let claims: Vec<_> = resource.workloads.iter().map(|workload| format!("`{workload}`")).collect();
            return Err(EngineError::refused(
                Code::ResourceClaimed,
                format!("`{}` is still claimed by {}", resource.uid, claims.join(", ")),
                Some(format!(
                    "take it out of the Score file and apply that, or `innominatus delete {}`",
                    resource.application
                )),
            )
            .into());
        }
        let application = ledger.application(&scope, &resource.application).await?;
        match application {
            Some(stored) if stored.value.deleting => {
                self.delete_application(&scope, &resource.application).await
            }
            Some(_) => {
                let input = ApplyInput {
                    scope,
                    application: Some(resource.application.clone()),
                    ..ApplyInput::default()
                };
                self.apply_edit(&input, Edit::Again).await
            }
            None => Err(EngineError::refused(
                Code::ApplicationNotFound,
                format!("the application `{}` of {id} is not there", resource.application),
                None,
            )
            .into()),
        }
    }
}
