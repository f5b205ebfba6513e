//! The guests of the fake cloud: the process dies around every write and every request, and the cloud counts what it
//! made.

use std::sync::Arc;

use innominatus_engine::{Answered, ApplyInput, Engine, Resolution};
use innominatus_ledger::RunState;
use innominatus_model::{Code, Json, Scope};
use innominatus_store::memory::MemoryStore;
use innominatus_testkit::cloud::{Cloud, Thing};
use innominatus_testkit::crash::{Failpoints, matrix};
use serde_json::json;
use tempfile::TempDir;

use super::{AT_ONCE, FORGETS, applied, applied_alive, deleted, live, next_life, nothing_left, tidy};
use crate::cloudy::{Sky, at_rest, wish};
use crate::house::name;

/// Writes of each kind, looks between them, checkpoints, a secret; and long work.
fn params() -> Json {
    json!({"steps": ["post", "look", "put", "keyed", "look", "post"], "password": true, "checkpoints": true, "rounds": 1})
}

/// What is left of a house between two lives.
struct Left {
    memory: Arc<MemoryStore>,
    folder: Arc<TempDir>,
    cloud: Cloud,
}

impl Left {
    /// The platform is installed, and these wishes were carried out.
    async fn after(wishes: &[ApplyInput]) -> Self {
        let Sky { house, cloud } = Sky::new().await;
        for wish in wishes {
            let run = house.run(wish).await;
            assert_eq!(run.state, RunState::Succeeded, "{run:?}");
        }
        house.engine.shutdown().await;
        Self { memory: house.memory, folder: house.folder, cloud }
    }

    async fn dies<W: Future<Output = ()>>(&self, points: &Arc<Failpoints>, work: impl FnOnce(Engine) -> W) {
        self.cloud.until_death(points);
        live(&self.memory, self.folder.path(), points, work).await;
        self.cloud.outlive();
    }

    async fn next_life(&self) -> Engine {
        next_life(&self.memory, self.folder.path()).await
    }

    /// What a person does who finds a write in doubt: looks, and says what is there. Whether there was one.
    async fn looked(&self, engine: &Engine) -> bool {
        let ledger = engine.ledger();
        for stored in ledger.resources(&Scope::default(), &name("web")).await.unwrap() {
            let resource = stored.value;
            if resource.status.phase != innominatus_model::Phase::InDoubt {
                continue;
            }
            let scope = resource.scope();
            let error = resource.status.last_error.unwrap();
            assert_eq!(error.code, Code::InDoubt.as_str(), "{error:?}");
            let (past, _) =
                ledger.journal(&scope, resource.id, resource.status.execution.unwrap()).await.unwrap();
            let is_open = |past: &&innominatus_effect::Past| {
                past.intent.as_ref().is_some_and(|intent| !intent.repeatable)
                    && past.outcome.as_ref().is_none_or(innominatus_effect::Outcome::is_unknown)
            };
            let open = past.iter().find(is_open).unwrap().intent.clone().unwrap();
            let answer = |body: Json| {
                let body = body.to_string().into_bytes();
                Resolution::Happened(Answered { status: 200, headers: vec![], body })
            };
            let things = self.cloud.things();
            let url = open.request["url"].as_str().unwrap();
            let resolution = match url.strip_suffix("/remove").and_then(|url| url.rsplit('/').next()) {
                Some(id) if things.iter().any(|thing| thing.id == id) => Resolution::NotHappened,
                Some(_) => answer(json!({})),
                None => {
                    let called = open.request["body"]["json"]["name"].as_str().unwrap();
                    let there = things.iter().find(|thing| thing.name == called);
                    let made = |thing: &Thing| answer(json!({"id": thing.id, "name": thing.name}));
                    there.map_or(Resolution::NotHappened, made)
                }
            };
            engine.resolve(resource.id, resolution).await.unwrap();
            return true;
        }
        false
    }

    /// What must be the same: the cloud's things, how many it ever made, and what the engine says of them.
    async fn end(&self, engine: &Engine) -> Json {
        at_rest(engine.ledger()).await;
        tidy(&self.memory, engine).await;
        let resources = engine.ledger().resources(&Scope::default(), &name("web")).await.unwrap();
        let of = |stored: &innominatus_ledger::Stored<innominatus_ledger::Resource>| {
            let resource = &stored.value;
            assert!(resource.is_settled(), "{:?}", resource.status);
            let outputs = resource.outputs().iter().filter(|output| !output.sensitive);
            json!([
                resource.uid.to_string(),
                resource.generation,
                outputs.map(|it| it.value.clone()).collect::<Vec<_>>()
            ])
        };
        let things = self.cloud.things();
        let thing = |thing: &Thing| json!([thing.id, thing.name, thing.body["note"]]);
        json!({
            "resources": resources.iter().map(of).collect::<Vec<_>>(),
            "things": things.iter().map(thing).collect::<Vec<_>>(),
            "created": self.cloud.created(),
        })
    }
}

/// Dies while it carries out a wish after others; the end, with a person's help where nobody else can know.
async fn carried_out(points: Arc<Failpoints>, before: &[ApplyInput], input: &ApplyInput) -> Json {
    let left = Left::after(before).await;
    left.dies(&points, |first| async move { applied(&first, input).await }).await;
    let second = left.next_life().await;
    let mut run = applied_alive(&second, input).await;
    while left.looked(&second).await {
        assert_eq!(run.state, RunState::Failed);
        run = applied_alive(&second, input).await;
    }
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert!(second.apply(input).await.unwrap().unchanged);
    left.end(&second).await
}

/// Dies while it makes or removes; then it is removed, and nothing is left.
async fn removed(points: Arc<Failpoints>, input: &ApplyInput, is_made: bool) -> Json {
    let made = if is_made { std::slice::from_ref(input) } else { &[] };
    let left = Left::after(made).await;
    left.dies(&points, |first| async move {
        match is_made {
            true => deleted(&first).await,
            false => applied(&first, input).await,
        }
    })
    .await;
    let folder = left.folder.path();
    let kept = Arc::new(crate::house::Kept(left.memory.clone()));
    // What was being made is not gone on with by itself: it is removed as it is.
    let second = crate::house::engine(kept, folder, crate::house::quick(folder)).await.unwrap();
    deleted(&second).await;
    while left.looked(&second).await {
        // Once the component has said that nothing is left, nothing is in doubt any more.
        assert!(!points.place().contains(FORGETS), "nobody can look at what is gone");
        deleted(&second).await;
    }
    nothing_left(&left.memory, &second).await;
    json!(left.cloud.things().len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_settles_is_made_once_wherever_it_dies() {
    let wish = wish("widget", params());
    let died = matrix("widget", AT_ONCE, |points| carried_out(points, &[], &wish)).await;
    assert!(died > 40, "{died}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_does_not_settle_is_made_once_with_a_persons_help() {
    let wish = wish("gadget", params());
    let died = matrix("gadget", AT_ONCE, |points| carried_out(points, &[], &wish)).await;
    assert!(died > 40, "{died}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_is_made_once_wherever_it_dies() {
    let first = [wish("widget", json!({"steps": ["post", "put"], "note": "one"}))];
    let second = wish("widget", json!({"steps": ["post", "put", "post"], "note": "two"}));
    matrix("update", AT_ONCE, |points| carried_out(points, &first, &second)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_leaves_nothing_wherever_it_dies() {
    for kind in ["widget", "gadget"] {
        let wish = wish(kind, params());
        matrix(&format!("{kind} removed"), AT_ONCE, |points| removed(points, &wish, true)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_cannot_be_sent_again_leaves_nothing_either() {
    let mut params = params();
    params["removesByPost"] = json!(true);
    for kind in ["widget", "gadget"] {
        let wish = wish(kind, params.clone());
        matrix(&format!("{kind} removed by post"), AT_ONCE, |points| removed(points, &wish, true)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_half_done_is_removed_wherever_it_died() {
    for kind in ["widget", "gadget"] {
        let wish = wish(kind, params());
        matrix(&format!("half a {kind}"), AT_ONCE, |points| removed(points, &wish, false)).await;
    }
}
