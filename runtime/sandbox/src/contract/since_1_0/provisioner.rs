//! The role of a provisioner: one method per export of `lifecycle`.

use innominatus_effect::Export;
use innominatus_model::{
    Class, Failure, Hint, Info, Json, Kind, Progress, Removal, State, Status, Target, Violation,
};

use wasmtime::component::{ComponentNamedList, Lift, Lower};

use super::wit::types;
use super::{from_guest, to_guest};
use crate::bounds::{self, Checked};
use crate::call::{self, Answer, Call, CallError};
use crate::component::Component;
use crate::inspect::Role;

/// One call of a component as a provisioner; each method uses it up.
pub struct Provisioner {
    component: Component,
    call: Call,
}

type Guest<T> = (Result<T, types::Failure>,);

impl Provisioner {
    pub(crate) fn new(component: Component, call: Call) -> Self {
        Self { component, call }
    }

    /// What the component says of itself.
    pub async fn metadata(self) -> Result<Answer<Info>, CallError> {
        self.run(Export::Metadata, (), |(info,): (types::Info,)| from_guest::info(info)).await
    }

    /// The JSON Schema of the params of one kind and class; an object, not looked into further.
    pub async fn config_schema(self, kind: &Kind, class: &Class) -> Result<Answer<Json>, CallError> {
        let params = (kind.to_string(), class.to_string());
        self.run(Export::ConfigSchema, params, |(text,): (String,)| bounds::object("the schema", &text)).await
    }

    /// What is wrong with the target's params beyond the schema; empty when nothing is.
    pub async fn validate_config(self, target: &Target) -> Result<Answer<Vec<Violation>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::ValidateConfig, params, |(list,)| from_guest::violations(list)).await
    }

    /// Makes or changes the thing.
    pub async fn provision(self, target: &Target) -> Result<Answer<Result<Progress, Failure>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::Provision, params, failing(from_guest::progress)).await
    }

    /// Removes the thing.
    pub async fn deprovision(self, target: &Target) -> Result<Answer<Result<Removal, Failure>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::Deprovision, params, failing(from_guest::removal)).await
    }

    /// Looks at the thing.
    pub async fn get_status(self, target: &Target) -> Result<Answer<Result<Status, Failure>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::GetStatus, params, failing(from_guest::status)).await
    }

    /// What a person may want to know of the thing.
    pub async fn get_hints(self, target: &Target) -> Result<Answer<Result<Vec<Hint>, Failure>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::GetHints, params, failing(from_guest::hints)).await
    }

    /// Takes over a thing that exists.
    pub async fn adopt(
        self,
        target: &Target,
        reference: &str,
    ) -> Result<Answer<Result<Progress, Failure>>, CallError> {
        let params = (to_guest::target(target)?, reference.to_owned());
        self.run(Export::Adopt, params, failing(from_guest::progress)).await
    }

    /// From the state of an older version, in `target.prior`.
    pub async fn upgrade_state(self, target: &Target) -> Result<Answer<Result<State, Failure>>, CallError> {
        let params = (to_guest::target(target)?,);
        self.run(Export::UpgradeState, params, failing(from_guest::state)).await
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
        Box::pin(call::run(&self.component, self.call, Role::Provisioner, export, params, lift)).await
    }
}

/// Reads an answer that may be a failure.
pub(super) fn failing<G, T>(
    read: impl FnOnce(G) -> Checked<T>,
) -> impl FnOnce(Guest<G>) -> Checked<Result<T, Failure>> {
    |(answer,)| match answer {
        Ok(value) => read(value).map(Ok),
        Err(failure) => from_guest::failure(failure).map(Err),
    }
}
