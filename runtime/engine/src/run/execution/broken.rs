//! An execution whose component broke as often as it is tried: it is given up, if that can be done without a person.

use innominatus_effect::{Intent, Outcome, Past};
use innominatus_ledger::{Execution, LastError, LedgerError, Stored};
use innominatus_model::Unsettled;

use super::ending::{Ended, in_doubt_error};
use super::open::{carried, doubtful};
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
    Ok(in_doubt.then(|| (in_doubt_error(&act.value.component.label(), &unknown), unknown)))
}

/// The writes of a journal that another execution would make a second time: those that may not be sent again, and those
/// whose key is only known here.
pub(super) struct Writes {
    pub(super) all: Vec<Unsettled>,
    /// Those of which nobody knows whether they happened.
    pub(super) unknown: Vec<Unsettled>,
}

pub(super) fn writes(past: &[Past]) -> Writes {
    let mut writes = Writes { all: Vec::new(), unknown: Vec::new() };
    for past in past {
        let Some(intent) = past.intent.as_ref().filter(|intent| is_of_its_own(intent)) else { continue };
        let Intent { purpose, sent_ms, request, .. } = intent.clone();
        let write = Unsettled { purpose, sent_ms, request };
        if past.outcome.as_ref().is_none_or(Outcome::is_unknown) {
            writes.unknown.push(write.clone());
        }
        writes.all.push(write);
    }
    writes
}

/// Whether sending it anew would be another write.
pub(super) fn is_of_its_own(intent: &Intent) -> bool {
    !intent.repeatable || intent.key.is_some()
}
