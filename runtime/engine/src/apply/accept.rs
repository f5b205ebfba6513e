//! A plan becomes the current one, or nothing happens.

use innominatus_ledger::{Application, LedgerError, Run, RunState};
use innominatus_model::{ApplicationId, Diagnostic, EventKind, Name, PlanId, RunId, Scope};
use innominatus_plan::Plan;
use serde_json::json;

use super::draft::{Drafted, Edit};
use super::read::ApplyInput;
use crate::clock::now_ms;
use crate::events::{about_run, event};
use crate::refusals::{Refused, about_application};
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

impl Engine {
    /// The plan that applying would accept. Changes nothing.
    pub async fn plan(&self, input: &ApplyInput) -> Result<Accepted, ApplyError> {
        Ok(self.draft(input, Edit::Files).await?.into_answer())
    }

    /// Makes the world what the files ask for: durable when it returns, carried out in the background.
    pub async fn apply(&self, input: &ApplyInput) -> Result<Accepted, ApplyError> {
        let applied = self.apply_edit(input, Edit::Files).await;
        if let Err(error) = &applied {
            let (scope, kind) = (&input.scope, EventKind::PlanRefused);
            let what = match &input.application {
                Some(name) => format!("what `{name}` is to be"),
                None => "what an application is to be".to_owned(),
            };
            let subject = about_application(input.application.clone());
            self.tell_of_refusal(Refused { scope, kind, subject, what }, error).await;
        }
        applied
    }

    pub(crate) async fn apply_edit(
        &self,
        input: &ApplyInput,
        edit: Edit<'_>,
    ) -> Result<Accepted, ApplyError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let drafted = self.draft(input, edit).await?;
            match self.accept(drafted).await {
                Err(ApplyError::Engine(EngineError::Ledger(LedgerError::Conflict { .. })))
                    if tries < TRIES => {}
                result => return result,
            }
        }
    }

    /// Swaps the application's pointer to this plan, if nobody was faster, and begins its run: both or neither,
    /// also when whoever asked does not wait for the answer.
    pub(super) async fn accept(&self, drafted: Drafted) -> Result<Accepted, ApplyError> {
        let engine = self.clone();
        self.whole(async move { engine.accept_and_drive(drafted).await }).await
    }

    async fn accept_and_drive(&self, drafted: Drafted) -> Result<Accepted, ApplyError> {
        let Drafted { plan, before, platforms, warnings } = drafted;
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
        if plan.is_unchanged()
            && let Some(before) = &before
        {
            let run = before.value.rendered.or(Some(before.value.run));
            return Ok(Accepted { plan, run, unchanged: true, warnings });
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
        for platform in &platforms {
            change.require_platform(platform);
        }
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
        // No platform goes after it was looked who needs it, and before this plan is there to be looked at.
        let held = self.0.platforms.read().await;
        change.commit().await?;
        drop(held);
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
