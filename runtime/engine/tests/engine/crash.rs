//! The crash matrix: wherever among its writes the process dies, the next one ends where an undisturbed one
//! would have.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt as _;
use innominatus_engine::{ApplyInput, Engine};
use innominatus_ledger::{Ledger, RunState};
use innominatus_model::{Json, Scope};
use innominatus_store::faulty::{Fault, FaultyStore, Side};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Range, Store as _, Txn, collect};
use serde_json::json;

use crate::house::{House, Kept, chain, count, engine, keys, name, quick, web_with};

/// What two cores can do at the same time, and then some.
const AT_ONCE: usize = 4;

fn wanted() -> ApplyInput {
    let resources = json!({
        // Too big for one record, so that chunks are written and swapped too.
        "big": {"type": "trivial", "params": {"text": "x".repeat(40_000)}},
        "key": {"type": "secretive"},
        "slow": {"type": "slow", "params": {"rounds": 1, "removalRounds": 1}},
        "user": {"type": "trivial", "params": {"key": "${resources.key.password}", "big": "${resources.big.id}"}},
        "last": {"type": "trivial", "params": {"of": "${resources.user.id}"}},
    });
    web_with(resources, json!({"secrets": true}))
}

async fn copied(from: &MemoryStore) -> Arc<MemoryStore> {
    let (items, _) = collect(from, Range::all()).await.unwrap();
    let to = MemoryStore::new();
    for items in items.chunks(16) {
        let txn = items.iter().fold(Txn::new(), |txn, item| txn.put(item.key.clone(), item.value.clone()));
        to.txn(txn).await.unwrap();
    }
    Arc::new(to)
}

/// Chunks that no record points to: those that opening a copy sweeps.
async fn orphans(memory: &MemoryStore) -> usize {
    let copy = copied(memory).await;
    let before = count(&copy, "chunk").await;
    Ledger::open(copy.clone(), keys()).await.unwrap();
    before - count(&copy, "chunk").await
}

/// Waits for whatever the application is doing.
async fn settled(engine: &Engine) {
    let scope = Scope::default();
    if let Some(application) = engine.ledger().application(&scope, &name("web")).await.unwrap() {
        engine.wait_run(application.value.run, std::time::Duration::from_secs(120)).await;
    }
}

async fn secrets(ledger: &Ledger) -> BTreeMap<String, Vec<String>> {
    let mut secrets = BTreeMap::new();
    for stored in ledger.resources(&Scope::default(), &name("web")).await.unwrap() {
        let found = ledger.secrets_of(&Scope::default(), stored.value.id).await.unwrap();
        let found: Vec<String> = found.iter().map(|secret| secret.expose().to_owned()).collect();
        if !found.is_empty() {
            secrets.insert(stored.value.id.to_string(), found);
        }
    }
    secrets
}

/// Carries something out on a store that dies at one place, and opens an engine on what is left. None if it was
/// done before it came to that place.
async fn died<W: Future<Output = ()>>(
    image: &MemoryStore,
    folder: &Path,
    place: (u64, Side),
    work: impl FnOnce(Engine) -> W,
) -> Option<(Arc<MemoryStore>, Engine)> {
    let memory = copied(image).await;
    let faulty = Arc::new(FaultyStore::once(memory.clone(), place.0, place.1, Fault::Cut));
    if let Ok(first) = engine(faulty.clone(), folder, quick(folder)).await {
        work(first.clone()).await;
        first.shutdown().await;
    }
    if !faulty.is_cut() {
        return None;
    }
    let second = engine(Arc::new(Kept(memory.clone())), folder, quick(folder)).await.unwrap();
    Some((memory, second))
}

/// What must be the same however often the process died: per resource its phase, its outputs without identities;
/// and the files.
async fn end_state(memory: &Arc<MemoryStore>, second: Engine, house: &House) -> Json {
    let house = House { engine: second, memory: memory.clone(), folder: house.folder.clone() };
    let resources = house.resources("web").await;
    let application =
        house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap().value;
    let run = house.ledger().run(application.rendered.unwrap()).await.unwrap().unwrap().value;
    let files = house.files(&run).await;
    let mut hidden: Vec<(String, String)> = Vec::new();
    for (declared, resource) in &resources {
        hidden.push((resource.id.to_string(), format!("<{declared}>")));
        hidden.extend(house.secrets(resource.id).await.into_iter().map(|secret| (secret, "<secret>".into())));
        for output in resource.outputs().iter().filter(|output| output.sensitive) {
            let text = output.value.as_str().map_or_else(|| output.value.to_string(), str::to_owned);
            hidden.push((text, "<sensitive>".into()));
        }
    }
    let state = json!({
        "resources": resources.iter().map(|(declared, resource)| {
            assert!(resource.is_settled(), "{declared}: {:?}", resource.status);
            json!([declared, resource.generation, resource.status.phase.as_str(),
                resource.outputs().iter().map(|output| json!([output.name, output.sensitive])).collect::<Vec<_>>(),
                resource.artifacts().len(), resource.status.hints.len()])
        }).collect::<Vec<_>>(),
        "files": files,
        "workloads": application.workloads.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "secrets": house.count("secret").await,
    });
    let mut text = state.to_string();
    for (what, instead) in hidden {
        text = text.replace(&what, &instead);
    }
    serde_json::from_str(&text).unwrap()
}

/// Every place at which `writes` writes can be cut, and a few more: the order differs from run to run.
fn places(writes: u64) -> impl Iterator<Item = (u64, Side)> {
    (1..=writes + 3).flat_map(|nth| [(nth, Side::Before), (nth, Side::After)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_survives_a_crash_at_every_write() {
    let house = House::new().await;
    let image = copied(&house.memory).await;

    let memory = copied(&image).await;
    let counting = Arc::new(FaultyStore::counting(Arc::new(Kept(memory.clone()))));
    let undisturbed =
        engine(counting.clone(), house.folder.path(), quick(house.folder.path())).await.unwrap();
    undisturbed.apply(&wanted()).await.unwrap();
    settled(&undisturbed).await;
    let expected = end_state(&memory, undisturbed.clone(), &house).await;
    assert!(expected["files"][".env"].as_str().unwrap().contains("KEY_PASSWORD=<secret>"), "{expected}");
    let writes = counting.writes();
    assert!(writes > 20, "{writes} writes");

    let attempts = places(writes).map(|place| {
        let (image, house, expected) = (&image, &house, &expected);
        async move {
            let work = |first: Engine| async move {
                // It may be acknowledged or not.
                let _ = first.apply(&wanted()).await;
                settled_if_it_can(&first).await;
            };
            let Some((memory, second)) = died(image, house.folder.path(), place, work).await else {
                return 0;
            };
            let before = secrets(second.ledger()).await;
            second.resume().await.unwrap();
            settled(&second).await;
            let again =
                second.apply(&wanted()).await.unwrap_or_else(|error| panic!("{place:?}: {}", chain(&error)));
            settled(&second).await;
            let run = second.ledger().run(again.run.unwrap()).await.unwrap().unwrap().value;
            assert_eq!(run.state, RunState::Succeeded, "{place:?}: {run:?}");
            let after = secrets(second.ledger()).await;
            assert!(before.iter().all(|(id, secret)| after[id] == *secret), "{place:?}: a secret changed");
            assert!(second.apply(&wanted()).await.unwrap().unchanged, "{place:?}");
            assert_eq!(end_state(&memory, second.clone(), house).await, *expected, "{place:?}");
            assert_eq!(orphans(&memory).await, 0, "{place:?}");
            for run in second.ledger().runs(&Scope::default(), &name("web")).await.unwrap() {
                assert_ne!(run.value.state, RunState::Running, "{place:?}");
            }
            1
        }
    });
    let cut: u64 =
        futures::stream::iter(attempts).buffer_unordered(AT_ONCE).fold(0, async |a, b| a + b).await;
    assert!(cut >= writes, "{cut} crashes in {writes} writes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_survives_a_crash_at_every_write() {
    let house = House::new().await;
    house.run(&wanted()).await;
    let image = copied(&house.memory).await;

    let counting = Arc::new(FaultyStore::counting(Arc::new(Kept(copied(&image).await))));
    let undisturbed =
        engine(counting.clone(), house.folder.path(), quick(house.folder.path())).await.unwrap();
    undisturbed.delete_application(&Scope::default(), &name("web")).await.unwrap();
    settled(&undisturbed).await;
    let writes = counting.writes();
    assert!(writes > 10, "{writes} writes");

    let attempts = places(writes).map(|place| {
        let (image, house) = (&image, &house);
        async move {
            let work = |first: Engine| async move {
                let _ = first.delete_application(&Scope::default(), &name("web")).await;
                settled_if_it_can(&first).await;
            };
            let Some((memory, second)) = died(image, house.folder.path(), place, work).await else {
                return 0;
            };
            second.resume().await.unwrap();
            settled(&second).await;
            let ledger = second.ledger();
            if ledger.application(&Scope::default(), &name("web")).await.unwrap().is_some() {
                second.delete_application(&Scope::default(), &name("web")).await.unwrap();
                settled(&second).await;
            }
            assert!(
                ledger.application(&Scope::default(), &name("web")).await.unwrap().is_none(),
                "{place:?}"
            );
            for family in ["res", "secret", "token", "tokens"] {
                assert_eq!(count(&memory, family).await, 0, "{place:?}: {family}");
            }
            assert_eq!(orphans(&memory).await, 0, "{place:?}");
            for run in ledger.runs(&Scope::default(), &name("web")).await.unwrap() {
                assert_ne!(run.value.state, RunState::Running, "{place:?}");
            }
            1
        }
    });
    let cut: u64 =
        futures::stream::iter(attempts).buffer_unordered(AT_ONCE).fold(0, async |a, b| a + b).await;
    assert!(cut >= writes, "{cut} crashes in {writes} writes");
}

/// A store that is cut off answers nothing; then there is nothing to wait for but the end of the engine's tasks.
async fn settled_if_it_can(engine: &Engine) {
    if let Ok(Some(application)) = engine.ledger().application(&Scope::default(), &name("web")).await {
        engine.wait_run(application.value.run, std::time::Duration::from_secs(120)).await;
    }
}
