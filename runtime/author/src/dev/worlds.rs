//! The worlds that a platform is tried in: one generic store for all of its entries, a world of its own for an entry whose
//! table tests write answers down, and a recording for the entry that it was made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use innominatus_effect::{Call, Outcome};
use innominatus_engine::Recording;
use innominatus_model::{Json, Name, Target};
use innominatus_package::{PlatformTest, TestSubject};
use serde_json::{Map, json};

use super::ready::Ready;
use super::redact::Redactor;
use crate::harness::table;
use crate::harness::world::{Cloud, Recorded};

/// The worlds of one Score file.
pub(crate) struct Worlds {
    generic: Arc<Cloud>,
    own: BTreeMap<Name, Arc<Cloud>>,
    recording: Option<Told>,
    pub(crate) redactor: Redactor,
}

/// Who is called as it was when the recording was made.
struct Told {
    entry: Name,
    target: Target,
    used: bool,
}

impl Worlds {
    pub(crate) fn new(ready: &Ready, recording: Option<&Recording>) -> Self {
        let settings = settings(ready);
        let mut own = BTreeMap::new();
        for test in ready.tests.iter().filter(|test| test.is_sample()) {
            if let (TestSubject::Provisioner(entry), Some(_)) = (&test.given.subject, &test.given.answers) {
                own.entry(entry.clone()).or_insert_with(|| Arc::new(table::world(test, settings.clone())));
            }
        }
        let told = recording.map(|recording| {
            let entry = recording.component.entry.clone();
            let cloud = Cloud::new(asked_of(recording).unwrap_or_else(|| settings.clone()))
                .recorded(Recorded::new(&recording.past));
            own.insert(entry.clone(), Arc::new(cloud));
            Told { entry, target: recording.target.clone(), used: false }
        });
        let planted = ready.tests.iter().flat_map(|test| &test.given.secrets);
        Self {
            generic: Arc::new(Cloud::new(settings)),
            own,
            recording: told,
            redactor: Redactor::new(planted.map(|(_, secret)| secret.clone())),
        }
    }

    /// The world that this entry lives in.
    pub(crate) fn of(&self, entry: &Name) -> &Arc<Cloud> {
        self.own.get(entry).unwrap_or(&self.generic)
    }

    /// Gives the first resource of the recorded entry the identity that it had when it was recorded: requests name it.
    pub(crate) fn dress(&mut self, entry: &Name, target: &mut Target) {
        let Some(told) = &mut self.recording else { return };
        if told.entry != *entry || told.used || told.target.class != target.class {
            return;
        }
        told.used = true;
        target.scope = told.target.scope.clone();
        target.application = told.target.application.clone();
        target.id = told.target.id;
        target.name.clone_from(&told.target.name);
        target.workloads.clone_from(&told.target.workloads);
        target.labels.clone_from(&told.target.labels);
    }

    /// The entry of the recording, where nobody asked for it.
    pub(crate) fn unused(&self) -> Option<&Name> {
        self.recording.as_ref().filter(|told| !told.used).map(|told| &told.entry)
    }
}

/// The settings that were in force when it was recorded, where the component asked for them: its requests lead there.
fn asked_of(recording: &Recording) -> Option<Json> {
    recording.past.iter().find_map(|past| match &past.outcome {
        Some(Outcome::Json(settings)) if past.call == Call::SettingsGet.name() => Some(settings.clone()),
        _ => None,
    })
}

/// What the operator of this world configured: what table tests give, and a URL for each setting that must be one.
fn settings(ready: &Ready) -> Json {
    let mut settings = Map::new();
    let given = |test: &PlatformTest| test.given.settings.as_object().cloned().unwrap_or_default();
    // Those that the checks use go first.
    let (samples, others): (Vec<_>, Vec<_>) = ready.tests.iter().partition(|test| test.is_sample());
    for test in samples.into_iter().chain(others) {
        for (name, value) in given(test) {
            settings.entry(name).or_insert(value);
        }
    }
    for declared in &ready.declared {
        if let Json::Object(fallback) = declared.subject.settings() {
            for (name, value) in fallback {
                settings.entry(name).or_insert(value);
            }
        }
    }
    json!(settings)
}
