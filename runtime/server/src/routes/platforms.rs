//! Platforms.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{InstallRequest, PlatformDetail, PlatformList, Receipt};
use innominatus_model::{Code, Name, Scope, Version};

use crate::extract::{Body, Path};
use crate::problem::ApiError;
use crate::state::{App, name};
use crate::views;

/// `GET /v1/platforms`
pub(super) async fn list(State(app): State<App>) -> Result<Json<PlatformList>, ApiError> {
    let platforms = app.engine.ledger().platforms(&Scope::default().tenant).await?;
    Ok(Json(PlatformList { items: platforms.iter().map(|stored| views::platform(&stored.value)).collect() }))
}

/// `POST /v1/platforms`
pub(super) async fn install(
    State(app): State<App>,
    Body(request): Body<InstallRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let folder = std::path::PathBuf::from(&request.folder);
    if !folder.is_absolute() {
        return Err(ApiError::new(Code::BadRequest, "the folder is not an absolute path"));
    }
    let engine = app.engine.clone();
    let install = async move { engine.install(&Scope::default().tenant, &folder).await };
    let installed = app.work.finish(install).await?;
    Ok(Json(views::installed(&installed)))
}

/// `name` or `name@version`.
fn reference(text: &str) -> Result<(Name, Option<Version>), ApiError> {
    let (text, version) = text.split_once('@').map_or((text, None), |(name, version)| (name, Some(version)));
    let version = version
        .map(|version| {
            version.trim_start_matches('v').parse().map_err(|error| {
                ApiError::new(Code::IdInvalid, format!("`{version}` is not a version: {error}"))
            })
        })
        .transpose()?;
    Ok((name("platform", text)?, version))
}

/// `GET /v1/platforms/{name}`
pub(super) async fn show(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<PlatformDetail>, ApiError> {
    let (name, version) = reference(&text)?;
    let platform = app.engine.installed(&Scope::default().tenant, &name, version.as_ref()).await?.value;
    let resources = app.engine.resources_by(&platform).await?.len();
    Ok(Json(views::platform_detail(&platform, resources)))
}

/// `DELETE /v1/platforms/{name}`
pub(super) async fn uninstall(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<Receipt>, ApiError> {
    let (name, version) = reference(&text)?;
    let engine = app.engine.clone();
    let uninstall = async move { engine.uninstall(&Scope::default().tenant, &name, version.as_ref()).await };
    let platform = app.work.finish(uninstall).await?;
    Ok(Json(views::uninstalled(&platform)))
}
