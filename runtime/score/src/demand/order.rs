//! An order in which everything comes after what it depends on, or the circles that forbid one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use innominatus_model::ResourceUid;
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

/// What each uid depends on; every uid is a key.
pub(super) type Edges<'a> = BTreeMap<&'a ResourceUid, BTreeSet<&'a ResourceUid>>;

/// Smallest uid first among those that could come next.
pub(super) fn order<'a>(edges: &Edges<'a>) -> Result<Vec<&'a ResourceUid>, Vec<Vec<&'a ResourceUid>>> {
    let mut waiting: BTreeMap<&ResourceUid, usize> =
        edges.iter().map(|(uid, needed)| (*uid, needed.len())).collect();
    let mut followers: BTreeMap<&ResourceUid, Vec<&'a ResourceUid>> = BTreeMap::new();
    for (&uid, needed) in edges {
        needed.iter().for_each(|needed| followers.entry(needed).or_default().push(uid));
    }
    let mut ready: BTreeSet<&'a ResourceUid> =
        edges.iter().filter(|(_, needed)| needed.is_empty()).map(|(uid, _)| *uid).collect();
    let mut ordered = Vec::with_capacity(edges.len());
    while let Some(uid) = ready.pop_first() {
        ordered.push(uid);
        for &follower in followers.get(uid).into_iter().flatten() {
            if let Some(left) = waiting.get_mut(follower) {
                *left -= 1;
                if *left == 0 {
                    ready.insert(follower);
                }
            }
        }
    }
    if ordered.len() == edges.len() { Ok(ordered) } else { Err(circles(edges)) }
}

/// One circle of each knot, in the order of dependence, the smallest uid first.
fn circles<'a>(edges: &Edges<'a>) -> Vec<Vec<&'a ResourceUid>> {
    let mut graph = DiGraphMap::<&'a ResourceUid, ()>::new();
    for (&uid, needed) in edges {
        needed.iter().for_each(|needed| _ = graph.add_edge(uid, needed, ()));
    }
    // Not the one that recurses: a circle may go through every resource of every file.
    let knots = kosaraju_scc(&graph);
    let mut circles: Vec<_> =
        knots.iter().filter_map(|knot| shortest(knot.iter().copied().min()?, knot, edges)).collect();
    circles.sort();
    circles
}

/// The shortest way from `start` back to itself within the knot; none if there is no way.
fn shortest<'a>(
    start: &'a ResourceUid,
    knot: &[&'a ResourceUid],
    edges: &Edges<'a>,
) -> Option<Vec<&'a ResourceUid>> {
    let knot: BTreeSet<_> = knot.iter().copied().collect();
    let mut came_from: BTreeMap<&ResourceUid, &'a ResourceUid> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(uid) = queue.pop_front() {
        for &next in edges.get(uid).into_iter().flatten().filter(|next| knot.contains(**next)) {
            if next == start {
                let mut way = vec![uid];
                while let Some(&earlier) = came_from.get(way[way.len() - 1]) {
                    way.push(earlier);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, uid);
                queue.push_back(next);
            }
        }
    }
    None
}
