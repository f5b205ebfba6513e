//! What is offered, behind and different.

use innominatus_api::wire::{
    DiffProfile, EntryDifference, OfferedPlatform, OutdatedPlatform, PlatformDiff, SchemaDifference, Unasked,
};
use innominatus_engine::{Available, Behind, Difference, EntryChange, Listed, NotAsked, Overview, Profile};
use innominatus_model::Name;

use crate::problem::ApiError;

pub(crate) fn available(found: &[Available], serving: &[Overview]) -> Vec<OfferedPlatform> {
    let one = |it: &Available| {
        let installed = serving.iter().find(|known| known.serving && known.platform.name == it.name);
        OfferedPlatform {
            name: it.name.to_string(),
            version: it.version.to_string(),
            reference: it.reference.clone(),
            digest: it.digest.to_string(),
            core: it.core.clone(),
            fits: it.fits,
            types: it.types.clone(),
            index: None,
            installed: installed.map(|known| known.platform.version.to_string()),
        }
    };
    found.iter().map(one).collect()
}

pub(crate) fn listed(listed: &[Listed]) -> Vec<OfferedPlatform> {
    let one = |it: &Listed| OfferedPlatform {
        name: it.entry.name.to_string(),
        version: it.entry.version.to_string(),
        reference: format!("{}@{}", it.entry.repository, it.entry.digest),
        digest: it.entry.digest.to_string(),
        core: it.entry.core.to_string(),
        fits: it.fits,
        types: it.entry.types.clone(),
        index: Some(it.index.to_string()),
        installed: it.installed.as_ref().map(ToString::to_string),
    };
    listed.iter().map(one).collect()
}

pub(crate) fn unasked(failed: Vec<NotAsked>) -> Vec<Unasked> {
    let one = |it: NotAsked| Unasked { what: it.what, problem: ApiError::from(it.error).problem().clone() };
    failed.into_iter().map(one).collect()
}

pub(crate) fn behind(it: Behind) -> OutdatedPlatform {
    let text = |version: Option<innominatus_model::Version>| version.map(|version| version.to_string());
    OutdatedPlatform {
        name: it.name.to_string(),
        serving: it.serving.to_string(),
        wanted: text(it.wanted),
        newest: text(it.newest),
        held: text(it.held),
        source: it.source,
        problem: it.error.map(|error| ApiError::from(error).problem().clone()),
    }
}

pub(crate) fn difference(difference: &Difference) -> PlatformDiff {
    let entries = |changes: &std::collections::BTreeMap<Name, EntryChange>| {
        changes.iter().map(|(name, change)| entry(name, change)).collect()
    };
    PlatformDiff {
        before: profile(&difference.before),
        now: profile(&difference.now),
        breaks: difference.breaks(),
        widens: difference.widens(),
        provisioners: entries(&difference.provisioners),
        golden_paths: entries(&difference.golden_paths),
    }
}

fn profile(profile: &Profile) -> DiffProfile {
    DiffProfile {
        name: profile.platform.name.to_string(),
        version: profile.platform.version.to_string(),
        digest: profile.platform.digest.to_string(),
        core: profile.platform.compatibility(),
        bytes: profile.bytes,
        license: profile.license.clone(),
        source: profile
            .platform
            .origin
            .as_ref()
            .map(|it| it.source.as_ref().unwrap_or(&it.reference).clone()),
        signer: profile.platform.origin.as_ref().and_then(|it| it.signer.as_ref()).map(ToString::to_string),
    }
}

fn entry(name: &Name, change: &EntryChange) -> EntryDifference {
    let of = |change: &str| EntryDifference {
        entry: name.to_string(),
        change: change.to_owned(),
        ..EntryDifference::default()
    };
    match change {
        EntryChange::Added { kind, asks } => {
            EntryDifference { kind: Some(kind.clone()), wider: asks.clone(), ..of("added") }
        }
        EntryChange::Removed { kind } => EntryDifference { kind: Some(kind.clone()), ..of("removed") },
        EntryChange::Changed { versions, wider, narrower, imports, schema, outputs, component } => {
            let versions = versions.iter().flat_map(|(was, is)| [was.clone(), is.clone()]);
            let schema = schema.iter().map(|change| SchemaDifference {
                pointer: change.pointer.clone(),
                breaks: change.breaks,
                words: change.words.clone(),
            });
            EntryDifference {
                versions: versions.collect(),
                wider: wider.clone(),
                narrower: narrower.clone(),
                imports: imports.clone(),
                schema: schema.collect(),
                outputs_added: outputs.0.clone(),
                outputs_removed: outputs.1.clone(),
                component: *component,
                ..of("changed")
            }
        }
    }
}
