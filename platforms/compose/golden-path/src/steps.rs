//! The steps: one per need, then one that renders.

use innominatus_guest::prelude::*;
use innominatus_guest::steps_for_needs;

use crate::parameters::Parameters;
use crate::ports;
use crate::score::Spec;

/// One provisioner step per need, and one render step after all of them.
pub(crate) fn steps(request: &Request<Parameters>) -> Result<Vec<Step>, Failure> {
    let mut steps = steps_for_needs(&request.needs)?;
    for step in &mut steps {
        let need = step.subject.as_deref().and_then(|id| request.need(id));
        let filled = |need| with_target_port(need, request).or_else(|| with_route_port(need, request));
        if let Some(params) = need.and_then(filled) {
            *step = step.clone().with_params(params);
        }
    }
    let mut name = "compose".to_owned();
    while steps.iter().any(|step| step.name == name) {
        name.push_str("-files");
    }
    let before: Vec<_> = steps.iter().map(|step| step.name.clone()).collect();
    steps.push(Step::render(name).after(before));
    Ok(steps)
}

/// A `service-port` cannot see the other workload; what its port is, is known here.
fn with_target_port(need: &Need, request: &Request<Parameters>) -> Option<Json> {
    if need.kind != "service-port" || !need.params["targetPort"].is_null() {
        return None;
    }
    let workload = request.workload(need.params["workload"].as_str()?)?;
    let port = &need.params["port"];
    let port = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
    let listening = ports::declared(&Spec::of(workload).ok()?, &port)?;
    let mut params = need.params.clone();
    params["targetPort"] = json!(listening.number);
    Some(params)
}

/// What a person passes to the golden path its provisioners do not see, and their hints say where routes are.
fn with_route_port(need: &Need, request: &Request<Parameters>) -> Option<Json> {
    if !matches!(need.kind.as_str(), "route" | "dns") {
        return None;
    }
    let mut params = need.params.clone();
    params["routePort"] = json!(request.parameters.route_port?);
    Some(params)
}
