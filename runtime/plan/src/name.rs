//! Names for people and for derived names: unique in the application, and kept for as long as the resource lives.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::ResourceUid;
use innominatus_score::Demanded;

use crate::Existing;

/// The longest label most systems take.
const LONGEST: usize = 63;

/// The name of every need. What is gone on with keeps its own. A new resource gets another than the demanded one if
/// something that exists has that already, be it on its way out: until it is gone, both are there.
pub(crate) fn names<'a>(
    needs: &'a [Demanded],
    gone_on_with: &BTreeMap<&ResourceUid, &Existing>,
    existing: &[Existing],
) -> BTreeMap<&'a ResourceUid, String> {
    let mut taken: BTreeSet<String> = existing.iter().map(|known| known.name.clone()).collect();
    let mut names = BTreeMap::new();
    for need in needs {
        let name = match gone_on_with.get(&need.uid) {
            Some(known) => known.name.clone(),
            None => free(need, &taken),
        };
        taken.insert(name.clone());
        names.insert(&need.uid, name);
    }
    names
}

fn free(need: &Demanded, taken: &BTreeSet<String>) -> String {
    let with_kind = suffixed(&need.name, &need.uid.kind.as_str().to_ascii_lowercase());
    let numbered = (2_u64..).map(|number| suffixed(&need.name, &number.to_string()));
    let mut choices = [need.name.clone(), with_kind].into_iter().chain(numbered);
    choices.find(|name| !taken.contains(name)).expect("there are more numbers than names")
}

fn suffixed(name: &str, suffix: &str) -> String {
    let room = LONGEST.saturating_sub(suffix.len() + 1);
    let short: String = name.chars().take(room).collect();
    format!("{}-{suffix}", short.trim_end_matches('-'))
}
