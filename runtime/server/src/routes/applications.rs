//! Applications.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{ApplicationDetail, ApplicationList, Receipt};
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
    let mut items = Vec::new();
    for stored in app.engine.ledger().applications(&scope).await? {
        items.push(views::application(&app, &stored.value).await?);
    }
    Ok(Json(ApplicationList { items }))
}

/// `GET /v1/applications/{name}`
pub(super) async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<ApplicationDetail>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let name = name("application", &text)?;
    let application = app.engine.ledger().application(&scope, &name).await?.ok_or_else(|| {
        ApiError::new(Code::ApplicationNotFound, format!("there is no application `{name}`"))
            .hint("`innominatus list` shows the applications")
    })?;
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
