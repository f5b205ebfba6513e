//! The variables of containers, a file for each: `<workload>/<container>.env`, a line for each variable.

use innominatus_guest::placeholder::Values;
use innominatus_guest::prelude::*;
use serde_json::Map;

/// The host completes the tokens in it, and quotes each value so that it reads back whole.
const MEDIA_TYPE: &str = "text/x-dotenv";

/// Each container that has variables, by name.
fn containers(workload: &Workload) -> impl Iterator<Item = (&String, &Map<String, Json>)> {
    let containers = workload.spec.get("containers").and_then(Json::as_object);
    containers.into_iter().flatten().filter_map(|(name, container)| {
        let variables = container.get("variables")?.as_object()?;
        (!variables.is_empty()).then_some((name, variables))
    })
}

/// What cannot be written as a line of a file.
pub(crate) fn violations(workload: &Workload) -> Vec<Violation> {
    let mut found = Vec::new();
    for (container, variables) in containers(workload) {
        for (name, value) in variables {
            let of =
                format!("the variable `{name}` of container `{container}` in workload `{}`", workload.name);
            if !is_name(name) {
                found.push(
                    Violation::new("", format!("{of} cannot stand in a file of variables"))
                        .remedy("write it in letters, digits and `_`, no digit first"),
                );
            }
            if value.as_str().is_some_and(has_lines) {
                found.push(
                    Violation::new(
                        "",
                        format!("{of} has several lines, and a file of variables has one for each"),
                    )
                    .remedy("write it on one line, for example as base64 text"),
                );
            }
        }
    }
    found
}

/// The files of a workload. Those who may read them may read the secrets in them.
pub(crate) fn files(workload: &Workload, needs: &[Need], made: &[Made]) -> Result<Vec<Artifact>, Failure> {
    let values = Values::new(workload, needs, made);
    let mut files = Vec::new();
    for (container, variables) in containers(workload) {
        let mut text = String::new();
        for (name, value) in variables {
            let value = values.expand(value.as_str().unwrap_or_default())?;
            if has_lines(&value) {
                let message =
                    format!("the variable `{name}` of container `{container}` came to several lines");
                return Err(Failure::permanent("variable-lines", message));
            }
            text.push_str(&format!("{name}={value}\n"));
        }
        let name = format!("{}/{container}.env", workload.name);
        files.push(Artifact::text(name, MEDIA_TYPE, text).sensitive());
    }
    Ok(files)
}

fn has_lines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()) && name.chars().all(plain)
}
