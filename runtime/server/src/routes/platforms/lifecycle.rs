//! What happens to the versions of a platform.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{
    ApproveRequest, MigrateRequest, MigrationReport, Receipt, RollbackRequest, ServingRequest, UpdateReport,
    UpdateRequest,
};
use innominatus_engine::{Migration, UpdateInput};
use innominatus_model::Scope;

use super::said;
use crate::extract::{Body, Path};
use crate::problem::ApiError;
use crate::state::{App, name};
use crate::views;

/// `POST /v1/platforms/{name}/update`
pub(in crate::routes) async fn update(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<UpdateRequest>,
) -> Result<Json<UpdateReport>, ApiError> {
    let platform = name("platform", &text)?;
    let (answer, warnings) = said::answer(request.grant.as_deref(), request.grants.as_ref())?;
    let input = UpdateInput {
        from: said::from(request.folder.as_deref(), request.reference.as_deref())?,
        version: request.version,
        answer,
        terms: said::terms(&request.trust)?,
    };
    let engine = app.engine.clone();
    let update = async move { engine.update(&Scope::default().tenant, &platform, &input).await };
    let updated = app.work.finish(update).await?;
    Ok(Json(views::updated(&app, "update", &updated, &warnings).await?))
}

/// `POST /v1/platforms/{name}/approve`
pub(in crate::routes) async fn approve(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<ApproveRequest>,
) -> Result<Json<UpdateReport>, ApiError> {
    let platform = name("platform", &text)?;
    let (answer, warnings) = said::answer(request.grant.as_deref(), request.grants.as_ref())?;
    let version = said::version(request.version.as_deref())?;
    let engine = app.engine.clone();
    let digest = said::digest(request.digest.as_deref())?;
    let approve = async move {
        let tenant = Scope::default().tenant;
        engine.approve(&tenant, &platform, version.as_ref(), digest.as_ref(), answer.as_ref()).await
    };
    let updated = app.work.finish(approve).await?;
    Ok(Json(views::updated(&app, "approve", &updated, &warnings).await?))
}

/// `POST /v1/platforms/{name}/rollback`
pub(in crate::routes) async fn rollback(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<RollbackRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let platform = name("platform", &text)?;
    let to = said::version(request.to.as_deref())?;
    let engine = app.engine.clone();
    let rollback = async move {
        engine.rollback(&Scope::default().tenant, &platform, to.as_ref(), request.allow_downgrade).await
    };
    Ok(Json(views::switched("rollback", &app.work.finish(rollback).await?)))
}

/// `POST /v1/platforms/{name}/serving`
pub(in crate::routes) async fn serving(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<ServingRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let platform = name("platform", &text)?;
    let engine = app.engine.clone();
    let enable = async move { engine.enable(&Scope::default().tenant, &platform, request.enabled).await };
    let operation = if request.enabled { "enable" } else { "disable" };
    Ok(Json(views::switched(operation, &app.work.finish(enable).await?)))
}

/// `POST /v1/platforms/{name}/migrate`
pub(in crate::routes) async fn migrate(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<MigrateRequest>,
) -> Result<Json<MigrationReport>, ApiError> {
    let migration = Migration {
        tenant: Scope::default().tenant,
        platform: name("platform", &text)?,
        to: said::version(request.to.as_deref())?,
        environment: request.environment.as_deref().map(|text| name("environment", text)).transpose()?,
        application: request.application.as_deref().map(|text| name("application", text)).transpose()?,
    };
    let (engine, dry_run) = (app.engine.clone(), request.dry_run);
    let moves = move || async move {
        let moves = match dry_run {
            true => engine.plan_migration(&migration).await,
            false => engine.migrate(&migration).await,
        };
        moves.map(|moves| (migration.platform, moves))
    };
    let (platform, moves) = app.work.finish_apart(moves).await?;
    Ok(Json(views::migration(&app, &platform, dry_run, moves).await?))
}
