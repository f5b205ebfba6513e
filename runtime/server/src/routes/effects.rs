//! What was done to the world: recordings, replays, and a person's word about a write in doubt.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{
    AnswerBody, NextStep, Observed, Receipt, ReplayAnswer, ReplayRequest, Requested, ResolveRequest,
};
use innominatus_engine::{Answered, Resolution};
use innominatus_ledger::Recording;
use innominatus_model::{Code, ResourceId};
use serde_json::Value;

use crate::extract::{Body, Path};
use crate::problem::ApiError;
use crate::state::{App, id};
use crate::views;

/// `GET /v1/resources/{id}/journal`
pub(super) async fn journal(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id: ResourceId = id(&text)?;
    let recording = app.engine.recording(id).await?;
    let document = recording.to_json();
    Ok(Json(document.map_err(|error| ApiError::new(Code::Internal, format!("the recording {error}")))?))
}

/// `POST /v1/replay`
pub(super) async fn replay(
    State(app): State<App>,
    Body(ReplayRequest { recording }): Body<ReplayRequest>,
) -> Result<Json<ReplayAnswer>, ApiError> {
    let recording = Recording::from_json(recording).map_err(|error| {
        ApiError::new(Code::BadRequest, format!("the document {error}"))
            .hint("`innominatus journal export` writes recordings")
    })?;
    let started = Instant::now();
    let replayed = app.engine.replay(&recording).await?;
    Ok(Json(ReplayAnswer {
        component: recording.component.label(),
        export: recording.export.as_str().to_owned(),
        calls: replayed.calls,
        recorded: replayed.recorded,
        answer: replayed.answer,
        ended: recording.ended,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}

/// `POST /v1/resources/{id}/resolve`
pub(super) async fn resolve(
    State(app): State<App>,
    Path(text): Path<String>,
    Body(request): Body<ResolveRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let id: ResourceId = id(&text)?;
    let resolution = resolution(request)?;
    let engine = app.engine.clone();
    let resolved = app.work.finish(async move { engine.resolve(id, resolution).await }).await?;
    let resource = views::resource(&resolved.resource);
    let application = resolved.resource.application.to_string();
    let message = match &resolved.purpose {
        Some(purpose) => format!("nothing is in doubt any more: {purpose}"),
        None => "nothing is in doubt any more".to_owned(),
    };
    Ok(Json(Receipt {
        requested: Requested {
            operation: "resolve".into(),
            subject: "resource".into(),
            name: resource.uid.clone(),
            generation: Some(resource.generation),
            changes: Vec::new(),
        },
        observed: Observed { phase: resource.phase, message, at: views::now() },
        run: None,
        plan: None,
        diagnostics: Vec::new(),
        next: vec![NextStep {
            purpose: if resolved.resource.deleting {
                "go on with the removal"
            } else {
                "see it; the next `run` or `apply` goes on"
            }
            .into(),
            command: match resolved.resource.deleting {
                true => format!("delete {application}"),
                false => format!("describe {application}"),
            },
        }],
    }))
}

fn resolution(request: ResolveRequest) -> Result<Resolution, ApiError> {
    let bad = |message: &str| ApiError::new(Code::BadRequest, message.to_owned());
    match (request.resolution.as_str(), request.answer) {
        ("not-happened", None) => Ok(Resolution::NotHappened),
        ("start-over", None) => Ok(Resolution::StartOver),
        ("happened", Some(AnswerBody { status, headers, body })) => {
            if !(100..=599).contains(&status) {
                return Err(bad("the status of an answer is between 100 and 599"));
            }
            let body = BASE64.decode(body).map_err(|_| bad("the body of the answer is not base64"))?;
            Ok(Resolution::Happened(Answered { status, headers, body }))
        }
        ("happened", None) => Err(bad("`happened` needs the answer that the other side gave, or would have")),
        ("not-happened" | "start-over", Some(_)) => Err(bad("an answer belongs to `happened` only")),
        _ => Err(bad("the resolution is none of `not-happened`, `happened`, `start-over`")),
    }
}
