//! What became of each entry.

use std::collections::BTreeSet;

use innominatus_ledger::{InstalledGoldenPath, InstalledPlatform, InstalledProvisioner};
use innominatus_model::{Kind, Name};
use innominatus_package::{Gap, asks, wider};
use innominatus_plan::params::schema_changes;

use super::offer::{offered, param};
use super::{EntryChange, Fate, OfferChange, Profile};

pub(super) fn provisioners(before: &Profile, now: &Profile) -> Vec<EntryChange> {
    let all = before.platform.provisioners.iter().chain(&now.platform.provisioners);
    let names: BTreeSet<&Name> = all.map(|entry| &entry.name).collect();
    let mut changes = Vec::new();
    for name in names {
        match (before.platform.provisioner(name), now.platform.provisioner(name)) {
            (None, Some(is)) => {
                let asked = is.wants().iter().filter(|want| !want.capability.is_always_granted());
                let wider = asked.flat_map(|want| asks(want, None)).collect();
                changes.push(EntryChange { wider, imports: imports(None, now, name), ..added(is) });
            }
            (Some(was), None) => changes.push(removed(was, &now.platform)),
            // What it is granted goes by its name, so only what is beyond that is asked.
            (Some(was), Some(is)) if was.kind != is.kind => {
                changes.push(removed(was, &now.platform));
                let kind = Some(is.kind.to_string());
                let kept = EntryChange { kind, ..changed(was, is, before, now) };
                changes.push(EntryChange { fate: Fate::Added, offer: OfferChange::default(), ..kept });
            }
            (Some(was), Some(is)) => changes.push(changed(was, is, before, now)),
            (None, None) => {}
        }
    }
    changes.retain(EntryChange::says);
    changes
}

fn added(is: &InstalledProvisioner) -> EntryChange {
    EntryChange { kind: Some(is.kind.to_string()), ..EntryChange::new(&is.name, Fate::Added) }
}

fn removed(was: &InstalledProvisioner, now: &InstalledPlatform) -> EntryChange {
    EntryChange {
        kind: Some(was.kind.to_string()),
        offer: OfferChange::remark(true, gone(&was.kind, now)),
        ..EntryChange::new(&was.name, Fate::Removed)
    }
}

/// Why it breaks somebody that an entry makes this no more.
fn gone(kind: &Kind, now: &InstalledPlatform) -> String {
    let others = now.provisioners.iter().filter(|entry| entry.kind == *kind);
    let others: Vec<String> = others.map(|entry| format!("`{}`", entry.name)).collect();
    match others.is_empty() {
        true => format!("nothing makes `{kind}` any more"),
        false => format!("what it made cannot move to {}, which makes `{kind}` now", others.join(" or ")),
    }
}

fn changed(
    was: &InstalledProvisioner,
    is: &InstalledProvisioner,
    before: &Profile,
    now: &Profile,
) -> EntryChange {
    let words = |gaps: Vec<Gap>| gaps.into_iter().map(|gap| gap.to_string()).collect();
    EntryChange {
        versions: differing(&was.version, &is.version),
        wider: words(wider(was.wants(), is.wants())),
        narrower: words(wider(is.wants(), was.wants())),
        imports: imports(Some(before), now, &is.name),
        offer: offered(was, is),
        component: was.component != is.component,
        ..EntryChange::new(&is.name, Fate::Changed)
    }
}

/// What the component can call now and could not, and the other way round. Nothing where one of them is not known;
/// `before` is none for an entry that was not there.
fn imports(before: Option<&Profile>, now: &Profile, entry: &Name) -> (Vec<String>, Vec<String>) {
    let could = match before {
        Some(before) => before.imports(entry),
        None => Some(&[][..]),
    };
    let (Some(could), Some(can)) = (could, now.imports(entry)) else { return Default::default() };
    let gained = can.iter().filter(|import| !could.contains(import)).map(ToString::to_string);
    let lost = could.iter().filter(|import| !can.contains(import)).map(ToString::to_string);
    (gained.collect(), lost.collect())
}

pub(super) fn golden_paths(before: &InstalledPlatform, now: &InstalledPlatform) -> Vec<EntryChange> {
    let all = before.golden_paths.iter().chain(&now.golden_paths);
    let names: BTreeSet<&Name> = all.map(|entry| &entry.name).collect();
    let kind = || Some("golden path".to_owned());
    let mut changes = Vec::new();
    for name in names {
        changes.extend(match (before.golden_path(name), now.golden_path(name)) {
            (None, Some(_)) => {
                let offer = match (before.golden_paths.len(), now.golden_paths.len()) {
                    (1, 2..) => OfferChange::remark(false, "who names no golden path has to name one now"),
                    _ => OfferChange::default(),
                };
                Some(EntryChange { kind: kind(), offer, ..EntryChange::new(name, Fate::Added) })
            }
            (Some(_), None) => {
                let words = match now.golden_paths.is_empty() {
                    true => "it has no golden path any more",
                    false => "what was deployed by it has to name another one",
                };
                let offer = OfferChange::remark(true, words);
                Some(EntryChange { kind: kind(), offer, ..EntryChange::new(name, Fate::Removed) })
            }
            (Some(was), Some(is)) => Some(changed_path(was, is)),
            (None, None) => None,
        });
    }
    changes.retain(EntryChange::says);
    changes
}

fn changed_path(was: &InstalledGoldenPath, is: &InstalledGoldenPath) -> EntryChange {
    let params = schema_changes(&was.schema, &is.schema).into_iter().map(param).collect();
    EntryChange {
        versions: differing(&was.version, &is.version),
        offer: OfferChange { params, ..OfferChange::default() },
        component: was.component != is.component,
        ..EntryChange::new(&is.name, Fate::Changed)
    }
}

fn differing<T: PartialEq + ToString>(before: &T, now: &T) -> Option<(String, String)> {
    (before != now).then(|| (before.to_string(), now.to_string()))
}
