//! Platforms: what is installed, and how it comes and goes. `said` is what requests say, `lifecycle` what happens to
//! versions, `look` what changes nothing.

pub(super) mod desired;
pub(super) mod lifecycle;
pub(super) mod look;
mod said;

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{
    Examination, ExamineRequest, GrantsView, InstallRequest, PlatformDetail, PlatformList, Receipt,
};
use innominatus_model::{Code, Name, Scope, Version};

use crate::extract::{Body, Path};
use crate::problem::ApiError;
use crate::state::{App, name};
use crate::views;

/// `GET /v1/platforms`
pub(super) async fn list(State(app): State<App>) -> Result<Json<PlatformList>, ApiError> {
    let overview = app.engine.overview(&Scope::default().tenant).await?;
    Ok(Json(PlatformList { items: overview.iter().map(views::platform).collect() }))
}

/// `POST /v1/platforms`
pub(super) async fn install(
    State(app): State<App>,
    Body(request): Body<InstallRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let wanted = said::wanted(request.folder.as_deref(), request.reference.as_deref())?;
    let (answer, warnings) = said::answer(request.grant.as_deref(), request.grants.as_ref())?;
    let terms = said::terms(&request.trust)?;
    let tenant = Scope::default().tenant;
    let engine = app.engine.clone();
    let install = async move { engine.install_from(&tenant, &wanted, answer.as_ref(), &terms).await };
    let installed = app.work.finish(install).await?;
    Ok(Json(views::installed(&installed, &warnings)))
}

/// `POST /v1/examine`
pub(super) async fn examine(
    State(app): State<App>,
    Body(request): Body<ExamineRequest>,
) -> Result<Json<Examination>, ApiError> {
    let wanted = said::wanted(request.folder.as_deref(), request.reference.as_deref())?;
    let terms = said::terms(&request.trust)?;
    let engine = app.engine.clone();
    let examine = async move { engine.examine(&Scope::default().tenant, &wanted, &terms).await };
    Ok(Json(views::examination(&app.work.finish(examine).await?)))
}

/// `GET /v1/grants`
pub(super) async fn grants(State(app): State<App>) -> Result<Json<GrantsView>, ApiError> {
    let platforms = app.engine.overview(&Scope::default().tenant).await?;
    Ok(Json(views::grants(&platforms)))
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
    let platform = app.engine.one_of(&Scope::default().tenant, &name, version.as_ref()).await?;
    let resources = app.engine.resources_by(&platform.platform).await?.len();
    let leads = app.engine.settings_lead(&platform.platform).await;
    Ok(Json(views::platform_detail(&platform, resources, &leads)))
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
