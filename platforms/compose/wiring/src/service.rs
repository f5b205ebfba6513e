//! `service`: another workload of the application, by the name of the resource.

use innominatus_guest::prelude::*;

/// Another workload. It need not be there yet: names are found when containers talk.
#[derive(Debug, Clone, Copy)]
pub struct Service;

/// Params of `service`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceParams {
    /// The workload, if it is not called like the resource.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"))]
    workload: Option<String>,
}

impl Provisioner for Service {
    type Params = ServiceParams;

    fn offer(&self) -> Offer {
        let offer = Offer::new("service").verb("update");
        offer.output(OutputSpec::text("name")).output(OutputSpec::text("hostname"))
    }

    fn provision(&self, _host: &Host<'_>, target: &Target<ServiceParams>) -> Result<Progress, Failure> {
        let workload = target.params.workload.as_deref().unwrap_or(target.resource_name());
        Ok(State::new().output("name", workload).output("hostname", workload).into())
    }
}
