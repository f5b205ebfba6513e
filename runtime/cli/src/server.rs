//! Asks API v1, whoever serves it.
//!
//! Without a named server, the one at work may be another command's and go away between two questions. Then
//! the next one is found or started, and the question asked again. What may not be asked twice is asked again
//! only if it did not arrive.

use std::time::Duration;

use innominatus_api::client::{EventStream, Filter};
use innominatus_api::wire::{
    ApplicationDetail, ApplicationList, AppliedPlatforms, ApplyPlatformsRequest, ApplyRequest,
    ApproveRequest, ArtifactList, CompatMatrix, DiffRequest, DiscoverRequest, Discovery, EventList,
    Examination, ExamineRequest, GrantsView, InstallRequest, MigrateRequest, MigrationReport, OutdatedList,
    OutputList, PlanView, PlatformDetail, PlatformDiff, PlatformList, Receipt, ReplayAnswer, ReplayRequest,
    ResolveRequest, ResourceDetail, ResourceList, RollbackRequest, RunDetail, RunList, SecretList,
    SecretValue, ServerStatus, ServingRequest, SourcesAnswer, SourcesRequest, UpdateReport, UpdateRequest,
    ValidateAnswer, Verification, VerifyRequest,
};
use innominatus_api::{Client, ClientError};
use innominatus_model::{Code, Coded};

use crate::connect::Connector;
use crate::problem::Failure;

/// How often in a row a server may go away.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A server, or its successors.
pub(crate) struct Server<'a> {
    connector: &'a Connector,
    /// Only one that goes on when this process ends will do.
    lasting: bool,
}

impl<'a> Server<'a> {
    /// Any server, or only a lasting one.
    pub(crate) fn new(connector: &'a Connector, lasting: bool) -> Self {
        Self { connector, lasting }
    }

    /// Makes sure that there is one.
    pub(crate) async fn reach(&self) -> Result<(), Failure> {
        self.connector.client(self.lasting).await.map(drop)
    }

    pub(crate) async fn status(&self) -> Result<ServerStatus, Failure> {
        self.ask(async |client| client.status().await).await
    }

    pub(crate) async fn sources(&self, request: &SourcesRequest) -> Result<SourcesAnswer, Failure> {
        self.ask(async |client| client.sources(request).await).await
    }

    pub(crate) async fn validate(&self, request: &ApplyRequest) -> Result<ValidateAnswer, Failure> {
        self.ask(async |client| client.validate(request).await).await
    }

    pub(crate) async fn plan(&self, request: &ApplyRequest) -> Result<PlanView, Failure> {
        self.ask(async |client| client.plan(request).await).await
    }

    /// Asked twice it changes nothing the second time.
    pub(crate) async fn apply(&self, request: &ApplyRequest) -> Result<Receipt, Failure> {
        self.ask(async |client| client.apply(request).await).await
    }

    pub(crate) async fn applications(&self, filter: &Filter) -> Result<ApplicationList, Failure> {
        self.ask(async |client| client.applications(filter).await).await
    }

    pub(crate) async fn application(
        &self,
        name: &str,
        filter: &Filter,
    ) -> Result<ApplicationDetail, Failure> {
        self.ask(async |client| client.application(name, filter).await).await
    }

    pub(crate) async fn delete_application(
        &self,
        name: &str,
        workload: Option<&str>,
        filter: &Filter,
    ) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.delete_application(name, workload, filter).await).await
    }

    pub(crate) async fn resources(&self, filter: &Filter) -> Result<ResourceList, Failure> {
        self.ask(async |client| client.resources(filter).await).await
    }

    pub(crate) async fn resource(&self, id: &str) -> Result<ResourceDetail, Failure> {
        self.ask(async |client| client.resource(id).await).await
    }

    pub(crate) async fn delete_resource(&self, id: &str) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.delete_resource(id).await).await
    }

    pub(crate) async fn outputs(&self, id: &str, reveal: bool) -> Result<OutputList, Failure> {
        self.ask(async |client| client.outputs(id, reveal).await).await
    }

    pub(crate) async fn resolve(&self, id: &str, request: &ResolveRequest) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.resolve(id, request).await).await
    }

    pub(crate) async fn journal(&self, id: &str) -> Result<serde_json::Value, Failure> {
        self.ask(async |client| client.journal(id).await).await
    }

    pub(crate) async fn replay(&self, request: &ReplayRequest) -> Result<ReplayAnswer, Failure> {
        self.ask(async |client| client.replay(request).await).await
    }

    pub(crate) async fn runs(&self, filter: &Filter) -> Result<RunList, Failure> {
        self.ask(async |client| client.runs(filter).await).await
    }

    pub(crate) async fn run(&self, id: &str, wait_seconds: Option<u64>) -> Result<RunDetail, Failure> {
        self.ask(async |client| client.run(id, wait_seconds).await).await
    }

    pub(crate) async fn artifacts(&self, run: &str) -> Result<ArtifactList, Failure> {
        self.ask(async |client| client.artifacts(run).await).await
    }

    pub(crate) async fn events(&self, filter: &Filter) -> Result<EventList, Failure> {
        self.ask(async |client| client.events(filter).await).await
    }

    /// The stream ends with the server that gives it; begin another one where it ended.
    pub(crate) async fn follow(&self, filter: &Filter) -> Result<EventStream, Failure> {
        self.ask(async |client| client.follow(filter).await).await
    }

    /// Asked twice it changes nothing the second time.
    pub(crate) async fn install(&self, request: &InstallRequest) -> Result<Receipt, Failure> {
        self.ask(async |client| client.install(request).await).await
    }

    pub(crate) async fn examine(&self, request: &ExamineRequest) -> Result<Examination, Failure> {
        self.ask(async |client| client.examine(request).await).await
    }

    pub(crate) async fn grants(&self) -> Result<GrantsView, Failure> {
        self.ask(async |client| client.grants().await).await
    }

    pub(crate) async fn secrets(&self) -> Result<SecretList, Failure> {
        self.ask(async |client| client.secrets().await).await
    }

    /// Set twice it has one more version, which is not what was asked for.
    pub(crate) async fn set_secret(&self, name: &str, value: &SecretValue) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.set_secret(name, value).await).await
    }

    pub(crate) async fn rotate_secret(&self, name: &str, value: &SecretValue) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.rotate_secret(name, value).await).await
    }

    pub(crate) async fn remove_secret(&self, name: &str, force: bool) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.remove_secret(name, force).await).await
    }

    pub(crate) async fn rotate_key(&self) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.rotate_key().await).await
    }

    pub(crate) async fn platforms(&self) -> Result<PlatformList, Failure> {
        self.ask(async |client| client.platforms().await).await
    }

    pub(crate) async fn platform(&self, name: &str) -> Result<PlatformDetail, Failure> {
        self.ask(async |client| client.platform(name).await).await
    }

    pub(crate) async fn uninstall(&self, name: &str) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.uninstall(name).await).await
    }

    /// Asked twice it changes nothing the second time.
    pub(crate) async fn apply_platforms(
        &self,
        request: &ApplyPlatformsRequest,
    ) -> Result<AppliedPlatforms, Failure> {
        self.ask(async |client| client.apply_platforms(request).await).await
    }

    pub(crate) async fn discover(&self, request: &DiscoverRequest) -> Result<Discovery, Failure> {
        self.ask(async |client| client.discover(request).await).await
    }

    pub(crate) async fn outdated(&self) -> Result<OutdatedList, Failure> {
        self.ask(async |client| client.outdated().await).await
    }

    pub(crate) async fn compatibility(&self) -> Result<CompatMatrix, Failure> {
        self.ask(async |client| client.compatibility().await).await
    }

    pub(crate) async fn verify(&self, request: &VerifyRequest) -> Result<Verification, Failure> {
        self.ask(async |client| client.verify(request).await).await
    }

    pub(crate) async fn diff(&self, request: &DiffRequest) -> Result<PlatformDiff, Failure> {
        self.ask(async |client| client.diff(request).await).await
    }

    /// Asked twice it changes nothing the second time.
    pub(crate) async fn update(&self, name: &str, request: &UpdateRequest) -> Result<UpdateReport, Failure> {
        self.ask(async |client| client.update(name, request).await).await
    }

    pub(crate) async fn approve(
        &self,
        name: &str,
        request: &ApproveRequest,
    ) -> Result<UpdateReport, Failure> {
        self.ask_once(async |client| client.approve(name, request).await).await
    }

    pub(crate) async fn rollback(&self, name: &str, request: &RollbackRequest) -> Result<Receipt, Failure> {
        self.ask_once(async |client| client.rollback(name, request).await).await
    }

    pub(crate) async fn set_serving(&self, name: &str, request: &ServingRequest) -> Result<Receipt, Failure> {
        self.ask(async |client| client.set_serving(name, request).await).await
    }

    /// Asked twice it finds nothing left to move.
    pub(crate) async fn migrate(
        &self,
        name: &str,
        request: &MigrateRequest,
    ) -> Result<MigrationReport, Failure> {
        self.ask(async |client| client.migrate(name, request).await).await
    }

    /// For what may be asked twice.
    async fn ask<T>(&self, call: impl AsyncFn(&Client) -> Result<T, ClientError>) -> Result<T, Failure> {
        self.repeat(call, is_gone).await
    }

    /// For what may not: only a question that did not arrive is asked again.
    async fn ask_once<T>(&self, call: impl AsyncFn(&Client) -> Result<T, ClientError>) -> Result<T, Failure> {
        self.repeat(call, |error| is_gone(error) && !matches!(error, ClientError::Broken(_))).await
    }

    async fn repeat<T>(
        &self,
        call: impl AsyncFn(&Client) -> Result<T, ClientError>,
        again: impl Fn(&ClientError) -> bool,
    ) -> Result<T, Failure> {
        let mut tries = 0;
        loop {
            let client = self.connector.client(self.lasting).await?;
            match call(&client).await {
                // A named server that is not there is not looked for: nobody here would start it.
                Err(error) if again(&error) && !self.connector.has_server() && tries < TRIES => {
                    tries += 1;
                    self.connector.forget().await;
                    tokio::time::sleep(PAUSE).await;
                }
                result => return result.map_err(Failure::from),
            }
        }
    }
}

/// Whether the server went away, or is about to.
fn is_gone(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } | ClientError::Broken(_) => true,
        ClientError::Problem(_) => error.code() == Code::Unavailable,
        ClientError::Malformed(_) => false,
    }
}

/// Whether a command failed because the server went away.
pub(crate) fn went_away(failure: &Failure) -> bool {
    [Code::ServerUnreachable, Code::Interrupted, Code::Unavailable].into_iter().any(|code| failure.is(code))
}
