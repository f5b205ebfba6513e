//! A plan becomes the current one, or nothing happens.

use innominatus_ledger::{Application, LedgerError, Run, RunState, Stored};
use innominatus_model::{
    ApplicationId, Code, Diagnostic, EventKind, Name, PathRequest, PlanId, ResourceId, RunId, Scope,
    WorkloadSpec,
};
use innominatus_plan::{Catalogue, Inputs, Plan, decide, needs};
use innominatus_score::{Workload, demand};
use serde_json::json;

use super::read::{ApplyInput, Files, files};
use super::{choose, parameters, snapshot};
use crate::clock::now_ms;
use crate::events::{about_run, event};
use crate::{ApplyError, Engine, EngineError};

/// Others may get in between reading and accepting; then the plan is made anew, so many times.
pub(super) const TRIES: usize = 5;

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The plan: accepted, or found to change nothing.
    pub plan: Plan,
    /// The run that carries it out; for a plan that changes nothing the one that did before.
    pub run: Option<RunId>,
    /// Nothing had to be done.
    pub unchanged: bool,
    /// Warnings about the files.
    pub warnings: Vec<Diagnostic>,
}

/// Which workloads are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Edit<'a> {
    /// Those of the files, and the application's others.
    Files,
    /// The application's, without this one.
    Without(&'a Name),
    /// The application's, as they are.
    Again,
}

/// A plan, and what it was made against.
struct Drafted {
    plan: Plan,
    before: Option<Stored<Application>>,
    warnings: Vec<Diagnostic>,
}

impl Engine {
    /// The plan that applying would accept. Changes nothing.
    pub async fn plan(&self, input: &ApplyInput) -> Result<Accepted, ApplyError> {
        let drafted = self.draft(input, Edit::Files).await?;
        Ok(Accepted {
            unchanged: drafted.plan.is_unchanged(),
            plan: drafted.plan,
            run: None,
            warnings: drafted.warnings,
        })
    }

    /// Makes the world what the files ask for: durable when it returns, carried out in the background.
    pub async fn apply(&self, input: &ApplyInput) -> Result<Accepted, ApplyError> {
        self.apply_edit(input, Edit::Files).await
    }

    pub(super) async fn apply_edit(
        &self,
        input: &ApplyInput,
        edit: Edit<'_>,
    ) -> Result<Accepted, ApplyError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let drafted = self.draft(input, edit).await?;
            match self.accept(drafted.plan, drafted.before, drafted.warnings).await {
                Err(ApplyError::Engine(EngineError::Ledger(LedgerError::Conflict { .. })))
                    if tries < TRIES => {}
                result => return result,
            }
        }
    }

    async fn draft(&self, input: &ApplyInput, edit: Edit<'_>) -> Result<Drafted, ApplyError> {
        if self.is_stopping() {
            return Err(EngineError::Stopping.into());
        }
        let given = match edit {
            Edit::Files => files(input)?,
            Edit::Without(_) | Edit::Again => Files::default(),
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

        let platforms: Vec<_> =
            ledger.platforms(&input.scope.tenant).await?.into_iter().map(|stored| stored.value).collect();
        let chosen = choose::choose(
            &platforms,
            input.golden_path.as_ref(),
            input.platform.as_deref(),
            before.as_ref().map(|stored| &stored.value),
        )?;
        let catalogue: Catalogue = innominatus_ledger::Ledger::catalogue(&platforms);
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
            let (request, steps) = self.ask(&chosen, told).await?;
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
        Ok(Drafted { plan, before, warnings: given.warnings })
    }

    /// Swaps the application's pointer to this plan, if nobody was faster, and begins its run: both or neither,
    /// also when whoever asked does not wait for the answer.
    pub(super) async fn accept(
        &self,
        plan: Plan,
        before: Option<Stored<Application>>,
        warnings: Vec<Diagnostic>,
    ) -> Result<Accepted, ApplyError> {
        let engine = self.clone();
        self.whole(async move { engine.accept_and_drive(plan, before, warnings).await }).await
    }

    async fn accept_and_drive(
        &self,
        plan: Plan,
        before: Option<Stored<Application>>,
        warnings: Vec<Diagnostic>,
    ) -> Result<Accepted, ApplyError> {
        if plan.is_unchanged()
            && let Some(before) = &before
        {
            let run = before.value.rendered.or(Some(before.value.run));
            return Ok(Accepted { plan, run, unchanged: true, warnings });
        }
        let last = match &before {
            Some(before) => self.ledger().run(before.value.run).await?,
            None => None,
        };
        let unfinished = last.filter(|run| run.value.state == RunState::Running);
        if let Some(run) = &unfinished
            && let Some(current) = self.ledger().plan(&plan.scope, &plan.application, run.value.plan).await?
            && current.intent == plan.intent
        {
            // The same wish is being carried out already; a second run would only begin it anew. Should nobody be
            // at it (its end could not be written, say), somebody is now.
            self.drive(current.clone(), run.value.id, true);
            return Ok(Accepted { plan: current, run: Some(run.value.id), unchanged: false, warnings });
        }
        let now = now_ms();
        let run = new_run(&plan.scope, &plan.application, plan.id, now);
        let application = Application {
            id: before.as_ref().map_or_else(ApplicationId::generate, |stored| stored.value.id),
            tenant: plan.scope.tenant.clone(),
            environment: plan.scope.environment.clone(),
            name: plan.application.clone(),
            generation: plan.generation,
            plan: plan.id,
            run: run.id,
            rendered: before.as_ref().and_then(|stored| stored.value.rendered),
            golden_path: plan.golden_path.clone(),
            parameters: plan.request.parameters.clone(),
            workloads: plan.request.workloads.iter().map(|workload| workload.name.clone()).collect(),
            deleting: plan.golden_path.is_none(),
            created_ms: before.as_ref().map_or(now, |stored| stored.value.created_ms),
            updated_ms: now,
        };
        let mut change = self.ledger().change();
        change.accept(&plan, &application, &run, before.as_ref());
        let counts = plan.counts();
        let kind =
            if application.deleting { EventKind::ApplicationDeleting } else { EventKind::PlanAccepted };
        let mut accepted = event(
            &plan.scope,
            kind,
            about_run(&plan.application, run.id),
            format!(
                "plan accepted for `{}`: {} to create, {} to update, {} to resume, {} unchanged, {} to delete",
                plan.application, counts.create, counts.update, counts.resume, counts.keep, counts.remove
            ),
        );
        accepted.details = json!({"plan": plan.id.to_string(), "generation": plan.generation});
        change.event(&accepted);
        change.commit().await?;
        self.drive(plan.clone(), run.id, false);
        // A run that nobody is at does not notice that its plan is no longer in force.
        if let Some(run) = unfinished.filter(|run| !self.is_at_work(run.value.id))
            && let Err(error) = self.supersede(&run).await
        {
            tracing::debug!(%error, run = %run.value.id, "it has ended meanwhile, or is left for the next start");
        }
        self.forget_old(&plan.scope, &plan.application);
        Ok(Accepted { plan, run: Some(run.id), unchanged: false, warnings })
    }
}

fn new_run(scope: &Scope, application: &Name, plan: PlanId, now: u64) -> Run {
    Run {
        id: RunId::generate(),
        tenant: scope.tenant.clone(),
        environment: scope.environment.clone(),
        application: application.clone(),
        plan,
        state: RunState::Running,
        started_ms: now,
        ended_ms: None,
        files: Vec::new(),
        error: None,
        steps: Vec::new(),
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
