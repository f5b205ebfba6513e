//! What is offered, behind and different.

use innominatus_api::wire::{
    DiffProfile, EntryDifference, OfferDifference, OfferedPlatform, OutdatedPlatform, PlatformDiff,
    SchemaDifference, TypeDifference, Unasked,
};
use innominatus_engine::{
    Available, Behind, Difference, EntryChange, Listed, NotAsked, OfferChange, Overview, ParamChange,
    Profile, Remark, TypeChange,
};

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
    PlatformDiff {
        before: profile(&difference.before),
        now: profile(&difference.now),
        breaks: difference.breaks(),
        widens: difference.widens(),
        provisioners: difference.provisioners.iter().map(entry).collect(),
        golden_paths: difference.golden_paths.iter().map(entry).collect(),
        types: difference.types.iter().map(of_type).collect(),
    }
}

fn profile(profile: &Profile) -> DiffProfile {
    let Profile { platform, contents } = profile;
    let origin = platform.origin.as_ref();
    DiffProfile {
        name: platform.name.to_string(),
        version: platform.version.to_string(),
        digest: platform.digest.to_string(),
        core: platform.compatibility(),
        bytes: contents.as_ref().map_or(0, |contents| contents.bytes),
        license: contents.as_ref().and_then(|contents| contents.license.clone()),
        upstream: platform.upstream.clone(),
        source: origin.map(|it| it.source.as_ref().unwrap_or(&it.reference).clone()),
        signer: origin.and_then(|it| it.signer.as_ref()).map(ToString::to_string),
        partial: contents.is_none(),
    }
}

fn entry(change: &EntryChange) -> EntryDifference {
    let EntryChange { entry, fate, kind, versions, wider, narrower, imports, offer: changed, component } =
        change;
    EntryDifference {
        entry: entry.to_string(),
        change: fate.as_str().to_owned(),
        kind: kind.clone(),
        versions: versions.iter().flat_map(|(was, is)| [was.clone(), is.clone()]).collect(),
        wider: wider.clone(),
        narrower: narrower.clone(),
        imports: imports.0.clone(),
        imports_removed: imports.1.clone(),
        schema: schema(changed),
        offer: offer(changed),
        outputs_added: changed.outputs.0.clone(),
        outputs_removed: changed.outputs.1.clone(),
        component: *component,
    }
}

fn of_type(change: &TypeChange) -> TypeDifference {
    TypeDifference {
        kind: change.kind.to_string(),
        classes: change.classes.clone(),
        before: change.before.to_string(),
        now: change.now.to_string(),
        schema: schema(&change.offer),
        offer: offer(&change.offer),
    }
}

fn schema(changed: &OfferChange) -> Vec<SchemaDifference> {
    let one = |it: &ParamChange| SchemaDifference {
        pointer: it.change.pointer.clone(),
        breaks: it.change.breaks,
        words: it.change.words.clone(),
        classes: it.classes.clone(),
    };
    changed.params.iter().map(one).collect()
}

fn offer(changed: &OfferChange) -> Vec<OfferDifference> {
    let one = |it: &Remark| OfferDifference { breaks: it.breaks, words: it.words.clone() };
    changed.remarks.iter().map(one).collect()
}
