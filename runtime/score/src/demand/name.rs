//! Names for people and for what providers call their things: readable, short, unique.

use std::collections::{BTreeMap, HashSet};

use innominatus_model::{Digest, ResourceUid, UidKey};

/// The longest label most systems take.
const LONGEST: usize = 63;
const SUFFIX: usize = 8;

/// A name for every uid. The first uid in order keeps the plain name.
pub(super) fn names<'a>(uids: impl IntoIterator<Item = &'a ResourceUid>) -> BTreeMap<&'a ResourceUid, String> {
    let mut names = BTreeMap::new();
    let mut taken = HashSet::new();
    for uid in uids {
        let plain = match &uid.key {
            UidKey::Shared(id) => id.replace('.', "-"),
            UidKey::Own { workload, resource } => format!("{workload}-{resource}"),
        };
        let mut name = plain.clone();
        for salt in 0_u32.. {
            if name.len() <= LONGEST && taken.insert(name.clone()) {
                break;
            }
            name = suffixed(&plain, uid, salt);
        }
        names.insert(uid, name);
    }
    names
}

fn suffixed(plain: &str, uid: &ResourceUid, salt: u32) -> String {
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
        let uids = [own("a", "b-c"), own("a-b", "c"), own(&"w".repeat(63), &"r".repeat(63))];
        let names = names(&uids);
        assert_eq!(names[&uids[0]], "a-b-c");
        assert!(names[&uids[1]].starts_with("a-b-c-") && names[&uids[1]].len() == 14);
        assert_eq!(names[&uids[2]].len(), LONGEST);
    }

    #[test]
    fn a_name_does_not_depend_on_who_else_is_there_unless_they_clash() {
        let (one, two) = (own("web", "db"), own("web", "cache"));
        assert_eq!(names([&one])[&one], names([&two, &one])[&one]);
    }
}
