//! Who could serve each need: what a golden path chooses from.

use innominatus_model::{Candidate, Class, Code, Diagnostic, Kind, Name, Need, Severity};
use innominatus_score::{Demand, Demanded};

use crate::error::MOST_FINDINGS;
use crate::{Catalogue, PlanError, Snapshot, name};

/// The needs of a golden path's request, in the order of the demand, each under the name that its provisioner will
/// be told, and with what the definition of the first candidate gives beneath its params. Candidates of `own` (the
/// golden path's platform) stand first, and of one platform those that it binds. A need that nobody serves is an error of
/// the file, at its place.
pub fn needs(
    demand: &Demand,
    catalogue: &Catalogue,
    own: &Name,
    snapshot: &Snapshot,
) -> Result<Vec<Need>, PlanError> {
    let names = name::names(demand.needs.iter().map(|demanded| &demanded.uid), &snapshot.resources);
    let mut diagnostics = Vec::new();
    let needs = demand
        .needs
        .iter()
        .map(|demanded| {
            let candidates = candidates(demanded, catalogue, own, snapshot);
            let (kind, class) = (&demanded.uid.kind, &demanded.uid.class);
            let first = candidates.first();
            let first = first.and_then(|first| catalogue.find(&first.provisioner, kind, class));
            if candidates.is_empty() && diagnostics.len() < MOST_FINDINGS {
                diagnostics.push(nobody(kind, class, demanded.place.clone(), catalogue));
            }
            Need {
                id: demanded.uid.to_string(),
                name: names[&demanded.uid].clone(),
                kind: demanded.uid.kind.clone(),
                class: demanded.uid.class.clone(),
                workloads: demanded.workloads.clone(),
                params: match first {
                    Some(first) => first.beneath(class, &demanded.params),
                    None => demanded.params.clone(),
                },
                depends_on: demanded.depends_on.iter().map(ToString::to_string).collect(),
                candidates,
            }
        })
        .collect();
    if diagnostics.is_empty() { Ok(needs) } else { Err(PlanError::Files { diagnostics }) }
}

/// Who makes such things anew, and who made this one: that one goes on with it, though it serves nothing new.
fn candidates(demanded: &Demanded, catalogue: &Catalogue, own: &Name, snapshot: &Snapshot) -> Vec<Candidate> {
    let (kind, class) = (&demanded.uid.kind, &demanded.uid.class);
    let existing = snapshot.resources.iter().filter(|known| known.uid == demanded.uid);
    let going_on = existing.filter_map(|known| catalogue.going_on(&known.provisioner, kind, class));
    let mut candidates: Vec<((bool, bool), Candidate)> = Vec::new();
    for offered in catalogue.makers(kind, class).chain(going_on) {
        let provisioner = offered.provisioner.label();
        // Versions of one entry are one candidate: which version serves is the runtime's choice.
        if candidates.iter().any(|(_, known)| known.provisioner == provisioner) {
            continue;
        }
        let foreign = offered.provisioner.platform != *own;
        candidates
            .push(((foreign, offered.overruled), Candidate { provisioner, offer: offered.offer.clone() }));
    }
    candidates.sort_by_key(|(rank, _)| *rank);
    candidates.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Nobody makes this. `place` is a file, a line and a column.
pub(crate) fn nobody(
    kind: &Kind,
    class: &Class,
    place: (String, u32, u32),
    catalogue: &Catalogue,
) -> Diagnostic {
    let (file, line, column) = place;
    let kinds = catalogue.kinds();
    let (message, hint) = if kinds.contains(&kind) {
        (
            format!("no installed platform makes resources of type `{kind}` with class `{class}`"),
            "use a class that an installed provisioner lists (`innominatus platform inspect`), or leave `class` out"
                .to_owned(),
        )
    } else if kinds.is_empty() {
        (
            format!("no installed platform makes resources of type `{kind}`"),
            "install a platform: `innominatus platform install <folder>`".to_owned(),
        )
    } else {
        let listed: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        (
            format!("no installed platform makes resources of type `{kind}`"),
            format!(
                "installed platforms make {}; use one of these or install another platform",
                listed.join(", ")
            ),
        )
    };
    Diagnostic {
        file,
        line,
        column,
        severity: Severity::Error,
        code: Code::NoProvisioner,
        message,
        hint: Some(hint),
    }
}
