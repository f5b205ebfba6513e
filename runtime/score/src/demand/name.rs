//! Names for people and for what providers call their things: readable, short, unique.

use std::collections::{BTreeMap, HashSet};

use innominatus_model::{Digest, ResourceUid, UidKey};

/// The longest label most systems take.
const LONGEST: usize = 63;
const SUFFIX: usize = 8;

/// A name for every uid. The first uid in order keeps the plain name, the next gets its type added, and where
/// that does not tell them apart or is too long, a few digits made from the uid.
pub(super) fn names<'a>(
    uids: impl IntoIterator<Item = &'a ResourceUid>,
) -> BTreeMap<&'a ResourceUid, String> {
    let mut names = BTreeMap::new();
    let mut taken = HashSet::new();
    for uid in uids {
        let plain = match &uid.key {
            UidKey::Shared(id) => id.replace('.', "-"),
            UidKey::Own { workload, resource } => format!("{workload}-{resource}"),
        };
        let with_kind = format!("{plain}-{}", uid.kind.as_str().to_ascii_lowercase());
        let hashed = (0_u32..).map(|salt| suffixed(&plain, uid, salt));
        let mut choices = [plain.clone(), with_kind].into_iter().chain(hashed);
        let name = choices.find(|name| name.len() <= LONGEST && taken.insert(name.clone()));
        names.insert(uid, name.expect("some hash is not taken yet"));
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
        let uids = [
            own("a", "b-c"),
            own("a-b", "c"),
            own("a-b-c", "postgres"),
            own(&"w".repeat(63), &"r".repeat(63)),
        ];
        let names = names(&uids);
        assert_eq!(names[&uids[0]], "a-b-c");
        assert_eq!(names[&uids[1]], "a-b-c-postgres");
        assert_eq!(names[&uids[2]], "a-b-c-postgres-postgres");
        assert_eq!(names[&uids[3]].len(), LONGEST);
    }

    #[test]
    fn hashed_names_differ_where_nothing_else_does() {
        let long = "r".repeat(63);
        let uids = [own("a", &long), own("a", &format!("{long}x"))];
        let names = names(&uids);
        assert_ne!(names[&uids[0]], names[&uids[1]]);
    }

    #[test]
    fn a_name_does_not_depend_on_who_else_is_there_unless_they_clash() {
        let (one, two) = (own("web", "db"), own("web", "cache"));
        assert_eq!(names([&one])[&one], names([&two, &one])[&one]);
    }
}
