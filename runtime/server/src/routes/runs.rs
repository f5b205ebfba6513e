//! Runs and what they rendered.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{ArtifactContent, ArtifactList, RunDetail, RunList};
use innominatus_engine::{RunView, complete_files};
use innominatus_model::{Code, RunId};
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::ApiError;
use crate::state::{App, id, is_ours, name, scope};
use crate::views;

/// The longest that one request waits; a client asks again.
const MAX_WAIT: u64 = 60;

/// What may stand behind the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Params {
    environment: Option<String>,
    application: Option<String>,
    limit: Option<usize>,
    wait: Option<u64>,
}

/// `GET /v1/runs`
pub(super) async fn list(
    State(app): State<App>,
    Query(params): Query<Params>,
) -> Result<Json<RunList>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let application = params.application.as_deref().map(|text| name("application", text)).transpose()?;
    let ledger = app.engine.ledger();
    let mut runs = match &application {
        Some(application) => ledger.runs(&scope, application).await?,
        None => ledger.runs_of(&scope).await?,
    };
    runs.sort_by_key(|stored| std::cmp::Reverse(stored.value.id));
    let mut items = Vec::new();
    for stored in runs.into_iter().take(params.limit.unwrap_or(50)) {
        // One that was forgotten meanwhile is not listed any more.
        items.extend(app.engine.run_view(stored.value.id).await?.as_ref().map(views::run));
    }
    Ok(Json(RunList { items }))
}

async fn found(app: &App, id: RunId) -> Result<RunView, ApiError> {
    let view = app.engine.run_view(id).await?;
    view.filter(|view| is_ours(&view.run.tenant)).ok_or_else(|| {
        ApiError::new(Code::RunNotFound, format!("there is no run {id}"))
            .hint("`innominatus list runs` shows the runs that are kept")
    })
}

/// `GET /v1/runs/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<RunDetail>, ApiError> {
    let id: RunId = id(&text)?;
    let view = found(&app, id).await?;
    if let Some(seconds) = params.wait {
        let mut stopping = app.stopping.clone();
        tokio::select! {
            () = app.engine.wait_run(id, Duration::from_secs(seconds.min(MAX_WAIT))) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        return Ok(Json(views::run(&found(&app, id).await?)));
    }
    Ok(Json(views::run(&view)))
}

/// `GET /v1/runs/{id}/artifacts`
pub(super) async fn artifacts(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<ArtifactList>, ApiError> {
    let id: RunId = id(&text)?;
    let view = found(&app, id).await?;
    let ledger = app.engine.ledger();
    let plan =
        ledger.plan(&view.run.scope(), &view.run.application, view.run.plan).await?.ok_or_else(|| {
            ApiError::new(Code::RunNotFound, format!("the plan of run {id} is not kept any more"))
        })?;
    let items = complete_files(ledger, &plan, &view.run)
        .await?
        .into_iter()
        .map(|file| ArtifactContent {
            artifact: views::artifact(&file.file),
            content: BASE64.encode(&*file.content),
        })
        .collect();
    Ok(Json(ArtifactList { items }))
}
