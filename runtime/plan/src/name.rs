//! Names for people and for what providers call their things: readable, short, unique in the application, and kept
//! for as long as the resource lives. Given once, here, before anybody is told of a resource.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{Digest, ResourceUid, UidKey};

use crate::Existing;

/// The longest label most systems take.
const LONGEST: usize = 63;
const SUFFIX: usize = 8;

/// A name for every uid, as the golden path is told. What exists keeps its own; should there be two of one uid, it is
/// that of the one that stays. A new one gets `<workload>-<resource>` or the shared id with `-` for `.`; where that is
/// taken, the type is added, and where that does not help or is too long, a few digits made from the uid. Taken is
/// also what belongs to something on its way out: until it is gone, both are there.
pub(crate) fn names<'a>(
    uids: impl IntoIterator<Item = &'a ResourceUid>,
    existing: &[Existing],
) -> BTreeMap<&'a ResourceUid, String> {
    let (going, staying): (Vec<_>, Vec<_>) = existing.iter().partition(|known| known.deleting);
    let known: BTreeMap<&ResourceUid, &str> =
        going.into_iter().chain(staying).map(|known| (&known.uid, known.name.as_str())).collect();
    let mut taken: BTreeSet<String> = existing.iter().map(|known| known.name.clone()).collect();
    // In the order of uids, so that it does not matter who comes first in a file.
    let uids: BTreeSet<&ResourceUid> = uids.into_iter().collect();
    let named = uids.into_iter().map(|uid| {
        let name = match known.get(uid) {
            Some(name) => (*name).to_owned(),
            None => free(uid, &taken),
        };
        taken.insert(name.clone());
        (uid, name)
    });
    named.collect()
}

/// The name of every uid once the golden path has chosen: the one it was told, but for a thing that it goes on with
/// under another name (it chose again who made that), and for one that replaces what another provisioner made: until
/// that is gone, both are there.
pub(crate) fn chosen<'a>(
    told: impl IntoIterator<Item = (&'a ResourceUid, &'a str)>,
    gone_on_with: &BTreeMap<&'a ResourceUid, &'a Existing>,
    existing: &[Existing],
) -> BTreeMap<&'a ResourceUid, String> {
    let old: BTreeSet<&str> = existing.iter().map(|known| known.name.as_str()).collect();
    let mut names = BTreeMap::new();
    let mut replacing = BTreeSet::new();
    for (uid, told) in told {
        match gone_on_with.get(uid) {
            Some(known) => _ = names.insert(uid, known.name.clone()),
            None if old.contains(told) => _ = replacing.insert(uid),
            None => _ = names.insert(uid, told.to_owned()),
        }
    }
    let mut taken: BTreeSet<String> = old.iter().map(|name| (*name).to_owned()).collect();
    taken.extend(names.values().cloned());
    for uid in replacing {
        let name = free(uid, &taken);
        taken.insert(name.clone());
        names.insert(uid, name);
    }
    names
}

fn free(uid: &ResourceUid, taken: &BTreeSet<String>) -> String {
    let plain = match &uid.key {
        UidKey::Shared(id) => id.replace('.', "-"),
        UidKey::Own { workload, resource } => format!("{workload}-{resource}"),
    };
    let with_kind = format!("{plain}-{}", uid.kind.as_str().to_ascii_lowercase());
    let hashed = (0_u32..).map(|salt| hashed(&plain, uid, salt));
    let mut choices = [plain.clone(), with_kind].into_iter().chain(hashed);
    let name = choices.find(|name| name.len() <= LONGEST && !taken.contains(name));
    name.expect("some hash is not taken yet")
}

fn hashed(plain: &str, uid: &ResourceUid, salt: u32) -> String {
    // Debug keeps the parts apart, where the printed uid might run them together.
    let digest = Digest::of(format!("{salt} {uid:?}")).hex();
    // Names are ASCII by their rules, so any cut is a good one.
    let short = &plain[..plain.len().min(LONGEST - SUFFIX - 1)];
    format!("{}-{}", short.trim_end_matches('-'), &digest[..SUFFIX])
}

#[cfg(test)]
mod tests {
    use innominatus_model::{Class, Kind, Name};

    use super::*;

    fn own(workload: &str, resource: &str) -> ResourceUid {
        let key = UidKey::Own { workload: Name::new(workload).unwrap(), resource: resource.into() };
        ResourceUid { kind: Kind::new("postgres").unwrap(), class: Class::default(), key }
    }

    #[test]
    fn clashing_names_get_a_suffix_and_long_ones_are_cut() {
        let uids = [
            own("a", "b-c"),
            own("a-b", "c"),
            own("a-b-c", "postgres"),
            own(&"w".repeat(63), &"r".repeat(63)),
        ];
        let names = names(&uids, &[]);
        assert_eq!(names[&uids[0]], "a-b-c");
        assert_eq!(names[&uids[1]], "a-b-c-postgres");
        assert_eq!(names[&uids[2]], "a-b-c-postgres-postgres");
        assert_eq!(names[&uids[3]].len(), LONGEST);
    }

    #[test]
    fn a_million_names_that_are_cut_to_the_same_differ() {
        let long = "r".repeat(63);
        let uids: Vec<_> = (0..1_000_000).map(|number| own("a", &format!("{long}{number}"))).collect();
        let names = names(&uids, &[]);
        let different: BTreeSet<&String> = names.values().collect();
        assert_eq!(different.len(), uids.len());
        assert!(different.iter().all(|name| name.len() <= LONGEST));
    }

    #[test]
    fn hashed_names_differ_where_nothing_else_does() {
        let long = "r".repeat(63);
        let uids = [own("a", &long), own("a", &format!("{long}x"))];
        let names = names(&uids, &[]);
        assert_ne!(names[&uids[0]], names[&uids[1]]);
    }

    #[test]
    fn a_name_does_not_depend_on_who_else_is_there_unless_they_clash() {
        let (one, two) = (own("web", "db"), own("web", "cache"));
        assert_eq!(names([&one], &[])[&one], names([&two, &one], &[])[&one]);
    }
}
