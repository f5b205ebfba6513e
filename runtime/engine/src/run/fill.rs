//! Outputs into params: one pass, sensitive values as tokens of the component that asked.

use std::collections::BTreeMap;

use innominatus_ledger::{Ledger, LedgerError, Resource};
use innominatus_model::{Json, Name, PathRequest, ResourceId, Scope};
use innominatus_score::Workload;
use innominatus_score::placeholder::{self, Reference, Root};

/// Why params cannot be filled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FillError {
    /// The ledger could not do its part.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What a placeholder refers to is not there.
    #[error("{0}")]
    Missing(String),
}

/// Fills the params of one component.
pub(crate) struct Filler<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) scope: &'a Scope,
    pub(crate) request: &'a PathRequest,
    /// `<platform>/<entry>` of the component that will see the values.
    pub(crate) component: &'a str,
}

impl Filler<'_> {
    /// The params with every placeholder replaced. `references` says which resource a name means.
    pub(crate) async fn fill(
        &self,
        params: &Json,
        owner: &Name,
        references: &[(String, ResourceId)],
    ) -> Result<Json, FillError> {
        let missing = |error: &dyn std::fmt::Display| FillError::Missing(error.to_string());
        let mut values: BTreeMap<String, Json> = BTreeMap::new();
        let workload = self
            .request
            .workloads
            .iter()
            .find(|known| known.name == *owner)
            .and_then(|known| Workload::from_spec(known.spec.clone()).ok());
        for reference in placeholder::references(params).map_err(|error| missing(&error))? {
            let key = reference.to_string();
            if values.contains_key(&key) {
                continue;
            }
            let value = match reference.root {
                Root::Metadata => workload
                    .as_ref()
                    .and_then(|workload| workload.metadata_at(&reference.path))
                    .cloned()
                    .ok_or_else(|| {
                        FillError::Missing(format!("`{key}` names metadata that `{owner}` does not have"))
                    })?,
                Root::Resources => self.output(&reference, references).await?,
            };
            values.insert(key, value);
        }
        placeholder::fill_json(params, &mut |reference: &Reference| {
            values
                .get(&reference.to_string())
                .cloned()
                .ok_or_else(|| format!("`{reference}` was not resolved"))
        })
        .map_err(|error| missing(&error))
    }

    async fn output(
        &self,
        reference: &Reference,
        references: &[(String, ResourceId)],
    ) -> Result<Json, FillError> {
        let mut path = reference.path.iter();
        let name = path.next().map(String::as_str).unwrap_or_default();
        let gone = || FillError::Missing(format!("`{reference}` refers to `{name}`, which is not there"));
        let id = references.iter().find(|(known, _)| known == name).map(|(_, id)| *id).ok_or_else(gone)?;
        let resource = self.ledger.resource(id).await?.ok_or_else(gone)?.value;
        let Some(output) = path.next() else { return Ok(Json::String(resource.uid.to_string())) };
        let value = self.visible(&resource, output).await?.ok_or_else(|| {
            let names: Vec<_> = resource.outputs().iter().map(|known| format!("`{}`", known.name)).collect();
            FillError::Missing(format!(
                "`{reference}` names the output `{output}`, which `{}` did not give (it gave {})",
                resource.uid,
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            ))
        })?;
        path.try_fold(value, |value, segment| value.get(segment).cloned()).ok_or_else(|| {
            FillError::Missing(format!("`{reference}` goes deeper than the output `{output}`"))
        })
    }

    /// An output as this component may see it.
    async fn visible(&self, resource: &Resource, output: &str) -> Result<Option<Json>, FillError> {
        let Some(found) = resource.outputs().iter().find(|known| known.name == output) else {
            return Ok(None);
        };
        if !found.sensitive {
            return Ok(Some(found.value.clone()));
        }
        let token = self.ledger.output_token(self.scope, self.component, resource.id, output).await?;
        Ok(Some(Json::String(token)))
    }
}
