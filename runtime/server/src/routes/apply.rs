//! Asking for something: sources, validate, plan, apply.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{
    ApplyRequest, DiagnosticView, FileSources, PlanView, Receipt, ScoreFile, SourcesAnswer, SourcesRequest,
    ValidateAnswer,
};
use innominatus_engine::ApplyInput;
use innominatus_model::Code;
use innominatus_score::{Source, file_sources};

use crate::extract::Body;
use crate::problem::ApiError;
use crate::state::{App, name, scope};
use crate::views;

fn bytes(text: &str, what: &str) -> Result<Vec<u8>, ApiError> {
    BASE64.decode(text).map_err(|_| ApiError::new(Code::BadRequest, format!("{what} is not base64")))
}

fn source(file: &ScoreFile) -> Result<Source, ApiError> {
    let mut files = BTreeMap::new();
    for (path, content) in &file.sources {
        files.insert(path.clone(), bytes(content, &format!("the content of `{path}`"))?);
    }
    Ok(Source {
        name: file.name.clone(),
        text: bytes(&file.text, &format!("the text of `{}`", file.name))?,
        files,
    })
}

fn input(request: &ApplyRequest) -> Result<ApplyInput, ApiError> {
    Ok(ApplyInput {
        scope: scope(request.environment.as_deref())?,
        application: request.application.as_deref().map(|text| name("application", text)).transpose()?,
        golden_path: request.golden_path.as_deref().map(|text| name("golden path", text)).transpose()?,
        platform: request.platform.clone(),
        parameters: request.parameters.clone(),
        set_parameters: request.set_parameters.clone(),
        images: request.images.clone(),
        sources: request.files.iter().map(source).collect::<Result<_, _>>()?,
    })
}

/// `POST /v1/score/sources`
pub(super) async fn sources(
    State(app): State<App>,
    Body(request): Body<SourcesRequest>,
) -> Result<Json<SourcesAnswer>, ApiError> {
    let read = move || async move {
        let mut files = Vec::new();
        for file in &request.files {
            let text = bytes(&file.text, &format!("the text of `{}`", file.name))?;
            files.push(FileSources { name: file.name.clone(), paths: file_sources(&text) });
        }
        Ok::<_, ApiError>(files)
    };
    Ok(Json(SourcesAnswer { files: app.work.finish_apart(read).await? }))
}

/// `POST /v1/validate`
pub(super) async fn validate(
    State(app): State<App>,
    Body(request): Body<ApplyRequest>,
) -> Result<Json<ValidateAnswer>, ApiError> {
    let engine = app.engine.clone();
    let validate = move || async move { Ok::<_, ApiError>(engine.judge(&input(&request)?).await?) };
    let validation = app.work.finish_apart(validate).await?;
    Ok(Json(ValidateAnswer {
        valid: validation.is_valid(),
        diagnostics: validation.diagnostics.iter().map(DiagnosticView::from).collect(),
    }))
}

/// `POST /v1/plan`
pub(super) async fn plan(
    State(app): State<App>,
    Body(request): Body<ApplyRequest>,
) -> Result<Json<PlanView>, ApiError> {
    let engine = app.engine.clone();
    let plan = move || async move { Ok::<_, ApiError>(engine.plan(&input(&request)?).await?) };
    let accepted = app.work.finish_apart(plan).await?;
    Ok(Json(views::plan(&app, &accepted.plan).await?))
}

/// `POST /v1/apply`
pub(super) async fn apply(
    State(app): State<App>,
    Body(request): Body<ApplyRequest>,
) -> Result<Json<Receipt>, ApiError> {
    let engine = app.engine.clone();
    let apply = move || async move { Ok::<_, ApiError>(engine.apply(&input(&request)?).await?) };
    let accepted = app.work.finish_apart(apply).await?;
    Ok(Json(views::applied(&app, &accepted).await?))
}
