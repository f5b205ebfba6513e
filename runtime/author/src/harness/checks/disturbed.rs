//! What comes of it when something goes wrong on the way: at each request in each way, where a secret is missing, and when
//! the runtime dies before and after each call. In the end there has to be what is there undisturbed.

use std::sync::Arc;

use innominatus_effect::{Access, Export};
use innominatus_model::{State, Target};

use super::lifecycle::Made;
use super::outputs::{diff, lists};
use super::{Case, leaks, said};
use crate::harness::catalogue as list;
use crate::harness::catalogue::Check;
use crate::harness::drive::{Driven, Ended, is_refusal};
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;
use crate::harness::world::{Called, Cloud, Disturbance, Fault};

/// Requests that each go wrong in each way, at most.
const REQUESTS: usize = 16;
/// Calls before and after which the runtime dies, at most.
pub(super) const CALLS: usize = 32;

fn check_of(kind: Fault) -> &'static Check {
    match kind {
        Fault::Refused => &list::FAULT_REFUSED,
        Fault::Timeout => &list::FAULT_TIMEOUT,
        Fault::Reset => &list::FAULT_RESET,
        Fault::Broken => &list::FAULT_500,
        Fault::Busy => &list::FAULT_429,
        Fault::Malformed => &list::FAULT_MALFORMED,
    }
}

/// What came of a disturbance.
enum Came {
    /// The place was not reached.
    Nothing,
    /// All is as it is undisturbed.
    Same,
    /// A person has to look.
    Doubt(String),
    Wrong(String, String),
}

pub(super) async fn faults(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    let requests = made.calls.iter().filter(|call| call.request.is_some()).count();
    for kind in Fault::ALL {
        let check = check_of(kind);
        if !sheet.wants(check) {
            continue;
        }
        if requests == 0 {
            sheet.skip(check, "it sends no requests");
            continue;
        }
        let mut results = Vec::new();
        for at in spread(requests, REQUESTS) {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let cloud = Arc::new(case.cloud.fork().disturbed(Disturbance::Fault { at, kind }));
            let driven = case.drive(subject, &cloud, Export::Provision, case.target.clone()).await;
            leaks::scan(subject, &cloud, &driven, found);
            results.push(judge(&cloud, &driven, made, Some(kind)));
        }
        tell(check, results, requests.min(REQUESTS), requests, "requests", sheet);
    }
}

/// A secret of the operator is not there yet; then somebody sets it, and runs it again.
pub(super) async fn missing(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    if !sheet.wants(&list::FAULT_SECRET) {
        return;
    }
    let refers = made.calls.iter().enumerate().filter(|(_, call)| call.refers);
    let places: Vec<u32> = refers.map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect();
    if places.is_empty() {
        sheet.skip(&list::FAULT_SECRET, "it asks for no secret of the operator");
        return;
    }
    let mut results = Vec::new();
    let chosen = spread(places.len(), CALLS);
    for index in &chosen {
        let cloud = Arc::new(case.cloud.fork().disturbed(Disturbance::Missing { at: places[*index] }));
        let mut driven = case.drive(subject, &cloud, Export::Provision, case.target.clone()).await;
        leaks::scan(subject, &cloud, &driven, found);
        if matches!(driven.ended, Ended::GaveUp(_)) {
            driven = case.drive(subject, &cloud, Export::Provision, driven.target).await;
            leaks::scan(subject, &cloud, &driven, found);
        }
        results.push(judge(&cloud, &driven, made, None));
    }
    tell(&list::FAULT_SECRET, results, chosen.len(), places.len(), "calls", sheet);
}

pub(super) async fn crashes(subject: &Subject, case: &Case, made: &Made, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::CRASH) {
        return;
    }
    let places = places(&made.calls);
    if places.is_empty() {
        sheet.skip(&list::CRASH, "it calls nothing");
        return;
    }
    let mut results = Vec::new();
    let chosen = spread(places.len(), CALLS);
    for (index, after) in chosen.iter().flat_map(|index| [(*index, false), (*index, true)]) {
        let disturbance = Disturbance::Crash { at: places[index], after };
        let cloud = Arc::new(case.cloud.fork().disturbed(disturbance));
        let driven = case.drive(subject, &cloud, Export::Provision, case.target.clone()).await;
        results.push(judge(&cloud, &driven, made, None));
    }
    tell(&list::CRASH, results, chosen.len(), places.len(), "calls", sheet);
}

/// Calls at which dying could matter: those that look at or change the world, and the first and the last.
pub(super) fn places(calls: &[Called]) -> Vec<u32> {
    let last = calls.len().saturating_sub(1);
    let matters = |at: usize, call: &Called| call.access != Access::Observe || at == 0 || at == last;
    let places = calls.iter().enumerate().filter(|(at, call)| matters(*at, call));
    places.map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect()
}

/// At most so many of so many, evenly, with the first and the last.
pub(super) fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|at| at * (count - 1) / (most - 1)).collect()
}

fn judge(cloud: &Cloud, driven: &Driven, made: &Made, kind: Option<Fault>) -> Came {
    let Some(what) = cloud.went_wrong() else { return Came::Nothing };
    let wrong = |message: String| Came::Wrong(format!("when {what}: {message}"), String::new());
    match &driven.ended {
        Ended::Ready(state) => compare(cloud, state, made, &what),
        // What could not be read is the other side's fault, and no one can go on from there alone.
        Ended::GaveUp(_) | Ended::Doubt(_) if kind == Some(Fault::Malformed) => more(cloud, made, &what),
        Ended::Doubt(_) => match more(cloud, made, &what) {
            Came::Same => Came::Doubt(format!("when {what}: {}", driven.ended.words())),
            worse => worse,
        },
        Ended::GaveUp(failure) if is_refusal(failure) => {
            wrong(format!("it says no for good, where another try would do: {failure}"))
        }
        ended => wrong(ended.words()),
    }
}

fn compare(cloud: &Cloud, state: &State, made: &Made, what: &str) -> Came {
    let world = cloud.snapshot();
    if world != made.world {
        let message = match world.len().cmp(&made.world.len()) {
            std::cmp::Ordering::Greater => {
                format!("it is made twice (there are {}, not {})", world.len(), made.world.len())
            }
            std::cmp::Ordering::Less => {
                format!("something is missing (there are {}, not {})", world.len(), made.world.len())
            }
            std::cmp::Ordering::Equal => "what is there is not what is there undisturbed".to_owned(),
        };
        return Came::Wrong(format!("when {what}: {message}"), lists(&made.world, &world));
    }
    let outputs = said(cloud, state);
    if outputs != made.outputs {
        return Came::Wrong(format!("when {what}: the outputs are others"), diff(&made.outputs, &outputs));
    }
    Came::Same
}

/// Nothing is there more often than it should be.
fn more(cloud: &Cloud, made: &Made, what: &str) -> Came {
    let world = cloud.snapshot();
    if world.len() <= made.world.len() {
        return Came::Same;
    }
    let message =
        format!("when {what}: it is made twice (there are {}, not {})", world.len(), made.world.len());
    Came::Wrong(message, lists(&made.world, &world))
}

fn tell(
    check: &'static Check,
    results: Vec<Came>,
    tried: usize,
    of: usize,
    what: &str,
    sheet: &mut Sheet<'_>,
) {
    let reached = results.iter().filter(|came| !matches!(came, Came::Nothing)).count();
    let wrong = results.iter().filter(|came| matches!(came, Came::Wrong(..))).count();
    let first = results.iter().find_map(|came| match came {
        Came::Wrong(message, details) => Some((message, details)),
        _ => None,
    });
    if let Some((message, details)) = first {
        let more = if wrong > 1 { format!(" (and {} more)", wrong - 1) } else { String::new() };
        sheet.fail(check, format!("{message}{more}"));
        sheet.detail(details.as_str());
        return;
    }
    let doubt = results.iter().find_map(|came| match came {
        Came::Doubt(message) => Some(message),
        _ => None,
    });
    match doubt {
        Some(message) => sheet.warn(check, message.as_str()),
        None if tried < of => {
            sheet.pass_with(check, format!("{reached} places; {tried} of {of} {what} were tried"))
        }
        None => sheet.pass_with(check, format!("{reached} places")),
    }
}

/// For removals: the same faults, and in the end nothing is left.
pub(super) async fn removal_faults(
    subject: &Subject,
    case: &Case,
    made: &Made,
    calls: &[Called],
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    let requests = calls.iter().filter(|call| call.request.is_some()).count();
    if requests == 0 {
        sheet.skip(&list::DEPROVISION_FAULT, "it sends no requests");
        return;
    }
    let mut results = Vec::new();
    for at in spread(requests, REQUESTS) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        for kind in Fault::ALL {
            let cloud = Arc::new(made.cloud.fork().disturbed(Disturbance::Fault { at, kind }));
            let target = made.driven.target.clone();
            let driven = case.drive(subject, &cloud, Export::Deprovision, target).await;
            leaks::scan(subject, &cloud, &driven, found);
            results.push(removed(&cloud, &driven, Some(kind)));
        }
    }
    tell(&list::DEPROVISION_FAULT, results, requests.min(REQUESTS), requests, "requests", sheet);
}

fn removed(cloud: &Cloud, driven: &Driven, kind: Option<Fault>) -> Came {
    let Some(what) = cloud.went_wrong() else { return Came::Nothing };
    match &driven.ended {
        Ended::Gone if cloud.is_empty() => Came::Same,
        Ended::Gone => Came::Wrong(format!("when {what}: something is left"), cloud.paths().join("\n")),
        Ended::GaveUp(_) | Ended::Doubt(_) if kind == Some(Fault::Malformed) => Came::Same,
        Ended::Doubt(_) => Came::Doubt(format!("when {what}: {}", driven.ended.words())),
        ended => Came::Wrong(format!("when {what}: {}", ended.words()), String::new()),
    }
}

/// For removals: the same places, and in the end nothing is left.
pub(super) async fn removal_crashes(
    subject: &Subject,
    case: &Case,
    made: &Made,
    target: &Target,
    calls: &[Called],
    sheet: &mut Sheet<'_>,
) {
    let places = places(calls);
    let chosen = spread(places.len(), CALLS);
    let mut results = Vec::new();
    for (index, after) in chosen.iter().flat_map(|index| [(*index, false), (*index, true)]) {
        let disturbance = Disturbance::Crash { at: places[index], after };
        let cloud = Arc::new(made.cloud.fork().disturbed(disturbance));
        let driven = case.drive(subject, &cloud, Export::Deprovision, target.clone()).await;
        results.push(removed(&cloud, &driven, None));
    }
    tell(&list::DEPROVISION_CRASH, results, chosen.len(), places.len(), "calls", sheet);
}
