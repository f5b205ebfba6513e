//! `service-port`: a port of another workload of the application.

use innominatus_guest::prelude::*;

use crate::route::Port;

/// A port of another workload.
#[derive(Debug, Clone, Copy)]
pub struct ServicePort;

/// Params of `service-port`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ServicePortParams {
    /// The workload.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"))]
    workload: String,
    /// Its port: the name under its `service.ports`, or a number.
    port: Port,
    /// The number its container listens on. The golden path `deploy-compose` fills this in, because only
    /// it sees the other workload.
    #[schemars(range(min = 1, max = 65535))]
    target_port: Option<u16>,
}

impl ServicePortParams {
    fn number(&self) -> Option<u16> {
        match (&self.target_port, &self.port) {
            (Some(number), _) | (None, Port::Number(number)) => Some(*number),
            (None, Port::Name(name)) => name.parse().ok(),
        }
    }
}

impl Provisioner for ServicePort {
    type Params = ServicePortParams;

    fn offer(&self) -> Offer {
        let offer = Offer::new("service-port").verb("update");
        offer.output(OutputSpec::text("hostname")).output(OutputSpec::integer("port"))
    }

    fn provision(&self, _host: &Host<'_>, target: &Target<ServicePortParams>) -> Result<Progress, Failure> {
        let ServicePortParams { workload, port, .. } = &target.params;
        let number = target.params.number().ok_or_else(|| {
            let port = serde_json::to_value(port).unwrap_or_default();
            let violation = Violation::new("/port", format!("workload `{workload}` has no port {port} here"))
                .remedy("write the number its container listens on, or add the workload to the application");
            Failure::invalid([violation])
        })?;
        Ok(State::new().output("hostname", workload.as_str()).output("port", number).into())
    }
}
