//! Parts of a request, where whatever is wrong with them is a problem document like every other answer.

use axum::Json;
use axum::body::HttpBody as _;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use innominatus_model::Code;
use serde::de::DeserializeOwned;

use crate::problem::ApiError;
use crate::state::App;

/// What stands in the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let extract::Path(value) = extract::Path::from_request_parts(parts, app).await?;
        Ok(Self(value))
    }
}

/// What stands behind the `?`.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let extract::Query(value) = extract::Query::from_request_parts(parts, app).await?;
        Ok(Self(value))
    }
}

/// The body, which is JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let limits = &app.limits;
        // What says that it is too large is not even waited for.
        if request.body().size_hint().lower() > limits.body_bytes as u64 {
            let said = format!("the body is larger than {} bytes", limits.body_bytes);
            return Err(ApiError::new(Code::BodyTooLarge, said));
        }
        match tokio::time::timeout(limits.body, Json::from_request(request, app)).await {
            Ok(read) => Ok(Self(read?.0)),
            Err(_) => {
                let said = format!("the body did not arrive within {:?}", limits.body);
                Err(ApiError::new(Code::RequestTimeout, said))
            }
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::new(Code::BadRequest, rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Code::BadRequest, rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            _ => Code::BadRequest,
        };
        Self::new(code, rejection.body_text())
    }
}
