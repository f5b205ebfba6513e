//! Sensitive values: withheld, or in clear when that was asked for, and then an event tells of it.

use innominatus_api::wire::{HintView, OutputView};
use innominatus_ledger::seal::{REDACTED, Scrubber};
use innominatus_ledger::{Holder, Resource};
use innominatus_model::{Event, EventId, EventKind, Hint, Json, Output, Severity, Subject};
use serde_json::json;

use crate::problem::ApiError;
use crate::state::App;

/// What is shown of the sensitive values of one resource.
pub(super) struct Reveal<'a> {
    app: &'a App,
    record: &'a Resource,
    asked: bool,
    outputs: Vec<String>,
    hints: Vec<String>,
}

impl<'a> Reveal<'a> {
    /// In clear if it was `asked` for.
    pub(super) fn new(app: &'a App, record: &'a Resource, asked: bool) -> Self {
        Self { app, record, asked, outputs: Vec::new(), hints: Vec::new() }
    }

    pub(super) async fn output(&mut self, output: &Output) -> Result<OutputView, ApiError> {
        let view = |value, redacted| OutputView {
            name: output.name.clone(),
            value,
            sensitive: output.sensitive,
            redacted,
        };
        if !output.sensitive {
            return Ok(view(output.value.clone(), false));
        }
        if !self.asked {
            return Ok(view(Json::Null, true));
        }
        let record = self.record;
        let clear = self.app.engine.ledger().reveal_output(&record.scope(), record.id, &output.name).await?;
        let text = || Json::String(clear.expose().to_owned());
        let value = match &output.value {
            Json::String(_) => text(),
            _ => serde_json::from_str(clear.expose()).unwrap_or_else(|_| text()),
        };
        self.outputs.push(output.name.clone());
        Ok(view(value, false))
    }

    /// Of a hint in which secrets stand as tokens, only those are withheld: an address without its password is
    /// still an address. Of one that is only said to be sensitive nobody can tell which part is.
    pub(super) async fn hint(&mut self, hint: &Hint) -> Result<HintView, ApiError> {
        let scrub = Scrubber::new([]);
        let scrubbed = scrub.scrub(&hint.value);
        let holds_tokens = scrubbed != hint.value;
        let sensitive = hint.sensitive || holds_tokens;
        let value = if sensitive && self.asked {
            self.hints.push(hint.label.clone());
            let record = self.record;
            let maker = record.status.made_by.as_ref().map(|made_by| made_by.label()).unwrap_or_default();
            let ledger = self.app.engine.ledger();
            let (scope, application) = (record.scope(), &record.application);
            let holder = Holder { scope: &scope, application, component: &maker };
            let clear = ledger.complete(holder, &hint.value, &str::to_owned).await?;
            clear.expose().to_owned()
        } else if sensitive && !holds_tokens {
            REDACTED.to_owned()
        } else {
            scrubbed.into_owned()
        };
        Ok(HintView {
            kind: hint.kind.clone(),
            label: hint.label.clone(),
            value,
            icon: hint.icon.clone(),
            sensitive,
            redacted: sensitive && !self.asked,
        })
    }

    /// Tells of what was shown. Nobody gets to see it before this is durable.
    pub(super) async fn tell(self) -> Result<(), ApiError> {
        let Self { app, record, outputs, hints, .. } = self;
        if outputs.is_empty() && hints.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = outputs.iter().chain(&hints).map(String::as_str).collect();
        let mut change = app.engine.ledger().change();
        change.event(&Event {
            id: EventId::generate(),
            scope: record.scope(),
            kind: EventKind::SecretRevealed,
            severity: Some(Severity::Warning),
            subject: Subject {
                application: Some(record.application.clone()),
                resource: Some(record.id),
                ..Subject::default()
            },
            message: format!("sensitive values of `{}` were shown: {}", record.uid, names.join(", ")),
            details: json!({"outputs": outputs, "hints": hints}),
            at_ms: now_ms(),
        });
        change.commit().await?;
        Ok(())
    }
}

fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
