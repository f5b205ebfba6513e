//! The crash matrix: wherever among its writes and its requests the process dies, the next one ends where an
//! undisturbed one would have.
//!
//! The harness is `testkit::crash`; here is what it needs to know of an engine. A life ends with the store refusing
//! everything, and with the cloud doing nothing more for it; the next one begins on what is left.

mod aws;
mod cloudy;
mod compose;
mod fixtures;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use innominatus_engine::{ApplyInput, Engine, EngineConfig};
use innominatus_ledger::{Ledger, Run, RunState};
use innominatus_model::{Json, Scope};
use innominatus_store::faulty::{Fault, FaultyStore, Point};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Op, Range, Store as _, Txn, collect};
use innominatus_testkit::crash::Failpoints;
use serde_json::json;

use crate::house::{House, Kept, chain, count, engine, handed_in, name, quick};

/// What two cores can do at the same time, and then some.
const AT_ONCE: usize = 4;
/// In the name of a place: a record goes.
const FORGETS: &str = "forgets";

pub(crate) async fn copied(from: &MemoryStore) -> Arc<MemoryStore> {
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
    Ledger::open(copy.clone(), handed_in()).await.unwrap();
    before - count(&copy, "chunk").await
}

/// What stands between an engine and its store: it dies before or after a transaction.
fn mortal(memory: &Arc<MemoryStore>, points: &Arc<Failpoints>) -> Arc<FaultyStore<Kept>> {
    let points = points.clone();
    let hook = move |point: Point<'_>| {
        let family = |key: &[u8]| {
            String::from_utf8_lossy(key.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
        };
        let what = || {
            let told = |op: &Op| match op {
                Op::Put { key, .. } => family(key),
                Op::Delete { key } => format!("{FORGETS} {}", family(key)),
            };
            let told: Vec<String> = point.txn.then.iter().map(told).collect();
            format!("{:?} the write of {}", point.side, told.join(", "))
        };
        points.pass(what).map_or(Fault::Cut, |()| Fault::None)
    };
    Arc::new(FaultyStore::new(Arc::new(Kept(memory.clone())), hook))
}

/// Whoever has to wait for the other side is asked again at once: there is nothing to wait for here.
pub(crate) fn impatient(folder: &Path) -> EngineConfig {
    EngineConfig { pending_cap: Duration::from_millis(5), ..quick(folder) }
}

/// One process, until it dies or has done its work.
async fn live<W: Future<Output = ()>>(
    memory: &Arc<MemoryStore>,
    folder: &Path,
    points: &Arc<Failpoints>,
    work: impl FnOnce(Engine) -> W,
) {
    if let Ok(mortal) = engine(mortal(memory, points), folder, impatient(folder)).await {
        work(mortal.clone()).await;
        mortal.shutdown().await;
    }
}

/// The next process: what was interrupted goes on.
async fn next_life(memory: &Arc<MemoryStore>, folder: &Path) -> Engine {
    let engine = engine(Arc::new(Kept(memory.clone())), folder, impatient(folder)).await.unwrap();
    engine.resume().await.unwrap();
    settled(&engine).await;
    engine
}

/// Applies, and waits; nobody says whether it is acknowledged.
async fn applied(engine: &Engine, input: &ApplyInput) {
    // It may be acknowledged or not.
    let _ = engine.apply(input).await;
    settled(engine).await;
}

/// The same on an engine that lives: how its run ended.
async fn applied_alive(engine: &Engine, input: &ApplyInput) -> Run {
    let again = engine.apply(input).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    settled(engine).await;
    engine.ledger().run(again.run.unwrap()).await.unwrap().unwrap().value
}

async fn deleted(engine: &Engine) {
    let _ = engine.delete_application(&Scope::default(), &name("web")).await;
    settled(engine).await;
}

/// Waits for whatever the application is doing. A store that is cut off answers nothing; then there is nothing to wait
/// for but the end of the engine's tasks.
async fn settled(engine: &Engine) {
    if let Ok(Some(application)) = engine.ledger().application(&Scope::default(), &name("web")).await {
        engine.wait_run(application.value.run, Duration::from_secs(120)).await;
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

/// Nothing lies about, and no run is under way that nobody is at.
async fn tidy(memory: &MemoryStore, engine: &Engine) {
    assert_eq!(orphans(memory).await, 0);
    for run in engine.ledger().runs(&Scope::default(), &name("web")).await.unwrap() {
        assert_ne!(run.value.state, RunState::Running);
    }
}

/// An apply in two lives: dies, goes on, is wished again. What it comes to.
async fn apply_twice(
    image: &MemoryStore,
    folder: &Path,
    points: Arc<Failpoints>,
    input: &ApplyInput,
) -> Json {
    let memory = copied(image).await;
    live(&memory, folder, &points, |first| async move { applied(&first, input).await }).await;
    let before = {
        let between = engine(Arc::new(Kept(memory.clone())), folder, impatient(folder)).await.unwrap();
        secrets(between.ledger()).await
    };
    let second = next_life(&memory, folder).await;
    let run = applied_alive(&second, input).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let after = secrets(second.ledger()).await;
    assert!(before.iter().all(|(id, secret)| after[id] == *secret), "a secret changed");
    assert!(second.apply(input).await.unwrap().unchanged);
    crate::cloudy::at_rest(second.ledger()).await;
    tidy(&memory, &second).await;
    end_state(&memory, second, folder).await
}

/// A removal in two lives. Nothing may be left.
async fn delete_twice(image: &MemoryStore, folder: &Path, points: Arc<Failpoints>) {
    let memory = copied(image).await;
    live(&memory, folder, &points, |first| async move { deleted(&first).await }).await;
    let second = next_life(&memory, folder).await;
    deleted(&second).await;
    nothing_left(&memory, &second).await;
}

async fn nothing_left(memory: &MemoryStore, engine: &Engine) {
    let application = engine.ledger().application(&Scope::default(), &name("web")).await.unwrap();
    assert!(application.is_none(), "{application:?}");
    for family in ["res", "secret", "token", "tokens", "exec", "note"] {
        assert_eq!(count(memory, family).await, 0, "{family}");
    }
    tidy(memory, engine).await;
}

/// What must be the same however often the process died: per resource its phase, its outputs without identities;
/// and the files.
async fn end_state(memory: &Arc<MemoryStore>, second: Engine, folder: &Path) -> Json {
    let folder = Arc::new(tempfile::tempdir_in(folder).unwrap());
    let house = House { engine: second, memory: memory.clone(), folder };
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
