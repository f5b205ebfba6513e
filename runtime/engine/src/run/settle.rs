//! Answers into records: phases, conditions, errors; and what a component's answer must satisfy.

use std::time::Duration;

use innominatus_ledger::{Holder, LastError, Ledger, LedgerError, Resource, Waiting, seal::Scrubber};
use innominatus_model::{
    Cause, Code, Coded, Condition, ConditionStatus, ConditionType, Denial, Failure, Json, Offer, Phase,
    Scope, Secret, State,
};
use innominatus_sandbox::CallError;

use crate::clock::{millis, now_ms, until};
use crate::world::chain;
use crate::{EngineConfig, EngineError};

/// Sets a condition; the time moves only when the status changes.
pub(super) fn condition(
    resource: &mut Resource,
    kind: ConditionType,
    status: ConditionStatus,
    reason: &str,
    message: &str,
) {
    let observed_generation = resource.generation;
    let conditions = &mut resource.status.conditions;
    let since_ms = conditions
        .iter()
        .find(|known| known.kind == kind && known.status == status)
        .map_or_else(now_ms, |known| known.since_ms);
    let next = Condition {
        kind,
        status,
        reason: reason.to_owned(),
        message: message.to_owned(),
        since_ms,
        observed_generation,
    };
    match conditions.iter_mut().find(|known| known.kind == kind) {
        Some(known) => *known = next,
        None => {
            conditions.push(next);
            conditions.sort_by_key(|known| known.kind);
        }
    }
}

/// The record of a resource that is being worked on.
pub(super) fn working(resource: &mut Resource, phase: Phase, message: &str) {
    resource.status.phase = phase;
    resource.status.waiting = None;
    condition(resource, ConditionType::Ready, ConditionStatus::False, "Working", message);
}

/// The record of a resource that is what was asked for.
pub(super) fn ready(resource: &mut Resource) {
    resource.status.phase = Phase::Ready;
    resource.status.observed_generation = resource.generation;
    resource.status.waiting = None;
    resource.status.last_error = None;
    condition(resource, ConditionType::Provisioned, ConditionStatus::True, "Provisioned", "");
    condition(resource, ConditionType::Ready, ConditionStatus::True, "Provisioned", "");
    resource.status.conditions.retain(|known| known.kind != ConditionType::Stalled);
}

/// The record of a resource that waits.
pub(super) fn waiting(
    resource: &mut Resource,
    wait: Duration,
    reason: &str,
    percent: Option<u8>,
    retry: bool,
) {
    let for_ms = millis(wait);
    let until_ms = now_ms().saturating_add(for_ms);
    resource.status.waiting =
        Some(Waiting { until_ms, reason: reason.to_owned(), percent, retry, for_ms: Some(for_ms) });
    let word = if retry { "Retrying" } else { "Pending" };
    condition(resource, ConditionType::Ready, ConditionStatus::False, word, reason);
}

/// How long a wait goes on: as long as was said, however the clock jumps; shorter if it is configured shorter now.
pub(super) fn left(waiting: &Waiting, config: &EngineConfig) -> Duration {
    let cap = if waiting.retry { config.retry_after_cap } else { config.pending_cap };
    let whole = waiting.for_ms.map_or(config.pending_cap, Duration::from_millis);
    until(waiting.until_ms, whole.min(cap))
}

/// How long to wait before another try: the other side may ask for longer than we would take, within bounds.
pub(super) fn retry_wait(backoff: Duration, asked: Option<Duration>, config: &EngineConfig) -> Duration {
    asked.map_or(backoff, |asked| asked.max(backoff)).min(config.retry_after_cap)
}

/// The record of a resource that was given up.
pub(super) fn failed(resource: &mut Resource, error: &LastError) {
    resource.status.phase = Phase::Failed;
    resource.status.waiting = None;
    resource.status.last_error = Some(error.clone());
    condition(resource, ConditionType::Ready, ConditionStatus::False, "Failed", &error.message);
    condition(
        resource,
        ConditionType::Stalled,
        ConditionStatus::True,
        "GivenUp",
        "no further try is made by itself",
    );
}

/// The record of a resource of which nobody knows whether a write happened.
pub(super) fn in_doubt(resource: &mut Resource, error: &LastError) {
    resource.status.phase = Phase::InDoubt;
    resource.status.waiting = None;
    resource.status.last_error = Some(error.clone());
    condition(resource, ConditionType::Ready, ConditionStatus::Unknown, "InDoubt", &error.message);
    condition(resource, ConditionType::Stalled, ConditionStatus::True, "InDoubt", "a person has to look");
}

/// The record of a resource whose doubt a person has ended: the next run goes on.
pub(super) fn resolved(resource: &mut Resource) {
    resource.status.phase = if resource.deleting { Phase::Deleting } else { Phase::Updating };
    resource.status.waiting = None;
    resource.status.attempts = 0;
    resource.status.last_error = None;
    condition(resource, ConditionType::Ready, ConditionStatus::False, "Resolved", "the next run goes on");
    resource.status.conditions.retain(|known| known.kind != ConditionType::Stalled);
}

/// What people are told of a guest's failure. `denials` is what the host refused it: a guest that says that it was
/// denied something is believed no further than that, for it would be the one to say what to grant.
pub(super) fn failure_error(
    code: Code,
    failure: &Failure,
    denials: &[Denial],
    scrub: &Scrubber,
) -> LastError {
    let denied = denials.last().filter(|_| matches!(failure.cause, Cause::Denied(_)));
    let code = if denied.is_some() { Code::CapabilityDenied } else { code };
    let mut message = scrub.scrub(&failure.message).into_owned();
    let hint = match &failure.cause {
        Cause::Invalid(violations) => {
            for violation in violations {
                let text = format!("{} {}", violation.pointer, violation.message);
                message.push_str("; ");
                message.push_str(&scrub.scrub(text.trim_start()));
            }
            let remedy = violations.iter().find_map(|violation| violation.remedy.as_deref());
            remedy.map(|remedy| scrub.scrub(remedy).into_owned())
        }
        Cause::Denied(_) => denied.map(|denial| scrub.scrub(&denial.remedy).into_owned()),
        Cause::Transient(_) => Some("run the same command again when the other side is well".into()),
        Cause::Conflict => Some("remove what is in the way, then run the same command again".into()),
        // The SDK's own code: a component does not know where its settings stand.
        _ if failure.code == "settings-invalid" => {
            Some("`innominatus explain settings-invalid` says where the settings of a platform stand".into())
        }
        Cause::Permanent | Cause::Unsupported => None,
    };
    LastError {
        code: code.to_string(),
        reason: Some(format!("{} ({})", failure.code, failure.cause.as_str())),
        message,
        hint,
        at_ms: now_ms(),
    }
}

/// What people are told of a guest's fault, or of ours.
pub(super) fn call_error(error: &CallError, scrub: &Scrubber) -> LastError {
    LastError {
        code: error.code().to_string(),
        reason: None,
        message: scrub.scrub(&chain(error)).into_owned(),
        hint: error.remedy(),
        at_ms: now_ms(),
    }
}

/// What people are told of an error of ours that ends a step.
pub(super) fn host_error(error: &EngineError) -> LastError {
    plain_error(error.code(), chain(error), error.remedy())
}

/// An error of ours about a step.
pub(super) fn plain_error(code: Code, message: impl Into<String>, hint: Option<String>) -> LastError {
    LastError { code: code.to_string(), reason: None, message: message.into(), hint, at_ms: now_ms() }
}

/// How much of what an offer promises must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Everything: the resource is ready.
    Whole,
    /// Nothing but what is offered: more is to come.
    SoFar,
    /// Whatever it is: it is kept so that it can be gone on with or removed.
    Kept,
}

/// Takes over what a component handed over: an output or an artifact that holds a token, or an output that the
/// offer says is sensitive, is sensitive whatever it says itself (whoever passes params on cannot know which of
/// them are tokens); a handle holds none. What the offer promises must be there. The error is a breach of the
/// contract.
pub(crate) async fn admit(
    ledger: &Ledger,
    holder: Holder<'_>,
    offer: &Offer,
    state: &mut State,
    promise: Promise,
) -> Result<Result<(), String>, LedgerError> {
    let declared = |name: &str| offer.outputs.iter().find(|spec| spec.name == name);
    for output in &mut state.outputs {
        output.sensitive |= declared(&output.name).is_some_and(|spec| spec.sensitive);
        output.sensitive |= ledger.holds_token(holder, &output.value.to_string()).await?;
    }
    if ledger.holds_token(holder, &state.handle.to_string()).await? {
        return Ok(Err("its handle holds a secret".into()));
    }
    for artifact in &mut state.artifacts {
        artifact.sensitive |= ledger.holds_token(holder, &artifact.content).await?;
    }
    let strange = state.outputs.iter().find(|output| declared(&output.name).is_none());
    if let Some(output) = strange.filter(|_| promise != Promise::Kept && !offer.open_outputs) {
        return Ok(Err(format!(
            "it gave the output `{}`, which it does not offer",
            output.name.escape_debug()
        )));
    }
    let missing = offer
        .outputs
        .iter()
        .filter(|spec| spec.required && promise == Promise::Whole)
        .find(|spec| !state.outputs.iter().any(|output| output.name == spec.name));
    Ok(match missing {
        Some(spec) => Err(format!("it did not give the output `{}`, which it promises", spec.name)),
        None => Ok(()),
    })
}

/// What people are told of a component that hands over what it may not.
pub(crate) fn breach_error(label: &str, breach: &str) -> LastError {
    let hint = "report this to the platform's author".to_owned();
    plain_error(Code::GuestContract, format!("`{label}` broke the contract: {breach}"), Some(hint))
}

/// Whether a state is kept for the next call, whatever else it is.
pub(crate) async fn is_kept(
    ledger: &Ledger,
    holder: Holder<'_>,
    offer: &Offer,
    state: &State,
) -> Result<bool, LedgerError> {
    Ok(admit(ledger, holder, offer, &mut state.clone(), Promise::Kept).await?.is_ok())
}

/// Finds what must not be seen in texts about a resource: its generated secrets, and its sensitive outputs.
pub(crate) async fn scrubber(
    ledger: &Ledger,
    scope: &Scope,
    resource: &Resource,
    state: Option<&State>,
) -> Result<Scrubber, LedgerError> {
    let mut secrets = ledger.secrets_of(scope, resource.id).await?;
    let outputs = resource.outputs().iter().chain(state.into_iter().flat_map(|state| &state.outputs));
    for output in outputs.filter(|output| output.sensitive) {
        if let Json::String(text) = &output.value {
            secrets.push(Secret::new(text.as_str()));
        }
    }
    Ok(Scrubber::new(&secrets))
}
