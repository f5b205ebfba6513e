//! What leads from one workload to another: `service` and `service-port` resources. A workload that is not
//! there yet may come later, so nothing here fails; it is said, because nobody answers until then.

use innominatus_guest::placeholder::{Reference, Segment, Template, Value, Values};
use innominatus_guest::{Made, Need, PathHost, Request, Workload};

use crate::parameters::Parameters;
use crate::ports;
use crate::score::{Container, Spec};

/// Warns of links that lead nowhere.
pub(crate) fn check(host: &PathHost<'_>, request: &Request<Parameters>, made: &[Made]) {
    for need in &request.needs {
        let Some(name) = leads_to(need, made) else { continue };
        // A name with a dot is not one of a workload: another platform's service, somewhere else.
        if request.workload(name).is_none() && !name.contains('.') {
            host.warn(format!(
                "`{}` leads to the workload `{name}`, which is not part of the application `{}`: nobody answers there \
                 until its Score file is applied to this application too",
                need.id, request.application
            ));
        }
    }
    for workload in &request.workloads {
        let Ok(spec) = Spec::of(workload) else { continue };
        for (name, container) in &spec.containers {
            in_container(host, request, made, workload, name, container);
        }
    }
}

/// The workload that a link leads to.
fn leads_to<'a>(need: &Need, made: &'a [Made]) -> Option<&'a str> {
    if !matches!(need.kind.as_str(), "service" | "service-port") {
        return None;
    }
    made.iter().find(|made| made.need == need.id)?.output("hostname")?.value.as_str()
}

/// Texts like `${resources.backend.name}:80`: inside the project a workload is reached by what its container
/// listens on, because Compose maps no ports between services.
fn in_container(
    host: &PathHost<'_>,
    request: &Request<Parameters>,
    made: &[Made],
    workload: &Workload,
    container_name: &str,
    container: &Container,
) {
    let values = Values::new(workload, &request.needs, made);
    for (place, text) in texts(container) {
        let Ok(template) = Template::parse(text) else { continue };
        for pair in template.segments().windows(2) {
            let [Segment::Reference(reference), Segment::Text(after)] = pair else { continue };
            let Some(problem) = problem(reference, after, values, request, made) else { continue };
            host.warn(format!(
                "{place} of container `{container_name}` of workload `{}`: {problem}",
                workload.name
            ));
        }
    }
}

fn texts(container: &Container) -> impl Iterator<Item = (String, &str)> {
    let variables =
        container.variables.iter().map(|(name, text)| (format!("variable `{name}`"), text.as_str()));
    let files = container.files.iter().filter(|(_, file)| !file.no_expand);
    let files = files.filter_map(|(name, file)| Some((format!("file `{name}`"), file.content.as_deref()?)));
    variables.chain(files)
}

fn problem(
    reference: &Reference,
    after: &str,
    values: Values<'_>,
    request: &Request<Parameters>,
    made: &[Made],
) -> Option<String> {
    let Ok(Value::Output { need, output, .. }) = values.look_up(reference) else { return None };
    if !matches!(output.name.as_str(), "name" | "hostname") {
        return None;
    }
    let name = leads_to(need, made)?;
    let digits: String = after.strip_prefix(':')?.chars().take_while(char::is_ascii_digit).collect();
    let number: u16 = digits.parse().ok()?;
    let spec = Spec::of(request.workload(name)?).ok()?;
    match ports::declared(&spec, &digits) {
        Some(listening) if listening.number == number => None,
        Some(listening) => Some(format!(
            "`{name}:{number}` does not answer inside the project, where `{name}` listens on {}; write that number, \
             or take host and port from a resource of `type: service-port`",
            listening.number
        )),
        None => Some(format!(
            "`{name}:{number}` is not a port of workload `{name}`, which {}",
            ports::names(&spec)
        )),
    }
}
