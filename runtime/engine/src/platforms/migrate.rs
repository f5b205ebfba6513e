//! Resources move from one installed version of a platform to another: a plan for each application first, then the
//! plans.

use innominatus_model::{Code, Name, Scope, Version};
use innominatus_plan::{ComponentRef, Plan};

use crate::apply::{Accepted, ApplyInput, Edit};
use crate::{ApplyError, Engine, EngineError, InstallError};

/// What is to move where.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The tenant.
    pub tenant: Name,
    /// The platform.
    pub platform: Name,
    /// Where to; the version that serves what is new, unless one is named.
    pub to: Option<Version>,
    /// Only what is in this environment.
    pub environment: Option<Name>,
    /// Only this application.
    pub application: Option<Name>,
}

/// One application of a migration.
#[derive(Debug)]
pub struct Moved {
    /// Whose, and where.
    pub scope: Scope,
    /// The application.
    pub application: Name,
    /// What other versions made: the identity in the application, and the version that it is to leave.
    pub resources: Vec<(String, Version)>,
    /// Its plan, or why there is none.
    pub result: Result<Accepted, ApplyError>,
}

/// What a migration comes to.
#[derive(Debug)]
pub struct Moves {
    /// Where everything goes.
    pub to: Version,
    /// By environment and name. Empty where nothing is left to move.
    pub applications: Vec<Moved>,
}

impl Engine {
    /// The plans that would move everything. Changes nothing.
    pub async fn plan_migration(&self, migration: &Migration) -> Result<Moves, InstallError> {
        self.moves(migration, false).await
    }

    /// Moves everything: each application's plan is accepted, and carried out in the background. One that cannot be
    /// moved keeps no other from it.
    pub async fn migrate(&self, migration: &Migration) -> Result<Moves, InstallError> {
        self.moves(migration, true).await
    }

    async fn moves(&self, migration: &Migration, accept: bool) -> Result<Moves, InstallError> {
        let Migration { tenant, platform, to, .. } = migration;
        let to = self.installed(tenant, platform, to.as_ref()).await?.value;
        if accept {
            self.refuse_denied(&to.digest).await?;
        }
        let to = to.version;
        let mut applications = Vec::new();
        for (scope, application, resources) in self.left_behind(migration, &to).await? {
            let input = ApplyInput {
                scope: scope.clone(),
                application: Some(application.clone()),
                ..ApplyInput::default()
            };
            let edit = Edit::Move { platform, to: &to };
            let result = match accept {
                true => self.apply_edit(&input, edit).await,
                false => self.draft(&input, edit).await.map(|drafted| drafted.into_answer()),
            };
            applications.push(Moved { scope, application, resources, result });
        }
        Ok(Moves { to, applications })
    }

    /// The applications with something that another version made, or is to make.
    #[expect(clippy::type_complexity, reason = "one row per application, taken apart at the one call site")]
    async fn left_behind(
        &self,
        migration: &Migration,
        to: &Version,
    ) -> Result<Vec<(Scope, Name, Vec<(String, Version)>)>, EngineError> {
        let other = |by: &ComponentRef| by.platform == migration.platform && by.version != *to;
        let mut found: Vec<(Scope, Name, Vec<(String, Version)>)> = Vec::new();
        let mut known = self.ledger().all_applications().await?;
        known.retain(|stored| {
            let application = &stored.value;
            application.tenant == migration.tenant
                && migration.environment.as_ref().is_none_or(|wanted| *wanted == application.environment)
                && migration.application.as_ref().is_none_or(|wanted| *wanted == application.name)
        });
        if let (Some(name), true) = (&migration.application, known.is_empty()) {
            return Err(EngineError::refused(
                Code::ApplicationNotFound,
                format!("there is no application `{name}`"),
                Some("`innominatus list` shows the applications".to_owned()),
            ));
        }
        for stored in known.into_iter().filter(|stored| !stored.value.deleting) {
            let application = stored.value;
            let scope = application.scope();
            let mut left: Vec<(String, Version)> = Vec::new();
            for resource in self.ledger().resources(&scope, &application.name).await? {
                let resource = resource.value;
                let by = resource.maker().unwrap_or(&resource.provisioner);
                if !resource.deleting && (other(by) || other(&resource.provisioner)) {
                    left.push((resource.uid.to_string(), by.version.clone()));
                }
            }
            let renders = application.golden_path.as_ref().is_some_and(&other);
            if !left.is_empty() || renders {
                left.sort();
                found.push((scope, application.name, left));
            }
        }
        found.sort_by(|a, b| (&a.0.environment, &a.1).cmp(&(&b.0.environment, &b.1)));
        Ok(found)
    }
}

/// The plan of an application that is moved.
impl Moved {
    /// The plan, if there is one.
    pub fn plan(&self) -> Option<&Plan> {
        self.result.as_ref().ok().map(|accepted| &accepted.plan)
    }
}
