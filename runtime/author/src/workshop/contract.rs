//! Whether components are what their manifest says: exports, imports, what they make, schemas.

use std::collections::BTreeMap;

use innominatus_effect::Export;
use innominatus_model::{Capability, Class, Code, Coded, Diagnostic, Digest, Json, Name, Offer, Severity};
use innominatus_package::{MANIFEST_NAME, ProvisionerEntry};
use innominatus_plan::params::Schema;
use innominatus_sandbox::{CallError, Component, LoadError, Role, asking, check_role};

use super::Workshop;
use crate::project::{Project, component_of, place};
use crate::{Progress, Tell};

/// What the components of a platform said.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Errors and warnings, in the order of the manifest's entries.
    pub(crate) findings: Vec<Diagnostic>,
    /// The schemas that the manifest wants in files, by path.
    pub(crate) schemas: BTreeMap<String, Json>,
    /// The schema of each class that an entry offers, or one for any.
    pub(super) takes: BTreeMap<Name, Vec<(Option<Class>, Json)>>,
}

impl Answers {
    /// Whether something is wrong.
    pub(crate) fn failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Loads each component once and asks it for every entry that names it. Fails only where we cannot do our part.
pub(crate) async fn ask(
    project: &Project,
    components: &BTreeMap<String, Vec<u8>>,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<Answers, LoadError> {
    let manifest = &project.manifest;
    let mut asker = Asker { project, live: BTreeMap::new(), answers: Answers::default() };
    for entry in &manifest.provisioners {
        asker.load(&entry.name, &entry.component, components, workshop, tell).await?;
        asker.provisioner(entry).await;
    }
    for entry in &manifest.golden_paths {
        if let Some(path) = component_of(entry) {
            asker.load(&entry.name, path, components, workshop, tell).await?;
            asker.golden_path(&entry.name, path).await;
        }
    }
    Ok(asker.answers)
}

struct Asker<'a> {
    project: &'a Project,
    /// The components that could be loaded.
    live: BTreeMap<String, Option<Component>>,
    answers: Answers,
}

impl Asker<'_> {
    async fn load(
        &mut self,
        entry: &Name,
        path: &str,
        components: &BTreeMap<String, Vec<u8>>,
        workshop: &Workshop,
        tell: &mut Tell<'_>,
    ) -> Result<(), LoadError> {
        if self.live.contains_key(path) {
            return Ok(());
        }
        let Some(bytes) = components.get(path) else {
            self.live.insert(path.to_owned(), None);
            return Ok(());
        };
        tell(Progress::Asking { component: path.to_owned() });
        let loaded = workshop.sandbox().load(&Digest::of(bytes), bytes).await;
        let live = match loaded {
            Ok(component) => Some(component),
            Err(error @ (LoadError::Compiler { .. } | LoadError::Slow { .. } | LoadError::Digest { .. })) => {
                return Err(error);
            }
            Err(error) => {
                self.error(
                    entry,
                    error.code(),
                    format!("the component `{path}` cannot be used: {error}"),
                    error.remedy(),
                );
                None
            }
        };
        self.live.insert(path.to_owned(), live);
        Ok(())
    }

    async fn provisioner(&mut self, entry: &ProvisionerEntry) {
        let Some(component) = self.component(&entry.name, &entry.component, Role::Provisioner) else {
            return;
        };
        self.imports(entry, &component);
        let info = component.provisioner(asking(entry.name.as_str(), Export::Metadata)).metadata().await;
        let info = match info {
            Ok(answer) => answer.value,
            Err(error) => return self.fault(&entry.name, Export::Metadata, &error),
        };
        let offered: Vec<String> = info.offers.iter().map(|offer| format!("`{}`", offer.kind)).collect();
        let Some(offer) = info.offers.into_iter().find(|offer| offer.kind == entry.kind) else {
            let makes = if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") };
            let message =
                format!("`{}` is to make `{}`, but its component makes {makes}", entry.name, entry.kind);
            let hint = format!("correct `type` in {MANIFEST_NAME}, or what the component offers");
            return self.error(&entry.name, Code::ManifestReference, message, Some(hint));
        };
        if let Some(schema) = self.schema_of(entry, &component, &offer).await
            && let Some(path) = &entry.schema
        {
            self.keep(entry, path, schema);
        }
    }

    /// The schema of each class; of the default class, or of the first, it is handed on.
    async fn schema_of(
        &mut self,
        entry: &ProvisionerEntry,
        component: &Component,
        offer: &Offer,
    ) -> Option<Json> {
        let classes = if offer.classes.is_empty() { vec![Class::default()] } else { offer.classes.clone() };
        let mut kept = None;
        for class in classes {
            let call = asking(entry.name.as_str(), Export::ConfigSchema);
            let schema = match component.provisioner(call).config_schema(&entry.kind, &class).await {
                Ok(answer) => answer.value,
                Err(error) => {
                    self.fault(&entry.name, Export::ConfigSchema, &error);
                    return None;
                }
            };
            self.usable(&entry.name, &schema);
            let of = (!offer.classes.is_empty()).then(|| class.clone());
            self.answers.takes.entry(entry.name.clone()).or_default().push((of, schema.clone()));
            if kept.is_none() || class == Class::default() {
                kept = Some(schema);
            }
        }
        kept
    }

    fn keep(&mut self, entry: &ProvisionerEntry, path: &str, schema: Json) {
        match self.answers.schemas.get(path) {
            Some(known) if *known != schema => {
                let message = format!("`{path}` is to hold two schemas that differ");
                let hint = "give each entry a schema file of its own";
                self.error(&entry.name, Code::ManifestPath, message, Some(hint.into()));
            }
            _ => {
                self.answers.schemas.insert(path.to_owned(), schema);
            }
        }
    }

    async fn golden_path(&mut self, entry: &Name, path: &str) {
        let Some(component) = self.component(entry, path, Role::GoldenPath) else { return };
        let call = asking(entry.as_str(), Export::ParameterSchema);
        match component.golden_path(call).parameter_schema().await {
            Ok(answer) => self.usable(entry, &answer.value),
            Err(error) => self.fault(entry, Export::ParameterSchema, &error),
        }
    }

    fn component(&mut self, entry: &Name, path: &str, role: Role) -> Option<Component> {
        let component = self.live.get(path).cloned().flatten()?;
        match check_role(component.contract(), role) {
            Ok(()) => Some(component),
            Err(error) => {
                let message = format!("the component `{path}` of `{entry}` is no {role}: {error}");
                self.error(entry, error.code(), message, error.remedy());
                None
            }
        }
    }

    /// What a component can call has to be asked for, and what is asked for should be of use.
    fn imports(&mut self, entry: &ProvisionerEntry, component: &Component) {
        let imports = &component.contract().imports;
        let wanted = |capability: Capability| entry.wants.iter().any(|want| want.capability == capability);
        for import in imports.iter().filter(|import| !import.is_always_granted() && !wanted(**import)) {
            let message =
                format!("`{}` does not ask for `{import}`, which its component imports", entry.name);
            let hint =
                format!("add `- name: {import}` with a reason under `capabilities:` of `{}`", entry.name);
            self.error(&entry.name, Code::CapabilityDenied, message, Some(hint));
        }
        for want in entry.wants.iter().filter(|want| !imports.contains(&want.capability)) {
            let capability = want.capability;
            let message =
                format!("`{}` asks for `{capability}`, which its component never calls", entry.name);
            let hint =
                format!("remove `{capability}` from its `capabilities:`: operators grant what is asked for");
            self.add(&entry.name, Severity::Warning, Code::ManifestInvalid, message, Some(hint));
        }
    }

    fn usable(&mut self, entry: &Name, schema: &Json) {
        if let Err(error) = Schema::new(schema) {
            let hint = "let the component answer a self-contained JSON Schema (draft 2020-12)";
            self.error(
                entry,
                Code::SchemaInvalid,
                format!("the schema of `{entry}` {error}"),
                Some(hint.into()),
            );
        }
    }

    fn fault(&mut self, entry: &Name, export: Export, error: &CallError) {
        let message = format!("`{}` of `{entry}` does not answer: {error}", export.as_str());
        self.error(entry, error.code(), message, error.remedy());
    }

    fn error(&mut self, entry: &Name, code: Code, message: String, hint: Option<String>) {
        self.add(entry, Severity::Error, code, message, hint);
    }

    fn add(&mut self, entry: &Name, severity: Severity, code: Code, message: String, hint: Option<String>) {
        let (line, column) = place::entry(&self.project.text, entry.as_str());
        let file = self.project.shown.display().to_string();
        self.answers.findings.push(Diagnostic { file, line, column, severity, code, message, hint });
    }
}
