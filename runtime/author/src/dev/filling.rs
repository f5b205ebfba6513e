//! Outputs into params, before a provisioner is called.

use innominatus_model::{Json, Output};
use innominatus_plan::Task;
use innominatus_score::Workload;
use innominatus_score::placeholder::{self, Reference, Root};

/// What was made so far.
pub(crate) struct Made<'a> {
    /// The workload in whose context placeholders are read.
    pub(crate) workload: &'a Workload,
    /// By resource, its outputs.
    pub(crate) ready: &'a [(innominatus_model::ResourceId, String, Vec<Output>)],
}

impl Made<'_> {
    /// The params of a task with every placeholder filled. The error is a sentence without a full stop.
    pub(crate) fn fill(&self, task: &Task) -> Result<Json, String> {
        let mut resolve = |reference: &Reference| self.resolve(task, reference);
        placeholder::fill_json(&task.params, &mut resolve).map_err(|error| error.to_string())
    }

    fn resolve(&self, task: &Task, reference: &Reference) -> Result<Json, String> {
        if reference.root == Root::Metadata {
            let found = self.workload.metadata_at(&reference.path).cloned();
            return found.ok_or_else(|| "there is no such metadata".to_owned());
        }
        let name = reference.resource().unwrap_or_default();
        let of = task.references.iter().find(|(known, _)| known == name);
        let made = of.and_then(|(_, id)| self.ready.iter().find(|(known, _, _)| known == id));
        let (_, uid, outputs) = made.ok_or_else(|| format!("`{name}` is not made"))?;
        let Some((output, deeper)) = reference.output().split_first() else {
            return Ok(Json::String(uid.clone()));
        };
        let found = outputs.iter().find(|known| known.name == *output);
        let value = found.ok_or_else(|| format!("`{name}` gave no output `{output}`"))?.value.clone();
        deeper
            .iter()
            .try_fold(value, |value, segment| value.get(segment).cloned())
            .ok_or_else(|| format!("it goes deeper than the output `{output}`"))
    }
}
