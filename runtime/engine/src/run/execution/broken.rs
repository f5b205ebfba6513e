//! An execution whose component broke as often as it is tried, or said no and not what it made: what becomes of it
//! without a person.

use innominatus_effect::{Intent, Outcome, Past, take_back_to_made};
use innominatus_ledger::{Execution, LastError, LedgerError, Stored};
use innominatus_model::Unsettled;

use super::ending::{Ended, in_doubt_error};
use super::open::{carried, doubtful, need_their_key};
use crate::Engine;

/// Judges it. `settles`: the component finds out by itself what became of its writes.
///
/// Gives what a person has to say before anything goes on, if there is such a thing: the writes of which nobody knows
/// whether they happened, where the component does not find out. Otherwise either the next call begins anew and looks
/// for what this one may have done (then it has `ended`); or all that this one did is known, and another beginning would
/// do it again: then it stays where it is.
pub(in crate::run) async fn broken(
    engine: &Engine,
    act: Stored<Execution>,
    settles: bool,
    ended: &Ended,
) -> Result<Option<(LastError, Vec<Unsettled>)>, LedgerError> {
    let Execution { scope, resource, id, .. } = &act.value;
    let (past, _) = engine.ledger().journal(scope, *resource, *id).await?;
    let Writes { all, unknown } = writes(&past);
    if settles || all.is_empty() {
        let unsettled = carried(&act.value, all);
        ended.put(act, "fault", unsettled);
        return Ok(None);
    }
    // What has a key is sent again with it when this goes on.
    let unknown = doubtful(&unknown);
    let in_doubt = !unknown.is_empty();
    Ok(in_doubt
        .then(|| (in_doubt_error(act.value.resource, &act.value.component.label(), &unknown), unknown)))
}

/// The component said no, and `tells` what exists, or does not. Gives the writes for whose sake the execution stays open:
/// the next try of the same wish goes on after them, because another execution would make them a second time. None of
/// them: it has `ended`, and whoever is called next looks for what may be there.
pub(in crate::run) async fn refused(
    engine: &Engine,
    act: Stored<Execution>,
    (settles, tells): (bool, bool),
    mut unsettled: Vec<Unsettled>,
    ended: &Ended,
) -> Result<Vec<Unsettled>, LedgerError> {
    let by_key = need_their_key(&unsettled);
    if by_key && !settles {
        return Ok(unsettled);
    }
    if !tells {
        let untold = untold(engine, &act.value).await?;
        // Where nobody knows what happened, the component looks, and not into the journal.
        if !untold.is_empty() && !by_key && doubtful(&unsettled).is_empty() {
            return Ok(untold);
        }
        unsettled.extend(untold);
    }
    let unsettled = carried(&act.value, unsettled);
    ended.put(act, "failed", unsettled);
    Ok(Vec::new())
}

/// What an execution made and its component did not tell of, neither now nor with a checkpoint. Its journal ends there
/// now: what was looked at or refused since is asked again.
pub(super) async fn untold(engine: &Engine, act: &Execution) -> Result<Vec<Unsettled>, LedgerError> {
    let Execution { scope, resource, id, .. } = act;
    let (mut past, sequence) = engine.ledger().journal(scope, *resource, *id).await?;
    let Some(again) = take_back_to_made(&mut past) else { return Ok(Vec::new()) };
    if !again.is_empty() {
        engine.ledger().append_notes(scope, *resource, *id, sequence, &again, &[]).await?;
    }
    Ok(writes(&past).all)
}

/// The writes of a journal that another execution would make a second time: those that may not be sent again, and those
/// whose key is only known here. What the other side refused is none of them.
pub(super) struct Writes {
    pub(super) all: Vec<Unsettled>,
    /// Those of which nobody knows whether they happened.
    pub(super) unknown: Vec<Unsettled>,
}

pub(super) fn writes(past: &[Past]) -> Writes {
    let mut writes = Writes { all: Vec::new(), unknown: Vec::new() };
    for past in past {
        let Some(intent) = past.made() else { continue };
        let Intent { purpose, sent_ms, request, .. } = intent.clone();
        let write = Unsettled { purpose, sent_ms, request };
        if past.outcome.as_ref().is_none_or(Outcome::is_unknown) {
            writes.unknown.push(write.clone());
        }
        writes.all.push(write);
    }
    writes
}
