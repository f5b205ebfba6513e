//! One provisioner entry, ready to be called: its component, what it offers, and everything it asks for granted.

use std::sync::{Arc, Mutex, PoisonError};

use innominatus_effect::http::destination;
use innominatus_effect::{Authoriser, Entry, Export, Live, Port, Recording};
use innominatus_model::{
    Class, Grant, HttpDestination, HttpTarget, Json, Name, Offer, ResourceId, Scope, Target,
};
use innominatus_package::{ProvisionerEntry, effective, sample_of};
use innominatus_sandbox::{Answer, Call, CallError, Component, Provisioner};
use serde_json::{Map, json};

use super::report::Figures;
use super::world::Cloud;

/// A provisioner entry.
pub(crate) struct Subject {
    /// `<platform>/<entry>`.
    pub(crate) label: String,
    pub(crate) entry: ProvisionerEntry,
    pub(crate) component: Component,
    pub(crate) offer: Offer,
    /// Whether other entries are made by the same component, which then imports what any of them needs.
    pub(crate) is_shared: bool,
    pub(crate) figures: Mutex<Figures>,
}

/// What a call of an export that may not write came to, and all that it asked of the host.
pub(crate) struct Looked<T> {
    pub(crate) answer: Result<T, CallError>,
    pub(crate) entries: Vec<Entry>,
}

impl Subject {
    /// Settings under which every want leads somewhere: a URL for each setting that names one.
    pub(crate) fn settings(&self) -> Json {
        let mut settings = Map::new();
        for rule in self.entry.wants.iter().flat_map(|want| &want.http) {
            if let HttpTarget::Setting(name) = &rule.target {
                settings.insert(name.clone(), json!(format!("https://{}.test", host_label(name))));
            }
        }
        Json::Object(settings)
    }

    /// Everything that it asks for, granted.
    pub(crate) fn grant(&self, settings: &Json) -> Grant {
        let leads = |name: &str| setting(settings, name);
        let granted = sample_of(&self.entry.wants, &leads);
        effective(&self.entry.wants, &self.component.contract().imports, &granted, &leads).grant
    }

    /// A target with these params.
    pub(crate) fn target(&self, class: &Class, params: Json) -> Target {
        let uid = format!("{}.{class}#web.thing", self.entry.kind);
        Target {
            scope: Scope::default(),
            application: name("shop"),
            id: ResourceId::from_bytes(*b"harness-resource"),
            name: format!("web-{}", self.entry.name).chars().take(50).collect(),
            kind: self.entry.kind.clone(),
            class: class.clone(),
            workloads: vec![name("web")],
            labels: vec![("uid".to_owned(), uid)],
            params,
            generation: 1,
            attempt: 1,
            prior: None,
            unsettled: Vec::new(),
        }
    }

    /// Calls an export that has no journal.
    pub(crate) async fn look<T>(
        &self,
        export: Export,
        grant: &Grant,
        cloud: &Arc<Cloud>,
        call: impl AsyncFnOnce(Provisioner) -> Result<Answer<T>, CallError>,
    ) -> Looked<T> {
        let authoriser = Authoriser::new(export, self.label.clone(), grant.clone())
            .with_settings(cloud.settings().clone());
        let recording = Arc::new(Recording::new(Arc::new(Live::new(authoriser, cloud.clone()))));
        let answer = self.ask(export, recording.clone(), call).await;
        Looked { answer, entries: recording.entries() }
    }

    /// Calls an export through this port, and keeps what it took.
    pub(crate) async fn ask<T>(
        &self,
        export: Export,
        port: Arc<dyn Port>,
        call: impl AsyncFnOnce(Provisioner) -> Result<Answer<T>, CallError>,
    ) -> Result<T, CallError> {
        let answer = Box::pin(call(self.component.provisioner(Call::new(port)))).await;
        let usage = match &answer {
            Ok(answer) => Some(answer.usage),
            Err(CallError::Fault { usage, .. }) => Some(*usage),
            Err(CallError::Host(_)) => None,
        };
        if let Some(usage) = usage {
            self.figures.lock().unwrap_or_else(PoisonError::into_inner).add(export, usage);
        }
        answer.map(|answer| answer.value)
    }
}

/// Where the URL in a setting leads.
pub(crate) fn setting(settings: &Json, name: &str) -> Option<HttpDestination> {
    destination(settings.get(name)?.as_str()?).ok().map(|(_, to)| to)
}

fn host_label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

/// A name that is known to be one.
pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("it is written here, and is a name")
}
