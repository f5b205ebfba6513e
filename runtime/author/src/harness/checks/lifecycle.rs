//! The life of a thing, undisturbed: judged, made, asked for again, changed.

use std::sync::Arc;

use innominatus_effect::{Access, Export};
use innominatus_model::{Capability, State, Target, Verb};

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
