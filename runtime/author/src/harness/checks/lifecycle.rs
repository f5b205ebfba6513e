//! The life of a thing, undisturbed: judged, made, asked for again, changed.

use std::sync::Arc;

use innominatus_effect::{Access, Export};
use innominatus_model::{Capability, Failure, Prior, State, Target, Verb};
use innominatus_sandbox::CallError;
use serde_json::json;

use super::{Case, said};
use crate::harness::catalogue as list;
use crate::harness::checks::outputs::{diff, lists};
use crate::harness::drive::{Driven, Ended, is_refusal};
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;
use crate::harness::world::{Called, Cloud};

/// A thing that was made undisturbed: what every other run is compared with.
pub(super) struct Made {
    pub(super) state: State,
    pub(super) driven: Driven,
    pub(super) cloud: Arc<Cloud>,
    /// What reached the world.
    pub(super) calls: Vec<Called>,
    pub(super) outputs: String,
    pub(super) world: Vec<String>,
}

pub(super) async fn validate(subject: &Subject, case: &Case, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::VALIDATE) {
        return;
    }
    let samples = std::iter::once(&case.target.params).chain(case.maximal.as_ref());
    let mut wrong = Vec::new();
    for params in samples {
        let target = Target { params: params.clone(), ..case.target.clone() };
        let cloud = Arc::new(case.cloud.fork());
        let call = async |guest: innominatus_sandbox::Provisioner| guest.validate_config(&target).await;
        let looked = subject.look(Export::ValidateConfig, &case.grant, &cloud, call).await;
        if let Some(entry) = looked.entries.iter().find(|entry| entry.call.access() != Access::Observe) {
            wrong.push(format!("`validate-config` calls `{}`", entry.call.name()));
        }
        match looked.answer {
            Err(error) => wrong.push(format!("`validate-config` breaks: {error}")),
            Ok(violations) => wrong.extend(violations.first().map(|violation| {
                format!(
                    "it refuses params that its schema accepts: `params{}`: {}",
                    violation.pointer, violation.message
                )
            })),
        }
    }
    sheet.judge(&list::VALIDATE, wrong);
}

pub(super) async fn provision(subject: &Subject, case: &Case, sheet: &mut Sheet<'_>) -> Option<Made> {
    let cloud = Arc::new(case.cloud.fork());
    let driven = case.drive(subject, &cloud, Export::Provision, case.target.clone()).await;
    let state = match &driven.ended {
        Ended::Ready(state) => state.clone(),
        ended => {
            let reached = driven.entries.iter().any(|entry| entry.call.capability() == Capability::Http);
            let settings = driven.failures.iter().any(|failure| failure.code == "settings-invalid");
            let unserved = matches!(ended, Ended::GaveUp(_)) && cloud.is_generic() && (reached || settings);
            if unserved {
                let what = if settings { "made-up settings do" } else { "the generic fake of HTTP does" };
                sheet.warn(&list::PROVISION, format!("{what} not serve it: {}", ended.words()));
            } else {
                sheet.fail(&list::PROVISION, ended.words());
            }
            return None;
        }
    };
    let message = match &case.maximal {
        None => None,
        Some(params) => maximal(subject, case, params).await.err(),
    };
    match message {
        None => sheet.pass(&list::PROVISION),
        Some(message) => sheet.fail(&list::PROVISION, format!("with every param there is, {message}")),
    }
    let (outputs, world, calls) = (said(&cloud, &state), cloud.snapshot(), cloud.calls());
    Some(Made { state, driven, cloud, calls, outputs, world })
}

/// Params with everything in them may be refused, but do not break it.
async fn maximal(subject: &Subject, case: &Case, params: &innominatus_model::Json) -> Result<(), String> {
    let cloud = Arc::new(case.cloud.fork());
    let target = Target { params: params.clone(), ..case.target.clone() };
    let driven = case.drive(subject, &cloud, Export::Provision, target).await;
    match driven.ended {
        Ended::Broke(_) | Ended::Diverged(_) | Ended::Endless => Err(driven.ended.words()),
        _ => Ok(()),
    }
}

fn things(count: usize) -> String {
    if count == 1 { "1 thing".to_owned() } else { format!("{count} things") }
}

/// The same wish once more, as a run of an unchanged file that was interrupted would have it.
pub(super) async fn again(subject: &Subject, case: &Case, made: &Made, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::PROVISION_AGAIN) {
        return;
    }
    let cloud = Arc::new(made.cloud.fork());
    cloud.later();
    let driven = case.drive(subject, &cloud, Export::Provision, made.driven.target.clone()).await;
    let Ended::Ready(state) = &driven.ended else {
        sheet.fail(&list::PROVISION_AGAIN, driven.ended.words());
        return;
    };
    let (outputs, world) = (said(&cloud, state), cloud.snapshot());
    if world.len() > made.world.len() {
        let message = format!("of {} there are {} now", things(made.world.len()), world.len());
        sheet.fail(&list::PROVISION_AGAIN, message);
        sheet.detail(lists(&made.world, &world));
    } else if outputs != made.outputs {
        sheet.fail(&list::PROVISION_AGAIN, "the outputs are others the second time");
        sheet.detail(diff(&made.outputs, &outputs));
    } else if world != made.world {
        sheet.fail(&list::PROVISION_AGAIN, "what is there is not what was there");
        sheet.detail(lists(&made.world, &world));
    } else {
        sheet.pass(&list::PROVISION_AGAIN);
    }
}

pub(super) async fn update(subject: &Subject, case: &Case, made: &Made, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::UPDATE) {
        return;
    }
    if !subject.offer.verbs.contains(&Verb::Update) {
        sheet.skip(&list::UPDATE, "it does not offer `update`");
        return;
    }
    let Some(params) = &case.changed else {
        sheet.skip(&list::UPDATE, "no other params could be made up");
        return;
    };
    let cloud = Arc::new(made.cloud.fork());
    cloud.later();
    let target = Target { params: params.clone(), generation: 2, ..made.driven.target.clone() };
    let driven = case.drive(subject, &cloud, Export::Provision, target).await;
    match &driven.ended {
        Ended::Ready(_) => {
            let count = cloud.snapshot().len();
            if count > made.world.len() {
                let message =
                    format!("of {} there are {count} after a change of params", things(made.world.len()));
                sheet.fail(&list::UPDATE, message);
                sheet.detail(lists(&made.world, &cloud.snapshot()));
            } else {
                sheet.pass(&list::UPDATE);
            }
        }
        Ended::GaveUp(failure) if is_refusal(failure) => {
            sheet.pass_with(&list::UPDATE, "it refuses the change in words")
        }
        ended => sheet.fail(&list::UPDATE, ended.words()),
    }
}

/// What a move to another version does: the state is taken over, and the same wish again changes nothing.
pub(super) async fn upgrade_state(subject: &Subject, case: &Case, made: &Made, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::UPGRADE_STATE) {
        return;
    }
    if !subject.offer.verbs.contains(&Verb::UpgradeState) {
        sheet.skip(&list::UPGRADE_STATE, "it does not offer `upgrade-state`");
        return;
    }
    let target = made.driven.target.clone();
    let handle = json!({"of-nobody": [null, "Größe-🦀"]});
    let unknown = State { handle, ..State::default() };
    let prior =
        Prior { state: unknown, version: "0.0.0".to_owned(), generation: 1, params: target.params.clone() };
    let strange = Target { prior: Some(prior), ..target.clone() };
    if let Err(error) = upgraded(subject, case, made, &strange).await {
        sheet.fail(&list::UPGRADE_STATE, format!("of a state that nobody knows, it breaks: {error}"));
        return;
    }
    let state = match upgraded(subject, case, made, &target).await {
        Ok(Ok(state)) => state,
        // It is never asked for that: nothing moves from a version to itself.
        Ok(Err(_)) => return sheet.pass_with(&list::UPGRADE_STATE, "it refuses its own state in words"),
        Err(error) => return sheet.fail(&list::UPGRADE_STATE, format!("it breaks: {error}")),
    };
    let cloud = Arc::new(made.cloud.fork());
    cloud.later();
    let prior = target.prior.clone().map(|prior| Prior { state, ..prior });
    let driven = case.drive(subject, &cloud, Export::Provision, Target { prior, ..target }).await;
    let Ended::Ready(state) = &driven.ended else {
        let message = format!("`provision` does not go on from it: {}", driven.ended.words());
        return sheet.fail(&list::UPGRADE_STATE, message);
    };
    let (outputs, world) = (said(&cloud, state), cloud.snapshot());
    if outputs != made.outputs {
        sheet.fail(&list::UPGRADE_STATE, "the outputs are others afterwards");
        sheet.detail(diff(&made.outputs, &outputs));
    } else if world != made.world {
        sheet.fail(&list::UPGRADE_STATE, "what is there is not what was there");
        sheet.detail(lists(&made.world, &world));
    } else {
        sheet.pass(&list::UPGRADE_STATE);
    }
}

async fn upgraded(
    subject: &Subject,
    case: &Case,
    made: &Made,
    target: &Target,
) -> Result<Result<State, Failure>, CallError> {
    let cloud = Arc::new(made.cloud.fork());
    let call = async |guest: innominatus_sandbox::Provisioner| guest.upgrade_state(target).await;
    subject.look(Export::UpgradeState, &case.grant, &cloud, call).await.answer
}
