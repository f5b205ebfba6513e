//! What was refused is told too: whoever looks at the events sees what was tried, and by which code it ended.
//!
//! **Absent on purpose:** the words of a refusal. They quote files of developers and texts of components, which belong
//! in the answer and nowhere else.

use innominatus_model::{Code, Coded, EventKind, ExitClass, Name, Scope, Subject};
use serde_json::json;

use crate::Engine;
use crate::events::event;

/// What was refused.
pub(crate) struct Refused<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) kind: EventKind,
    pub(crate) subject: Subject,
    /// `platform hostile@1.0.0`, as far as it is known.
    pub(crate) what: String,
}

impl Engine {
    /// Tells of a refusal for what was handed in. What the runtime could not do, or had nothing to do with, is none.
    pub(crate) async fn tell_of_refusal(&self, refused: Refused<'_>, error: &impl Coded) {
        let code = error.code();
        if !is_refusal(code) {
            return;
        }
        let Refused { scope, kind, subject, what } = refused;
        let place = error.diagnostics().iter().find(|found| found.code == code && found.line > 0);
        let at = place.map(|found| format!(" at {}:{}:{}", found.file, found.line, found.column));
        let at = at.unwrap_or_default();
        let mut told = event(scope, kind, subject, format!("{what} was refused: {}{at}", code.as_str()));
        told.details = json!({"code": code.as_str()});
        let mut change = self.ledger().change();
        change.event(&told);
        if let Err(error) = change.commit().await {
            tracing::warn!(%error, "a refusal is in no event");
        }
        self.spawn({
            let engine = self.clone();
            async move { engine.trim_in_turn().await }
        });
    }
}

fn is_refusal(code: Code) -> bool {
    use ExitClass::{Conflict, Failed, Guest, Trust, Validation};
    match code.exit() {
        Guest => true,
        // Who lost a race does the same again, and what we cannot do is nobody's attempt.
        Validation | Conflict | Failed | Trust => code.status() < 500 && code != Code::PlanStale,
        _ => false,
    }
}

/// About an application, if it has a name already.
pub(crate) fn about_application(application: Option<Name>) -> Subject {
    Subject { application, ..Subject::default() }
}
