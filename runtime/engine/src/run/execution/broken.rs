//! An execution whose component broke as often as it is tried: it is given up, if that can be done without a person.

use innominatus_effect::{Intent, Outcome, Past};
use innominatus_ledger::{Execution, LedgerError, Stored};
use innominatus_model::Unsettled;

use super::ending::Ending;
use super::open::carried;
use crate::Engine;

/// What becomes of it.
pub(in crate::run) enum Broken {
    /// The next call begins anew, and looks for what this one may have done.
    Over(Box<Ending>),
    /// Nobody knows whether these happened, and the component does not find out.
    Doubt(Vec<Unsettled>),
    /// All that it did is known, and another beginning would do it again: it stays where it is.
    Stays,
}

/// Judges it. `settles`: the component finds out by itself what became of its writes.
pub(in crate::run) async fn broken(
    engine: &Engine,
    act: Stored<Execution>,
    settles: bool,
) -> Result<Broken, LedgerError> {
    let Execution { scope, resource, id, .. } = &act.value;
    let (past, _) = engine.ledger().journal(scope, *resource, *id).await?;
    let Writes { all, unknown } = writes(&past);
    if settles || all.is_empty() {
        let unsettled = carried(&act.value, all);
        return Ok(Broken::Over(Box::new(Ending { act, word: "fault", unsettled })));
    }
    Ok(if unknown.is_empty() { Broken::Stays } else { Broken::Doubt(unknown) })
}

/// The writes of a journal that may not be sent again.
pub(super) struct Writes {
    pub(super) all: Vec<Unsettled>,
    /// Those of which nobody knows whether they happened.
    pub(super) unknown: Vec<Unsettled>,
}

pub(super) fn writes(past: &[Past]) -> Writes {
    let mut writes = Writes { all: Vec::new(), unknown: Vec::new() };
    for past in past {
        let Some(intent) = past.intent.as_ref().filter(|intent| !intent.repeatable) else { continue };
        let Intent { purpose, sent_ms, request, .. } = intent.clone();
        let write = Unsettled { purpose, sent_ms, request };
        if past.outcome.as_ref().is_none_or(Outcome::is_unknown) {
            writes.unknown.push(write.clone());
        }
        writes.all.push(write);
    }
    writes
}
