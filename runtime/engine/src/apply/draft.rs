//! What is wanted and what there is become a plan, which nobody has accepted yet.

use innominatus_ledger::{Application, InstalledPlatform, Stored};
use innominatus_model::{Code, Diagnostic, Name, PathRequest, PlanId, ResourceId, Version, WorkloadSpec};
use innominatus_plan::{ComponentRef, Inputs, Plan, decide, needs};
use innominatus_score::{Workload, demand};

use super::Accepted;
use super::read::{ApplyInput, Files, files};
use super::{choose, parameters, snapshot};
use crate::platforms::{Serving, platform_and_pin};
use crate::{ApplyError, Engine, EngineError};

/// Which workloads are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit<'a> {
    /// Those of the files, and the application's others.
    Files,
    /// The application's, without this one.
    Without(&'a Name),
    /// The application's, as they are.
    Again,
    /// The application's, as they are; what other versions of this platform made moves to this one.
    Move { platform: &'a Name, to: &'a Version },
}

/// A plan, and what it was made against.
pub(crate) struct Drafted {
    pub(super) plan: Plan,
    pub(super) before: Option<Stored<Application>>,
    /// The platforms that the plan needs: they must still be there when it is accepted.
    pub(super) platforms: Vec<Stored<InstalledPlatform>>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl Drafted {
    /// `installed`: every platform of the tenant, as the plan was made with.
    pub(super) fn new(
        plan: Plan,
        before: Option<Stored<Application>>,
        installed: Vec<Stored<InstalledPlatform>>,
        warnings: Vec<Diagnostic>,
    ) -> Self {
        let needed = plan.platforms();
        let mut platforms = installed;
        platforms.retain(|stored| needed.contains(&(&stored.value.name, &stored.value.version)));
        drop(needed);
        Self { plan, before, platforms, warnings }
    }

    /// As it is shown to who only asks.
    pub(crate) fn into_answer(self) -> Accepted {
        Accepted { unchanged: self.plan.is_unchanged(), plan: self.plan, run: None, warnings: self.warnings }
    }
}

impl Engine {
    pub(crate) async fn draft(&self, input: &ApplyInput, edit: Edit<'_>) -> Result<Drafted, ApplyError> {
        if self.is_stopping() {
            return Err(EngineError::Stopping.into());
        }
        let given = match edit {
            Edit::Files => files(input)?,
            Edit::Without(_) | Edit::Again | Edit::Move { .. } => Files::default(),
        };
        let application = match (&input.application, given.workloads.first()) {
            (Some(name), _) => name.clone(),
            (None, Some(first)) => first.name().clone(),
            (None, None) => {
                return Err(EngineError::refused(Code::BadRequest, "no application was named", None).into());
            }
        };
        let ledger = self.ledger();
        let before = ledger.application(&input.scope, &application).await?;
        let (snapshot, current) = snapshot::snapshot(ledger, before.as_ref()).await?;
        let workloads = joined(given.workloads, current.as_ref(), edit)?;
        let demand = demand(&workloads).map_err(ApplyError::Files)?;

        let mut serving = Serving::read(ledger, &input.scope.tenant).await?;
        let platform =
            input.platform.as_deref().map(|text| platform_and_pin("--platform", text)).transpose()?;
        if let Some((name, Some(pin))) = &platform {
            serving.pinned(name, pin)?;
        }
        if let Edit::Move { platform, to } = edit {
            serving.moving(platform.clone(), to.clone());
        }
        let wanted = input.platform.as_deref().zip(platform.as_ref().map(|(name, _)| name));
        let chosen = choose::choose(
            &serving,
            input.golden_path.as_ref(),
            wanted,
            before.as_ref().map(|stored| &stored.value),
        )?;
        let catalogue = serving.catalogue();
        let same_path = before
            .as_ref()
            .and_then(|stored| stored.value.golden_path.as_ref())
            .is_some_and(|used| used.label() == chosen.reference.label());
        let before_here = before.as_ref().filter(|_| same_path).map(|stored| &stored.value);
        let parameters = parameters::effective(input, before_here)?;
        let request = PathRequest {
            scope: input.scope.clone(),
            application,
            workloads: workloads
                .iter()
                .map(|workload| WorkloadSpec { name: workload.name().clone(), spec: workload.spec().clone() })
                .collect(),
            needs: needs(&demand, &catalogue, &chosen.reference.platform, &snapshot)?,
            parameters,
        };
        let id = PlanId::generate();
        let fresh: Vec<ResourceId> = demand.needs.iter().map(|_| ResourceId::generate()).collect();
        let (mut told, mut asked) = (request, 0);
        let plan = loop {
            let (request, steps) = self.ask(&chosen, told, &demand, &catalogue).await?;
            let plan = decide(&Inputs {
                id,
                request: &request,
                golden_path: &chosen.reference,
                workloads: &workloads,
                demand: &demand,
                steps: &steps,
                catalogue: &catalogue,
                snapshot: &snapshot,
                fresh: &fresh,
            })?;
            asked += 1;
            // It chose to replace something, and what is made anew has another name: now it is told that one.
            if asked == 2 || plan.request.needs == request.needs {
                break plan;
            }
            told = plan.request;
        };
        if let Edit::Move { platform, to } = edit {
            refuse_to_leave_some_behind(&plan, platform, to)?;
        }
        Ok(Drafted::new(plan, before, serving.into_installed(), given.warnings))
    }
}

/// A version that does not make what another one made cannot take it over, and half a migration helps nobody.
fn refuse_to_leave_some_behind(plan: &Plan, platform: &Name, to: &Version) -> Result<(), EngineError> {
    let stays = |by: &ComponentRef| by.platform == *platform && by.version != *to;
    match plan.tasks.iter().find(|task| stays(&task.provisioner)) {
        None => Ok(()),
        Some(task) => Err(EngineError::refused(
            Code::NoProvisioner,
            format!(
                "{platform}@{to} makes no `{}`, and `{}` is one that {} made",
                task.uid.kind, task.uid, task.provisioner.version
            ),
            Some("move to a version that makes it, or take it out of the application first".to_owned()),
        )),
    }
}

/// The given workloads, and those of the application that were not given: applying a file replaces only
/// that workload's claims.
fn joined(given: Vec<Workload>, current: Option<&Plan>, edit: Edit<'_>) -> Result<Vec<Workload>, ApplyError> {
    let mut workloads = given;
    for kept in current.into_iter().flat_map(|plan| &plan.request.workloads) {
        if matches!(edit, Edit::Without(name) if *name == kept.name) {
            continue;
        }
        if workloads.iter().any(|workload| *workload.name() == kept.name) {
            continue;
        }
        let workload = Workload::from_spec(kept.spec.clone()).map_err(|error| {
            EngineError::refused(
                Code::StoreIntegrity,
                format!("the kept workload `{}` cannot be read: {error}", kept.name),
                None,
            )
        })?;
        workloads.push(workload);
    }
    workloads.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(workloads)
}
