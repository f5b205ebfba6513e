//! Provisioner steps become tasks, dependencies first.

use std::collections::BTreeMap;

use innominatus_model::{Diagnostic, Json, Name, ResourceId, ResourceUid, Step};
use innominatus_score::placeholder::{self, Root};
use innominatus_score::{Demanded, Workload};

use crate::error::MOST_FINDINGS;
use crate::fit::Asked;
use crate::judge::judge;
use crate::plan::{Action, Task};
use crate::{Catalogue, Existing, Inputs, Offered, PlanError, fit, metadata, name, outputs, steps};

/// Tasks so far. What is at fault in a `Result<_, String>` is the golden path.
pub(crate) struct Draft<'a> {
    inputs: &'a Inputs<'a>,
    needs: BTreeMap<String, &'a Demanded>,
    workloads: BTreeMap<&'a Name, &'a Workload>,
    /// What is gone on with. Of one need, what other provisioners made may be there besides.
    existing: BTreeMap<&'a ResourceUid, &'a Existing>,
    ids: BTreeMap<&'a ResourceUid, ResourceId>,
    names: BTreeMap<&'a ResourceUid, String>,
    tasks: Vec<Task>,
    /// Of each task: what serves it, and whether the step brought the params itself.
    chosen: Vec<(&'a Offered, bool)>,
    /// What became of the resources so far.
    actions: BTreeMap<ResourceId, Action>,
}

/// What is not the files' fault.
#[derive(Default)]
struct Faults {
    golden_path: Vec<String>,
    /// By provisioner.
    definition: Vec<(String, String)>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>) -> Self {
        let demanded = &inputs.demand.needs;
        let existing = gone_on_with(inputs);
        let ids = demanded
            .iter()
            .zip(inputs.fresh)
            .map(|(need, fresh)| (&need.uid, existing.get(&need.uid).map_or(*fresh, |known| known.id)))
            .collect();
        Self {
            inputs,
            needs: demanded.iter().map(|need| (need.uid.to_string(), need)).collect(),
            workloads: inputs.workloads.iter().map(|workload| (workload.name(), workload)).collect(),
            names: name::chosen(told(inputs), &existing, &inputs.snapshot.resources),
            existing,
            ids,
            tasks: Vec::new(),
            chosen: Vec::new(),
            actions: BTreeMap::new(),
        }
    }

    /// Adds one provisioner step; those that it depends on were added before.
    pub(crate) fn add(&mut self, step: &Step, after: Vec<String>) -> Result<(), String> {
        let subject = step.subject.as_deref().unwrap_or_default();
        let nobody = || format!("step `{}` has the subject `{subject}`, which nobody asked for", step.name);
        let need = *self.needs.get(subject).ok_or_else(nobody)?;
        let name = self.names.get(&need.uid).ok_or_else(nobody)?;
        let label = steps::chosen(step).unwrap_or_default();
        let known = self.existing.get(&need.uid).copied();
        let offered = offered(self.inputs.catalogue, need, label, known).ok_or_else(|| {
            format!("step `{}` names `{label}`, which does not make `{subject}`", step.name)
        })?;
        let own = steps::own_params(step);
        let defined = offered.beneath(&need.uid.class, &need.params);
        let params = metadata::settle(own.unwrap_or(&defined), self.workloads.get(&need.owner).copied())
            .map_err(|error| format!("the params of step `{}`: {error}", step.name))?;
        let references = self.references(step, need, &params)?;
        let resource =
            *self.ids.get(&need.uid).ok_or_else(|| format!("no identity was handed in for `{subject}`"))?;
        let mut task = Task {
            step: step.name.clone(),
            resource,
            uid: need.uid.clone(),
            name: name.clone(),
            workloads: need.workloads.clone(),
            owner: need.owner.clone(),
            params,
            annotations: annotations(need),
            references,
            provisioner: offered.provisioner.clone(),
            action: Action::Create,
            reason: "it does not exist yet".into(),
            generation: 1,
            after,
        };
        match known {
            Some(known) => judge(&mut task, known, &self.actions),
            None => self.replaces(&mut task),
        }
        self.actions.insert(resource, task.action);
        self.chosen.push((offered, own.is_some()));
        self.tasks.push(task);
        Ok(())
    }

    /// Another provisioner knows nothing of what was made: it makes a new one, and the old one is removed by the one
    /// that made it.
    fn replaces(&self, task: &mut Task) {
        let old = self.inputs.snapshot.resources.iter().filter(|known| known.uid == task.uid);
        if let Some(maker) = old.filter_map(|known| known.made_by.as_ref()).next_back() {
            let (by, was) = (task.provisioner.label(), maker.label());
            task.reason = format!("it is now made by {by}, and so made anew; what {was} made is removed");
        }
    }

    /// What the params refer to. Steps may bring their own params, so this is read anew.
    fn references(
        &self,
        step: &Step,
        need: &Demanded,
        params: &Json,
    ) -> Result<Vec<(String, ResourceId)>, String> {
        let owner = self.workloads.get(&need.owner);
        let mut references: Vec<(String, ResourceId)> = Vec::new();
        for reference in placeholder::references(params)
            .map_err(|error| format!("the params of step `{}`: {error}", step.name))?
        {
            let (Root::Resources, [name, ..]) = (&reference.root, reference.path.as_slice()) else {
                continue;
            };
            let declaration = owner.and_then(|workload| workload.resources().get(name));
            let id = declaration.and_then(|known| self.ids.get(&known.uid)).ok_or_else(|| {
                format!(
                    "the params of step `{}` refer to `{name}`, which `{}` does not have",
                    step.name, need.owner
                )
            })?;
            if !self.actions.contains_key(id) {
                return Err(format!("step `{}` refers to `{name}`, which is not made before it", step.name));
            }
            if !references.iter().any(|(known, _)| known == name) {
                references.push((name.clone(), *id));
            }
        }
        Ok(references)
    }

    /// The tasks, if the files fit the provisioners that make them.
    pub(crate) fn finish(self) -> Result<Vec<Task>, PlanError> {
        let offers: BTreeMap<_, _> = self
            .tasks
            .iter()
            .zip(&self.chosen)
            .map(|(task, (offered, _))| (&task.uid, &*offered.offer))
            .collect();
        let mut diagnostics = outputs::check(self.inputs.workloads, &offers);
        let mut faults = Faults::default();
        let mut fitting = fit::Fitting::default();
        for (task, (offered, own)) in self.tasks.iter().zip(&self.chosen) {
            let owner = self.workloads.get(&task.owner).copied();
            let said = self.needs.get(&task.uid.to_string()).map(|need| &need.params);
            let asked = said.map(|said| Asked {
                said: metadata::settle(said, owner).unwrap_or_default(),
                defined: offered.defaults.as_ref().map(|_| {
                    metadata::settle(&offered.beneath(task.class(), said), owner).unwrap_or_default()
                }),
            });
            let asked = asked.filter(|asked| *own || asked.defined.is_some());
            let misfits = fitting.check(task, offered, asked.as_ref(), owner);
            diagnostics.extend(misfits.files);
            faults.golden_path.extend(misfits.golden_path);
            faults
                .definition
                .extend(misfits.definition.into_iter().map(|what| (offered.provisioner.label(), what)));
            if diagnostics.len().max(faults.golden_path.len()) >= MOST_FINDINGS {
                break;
            }
        }
        self.verdict(diagnostics, faults)
    }

    fn verdict(self, mut diagnostics: Vec<Diagnostic>, faults: Faults) -> Result<Vec<Task>, PlanError> {
        if !diagnostics.is_empty() {
            diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            return Err(PlanError::Files { diagnostics });
        }
        if let Some((provisioner, what)) = faults.definition.into_iter().next() {
            return Err(PlanError::Definition { provisioner, what });
        }
        match faults.golden_path.into_iter().next() {
            Some(what) => Err(PlanError::GoldenPath { golden_path: self.inputs.golden_path.label(), what }),
            None => Ok(self.tasks),
        }
    }
}

/// As the file has them; what else its metadata holds is for whoever reads the file.
fn annotations(need: &Demanded) -> BTreeMap<String, String> {
    let written = need.metadata.get("annotations").and_then(Json::as_object);
    let texts = written.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)));
    texts.map(|(key, value)| (key.clone(), value.to_owned())).collect()
}

/// The names that the golden path was told.
fn told<'a>(inputs: &Inputs<'a>) -> Vec<(&'a ResourceUid, &'a str)> {
    let names: BTreeMap<&str, &str> =
        inputs.request.needs.iter().map(|need| (need.id.as_str(), need.name.as_str())).collect();
    let told = inputs.demand.needs.iter().filter_map(|need| {
        let name = names.get(need.uid.to_string().as_str())?;
        Some((&need.uid, *name))
    });
    told.collect()
}

/// What the chosen provisioner of each need goes on with: what it made itself, or else what nobody has begun. What is
/// on its way out comes second.
fn gone_on_with<'a>(inputs: &Inputs<'a>) -> BTreeMap<&'a ResourceUid, &'a Existing> {
    let labels: BTreeMap<&str, &str> = inputs
        .steps
        .iter()
        .filter_map(|step| Some((step.subject.as_deref()?, steps::chosen(step)?)))
        .collect();
    let mut chosen: BTreeMap<&ResourceUid, &Existing> = BTreeMap::new();
    let rank = |known: &Existing| (known.made_by.is_none(), known.deleting);
    for known in &inputs.snapshot.resources {
        let label = labels.get(known.uid.to_string().as_str());
        let foreign = known.made_by.as_ref().is_some_and(|by| Some(&by.label().as_str()) != label);
        if foreign || chosen.get(&known.uid).is_some_and(|other| rank(other) <= rank(known)) {
            continue;
        }
        chosen.insert(&known.uid, known);
    }
    chosen
}

/// The version that made a resource goes on with it while it is installed; new resources get the one that serves.
fn offered<'a>(
    catalogue: &'a Catalogue,
    need: &Demanded,
    label: &str,
    known: Option<&Existing>,
) -> Option<&'a Offered> {
    let (kind, class) = (&need.uid.kind, &need.uid.class);
    known
        .filter(|known| known.provisioner.label() == label)
        .and_then(|known| catalogue.going_on(&known.provisioner, kind, class))
        .or_else(|| catalogue.find(label, kind, class))
}
