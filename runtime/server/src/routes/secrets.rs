//! Secrets of the operator. A value goes in; nothing here gives one back, not in an answer and not in an error.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{Receipt, SecretList, SecretValue};
use innominatus_model::{Code, Scope, Secret, SecretName};
use serde::Deserialize;
use serde_json::Value;

use crate::extract::{Body, Path, Query};
use crate::problem::ApiError;
use crate::state::App;
use crate::views;

/// What may stand behind the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Params {
    #[serde(default)]
    force: bool,
}

/// Who mixes up name and value has written the value, so it is not repeated.
fn name(text: &str) -> Result<SecretName, ApiError> {
    SecretName::new(text).map_err(|error| {
        let detail = format!("that is no {}: expected {}", error.what, error.expected);
        ApiError::new(Code::SecretInvalid, detail)
    })
}

/// What is wrong with a body may hold the value, so the reader's own words are not repeated.
fn value(body: Value) -> Result<Secret, ApiError> {
    let what = "the body is not an object with the text `value` and nothing else";
    let SecretValue { value } =
        serde_json::from_value(body).map_err(|_| ApiError::new(Code::BadRequest, what))?;
    Ok(Secret::new(value))
}

/// `GET /v1/secrets`
pub(super) async fn list(State(app): State<App>) -> Result<Json<SecretList>, ApiError> {
    let tenant = Scope::default().tenant;
    let mut items = Vec::new();
    for stored in app.engine.ledger().operator_secrets(&tenant).await? {
        let users = app.engine.ledger().users_of_secret(&tenant, &stored.value.name).await?;
        items.push(views::secret(&stored.value, users));
    }
    Ok(Json(SecretList { items }))
}

/// `PUT /v1/secrets/{name}`
pub(super) async fn set(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(body): Body<Value>,
) -> Result<Json<Receipt>, ApiError> {
    let (name, value) = (name(&text)?, value(body)?);
    let (engine, kept) = (app.engine.clone(), name.clone());
    let set = async move { engine.set_secret(&Scope::default().tenant, &kept, &value).await };
    let set = app.work.finish(set).await?;
    Ok(Json(views::secret_set("set", &name, &set)))
}

/// `POST /v1/secrets/{name}/rotate`
pub(super) async fn rotate(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(body): Body<Value>,
) -> Result<Json<Receipt>, ApiError> {
    let (name, value) = (name(&text)?, value(body)?);
    let (engine, kept) = (app.engine.clone(), name.clone());
    let set = async move { engine.rotate_secret(&Scope::default().tenant, &kept, &value).await };
    let set = app.work.finish(set).await?;
    Ok(Json(views::secret_set("rotate", &name, &set)))
}

/// `DELETE /v1/secrets/{name}`
pub(super) async fn remove(
    State(app): State<App>,
    Path(text): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Receipt>, ApiError> {
    let name = name(&text)?;
    let (engine, gone) = (app.engine.clone(), name.clone());
    let remove = async move { engine.remove_secret(&Scope::default().tenant, &gone, params.force).await };
    let users = app.work.finish(remove).await?;
    Ok(Json(views::secret_removed(&name, &users)))
}

/// `POST /v1/store-key/rotate`
pub(super) async fn rotate_key(State(app): State<App>) -> Result<Json<Receipt>, ApiError> {
    let engine = app.engine.clone();
    let rotated = app.work.finish(async move { engine.rotate_key().await }).await?;
    Ok(Json(views::key_rotated(&rotated)))
}
