//! What the references of a workload lead to.

use super::{ExpandError, Reference, Segment, Template};
use crate::{Json, Made, Need, Output, Workload};

/// The values that one workload's references lead to.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    workload: &'a Workload,
    needs: &'a [Need],
    made: &'a [Made],
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `${metadata.…}`
    Metadata(&'a Json),
    /// `${resources.<name>}`: the resource itself, as volumes name their source.
    Resource(&'a Need),
    /// `${resources.<name>.<output>}`
    Output {
        /// Of this need.
        need: &'a Need,
        /// The whole output; sensitive ones are tokens.
        output: &'a Output,
        /// What the rest of the reference picks from its value.
        value: &'a Json,
    },
    /// An output that nobody handed over, of a kind whose outputs are open: the golden path knows what it
    /// means.
    Open {
        /// Of this need.
        need: &'a Need,
        /// The output's name.
        name: String,
    },
}

/// A reference that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{reference}` of workload `{workload}` leads nowhere: {reason}")]
pub struct LookupError {
    /// As written.
    pub reference: String,
    /// Whose.
    pub workload: String,
    /// Why.
    pub reason: String,
}

impl<'a> Values<'a> {
    /// Of a workload, with what its request needs and what has been made of it. Before anything is made,
    /// pass nothing: resources can then be looked up, outputs cannot.
    pub fn new(workload: &'a Workload, needs: &'a [Need], made: &'a [Made]) -> Self {
        Self { workload, needs, made }
    }

    /// The value of an output of a need that has been made.
    pub fn output(&self, need: &Need, output: &str) -> Option<&'a Json> {
        let made = self.made.iter().find(|made| made.need == need.id)?;
        made.output(output).map(|output| &output.value)
    }

    /// Looks a reference up.
    pub fn look_up(&self, reference: &Reference) -> Result<Value<'a>, LookupError> {
        self.find(reference.parts()).map_err(|reason| self.error(reference, reason))
    }

    /// The text with every reference replaced by its value, text as it is, other values as JSON. Sensitive
    /// outputs become their tokens; a resource becomes its id; an open output fails.
    pub fn expand(&self, text: &str) -> Result<String, ExpandError> {
        let template = Template::parse(text)?;
        let mut expanded = String::new();
        for segment in template.segments() {
            match segment {
                Segment::Text(text) => expanded.push_str(text),
                Segment::Reference(reference) => {
                    let value = self.look_up(reference)?.to_text();
                    let value =
                        value.ok_or_else(|| self.error(reference, "it has no value here".to_owned()))?;
                    expanded.push_str(&value);
                }
            }
        }
        Ok(expanded)
    }

    fn error(&self, reference: &Reference, reason: String) -> LookupError {
        LookupError { reference: reference.to_string(), workload: self.workload.name.clone(), reason }
    }

    fn find(&self, parts: &[String]) -> Result<Value<'a>, String> {
        match parts {
            [root, keys @ ..] if root == "metadata" => {
                let metadata = self.workload.spec.get("metadata").unwrap_or(&Json::Null);
                Ok(Value::Metadata(pick(metadata, keys)?))
            }
            [root, name] if root == "resources" => Ok(Value::Resource(self.need(name)?)),
            [root, name, output, keys @ ..] if root == "resources" => self.find_output(name, output, keys),
            _ => Err("it begins neither with `metadata` nor with `resources.<name>`".to_owned()),
        }
    }

    fn need(&self, name: &str) -> Result<&'a Need, String> {
        let resource = self.workload.spec.get("resources").and_then(|resources| resources.get(name));
        let resource = resource.ok_or_else(|| format!("there is no resource `{name}`"))?;
        let uid = resource_uid(&self.workload.name, name, resource);
        self.needs.iter().find(|need| need.id == uid).ok_or_else(|| format!("nobody makes `{uid}`"))
    }

    fn find_output(&self, name: &str, output: &str, keys: &[String]) -> Result<Value<'a>, String> {
        let need = self.need(name)?;
        let made = self.made.iter().find(|made| made.need == need.id);
        if let Some(found) = made.and_then(|made| made.output(output)) {
            return Ok(Value::Output { need, output: found, value: pick(&found.value, keys)? });
        }
        let open = need.candidates.iter().any(|candidate| candidate.offer.has_open_outputs());
        if open && keys.is_empty() {
            return Ok(Value::Open { need, name: output.to_owned() });
        }
        let known: Vec<_> =
            made.iter().flat_map(|made| &made.outputs).map(|output| output.name.as_str()).collect();
        Err(format!("`{name}` has no output `{output}`, only `{}`", known.join("`, `")))
    }
}

impl Value<'_> {
    /// As text in another text; none for an open output.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Metadata(value) | Self::Output { value, .. } => Some(text(value)),
            Self::Resource(need) => Some(need.id.clone()),
            Self::Open { .. } => None,
        }
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn pick<'v>(value: &'v Json, keys: &[String]) -> Result<&'v Json, String> {
    keys.iter().try_fold(value, |value, key| value.get(key).ok_or_else(|| format!("there is no key `{key}`")))
}

/// What makes two resources of workloads the same: `type.class#id`, or `type.class#workload.name` without
/// an `id`. `resource` is its part of the Score file.
pub fn resource_uid(workload: &str, name: &str, resource: &Json) -> String {
    let field = |key: &str| resource.get(key).and_then(Json::as_str);
    let kind = field("type").unwrap_or_default();
    let class = field("class").unwrap_or("default");
    match field("id") {
        Some(id) => format!("{kind}.{class}#{id}"),
        None => format!("{kind}.{class}#{workload}.{name}"),
    }
}
