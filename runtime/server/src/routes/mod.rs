//! The routes of API v1, one file per subject.

mod applications;
mod apply;
mod effects;
mod events;
mod platforms;
mod resources;
mod runs;
mod secrets;
mod status;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderName;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use innominatus_model::Code;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::auth::{Door, guard};
use crate::problem::ApiError;
use crate::state::App;

/// Everything that is served behind one door.
pub(crate) fn router(app: App, door: Door) -> Router {
    let id = HeaderName::from_static("x-request-id");
    let body_bytes = app.limits.body_bytes;
    Router::new()
        .route("/v1/status", get(status::show))
        .route("/v1/score/sources", post(apply::sources))
        .route("/v1/validate", post(apply::validate))
        .route("/v1/plan", post(apply::plan))
        .route("/v1/apply", post(apply::apply))
        .route("/v1/applications", get(applications::list))
        .route("/v1/applications/{name}", get(applications::show).delete(applications::remove))
        .route("/v1/resources", get(resources::list))
        .route("/v1/resources/{id}", get(resources::show).delete(resources::remove))
        .route("/v1/resources/{id}/outputs", get(resources::outputs))
        .route("/v1/resources/{id}/journal", get(effects::journal))
        .route("/v1/resources/{id}/resolve", post(effects::resolve))
        .route("/v1/replay", post(effects::replay))
        .route("/v1/runs", get(runs::list))
        .route("/v1/runs/{id}", get(runs::show))
        .route("/v1/runs/{id}/artifacts", get(runs::artifacts))
        .route("/v1/events", get(events::list_or_follow))
        .route("/v1/examine", post(platforms::examine))
        .route("/v1/grants", get(platforms::grants))
        .route("/v1/discover", post(platforms::look::discover))
        .route("/v1/outdated", get(platforms::look::outdated))
        .route("/v1/compatibility", get(platforms::look::compatibility))
        .route("/v1/verify", post(platforms::look::verify))
        .route("/v1/diff", post(platforms::look::diff))
        .route("/v1/platforms", get(platforms::list).post(platforms::install))
        .route("/v1/platforms/{name}", delete(platforms::uninstall).get(platforms::show))
        .route("/v1/platforms/apply", post(platforms::desired::apply))
        .route("/v1/platforms/{name}/update", post(platforms::lifecycle::update))
        .route("/v1/platforms/{name}/approve", post(platforms::lifecycle::approve))
        .route("/v1/platforms/{name}/rollback", post(platforms::lifecycle::rollback))
        .route("/v1/platforms/{name}/serving", post(platforms::lifecycle::serving))
        .route("/v1/platforms/{name}/migrate", post(platforms::lifecycle::migrate))
        .route("/v1/secrets", get(secrets::list))
        .route("/v1/secrets/{name}", put(secrets::set).delete(secrets::remove))
        .route("/v1/secrets/{name}/rotate", post(secrets::rotate))
        .route("/v1/store-key/rotate", post(secrets::rotate_key))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(status::ready))
        .fallback(|| async { ApiError::new(Code::NotFound, "the API has no such path") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "the API has this path, but not with this method")
        })
        .with_state(app)
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(middleware::from_fn_with_state(door, guard))
        .layer(CatchPanicLayer::custom(|_| ApiError::bug().into_response()))
        .layer(TraceLayer::new_for_http())
        .layer(middleware::from_fn(no_store))
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(SetRequestIdLayer::new(id, MakeRequestUuid))
}

/// Answers may hold secrets; nothing between us and the caller keeps them.
async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let value = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, value);
    response
}
