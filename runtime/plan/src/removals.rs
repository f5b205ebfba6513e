//! What goes, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{ResourceId, ResourceUid};

use crate::plan::{ComponentRef, Removal, Task};
use crate::{Existing, Snapshot};

/// Everything that exists and has no task, dependents first. Who made it removes it, whoever is to make it now.
pub(crate) fn removals(snapshot: &Snapshot, tasks: &[Task], reason: &str) -> Vec<Removal> {
    let kept: BTreeSet<ResourceId> = tasks.iter().map(|task| task.resource).collect();
    let makers: BTreeMap<&ResourceUid, &ComponentRef> =
        tasks.iter().map(|task| (&task.uid, &task.provisioner)).collect();
    let mut gone: Vec<&Existing> =
        snapshot.resources.iter().filter(|known| !kept.contains(&known.id)).collect();
    gone.sort_by(|a, b| (&a.uid, a.id).cmp(&(&b.uid, b.id)));
    let index: BTreeMap<ResourceId, usize> =
        gone.iter().enumerate().map(|(at, known)| (known.id, at)).collect();
    let mut users: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); gone.len()];
    for (at, known) in gone.iter().enumerate() {
        for (_, used) in &known.references {
            if let Some(&used) = index.get(used).filter(|&&used| used != at) {
                users[used].insert(at);
            }
        }
    }
    order(&users)
        .into_iter()
        .map(|(at, in_circle)| Removal {
            resource: gone[at].id,
            uid: gone[at].uid.clone(),
            name: gone[at].name.clone(),
            provisioner: gone[at].made_by.as_ref().unwrap_or(&gone[at].provisioner).clone(),
            reason: makers.get(&gone[at].uid).map_or_else(
                || reason.to_owned(),
                |maker| format!("it is replaced by one that {} makes", maker.label()),
            ),
            after: if in_circle { Vec::new() } else { users[at].iter().map(|&user| gone[user].id).collect() },
        })
        .collect()
}

/// Users first, and whether a resource was taken out of turn. References of accepted plans have no circle; should
/// a record say otherwise, nothing may be left, so the members of a circle wait for nobody.
fn order(users: &[BTreeSet<usize>]) -> Vec<(usize, bool)> {
    let mut waiting: Vec<usize> = users.iter().map(BTreeSet::len).collect();
    let mut uses: Vec<Vec<usize>> = vec![Vec::new(); users.len()];
    for (used, by) in users.iter().enumerate() {
        for &user in by {
            uses[user].push(used);
        }
    }
    let mut left: BTreeSet<usize> = (0..users.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|&at| waiting[at] == 0).collect();
    let mut order = Vec::with_capacity(users.len());
    while let Some((next, in_circle)) =
        ready.pop_first().map(|at| (at, false)).or_else(|| left.first().map(|&at| (at, true)))
    {
        left.remove(&next);
        order.push((next, in_circle));
        for &used in &uses[next] {
            waiting[used] = waiting[used].saturating_sub(1);
            if waiting[used] == 0 && left.contains(&used) {
                ready.insert(used);
            }
        }
    }
    order
}
