//! Applications: which plan is in force.

use innominatus_model::{ApplicationId, Json, Name, PlanId, RunId, Scope};
use innominatus_plan::{ComponentRef, Plan};
use serde::{Deserialize, Serialize};

use crate::key::{self, KeyBuilder};
use crate::record::{ComponentRecord, PlanRecord, Text, TextOption, TextVec, ViaOption};
use crate::{Change, Ledger, LedgerError, Run, Stored};

/// One application. Its current plan says what is wanted; its resources say what is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Identity.
    #[serde(with = "Text")]
    pub id: ApplicationId,
    /// The tenant.
    #[serde(with = "Text")]
    pub tenant: Name,
    /// The environment.
    #[serde(with = "Text")]
    pub environment: Name,
    /// The name.
    #[serde(with = "Text")]
    pub name: Name,
    /// Counts accepted plans.
    pub generation: u64,
    /// The plan in force.
    #[serde(with = "Text")]
    pub plan: PlanId,
    /// The run that carries it out.
    #[serde(with = "Text")]
    pub run: RunId,
    /// The newest run that rendered artifacts.
    #[serde(default, with = "TextOption")]
    pub rendered: Option<RunId>,
    /// The golden path; none while it is being removed.
    #[serde(with = "ViaOption::<ComponentRecord>")]
    pub golden_path: Option<ComponentRef>,
    /// What the golden path was passed.
    pub parameters: Json,
    /// The workloads applied under this name.
    #[serde(with = "TextVec")]
    pub workloads: Vec<Name>,
    /// Being removed.
    pub deleting: bool,
    /// When it was first accepted, milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// When it was last accepted.
    pub updated_ms: u64,
}

impl Application {
    /// Whose, and where.
    pub fn scope(&self) -> Scope {
        Scope { tenant: self.tenant.clone(), environment: self.environment.clone() }
    }
}

impl Ledger {
    /// One application.
    pub async fn application(
        &self,
        scope: &Scope,
        name: &Name,
    ) -> Result<Option<Stored<Application>>, LedgerError> {
        self.read(&key::application(scope, name), format!("application `{name}`")).await
    }

    /// The applications of one tenant and environment, by name.
    pub async fn applications(&self, scope: &Scope) -> Result<Vec<Stored<Application>>, LedgerError> {
        self.list(KeyBuilder::scoped("app", scope).build(), "an application").await
    }

    /// Every application of every tenant.
    pub async fn all_applications(&self) -> Result<Vec<Stored<Application>>, LedgerError> {
        self.list(KeyBuilder::new("app").build(), "an application").await
    }
}

impl Change<'_> {
    /// Makes a plan the current one, with the run that will carry it out: only if the application is still
    /// as it was when the plan was made.
    pub fn accept(
        &mut self,
        plan: &Plan,
        application: &Application,
        run: &Run,
        before: Option<&Stored<Application>>,
    ) {
        let key = key::application(&plan.scope, &plan.application);
        self.put(key, format!("application `{}`", plan.application), application, before);
        let key = key::plan(&plan.scope, &plan.application, &plan.id);
        self.put_always(key, "a plan", &PlanRecord::from(plan));
        self.put_run(run, None);
    }

    /// Writes an application that is still as it was read.
    pub fn put_application(&mut self, application: &Application, before: &Stored<Application>) {
        let key = key::application(&application.scope(), &application.name);
        self.put(key, format!("application `{}`", application.name), application, Some(before));
    }

    /// Removes an application.
    pub fn delete_application(&mut self, before: &Stored<Application>) {
        let application = &before.value;
        let key = key::application(&application.scope(), &application.name);
        self.delete(key, format!("application `{}`", application.name), before);
    }
}
