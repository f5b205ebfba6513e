//! Receipts: what was asked for, what is there, what to do next.

use innominatus_api::wire::{Change, DiagnosticView, NextStep, Observed, Receipt, Requested};
use innominatus_engine::Accepted;

use super::{application, plan, time};
use crate::problem::ApiError;
use crate::state::App;

/// Of an apply.
pub(crate) async fn applied(app: &App, accepted: &Accepted) -> Result<Receipt, ApiError> {
    receipt(app, accepted, "apply", "application", accepted.plan.application.as_str()).await
}

/// Of a removal.
pub(crate) async fn deleting(
    app: &App,
    accepted: &Accepted,
    subject: &str,
    name: &str,
) -> Result<Receipt, ApiError> {
    receipt(app, accepted, "delete", subject, name).await
}

async fn receipt(
    app: &App,
    accepted: &Accepted,
    operation: &str,
    subject: &str,
    name: &str,
) -> Result<Receipt, ApiError> {
    let view = plan(app, &accepted.plan).await?;
    let scope = &accepted.plan.scope;
    let observed = match app.engine.ledger().application(scope, &accepted.plan.application).await? {
        Some(stored) => {
            let summary = application(app, &stored.value).await?;
            // The records of what the plan makes may not be there yet: its run has only just begun.
            let asked_for = accepted.plan.tasks.len() + accepted.plan.removals.len();
            let message = match summary.resources.max(asked_for) {
                0 => "it has no resources".to_owned(),
                all => format!("{} of {all} resources are ready", summary.ready),
            };
            Observed { phase: summary.phase, message, at: now() }
        }
        None => Observed { phase: "absent".into(), message: "the application is gone".into(), at: now() },
    };
    let step = |purpose: &str, command: String| NextStep { purpose: purpose.into(), command };
    let mut next = Vec::new();
    if let Some(run) = accepted.run.filter(|_| !accepted.unchanged) {
        next.push(step("wait for the end", format!("wait {run}")));
        next.push(step("follow what happens", format!("events tail --run {run}")));
    }
    let (name_of, environment) = (&accepted.plan.application, environment(scope));
    next.push(match accepted.plan.golden_path {
        Some(_) => step("see it all", format!("describe {name_of}{environment}")),
        // It is going, or gone.
        None => step("see what happened", format!("events list --application {name_of}{environment}")),
    });
    Ok(Receipt {
        requested: Requested {
            operation: operation.into(),
            subject: subject.into(),
            name: name.into(),
            generation: Some(if accepted.unchanged { view.generation - 1 } else { view.generation }),
            changes: view
                .resources
                .iter()
                .map(|resource| Change {
                    action: resource.action.as_str().into(),
                    subject: resource.uid.clone(),
                    reason: resource.reason.clone(),
                })
                .collect(),
        },
        observed,
        run: accepted.run.map(|run| run.to_string()),
        plan: Some(view),
        diagnostics: accepted.warnings.iter().map(DiagnosticView::from).collect(),
        next,
    })
}

/// What a command about a name needs besides, outside the default environment.
pub(super) fn environment(scope: &innominatus_model::Scope) -> String {
    if *scope == innominatus_model::Scope::default() {
        String::new()
    } else {
        format!(" --env {}", scope.environment)
    }
}

pub(crate) fn now() -> String {
    time(u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default())
}
