//! Resources.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{OutputList, Receipt, ResourceDetail, ResourceList};
use innominatus_ledger::Resource;
use innominatus_model::{Code, ResourceId};
use serde::Deserialize;

use crate::extract::{Path, Query};
use crate::problem::ApiError;
use crate::state::{App, id, is_ours, name, scope};
use crate::views;

/// What may stand behind the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Params {
    environment: Option<String>,
    application: Option<String>,
}

/// Whether sensitive values are shown in clear.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Reveal {
    #[serde(default)]
    reveal: bool,
}

/// `GET /v1/resources`
pub(super) async fn list(
    State(app): State<App>,
    Query(params): Query<Params>,
) -> Result<Json<ResourceList>, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let application = params.application.as_deref().map(|text| name("application", text)).transpose()?;
    let ledger = app.engine.ledger();
    let resources = match &application {
        Some(application) => ledger.resources(&scope, application).await?,
        None => ledger.resources_of(&scope).await?,
    };
    let mut items: Vec<_> = resources.iter().map(|stored| views::resource(&stored.value)).collect();
    items.sort_by(|a, b| (&a.application, &a.uid).cmp(&(&b.application, &b.uid)));
    Ok(Json(ResourceList { items }))
}

async fn found(app: &App, text: &str) -> Result<Resource, ApiError> {
    let id: ResourceId = id(text)?;
    let stored = app.engine.ledger().resource(id).await?;
    stored.map(|stored| stored.value).filter(|resource| is_ours(&resource.tenant)).ok_or_else(|| {
        ApiError::new(Code::ResourceNotFound, format!("there is no resource {id}"))
            .hint("`innominatus list resources` shows the resources")
    })
}

/// `GET /v1/resources/{id}`
pub(super) async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(Reveal { reveal }): Query<Reveal>,
) -> Result<Json<ResourceDetail>, ApiError> {
    let resource = found(&app, &text).await?;
    Ok(Json(views::resource_detail(&app, &resource, reveal).await?))
}

/// `GET /v1/resources/{id}/outputs`
pub(super) async fn outputs(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(Reveal { reveal }): Query<Reveal>,
) -> Result<Json<OutputList>, ApiError> {
    let resource = found(&app, &text).await?;
    Ok(Json(views::outputs(&app, &resource, reveal).await?))
}

/// `DELETE /v1/resources/{id}`
pub(super) async fn remove(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<Receipt>, ApiError> {
    let id = found(&app, &text).await?.id;
    let engine = app.engine.clone();
    let accepted = app.work.finish(async move { engine.delete_resource(id).await }).await?;
    Ok(Json(views::deleting(&app, &accepted, "resource", &text).await?))
}
