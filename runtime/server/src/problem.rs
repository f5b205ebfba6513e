//! Errors become problem documents: the one place where a cause chain is written out for people.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use innominatus_api::wire::{DiagnosticView, Problem};
use innominatus_engine::{ApplyError, EngineError, InstallError};
use innominatus_ledger::LedgerError;
use innominatus_model::{Code, Coded};
use innominatus_package::GrantsErrors;

/// An answer that is a problem.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Problem>);

impl ApiError {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// Something of ours panicked.
    pub(crate) fn bug() -> Self {
        Self::new(Code::Internal, "the request ran into a bug of innominatus")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The problem itself, for streams.
    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }

    fn of(error: &(impl Coded + 'static)) -> Self {
        let mut problem = Problem::new(error.code(), chain(error));
        problem.hint = error.remedy();
        problem.diagnostics = error.diagnostics().iter().map(DiagnosticView::from).collect();
        if problem.status >= 500 {
            tracing::warn!(code = %problem.code, detail = %problem.detail, "a request failed");
        }
        Self(Box::new(problem))
    }
}

/// An error and its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(*self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

macro_rules! from_coded {
    ($($error:ty),*) => {
        $(impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Self::of(&error)
            }
        })*
    };
}

from_coded!(ApplyError, EngineError, GrantsErrors, InstallError, LedgerError);
