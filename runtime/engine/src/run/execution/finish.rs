//! An execution of an earlier wish (another generation, other bytes, a provision when it is to be removed) goes on to
//! its end before anything new begins: what it made is the prior of what comes next.

use innominatus_effect::{Export, Past};
use innominatus_ledger::{Execution, Holder, LastError, Stored};
use innominatus_model::{
    Code, Coded, Denial, Event, Failure, Prior, Progress, Removal, ResourceId, State, Unsettled, Verb,
};
use innominatus_plan::ComponentRef;

use super::broken::{Writes, untold, writes};
use super::ending::{self, Ending, doubt, in_doubt_error, lost_error, made_error};
use super::open::{carried, doubtful, need_their_key};
use super::perform::{LONGEST, NoAnswer, Performed, perform};
use crate::EngineError;
use crate::clock::until;
use crate::run::Cell;
use crate::run::drive::{Driver, Entry};
use crate::run::execute::Context;
use crate::run::settle::{self, Promise};

/// A guest that breaks so often at the same place breaks always.
const ATTEMPTS: u32 = 3;

enum Said {
    /// What exists now; none when everything is gone.
    Answer(Option<State>),
    /// It said no.
    Failure(Failure, Vec<Denial>),
    /// It broke.
    Fault(LastError),
}

/// Brings the open execution of a resource to its end; whoever calls this holds no place. `next` is whoever is called afterwards. The error is for
/// people: nothing may be called now.
pub(in crate::run) async fn finish(
    driver: &Driver,
    context: &Context,
    cell: &Cell,
    next: &ComponentRef,
) -> Result<Option<LastError>, EngineError> {
    let ledger = driver.engine.ledger();
    for attempt in 1.. {
        let resource = cell.get().await;
        let Some(id) = resource.status.execution else { return Ok(None) };
        let Some(act) = ledger.execution(&resource.scope(), resource.id, id).await? else {
            cell.update(ledger, &[], |resource| resource.status.execution = None).await?;
            return Ok(None);
        };
        let (past, _) = ledger.journal(&act.value.scope, resource.id, id).await?;
        let Ok(entry) = driver.entry(&act.value.component, &act.value.target.class).await else {
            return abandon(driver, cell, act, next, Vec::new()).await;
        };
        if past.iter().all(|past| past.intent.is_none()) {
            // Nothing left it, so there is nothing to be known of before something else begins.
            return abandon(driver, cell, act, next, Vec::new()).await;
        }
        if !in_flight_is_over(driver, &past).await {
            return Err(EngineError::Stopping);
        }
        let place = driver.place(&act.value.component.platform).await?;
        let (said, unsettled, mut lines) = go_on(context, &act.value, &entry).await?;
        drop(place);
        let scrub = settle::scrubber(ledger, &act.value.scope, &resource, None).await?;
        crate::run::provision::scrub_events(&scrub, &mut lines);
        let settles = entry.offer.verbs.contains(&Verb::Settle);
        let said = told(driver, &act.value, &entry, said).await?;
        let untold = match &said {
            Said::Failure(Failure { partial: None, .. }, _) => untold(&driver.engine, &act.value).await?,
            _ => Vec::new(),
        };
        // Whoever comes next does not look for it. Who only removes is given the chance.
        let is_lost = !untold.is_empty() && !finds_out(driver, next, &act.value).await?;
        let goes_on = |failure: &Failure| {
            let again = failure.cause.is_retryable() && attempt < ATTEMPTS;
            is_lost && doubtful(&unsettled).is_empty() && (again || !is_removed(driver, &act.value))
        };
        let (state, word, open) = match said {
            Said::Answer(state) => (state, "finished", Vec::new()),
            Said::Failure(failure, denials) if !settles && is_left_open(&unsettled) || goes_on(&failure) => {
                cell.update(ledger, &lines, |_| {}).await?;
                let again = attempt < ATTEMPTS && (failure.cause.is_retryable() || !unsettled.is_empty());
                let wait = driver.engine.0.backoff.after(attempt).filter(|_| again);
                if let Some(wait) = wait {
                    if !driver.sleep(wait).await {
                        return Err(EngineError::Stopping);
                    }
                    continue;
                }
                let error = settle::failure_error(Code::ProvisionFailed, &failure, &denials, &scrub);
                let error = match unsettled.is_empty() {
                    true => lost_error(resource.id, &act.value.component.label(), &untold, Some(error)),
                    false => still_open(resource.id, &unsettled, error),
                };
                cell.update(ledger, &[], |resource| settle::failed(resource, &error)).await?;
                return Ok(Some(error));
            }
            Said::Failure(failure, _) if settles || doubtful(&unsettled).is_empty() => {
                (failure.partial, "failed", carried(&act.value, [unsettled, untold].concat()))
            }
            Said::Failure(..) => {
                let unsettled = doubtful(&unsettled);
                let error = in_doubt_error(resource.id, &act.value.component.label(), &unsettled);
                doubt(&driver.engine, cell, &resource.application, &error, &unsettled, lines).await?;
                return Ok(Some(error));
            }
            Said::Fault(error) if error.code == Code::EffectDiverged.as_str() => {
                doubt(&driver.engine, cell, &resource.application, &error, &unsettled, lines).await?;
                return Ok(Some(error));
            }
            Said::Fault(_) if attempt < ATTEMPTS => {
                cell.update(ledger, &lines, |_| {}).await?;
                continue;
            }
            // It breaks where it is, but something else is wanted now, and that may go well.
            Said::Fault(_) => return abandon(driver, cell, act, next, lines).await,
        };
        let label = act.value.component.label();
        let Execution { scope, application, .. } = &act.value;
        let holder = Holder { scope, application, component: &label };
        let state = match state {
            Some(mut state) => settle::admit(ledger, holder, &entry.offer, &mut state, Promise::Kept)
                .await?
                .is_ok()
                .then_some(state),
            None => None,
        };
        let gone = word == "finished" && state.is_none();
        let target = act.value.target.clone();
        let component = act.value.component.clone();
        let ending = Ending { act, word, unsettled: open };
        cell.update_closing(ledger, &lines, Some(ending), |resource| {
            if let Some(state) = state {
                resource.status.made_by = Some(component.clone());
                resource.status.prior = Some(Prior {
                    state,
                    version: component.version.to_string(),
                    generation: target.generation,
                    params: target.params,
                });
            } else if gone {
                resource.status.prior = None;
            }
        })
        .await?;
        return Ok(None);
    }
    Ok(None)
}

/// A request that was out when the runtime stopped may still be acted on, after what comes next has been: also one that
/// may be sent again. False when the runtime stops.
async fn in_flight_is_over(driver: &Driver, past: &[Past]) -> bool {
    let out = past.iter().filter(|past| past.outcome.is_none()).filter_map(|past| past.intent.as_ref());
    let due = out.map(|intent| intent.sent_ms.saturating_add(intent.timeout_ms)).max().unwrap_or(0);
    let wait = until(due, LONGEST);
    wait.is_zero() || driver.sleep(wait).await
}

async fn go_on(
    context: &Context,
    act: &Execution,
    entry: &Entry,
) -> Result<(Said, Vec<Unsettled>, Vec<Event>), EngineError> {
    let target = &act.target;
    if act.export == Export::Deprovision {
        let done = perform(context, act, entry, async |component, call| {
            component.provisioner(call).deprovision(target).await
        })
        .await?;
        let Performed { answer, unsettled, denials, lines } = done;
        let said = match answer {
            Ok(answer) => match answer.value {
                Ok(Removal::Gone) => Said::Answer(None),
                Ok(Removal::Pending(pending)) => Said::Answer(Some(pending.state)),
                Err(failure) => Said::Failure(failure, denials),
            },
            Err(error) => fault(error)?,
        };
        return Ok((said, unsettled, lines));
    }
    let done = perform(context, act, entry, async |component, call| {
        component.provisioner(call).provision(target).await
    })
    .await?;
    let Performed { answer, unsettled, denials, lines } = done;
    let said = match answer {
        Ok(answer) => match answer.value {
            Ok(Progress::Ready(state)) => Said::Answer(Some(state)),
            Ok(Progress::Pending(pending)) => Said::Answer(Some(pending.state)),
            Err(failure) => Said::Failure(failure, denials),
        },
        Err(error) => fault(error)?,
    };
    Ok((said, unsettled, lines))
}

fn is_removed(driver: &Driver, act: &Execution) -> bool {
    driver.plan.removals.iter().any(|removal| removal.resource == act.resource)
}

/// Whether who comes next looks for what may be there.
async fn finds_out(driver: &Driver, next: &ComponentRef, act: &Execution) -> Result<bool, EngineError> {
    Ok(driver.entry(next, &act.target.class).await?.offer.verbs.contains(&Verb::Settle))
}

/// Whether it stays open for as long as the other side does not answer: sent again from here, nothing is made twice.
fn is_left_open(unsettled: &[Unsettled]) -> bool {
    doubtful(unsettled).is_empty() && need_their_key(unsettled)
}

/// What cannot be kept was not told.
async fn told(driver: &Driver, act: &Execution, entry: &Entry, said: Said) -> Result<Said, EngineError> {
    let label = act.component.label();
    let holder = Holder { scope: &act.scope, application: &act.application, component: &label };
    let kept =
        async |state: &State| settle::is_kept(driver.engine.ledger(), holder, &entry.offer, state).await;
    Ok(match said {
        Said::Answer(Some(state)) if !kept(&state).await? => {
            Said::Fault(settle::breach_error(&label, "its handle holds a secret"))
        }
        Said::Failure(failure, denials) => {
            let partial = match failure.partial {
                Some(state) if kept(&state).await? => Some(state),
                _ => None,
            };
            Said::Failure(Failure { partial, ..failure }, denials)
        }
        said => said,
    })
}

/// What people are told of it.
fn still_open(resource: ResourceId, unsettled: &[Unsettled], error: LastError) -> LastError {
    let over =
        format!("`innominatus resolve {resource} --start-over` forgets it, if it is never going to be well");
    let hint = error.hint.as_deref().unwrap_or("run the same command again when the other side is well");
    LastError {
        message: format!(
            "nothing new begins before it is known what became of this: {}; {}",
            ending::told(unsettled),
            error.message
        ),
        hint: Some(format!("{hint}; {over}")),
        ..error
    }
}

/// A fault of the guest, or a replay that went astray; our own trouble is passed on.
fn fault(error: NoAnswer) -> Result<Said, EngineError> {
    match error {
        NoAnswer::Host(error) => Err(error),
        NoAnswer::Diverged(error) => Ok(Said::Fault(error)),
        NoAnswer::Fault(error) => {
            Ok(Said::Fault(settle::plain_error(error.code(), crate::world::chain(&error), error.remedy())))
        }
    }
}

/// It cannot go on with its own bytes. Every write it made that may not be sent again is something that whoever comes
/// next has to look for. Who only removes makes nothing twice: a person is asked about what nobody knows, no more.
async fn abandon(
    driver: &Driver,
    cell: &Cell,
    act: Stored<Execution>,
    next: &ComponentRef,
    lines: Vec<Event>,
) -> Result<Option<LastError>, EngineError> {
    let ledger = driver.engine.ledger();
    let Execution { scope, resource, id, .. } = &act.value;
    let (past, _) = ledger.journal(scope, *resource, *id).await?;
    let Writes { all, unknown } = writes(&past);
    let asked = if is_removed(driver, &act.value) { unknown.clone() } else { all.clone() };
    if asked.is_empty() || finds_out(driver, next, &act.value).await? {
        let unsettled = carried(&act.value, all);
        let ending = Ending { act, word: "abandoned", unsettled };
        cell.update_closing(ledger, &lines, Some(ending), |_| {}).await?;
        return Ok(None);
    }
    let error = match unknown.is_empty() {
        true => made_error(*resource, &next.label(), &asked),
        false => in_doubt_error(*resource, &next.label(), &asked),
    };
    let application = act.value.application.clone();
    doubt(&driver.engine, cell, &application, &error, &asked, lines).await?;
    Ok(Some(error))
}
