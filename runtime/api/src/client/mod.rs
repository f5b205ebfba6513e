//! A client of API v1 over a Unix socket or TCP. Plain HTTP/1.1: the server listens on this machine only.

mod events;
mod transport;

pub use events::EventStream;
pub use transport::Endpoint;

use innominatus_model::{Code, Coded};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wire::{
    ApplicationDetail, ApplicationList, AppliedPlatforms, ApplyPlatformsRequest, ApplyRequest,
    ApproveRequest, ArtifactList, CompatMatrix, DiffRequest, DiscoverRequest, Discovery, EventList,
    Examination, ExamineRequest, GrantsView, InstallRequest, MigrateRequest, MigrationReport, OutdatedList,
    OutputList, PlanView, PlatformDetail, PlatformDiff, PlatformList, Problem, Receipt, ReplayAnswer,
    ReplayRequest, ResolveRequest, ResourceDetail, ResourceList, RollbackRequest, RunDetail, RunList,
    SecretList, SecretValue, ServerStatus, ServingRequest, SourcesAnswer, SourcesRequest, UpdateReport,
    UpdateRequest, ValidateAnswer, Verification, VerifyRequest,
};

/// Why a call did not give an answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered with a problem.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// Nobody answers there.
    #[error("cannot reach the server at {endpoint}: {reason}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// The connection broke in the middle. What was asked may have happened.
    #[error("the connection to the server broke: {0}")]
    Broken(String),
    /// The server said something that is not API v1.
    #[error("the server's answer is not API v1: {0}")]
    Malformed(String),
}

impl Coded for ClientError {
    fn code(&self) -> Code {
        match self {
            Self::Problem(problem) => Code::parse(&problem.code).unwrap_or(Code::Internal),
            Self::Unreachable { .. } => Code::ServerUnreachable,
            Self::Broken(_) => Code::Interrupted,
            Self::Malformed(_) => Code::Internal,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Problem(problem) => problem.hint.clone(),
            Self::Unreachable { .. } => {
                Some("start one with `innominatus serve`, or leave out `--server`".into())
            }
            Self::Broken(_) => Some("look at `innominatus list` before trying again".into()),
            Self::Malformed(_) => None,
        }
    }
}

/// Which applications, resources, runs or events are meant. Absent parts mean any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The environment; `default` without it.
    pub environment: Option<String>,
    /// The application.
    pub application: Option<String>,
    /// The resource id.
    pub resource: Option<String>,
    /// The run id.
    pub run: Option<String>,
    /// Events after this cursor.
    pub since: Option<String>,
    /// At most so many (of events: the newest).
    pub limit: Option<usize>,
}

impl Filter {
    fn query(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let parts = [
            ("environment", self.environment.as_deref()),
            ("application", self.application.as_deref()),
            ("resource", self.resource.as_deref()),
            ("run", self.run.as_deref()),
            ("since", self.since.as_deref()),
            ("limit", limit.as_deref()),
        ];
        transport::query(parts.into_iter().filter_map(|(key, value)| Some((key, value?))))
    }
}

/// Speaks API v1 to one server.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: Endpoint,
    token: Option<String>,
}

impl Client {
    /// Of this server; `token` is sent as a bearer token (TCP only needs one).
    pub fn new(endpoint: Endpoint, token: Option<String>) -> Self {
        Self { endpoint, token }
    }

    /// `GET /v1/status`
    pub async fn status(&self) -> Result<ServerStatus, ClientError> {
        self.get("/v1/status").await
    }

    /// `POST /v1/score/sources`
    pub async fn sources(&self, request: &SourcesRequest) -> Result<SourcesAnswer, ClientError> {
        self.post("/v1/score/sources", request).await
    }

    /// `POST /v1/validate`
    pub async fn validate(&self, request: &ApplyRequest) -> Result<ValidateAnswer, ClientError> {
        self.post("/v1/validate", request).await
    }

    /// `POST /v1/plan`
    pub async fn plan(&self, request: &ApplyRequest) -> Result<PlanView, ClientError> {
        self.post("/v1/plan", request).await
    }

    /// `POST /v1/apply`
    pub async fn apply(&self, request: &ApplyRequest) -> Result<Receipt, ClientError> {
        self.post("/v1/apply", request).await
    }

    /// `GET /v1/applications`
    pub async fn applications(&self, filter: &Filter) -> Result<ApplicationList, ClientError> {
        self.get(&format!("/v1/applications{}", filter.query())).await
    }

    /// `GET /v1/applications/{name}`
    pub async fn application(&self, name: &str, filter: &Filter) -> Result<ApplicationDetail, ClientError> {
        self.get(&format!("/v1/applications/{}{}", transport::segment(name), filter.query())).await
    }

    /// `DELETE /v1/applications/{name}`; with `workload`, only that workload's claims.
    pub async fn delete_application(
        &self,
        name: &str,
        workload: Option<&str>,
        filter: &Filter,
    ) -> Result<Receipt, ClientError> {
        let query = transport::query(
            [("environment", filter.environment.as_deref()), ("workload", workload)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        self.delete(&format!("/v1/applications/{}{query}", transport::segment(name))).await
    }

    /// `GET /v1/resources`
    pub async fn resources(&self, filter: &Filter) -> Result<ResourceList, ClientError> {
        self.get(&format!("/v1/resources{}", filter.query())).await
    }

    /// `GET /v1/resources/{id}`
    pub async fn resource(&self, id: &str) -> Result<ResourceDetail, ClientError> {
        self.get(&format!("/v1/resources/{}", transport::segment(id))).await
    }

    /// `DELETE /v1/resources/{id}`
    pub async fn delete_resource(&self, id: &str) -> Result<Receipt, ClientError> {
        self.delete(&format!("/v1/resources/{}", transport::segment(id))).await
    }

    /// `GET /v1/resources/{id}/outputs`; with `reveal`, secrets in clear, and an event that says so.
    pub async fn outputs(&self, id: &str, reveal: bool) -> Result<OutputList, ClientError> {
        let reveal = if reveal { "?reveal=true" } else { "" };
        self.get(&format!("/v1/resources/{}/outputs{reveal}", transport::segment(id))).await
    }

    /// `POST /v1/resources/{id}/resolve`
    pub async fn resolve(&self, id: &str, request: &ResolveRequest) -> Result<Receipt, ClientError> {
        self.post(&format!("/v1/resources/{}/resolve", transport::segment(id)), request).await
    }

    /// `GET /v1/resources/{id}/journal`: a document of kind `Recording`.
    pub async fn journal(&self, id: &str) -> Result<Value, ClientError> {
        self.get(&format!("/v1/resources/{}/journal", transport::segment(id))).await
    }

    /// `POST /v1/replay`
    pub async fn replay(&self, request: &ReplayRequest) -> Result<ReplayAnswer, ClientError> {
        self.post("/v1/replay", request).await
    }

    /// `GET /v1/runs`
    pub async fn runs(&self, filter: &Filter) -> Result<RunList, ClientError> {
        self.get(&format!("/v1/runs{}", filter.query())).await
    }

    /// `GET /v1/runs/{id}`; with `wait_seconds`, answers when the run has ended or the time is over.
    pub async fn run(&self, id: &str, wait_seconds: Option<u64>) -> Result<RunDetail, ClientError> {
        let wait = wait_seconds.map(|seconds| format!("?wait={seconds}")).unwrap_or_default();
        self.get(&format!("/v1/runs/{}{wait}", transport::segment(id))).await
    }

    /// `GET /v1/runs/{id}/artifacts`
    pub async fn artifacts(&self, run: &str) -> Result<ArtifactList, ClientError> {
        self.get(&format!("/v1/runs/{}/artifacts", transport::segment(run))).await
    }

    /// `GET /v1/events`: what is kept.
    pub async fn events(&self, filter: &Filter) -> Result<EventList, ClientError> {
        self.get(&format!("/v1/events{}", filter.query())).await
    }

    /// `GET /v1/events` with `Accept: text/event-stream`: what is kept after `since`, then what comes.
    pub async fn follow(&self, filter: &Filter) -> Result<EventStream, ClientError> {
        let path = format!("/v1/events{}", filter.query());
        let response =
            transport::send(&self.endpoint, self.token.as_deref(), "GET", &path, None, "text/event-stream")
                .await?;
        if response.status().is_success() {
            Ok(EventStream::new(response))
        } else {
            Err(transport::problem(response).await)
        }
    }

    /// `POST /v1/platforms`
    pub async fn install(&self, request: &InstallRequest) -> Result<Receipt, ClientError> {
        self.post("/v1/platforms", request).await
    }

    /// `POST /v1/examine`
    pub async fn examine(&self, request: &ExamineRequest) -> Result<Examination, ClientError> {
        self.post("/v1/examine", request).await
    }

    /// `GET /v1/grants`
    pub async fn grants(&self) -> Result<GrantsView, ClientError> {
        self.get("/v1/grants").await
    }

    /// `GET /v1/secrets`
    pub async fn secrets(&self) -> Result<SecretList, ClientError> {
        self.get("/v1/secrets").await
    }

    /// `PUT /v1/secrets/{name}`
    pub async fn set_secret(&self, name: &str, value: &SecretValue) -> Result<Receipt, ClientError> {
        self.send("PUT", &format!("/v1/secrets/{}", transport::segment(name)), value).await
    }

    /// `POST /v1/secrets/{name}/rotate`
    pub async fn rotate_secret(&self, name: &str, value: &SecretValue) -> Result<Receipt, ClientError> {
        self.post(&format!("/v1/secrets/{}/rotate", transport::segment(name)), value).await
    }

    /// `DELETE /v1/secrets/{name}`; with `force`, also while installed platforms use it.
    pub async fn remove_secret(&self, name: &str, force: bool) -> Result<Receipt, ClientError> {
        let force = if force { "?force=true" } else { "" };
        self.delete(&format!("/v1/secrets/{}{force}", transport::segment(name))).await
    }

    /// `POST /v1/store-key/rotate`
    pub async fn rotate_key(&self) -> Result<Receipt, ClientError> {
        self.post("/v1/store-key/rotate", &serde_json::json!({})).await
    }

    /// `GET /v1/platforms`
    pub async fn platforms(&self) -> Result<PlatformList, ClientError> {
        self.get("/v1/platforms").await
    }

    /// `GET /v1/platforms/{name}`, `name` or `name@version`
    pub async fn platform(&self, name: &str) -> Result<PlatformDetail, ClientError> {
        self.get(&format!("/v1/platforms/{}", transport::segment(name))).await
    }

    /// `POST /v1/platforms/apply`
    pub async fn apply_platforms(
        &self,
        request: &ApplyPlatformsRequest,
    ) -> Result<AppliedPlatforms, ClientError> {
        self.post("/v1/platforms/apply", request).await
    }

    /// `POST /v1/discover`
    pub async fn discover(&self, request: &DiscoverRequest) -> Result<Discovery, ClientError> {
        self.post("/v1/discover", request).await
    }

    /// `GET /v1/outdated`
    pub async fn outdated(&self) -> Result<OutdatedList, ClientError> {
        self.get("/v1/outdated").await
    }

    /// `GET /v1/compatibility`
    pub async fn compatibility(&self) -> Result<CompatMatrix, ClientError> {
        self.get("/v1/compatibility").await
    }

    /// `POST /v1/verify`
    pub async fn verify(&self, request: &VerifyRequest) -> Result<Verification, ClientError> {
        self.post("/v1/verify", request).await
    }

    /// `POST /v1/diff`
    pub async fn diff(&self, request: &DiffRequest) -> Result<PlatformDiff, ClientError> {
        self.post("/v1/diff", request).await
    }

    /// `POST /v1/platforms/{name}/update`
    pub async fn update(&self, name: &str, request: &UpdateRequest) -> Result<UpdateReport, ClientError> {
        self.post(&format!("/v1/platforms/{}/update", transport::segment(name)), request).await
    }

    /// `POST /v1/platforms/{name}/approve`
    pub async fn approve(&self, name: &str, request: &ApproveRequest) -> Result<UpdateReport, ClientError> {
        self.post(&format!("/v1/platforms/{}/approve", transport::segment(name)), request).await
    }

    /// `POST /v1/platforms/{name}/rollback`
    pub async fn rollback(&self, name: &str, request: &RollbackRequest) -> Result<Receipt, ClientError> {
        self.post(&format!("/v1/platforms/{}/rollback", transport::segment(name)), request).await
    }

    /// `POST /v1/platforms/{name}/serving`
    pub async fn set_serving(&self, name: &str, request: &ServingRequest) -> Result<Receipt, ClientError> {
        self.post(&format!("/v1/platforms/{}/serving", transport::segment(name)), request).await
    }

    /// `POST /v1/platforms/{name}/migrate`
    pub async fn migrate(
        &self,
        name: &str,
        request: &MigrateRequest,
    ) -> Result<MigrationReport, ClientError> {
        self.post(&format!("/v1/platforms/{}/migrate", transport::segment(name)), request).await
    }

    /// `DELETE /v1/platforms/{name}`, `name` or `name@version`
    pub async fn uninstall(&self, name: &str) -> Result<Receipt, ClientError> {
        self.delete(&format!("/v1/platforms/{}", transport::segment(name))).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call("GET", path, None).await
    }

    async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call("DELETE", path, None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        self.send("POST", path, body).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_value(body).map_err(|error| ClientError::Malformed(error.to_string()))?;
        self.call(method, path, Some(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, ClientError> {
        let body = body.map(|body| body.to_string());
        let response =
            transport::send(&self.endpoint, self.token.as_deref(), method, path, body, "application/json")
                .await?;
        if !response.status().is_success() {
            return Err(transport::problem(response).await);
        }
        let bytes = transport::collect(response).await?;
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Malformed(error.to_string()))
    }
}
