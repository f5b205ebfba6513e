//! Who makes what is new of a type: the entry that `resources:` of the manifest binds it to, or else the first by name.

use std::collections::BTreeSet;

use innominatus_ledger::{InstalledPlatform, InstalledProvisioner};
use innominatus_model::{Class, Kind};

use super::TypeChange;
use super::offer::served;

/// Types that are made before and now, by another entry. That nothing makes one any more is said of the entry that did.
pub(super) fn types(before: &InstalledPlatform, now: &InstalledPlatform) -> Vec<TypeChange> {
    let all = before.provisioners.iter().chain(&now.provisioners);
    let kinds: BTreeSet<&Kind> = all.map(|entry| &entry.kind).collect();
    kinds.into_iter().flat_map(|kind| of_type(kind, before, now)).collect()
}

fn of_type(kind: &Kind, before: &InstalledPlatform, now: &InstalledPlatform) -> Vec<TypeChange> {
    let all = before.provisioners.iter().chain(&now.provisioners).filter(|entry| entry.kind == *kind);
    // None stands for every class that nobody lists.
    let classes: BTreeSet<Option<&Class>> = all
        .flat_map(|entry| match entry.offer.classes.as_slice() {
            [] => vec![None],
            classes => classes.iter().map(Some).collect(),
        })
        .collect();
    let mut changes: Vec<TypeChange> = Vec::new();
    let mut made = 0;
    for class in classes {
        let (Some(was), Some(is)) = (maker(before, kind, class), maker(now, kind, class)) else { continue };
        made += 1;
        if was.name == is.name {
            continue;
        }
        let class = class.map_or("any other".to_owned(), ToString::to_string);
        let known = changes.iter_mut().find(|known| known.before == was.name && known.now == is.name);
        match known {
            Some(known) => known.classes.push(class),
            None => changes.push(TypeChange {
                kind: kind.clone(),
                classes: vec![class],
                before: was.name.clone(),
                now: is.name.clone(),
                offer: served(was, is),
            }),
        }
    }
    for change in changes.iter_mut().filter(|change| change.classes.len() == made) {
        change.classes.clear();
    }
    changes
}

/// As candidates stand: what the platform binds, then by name.
fn maker<'p>(
    platform: &'p InstalledPlatform,
    kind: &Kind,
    class: Option<&Class>,
) -> Option<&'p InstalledProvisioner> {
    let of_type = || platform.provisioners.iter().filter(|entry| entry.kind == *kind);
    let is_bound = of_type().any(|entry| entry.preferred);
    let makes = |entry: &&InstalledProvisioner| match class {
        Some(class) => entry.offer.covers(class),
        None => entry.offer.classes.is_empty(),
    };
    of_type().filter(makes).min_by_key(|entry| (is_bound && !entry.preferred, entry.name.clone()))
}
