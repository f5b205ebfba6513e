//! `route`: requests for a host and path lead to a port of the workload.

use innominatus_guest::prelude::*;

use crate::settings::address;

/// The media type of a route; see the platform's README.
pub const ROUTE: &str = "application/vnd.innominatus.compose-route+json";

/// A route of the workload that declares it.
#[derive(Debug, Clone, Copy)]
pub struct Route;

/// Params of `route`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RouteParams {
    /// The host name that requests ask for.
    #[schemars(regex(pattern = r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"), length(max = 253))]
    host: String,
    /// The path they begin with; a regular expression works too.
    #[serde(default = "root")]
    #[schemars(regex(pattern = r#"^/[^\s"';{}]*$"#))]
    path: String,
    /// A port of the workload: its name under `service.ports`, or its number.
    port: Port,
    /// The port of this machine where routes are served. The golden path `deploy-compose` fills this in.
    #[schemars(range(min = 1, max = 65535))]
    route_port: Option<u16>,
}

/// A port by name or number.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Port {
    /// By number.
    Number(#[schemars(range(min = 1, max = 65535))] u16),
    /// By name; a number as text is a number.
    Name(#[schemars(regex(pattern = r"^[a-z0-9-]{1,63}$"))] String),
}

fn root() -> String {
    "/".to_owned()
}

impl Provisioner for Route {
    type Params = RouteParams;

    fn offer(&self) -> Offer {
        Offer::new("route").verb("update")
    }

    fn provision(&self, _host: &Host<'_>, target: &Target<RouteParams>) -> Result<Progress, Failure> {
        let workload = target.workloads.first().ok_or_else(|| {
            Failure::permanent("no-workload", format!("no workload declares the route `{}`", target.name))
        })?;
        let RouteParams { host, path, port, .. } = &target.params;
        let route = json!({"host": host, "path": path, "port": port, "workload": workload});
        Ok(State::new().artifact(Artifact::json("route.json", ROUTE, &route)?).into())
    }

    fn get_hints(&self, host: &Host<'_>, target: &Target<RouteParams>) -> Result<Vec<Hint>, Failure> {
        let RouteParams { host: name, path, route_port, .. } = &target.params;
        let address = address(host, target, *route_port, name)?;
        Ok(vec![
            Hint::url("Open", format!("{address}{path}")),
            Hint::command("Start the project", "docker compose up --detach"),
        ])
    }
}
