//! The role of a golden path: one method per export of `generator`.

use innominatus_effect::Export;
use innominatus_model::{Artifact, Failure, Info, Json, Made, PathRequest, Step, Violation};
use wasmtime::component::{ComponentNamedList, Lift, Lower};

use super::provisioner::failing;
use super::wit::types;
use super::{from_guest, to_guest};
use crate::bounds::{self, Checked};
use crate::call::{self, Answer, Call, CallError};
use crate::component::Component;
use crate::inspect::Role;

/// One call of a component as a golden path; each method uses it up.
pub struct GoldenPath {
    component: Component,
    call: Call,
}

impl GoldenPath {
    pub(crate) fn new(component: Component, call: Call) -> Self {
        Self { component, call }
    }

    /// What the component says of itself.
    pub async fn metadata(self) -> Result<Answer<Info>, CallError> {
        self.run(Export::Metadata, (), |(info,): (types::Info,)| from_guest::info(info)).await
    }

    /// The JSON Schema of the parameters; an object, not looked into further.
    pub async fn parameter_schema(self) -> Result<Answer<Json>, CallError> {
        self.run(Export::ParameterSchema, (), |(text,): (String,)| bounds::object("the schema", &text)).await
    }

    /// What is wrong with the parameters or workloads; empty when nothing is.
    pub async fn validate(self, request: &PathRequest) -> Result<Answer<Vec<Violation>>, CallError> {
        let params = (to_guest::request(request)?,);
        self.run(Export::Validate, params, |(list,)| from_guest::violations(list)).await
    }

    /// Which steps make what was asked for.
    pub async fn generate_steps(
        self,
        request: &PathRequest,
    ) -> Result<Answer<Result<Vec<Step>, Failure>>, CallError> {
        let params = (to_guest::request(request)?,);
        self.run(Export::GenerateSteps, params, failing(from_guest::steps)).await
    }

    /// The files of a run, from what was made. Names are relative paths, each once.
    pub async fn render(
        self,
        request: &PathRequest,
        step: &Step,
        made: &[Made],
    ) -> Result<Answer<Result<Vec<Artifact>, Failure>>, CallError> {
        let params = (to_guest::request(request)?, to_guest::step(step)?, to_guest::made(made)?);
        self.run(Export::Render, params, failing(from_guest::files)).await
    }

    async fn run<P, R, T>(
        self,
        export: Export,
        params: P,
        lift: impl FnOnce(R) -> Checked<T>,
    ) -> Result<Answer<T>, CallError>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        Box::pin(call::run(&self.component, self.call, Role::GoldenPath, export, params, lift)).await
    }
}
