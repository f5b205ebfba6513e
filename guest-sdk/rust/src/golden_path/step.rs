//! The steps a golden path answers with.

use serde_json::json;

use super::{Candidate, Need};
use crate::{Failure, Json};

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Unique in the answer.
    pub name: String,
    /// `provisioner` or `render`; other words name executors that a host may have.
    pub kind: String,
    /// For a provisioner step: the id of its need.
    pub subject: Option<String>,
    /// For a provisioner step `{"provisioner": "<candidate>"}` with optional `params`; for a render step
    /// the golden path's own note to itself.
    pub config: Json,
    /// Names of steps that come first.
    pub depends_on: Vec<String>,
}

impl Step {
    /// Has the candidate make the need, with the need's own params.
    pub fn provisioner(name: impl Into<String>, need: &Need, candidate: &Candidate) -> Self {
        Self {
            name: name.into(),
            kind: "provisioner".to_owned(),
            subject: Some(need.id.clone()),
            config: json!({"provisioner": candidate.provisioner}),
            depends_on: Vec::new(),
        }
    }

    /// Calls `render`.
    pub fn render(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: "render".to_owned(),
            subject: None,
            config: json!({}),
            depends_on: Vec::new(),
        }
    }

    /// Comes after these steps, by name.
    #[must_use]
    pub fn after(mut self, steps: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.depends_on.extend(steps.into_iter().map(Into::into));
        self
    }

    /// For a provisioner step: other params than the need's own. Placeholders in them are filled as usual.
    #[must_use]
    pub fn with_params(mut self, params: Json) -> Self {
        self.config["params"] = params;
        self
    }
}

/// One provisioner step per need, named like the need, made by its first candidate, after what it depends
/// on. Fails with code `no-candidate` for a need that nobody makes.
pub fn steps_for_needs(needs: &[Need]) -> Result<Vec<Step>, Failure> {
    let step = |need: &Need| {
        let candidate = need.candidates.first().ok_or_else(|| {
            Failure::permanent(
                "no-candidate",
                format!("no provisioner makes `{}` for `{}`", need.kind, need.id),
            )
        })?;
        let before = needs.iter().filter(|other| need.depends_on.contains(&other.id));
        Ok(Step::provisioner(&need.name, need, candidate).after(before.map(|other| &other.name)))
    };
    needs.iter().map(step).collect()
}
