//! Plans: written once, never changed.

use innominatus_model::{Name, PlanId, Scope};
use innominatus_plan::Plan;

use crate::record::{PlanRecord, RecordError};
use crate::{Change, Ledger, LedgerError, key};

impl Ledger {
    /// One plan.
    pub async fn plan(
        &self,
        scope: &Scope,
        application: &Name,
        id: PlanId,
    ) -> Result<Option<Plan>, LedgerError> {
        let record =
            self.read::<PlanRecord>(&key::plan(scope, application, &id), format!("plan {id}")).await?;
        record.map(|stored| Ok(stored.value.into())).transpose()
    }

    /// The plan that an application says is in force.
    pub async fn current_plan(&self, application: &crate::Application) -> Result<Plan, LedgerError> {
        let scope = application.scope();
        self.plan(&scope, &application.name, application.plan).await?.ok_or_else(|| LedgerError::Record {
            what: format!("plan {}", application.plan),
            source: RecordError::Shape(serde::de::Error::custom("it is missing")),
        })
    }
}

impl Change<'_> {
    /// Removes a plan that is no longer in force.
    pub async fn delete_plan(
        &mut self,
        scope: &Scope,
        application: &Name,
        id: PlanId,
    ) -> Result<(), LedgerError> {
        let key = key::plan(scope, application, &id);
        if let Some(stored) = self.ledger().read::<PlanRecord>(&key, format!("plan {id}")).await? {
            self.delete(key, format!("plan {id}"), &stored);
        }
        Ok(())
    }
}
