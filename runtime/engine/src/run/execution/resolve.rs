//! A person says what became of a write.

use innominatus_effect::{HttpResponse, Intent, Outcome, Past};
use innominatus_ledger::{Execution, InstalledPlatform, LedgerError, Resource, Stored};
use innominatus_model::{Code, EventKind, ExecutionId, Json, Phase, ResourceId, Secret, Unsettled, Verb};
use innominatus_plan::ComponentRef;
use serde_json::json;

use super::broken::writes;
use super::ending::Ending;
use super::open::carried;
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

/// What is written of a person's word.
struct Word<'a> {
    resolution: &'a Resolution,
    purpose: Option<&'a str>,
    /// What is to be taken as having happened; none to forget all of it.
    told: Option<Vec<Past>>,
    /// What whoever is called next is told of.
    unsettled: Vec<Unsettled>,
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
        // What was given up may have been left where it is, too.
        let is_left = matches!(resource.status.phase, Phase::InDoubt | Phase::Failed);
        let open = resource.status.execution.filter(|_| is_left);
        let scope = resource.scope();
        let act = match open {
            Some(open) => ledger.execution(&scope, id, open).await?.ok_or_else(nothing)?,
            // What an execution that is closed made may stand in the way of another.
            None if is_left
                && !resource.status.unsettled.is_empty()
                && resolution == Resolution::StartOver =>
            {
                let word = Word { resolution: &resolution, purpose: None, told: None, unsettled: Vec::new() };
                self.write_resolution(&stored, None, word).await?;
                let resource = ledger.resource(id).await?.ok_or_else(nothing)?.value;
                return Ok(Resolved { resource, purpose: None });
            }
            None => return Err(nothing()),
        };
        let (past, _) = ledger.journal(&scope, id, act.value.id).await?;
        let at = past.iter().position(is_open);
        let purpose = at.and_then(|at| past[at].intent.as_ref()).map(|intent| intent.purpose.clone());
        let only_over = |why: String| {
            let hint = "what can be said here is `--start-over`".to_owned();
            EngineError::refused(Code::NotInDoubt, why, Some(hint))
        };
        let none_open = || only_over(format!("no single write of `{}` is open", resource.uid));
        let all = writes(&past).all;
        let told = match &resolution {
            Resolution::StartOver => None,
            Resolution::NotHappened => {
                Some(settled_past(past, at.ok_or_else(none_open)?, None).map_err(only_over)?)
            }
            Resolution::Happened(answer) => {
                let at = at.ok_or_else(none_open)?;
                let answer = self.without_captures(&act.value, &past[at], answer.clone()).await?;
                Some(settled_past(past, at, Some(answer)).map_err(only_over)?)
            }
        };
        // Who begins anew looks for what may be there, if it can.
        let looks = told.is_none() && self.settles(&act.value).await?;
        let unsettled = if looks { carried(&act.value, all) } else { Vec::new() };
        let word = Word { resolution: &resolution, purpose: purpose.as_deref(), told, unsettled };
        self.write_resolution(&stored, Some(act), word).await?;
        let resource = ledger.resource(id).await?.ok_or_else(nothing)?.value;
        Ok(Resolved { resource, purpose })
    }

    /// Whether its component finds out by itself what became of its writes. Who is not installed any more finds out nothing.
    async fn settles(&self, act: &Execution) -> Result<bool, LedgerError> {
        let ComponentRef { platform, version, entry, .. } = &act.component;
        let platform = self.ledger().platform(&act.scope.tenant, platform, version).await?;
        let settles = |platform: &InstalledPlatform| {
            platform.provisioner(entry).is_some_and(|known| known.offer.verbs.contains(&Verb::Settle))
        };
        Ok(platform.is_some_and(|stored| settles(&stored.value)))
    }

    /// What a person copied from the other side may hold what the component asked to be kept from it.
    async fn without_captures(
        &self,
        act: &Execution,
        past: &Past,
        mut answer: HttpResponse,
    ) -> Result<HttpResponse, EngineError> {
        let asked = past.intent.as_ref().and_then(|intent| intent.request.get("capture")?.as_array());
        let asked = asked.filter(|asked| !asked.is_empty() && !answer.body.is_empty());
        let Some(asked) = asked else { return Ok(answer) };
        let mut body: Json = serde_json::from_slice(&answer.body).map_err(|error| {
            EngineError::refused(
                Code::BadRequest,
                format!("there are secrets to be taken out of this answer, and it is not JSON: {error}"),
                Some("give the answer as JSON, or an empty file".to_owned()),
            )
        })?;
        let text =
            |value: &Json, name: &str| value.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        for capture in asked {
            let Some(found) = body.pointer_mut(&text(capture, "pointer")) else { continue };
            let value = Secret::new(found.as_str().map_or_else(|| found.to_string(), str::to_owned));
            let (component, name) = (act.component.label(), text(capture, "secret"));
            let kept =
                self.ledger().keep_captured(&act.scope, &component, act.resource, &name, &value).await?;
            *found = Json::String(kept.token);
        }
        answer.body = body.to_string().into_bytes();
        Ok(answer)
    }

    async fn write_resolution(
        &self,
        stored: &Stored<Resource>,
        act: Option<Stored<Execution>>,
        word: Word<'_>,
    ) -> Result<(), LedgerError> {
        let Word { resolution, purpose, told, unsettled } = word;
        let mut next = stored.value.clone();
        let mut change = self.ledger().change();
        next.status.unsettled.clear();
        if let Some(act) = act {
            let again = told.map(|past| {
                let id = ExecutionId::generate();
                (Execution { id, ended_ms: None, ended: None, ..act.value.clone() }, past)
            });
            let ending = Ending { act, word: "resolved", unsettled };
            ending.leave(&mut next);
            ending.close(&mut change);
            if let Some((again, past)) = &again {
                next.status.execution = Some(again.id);
                change.put_execution(again, None);
                change.put_journal(again, past);
            }
        }
        next.status.wrote = true;
        settle::resolved(&mut next);
        next.updated_ms = now_ms();
        change.put_resource(&next, Some(stored));
        let mut event = event(
            &next.scope(),
            EventKind::ResourceResolved,
            about_resource(&next.application, next.id, next.status.run),
            format!("a person said of `{}`: {}", next.uid, resolution.word()),
        );
        event.details = json!({"purpose": purpose, "resolution": resolution.word()});
        change.event(&event);
        change.commit().await.map(|_| ())
    }
}

/// Whether a person has to say what became of it.
fn is_open(past: &Past) -> bool {
    past.intent.as_ref().is_some_and(Intent::is_of_its_own)
        && past.outcome.as_ref().is_none_or(Outcome::is_unknown)
}

/// What is to be taken as having happened, with the word about the open write in it; why not, if that cannot be said.
/// Writes that came after it are kept whatever is said: none of them is made again.
fn settled_past(mut past: Vec<Past>, at: usize, answer: Option<HttpResponse>) -> Result<Vec<Past>, String> {
    let last = past.iter().rposition(|past| past.intent.is_some()).unwrap_or(at);
    match answer {
        None if last > at => {
            Err("the component went on without it and wrote more; it cannot be sent any more".into())
        }
        None => {
            past.truncate(at);
            Ok(past)
        }
        Some(answer) => {
            // What was only looked at since was looked at in doubt.
            past.truncate(last + 1);
            past[at].outcome = Some(Outcome::Http(Ok(answer)));
            Ok(past)
        }
    }
}

#[cfg(test)]
mod tests {
    use innominatus_effect::HttpError;
    use innominatus_model::{Digest, Json};

    use super::*;

    fn look() -> Past {
        Past {
            digest: Digest::of("look"),
            call: "clock.now-ms".into(),
            outcome: Some(Outcome::Millis(1)),
            intent: None,
        }
    }

    fn write(purpose: &str, outcome: Option<Outcome>) -> Past {
        let intent = Intent {
            call: "http.send".into(),
            purpose: purpose.into(),
            request: Json::Null,
            key: None,
            repeatable: false,
            sent_ms: 1,
            timeout_ms: 1,
        };
        Past { digest: Digest::of(purpose), call: "http.send".into(), outcome, intent: Some(intent) }
    }

    fn answer() -> HttpResponse {
        HttpResponse { status: 201, headers: vec![], body: vec![] }
    }

    fn unknown() -> Option<Outcome> {
        Some(Outcome::Http(Err(HttpError::OutcomeUnknown("reset".into()))))
    }

    #[test]
    fn what_was_looked_at_in_doubt_is_looked_at_again_and_no_write_is_lost() {
        let past = vec![
            look(),
            write("a", unknown()),
            look(),
            write("b", Some(Outcome::Http(Ok(answer())))),
            look(),
        ];
        assert_eq!(past.iter().position(is_open), Some(1));
        settled_past(past.clone(), 1, None).unwrap_err();
        let told = settled_past(past.clone(), 1, Some(answer())).unwrap();
        assert_eq!(told.len(), 4);
        assert_eq!(told[1].outcome, Some(Outcome::Http(Ok(answer()))));
        assert_eq!(told[3], past[3]);

        let past = vec![look(), write("a", unknown()), look()];
        assert_eq!(settled_past(past.clone(), 1, None).unwrap(), past[..1]);
        assert_eq!(settled_past(past, 1, Some(answer())).unwrap().len(), 2);
    }
}
