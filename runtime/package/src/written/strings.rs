//! Placeholders in the texts of a step's config, held against what there is to fill in.

use innominatus_model::placeholder::{Part, Source, parts};
use innominatus_model::{Code, Json};

use super::schema;
use crate::findings::{Findings, list};
use crate::yaml::{Node, Value};

/// What may be filled into a text.
#[derive(Clone, Copy)]
pub(super) struct Fillable<'a> {
    /// The schema of the parameters; `None` if it could not be read.
    pub(super) schema: Option<&'a Json>,
    /// Whether it is filled for one need, and read by Score afterwards.
    pub(super) of_need: bool,
}

/// Every text in the value, keys aside.
pub(super) fn check(node: &Node, what: &str, fillable: Fillable<'_>, findings: &mut Findings) {
    match &node.value {
        Value::Text(text) => check_text(node, text, what, fillable, findings),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                check(item, &format!("{what}[{at}]"), fillable, findings);
            }
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                check(item, &format!("{what}.{}", key.text.escape_debug()), fillable, findings);
            }
        }
        Value::Null | Value::Plain { .. } => {}
    }
}

fn check_text(node: &Node, text: &str, what: &str, fillable: Fillable<'_>, findings: &mut Findings) {
    let found = match parts(text) {
        Ok(found) => found,
        Err(bad) => {
            let message = format!("`{what}` has a placeholder that cannot be read: {bad}");
            findings.invalid(node.place, message, bad.remedy());
            return;
        }
    };
    for part in found {
        match part {
            Part::Text(_) | Part::Escape(_) => {}
            Part::Score(_) if fillable.of_need => {}
            Part::Score(written) => {
                let message = format!("`{what}` has `{}`, which has no value here", written.escape_debug());
                let hint = "Score's placeholders have values in the params of a provisioner step only";
                findings.invalid(node.place, message, hint);
            }
            Part::Value(source) => check_source(node, &source, what, fillable, findings),
        }
    }
}

fn check_source(node: &Node, source: &Source, what: &str, fillable: Fillable<'_>, findings: &mut Findings) {
    match source {
        Source::NeedName | Source::NeedParam(_) if !fillable.of_need => {
            let message = format!("`{what}` speaks of a need, but this step is not for a single one");
            let hint = "`${need.…}` has a value in the params of a provisioner step";
            findings.invalid(node.place, message, hint);
        }
        Source::Parameter(path) => {
            let Some(schema) = fillable.schema else { return };
            match schema::known(schema, path) {
                schema::Known::Always => {}
                schema::Known::Perhaps => {
                    let shown = path.join(".").escape_debug().to_string();
                    let message = format!(
                        "`{what}` uses the parameter `{shown}`, which is neither required nor has a default"
                    );
                    findings.doubt(node.place, message, "give it a `default`, or list it under `required`");
                }
                schema::Known::No { level, names } => {
                    let shown = path[..=level].join(".").escape_debug().to_string();
                    let message =
                        format!("`{what}` uses the parameter `{shown}`, which `parameters` does not have");
                    let near = crate::findings::nearest(&path[level], names.iter().copied());
                    let hint = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if names.is_empty() => "add it under `parameters.properties`".to_owned(),
                        None => {
                            format!(
                                "add it under `parameters.properties`; there are {}",
                                list(names.iter().copied())
                            )
                        }
                    };
                    findings.error(node.place, Code::ManifestReference, message, hint);
                }
            }
        }
        _ => {}
    }
}
