//! The server about itself.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::ServerStatus;
use innominatus_model::{CONTRACT_PACKAGE, CORE_VERSION};

use crate::problem::ApiError;
use crate::state::App;
use crate::views::time;

/// `GET /v1/status`
pub(super) async fn show(State(app): State<App>) -> Result<Json<ServerStatus>, ApiError> {
    let ledger = app.engine.ledger();
    let resources = ledger.all_resources().await?;
    Ok(Json(ServerStatus {
        version: CORE_VERSION.to_string(),
        contracts: vec![format!("{CONTRACT_PACKAGE}@1.0.0")],
        store: "sled".into(),
        revision: ledger.revision().await?.0,
        applications: ledger.all_applications().await?.len(),
        unready: resources.iter().filter(|stored| !stored.value.is_settled()).count(),
        resources: resources.len(),
        runs: app.engine.runs_at_work(),
        interrupted: app.engine.runs_interrupted().await?,
        platforms: ledger.all_platforms().await?.len(),
        pid: std::process::id(),
        started_at: time(app.started_ms),
    }))
}

/// `GET /readyz`: whether the store answers.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    app.engine.ledger().revision().await?;
    Ok("ok\n")
}
