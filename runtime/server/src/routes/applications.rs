//! Applications.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{ApplicationDetail, ApplicationList, Receipt};
use innominatus_ledger::Stored;
use innominatus_model::Code;
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::ApiError;
use crate::state::{App, name, scope};
use crate::views;

/// What may stand behind the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Params {
    environment: Option<String>,
    workload: Option<String>,
    limit: Option<usize>,
}

/// `GET /v1/applications`
pub(super) async fn list(
    State(app): State<App>,
    Query(params): Query<Params>,
) -> Result<Json<ApplicationList>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let (mut items, mut others) = (Vec::new(), BTreeSet::new());
    for Stored { value: application, .. } in app.engine.ledger().all_applications().await? {
        if application.scope() == scope {
            items.push(views::application(&app, &application).await?);
        } else if application.tenant == scope.tenant {
            others.insert(application.environment.to_string());
        }
    }
    Ok(Json(ApplicationList { items, other_environments: others.into_iter().collect() }))
}

/// `GET /v1/applications/{name}`
pub(super) async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<ApplicationDetail>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let name = name("application", &text)?;
    let ledger = app.engine.ledger();
    let Some(application) = ledger.application(&scope, &name).await? else {
        let elsewhere = ledger.all_applications().await?.into_iter().map(|stored| stored.value);
        let elsewhere = elsewhere.filter(|other| other.tenant == scope.tenant && other.name == name);
        let hint = match elsewhere.map(|other| other.environment.to_string()).next() {
            Some(other) => format!("there is one in another environment: `--env {other}`"),
            None => "`innominatus list` shows the applications".to_owned(),
        };
        return Err(
            ApiError::new(Code::ApplicationNotFound, format!("there is no application `{name}`")).hint(hint)
        );
    };
    Ok(Json(views::application_detail(&app, &application.value, params.limit.unwrap_or(20)).await?))
}

/// `DELETE /v1/applications/{name}`
pub(super) async fn remove(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Receipt>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let application = name("application", &text)?;
    let workload = params.workload.as_deref().map(|text| name("workload", text)).transpose()?;
    let engine = app.engine.clone();
    let accepted = app.work.finish(async move {
        match &workload {
            Some(workload) => engine.delete_workload(&scope, &application, workload).await,
            None => engine.delete_application(&scope, &application).await,
        }
    });
    Ok(Json(views::deleting(&app, &accepted.await?, "application", &text).await?))
}
