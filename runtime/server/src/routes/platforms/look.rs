//! Looking around without changing anything.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{
    CompatMatrix, CompatRow, DiffRequest, DiffSide, DiscoverRequest, Discovery, OutdatedList, PlatformDiff,
    Verification, VerifyRequest,
};
use innominatus_engine::Side;
use innominatus_model::{CORE_VERSION, Code, Scope};

use super::said;
use crate::extract::Body;
use crate::problem::ApiError;
use crate::state::App;
use crate::views;

/// `POST /v1/discover`
pub(in crate::routes) async fn discover(
    State(app): State<App>,
    Body(request): Body<DiscoverRequest>,
) -> Result<Json<Discovery>, ApiError> {
    let tenant = Scope::default().tenant;
    let engine = app.engine.clone();
    Ok(Json(match request.source {
        Some(source) => {
            let found = app.work.finish(async move { engine.discover_in(&tenant, &source).await }).await?;
            let serving = app.engine.overview(&Scope::default().tenant).await?;
            Discovery { items: views::available(&found, &serving), unasked: Vec::new() }
        }
        None => {
            let (listed, failed) = app.work.finish(async move { engine.discover(&tenant).await }).await?;
            Discovery { items: views::listed(&listed), unasked: views::unasked(failed) }
        }
    }))
}

/// `GET /v1/outdated`
pub(in crate::routes) async fn outdated(State(app): State<App>) -> Result<Json<OutdatedList>, ApiError> {
    let engine = app.engine.clone();
    let behind = app.work.finish(async move { engine.outdated(&Scope::default().tenant).await }).await?;
    Ok(Json(OutdatedList { items: behind.into_iter().map(views::behind).collect() }))
}

/// `GET /v1/compatibility`
pub(in crate::routes) async fn compatibility(State(app): State<App>) -> Result<Json<CompatMatrix>, ApiError> {
    let engine = app.engine.clone();
    let looked = async move { engine.compatibility(&Scope::default().tenant).await };
    let (rows, failed) = app.work.finish(looked).await?;
    let mut cores = BTreeSet::from([CORE_VERSION]);
    for row in &rows {
        cores.insert(row.core.min().clone());
        cores.extend(row.core.max().cloned());
    }
    let rows = rows.into_iter().map(|row| CompatRow {
        works: cores.iter().map(|core| row.core.contains(core)).collect(),
        name: row.name.to_string(),
        version: row.version.to_string(),
        installed: row.installed,
        core: row.core.to_string(),
        contracts: row.contracts,
    });
    Ok(Json(CompatMatrix {
        core: CORE_VERSION.to_string(),
        rows: rows.collect(),
        cores: cores.iter().map(ToString::to_string).collect(),
        unasked: views::unasked(failed),
    }))
}

/// `POST /v1/verify`
pub(in crate::routes) async fn verify(
    State(app): State<App>,
    Body(request): Body<VerifyRequest>,
) -> Result<Json<Verification>, ApiError> {
    let terms = said::terms(&request.trust)?;
    let engine = app.engine.clone();
    let judge = async move {
        let tenant = Scope::default().tenant;
        match (request.reference, request.installed) {
            (Some(reference), None) => Ok(engine.verify(&tenant, &reference, &terms).await?),
            (None, Some(installed)) => Ok(engine.verify_installed(&tenant, &installed, &terms).await?),
            _ => Err(ApiError::new(Code::BadRequest, "name either a reference or an installed platform")),
        }
    };
    let judged = app.work.finish(judge).await?;
    Ok(Json(Verification {
        reference: judged.reference,
        digest: judged.digest.to_string(),
        signers: judged.signers,
        lines: judged.lines,
    }))
}

/// `POST /v1/diff`
pub(in crate::routes) async fn diff(
    State(app): State<App>,
    Body(request): Body<DiffRequest>,
) -> Result<Json<PlatformDiff>, ApiError> {
    let (before, now) = (side(request.before)?, side(request.now)?);
    let terms = said::terms(&request.trust)?;
    let engine = app.engine.clone();
    let differ = async move { engine.differ(&Scope::default().tenant, &before, &now, &terms).await };
    Ok(Json(views::difference(&app.work.finish(differ).await?)))
}

fn side(side: DiffSide) -> Result<Side, ApiError> {
    match (side.installed, said::from(side.folder.as_deref(), side.reference.as_deref())?) {
        (Some(installed), None) => Ok(Side::Installed(installed)),
        (None, Some(wanted)) => Ok(Side::Wanted(wanted)),
        _ => {
            Err(ApiError::new(Code::BadRequest, "each side is one of `installed`, `folder` and `reference`"))
        }
    }
}
