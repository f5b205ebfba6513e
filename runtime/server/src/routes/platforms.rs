//! Platforms.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{
    Examination, ExamineRequest, GrantsView, InstallRequest, PlatformDetail, PlatformList, Receipt,
};
use innominatus_engine::{Answer, Choice};
use innominatus_model::{Code, Diagnostic, Name, Scope, Version};
use innominatus_package::read_grants;

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
    let folder = folder(&request.folder)?;
    let answer = answer(&request)?;
    let tenant = Scope::default().tenant;
    let warnings = answer.as_ref().map(|(_, warnings)| warnings.clone()).unwrap_or_default();
    let engine = app.engine.clone();
    let install =
        async move { engine.install(&tenant, &folder, answer.as_ref().map(|(answer, _)| answer)).await };
    let installed = app.work.finish(install).await?;
    Ok(Json(views::installed(&installed, &warnings)))
}

fn folder(text: &str) -> Result<PathBuf, ApiError> {
    let folder = PathBuf::from(text);
    if folder.is_absolute() {
        return Ok(folder);
    }
    Err(ApiError::new(Code::BadRequest, "the folder is not an absolute path"))
}

/// What the operator says, with the warnings about his file; none if nothing was said.
fn answer(request: &InstallRequest) -> Result<Option<(Answer, Vec<Diagnostic>)>, ApiError> {
    if request.grant.is_none() && request.grants.is_none() {
        return Ok(None);
    }
    let choice = |text: &String| {
        text.parse::<Choice>().map_err(|error| {
            ApiError::new(Code::GrantsInvalid, error.to_string())
                .hint("`innominatus platform install <folder>` without flags says what a platform asks for")
        })
    };
    let choices = request.grant.iter().flatten().map(choice).collect::<Result<_, _>>()?;
    let (file, warnings) = match &request.grants {
        Some(file) => {
            let text = BASE64
                .decode(&file.text)
                .map_err(|_| ApiError::new(Code::BadRequest, "the text of the grants file is not base64"))?;
            let (grants, warnings) = read_grants(&file.name, &text)?;
            (Some((file.name.clone(), grants)), warnings)
        }
        None => (None, Vec::new()),
    };
    Ok(Some((Answer { choices, file }, warnings)))
}

/// `POST /v1/examine`
pub(super) async fn examine(
    State(app): State<App>,
    Body(request): Body<ExamineRequest>,
) -> Result<Json<Examination>, ApiError> {
    let folder = folder(&request.folder)?;
    let examination = app.engine.examine(&Scope::default().tenant, &folder).await?;
    Ok(Json(views::examination(&examination)))
}

/// `GET /v1/grants`
pub(super) async fn grants(State(app): State<App>) -> Result<Json<GrantsView>, ApiError> {
    let platforms = app.engine.ledger().platforms(&Scope::default().tenant).await?;
    Ok(Json(views::grants(platforms.iter().map(|stored| &stored.value))))
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
