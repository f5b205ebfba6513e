//! The trait of golden paths, and what they are asked.

mod request;
mod step;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Artifact, Failure, Json, PathHost, Violation, schema};

pub use request::{Candidate, Made, Need, Request, Workload};
pub use step::{Step, steps_for_needs};

/// Looks at what was asked for and says which steps make it. Has no effect outside the guest.
pub trait GoldenPath {
    /// What a person may pass to the golden path. The parameter schema comes from this type.
    type Parameters: DeserializeOwned + JsonSchema;

    /// Renders the run's files, once what the step depends on is made. Sensitive outputs are tokens, and
    /// may stand only in sensitive artifacts.
    fn render(
        &self,
        host: &PathHost<'_>,
        request: &Request<Self::Parameters>,
        step: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure>;

    /// What is wrong with the request, beyond the schema. By default nothing.
    fn validate(&self, host: &PathHost<'_>, request: &Request<Self::Parameters>) -> Vec<Violation> {
        let _ = (host, request);
        Vec::new()
    }

    /// The steps: exactly one provisioner step per need. By default those of [`steps_for_needs`] and one
    /// render step after all of them.
    fn generate_steps(
        &self,
        host: &PathHost<'_>,
        request: &Request<Self::Parameters>,
    ) -> Result<Vec<Step>, Failure> {
        let _ = host;
        let mut steps = steps_for_needs(&request.needs)?;
        let mut name = "render".to_owned();
        while steps.iter().any(|step| step.name == name) {
            name.push_str("-files");
        }
        steps.push(Step::render(name).after(steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>()));
        Ok(steps)
    }

    /// The schema of the parameters. By default that of the type.
    fn parameter_schema(&self) -> Json {
        schema::of::<Self::Parameters>()
    }
}
