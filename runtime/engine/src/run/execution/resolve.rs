//! A person says what became of a write.

use innominatus_effect::{HttpResponse, Outcome, Past};
use innominatus_ledger::{Execution, LedgerError, Resource, Stored};
use innominatus_model::{Code, EventKind, ExecutionId, ResourceId};
use serde_json::json;

use super::ending::{Ending, close};
use crate::clock::now_ms;
use crate::events::{about_resource, event};
use crate::run::settle;
use crate::{Engine, EngineError};

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// It did not happen: it is sent again.
    NotHappened,
    /// It happened, and this is what the other side would have answered.
    Happened(HttpResponse),
    /// The interrupted execution is forgotten; the component is called anew and finds what is there, or makes it.
    StartOver,
}

impl Resolution {
    fn word(&self) -> &'static str {
        match self {
            Self::NotHappened => "it did not happen",
            Self::Happened(_) => "it happened",
            Self::StartOver => "start over",
        }
    }
}

/// What came of a person's word.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The resource, which may be worked on again.
    pub resource: Resource,
    /// What the write was for.
    pub purpose: Option<String>,
}

impl Engine {
    /// Ends the doubt about a write of a resource. The next run of its application goes on.
    pub async fn resolve(&self, id: ResourceId, resolution: Resolution) -> Result<Resolved, EngineError> {
        let ledger = self.ledger();
        let stored = ledger.resource(id).await?.ok_or_else(|| {
            EngineError::refused(
                Code::ResourceNotFound,
                format!("there is no resource {id}"),
                Some("`innominatus list resources` shows the resources".to_owned()),
            )
        })?;
        let resource = &stored.value;
        let nothing = || {
            EngineError::refused(
                Code::NotInDoubt,
                format!("no write of `{}` is in doubt", resource.uid),
                Some(format!("`innominatus describe {id}` shows how it is")),
            )
        };
        let open =
            resource.status.execution.filter(|_| resource.status.phase == innominatus_model::Phase::InDoubt);
        let scope = resource.scope();
        let act = match open {
            Some(open) => ledger.execution(&scope, id, open).await?.ok_or_else(nothing)?,
            None => return Err(nothing()),
        };
        let (past, _) = ledger.journal(&scope, id, act.value.id).await?;
        let at = past.iter().position(is_open);
        let purpose = at.and_then(|at| past[at].intent.as_ref()).map(|intent| intent.purpose.clone());
        let told = settled_past(past, at, &resolution).ok_or_else(|| {
            EngineError::refused(
                Code::NotInDoubt,
                format!("no single write of `{}` is open", resource.uid),
                Some("what can be said here is `--start-over`".to_owned()),
            )
        })?;
        self.write_resolution(&stored, act, told, &resolution, purpose.as_deref()).await?;
        let resource = ledger.resource(id).await?.ok_or_else(nothing)?.value;
        Ok(Resolved { resource, purpose })
    }

    async fn write_resolution(
        &self,
        stored: &Stored<Resource>,
        act: Stored<Execution>,
        told: Option<Vec<Past>>,
        resolution: &Resolution,
        purpose: Option<&str>,
    ) -> Result<(), LedgerError> {
        let mut next = stored.value.clone();
        let mut change = self.ledger().change();
        let again = told.map(|past| {
            let again =
                Execution { id: ExecutionId::generate(), ended_ms: None, ended: None, ..act.value.clone() };
            (again, past)
        });
        let application = act.value.application.clone();
        close(Ending { act, word: "resolved", unsettled: Vec::new() }, &mut next, &mut change);
        if let Some((again, past)) = &again {
            next.status.execution = Some(again.id);
            change.put_execution(again, None);
            change.put_journal(again, past);
        }
        settle::resolved(&mut next);
        next.updated_ms = now_ms();
        change.put_resource(&next, Some(stored));
        let mut event = event(
            &next.scope(),
            EventKind::ResourceResolved,
            about_resource(&application, next.id, next.status.run),
            format!("a person said of `{}`: {}", next.uid, resolution.word()),
        );
        event.details = json!({"purpose": purpose, "resolution": resolution.word()});
        change.event(&event);
        change.commit().await.map(|_| ())
    }
}

/// Whether it is open what became of it.
fn is_open(past: &Past) -> bool {
    past.intent.is_some() && past.outcome.as_ref().is_none_or(Outcome::is_unknown)
}

/// What is to be taken as having happened: none to forget all of it. No answer at all when the word says something
/// about a write and there is none.
#[expect(clippy::option_option, reason = "no word to be taken, and a word that says nothing, are two things")]
fn settled_past(mut past: Vec<Past>, at: Option<usize>, word: &Resolution) -> Option<Option<Vec<Past>>> {
    match word {
        Resolution::StartOver => Some(None),
        Resolution::NotHappened => {
            past.truncate(at?);
            Some(Some(past))
        }
        Resolution::Happened(answer) => {
            let at = at?;
            past.truncate(at + 1);
            past[at].outcome = Some(Outcome::Http(Ok(answer.clone())));
            Some(Some(past))
        }
    }
}
