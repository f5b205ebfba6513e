//! An engine over a store in memory, with the fixture platform installed, and words for what tests ask it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use innominatus_engine::{Accepted, Answer, ApplyError, ApplyInput, Engine, EngineConfig, complete_files};
use innominatus_ledger::seal::{KEY_FILE, Keyring};
use innominatus_ledger::{Blobs, EventFeed, Ledger, Resource, Run};
use innominatus_model::{Event, EventKind, Json, Name, ResourceId, RunId, Scope};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig};
use innominatus_score::Source;
use innominatus_store::faulty::Side;
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Committed, Error, Page, Range, Revision, Store, Txn, Versioned, Watch, collect};
use innominatus_testkit::programs;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

/// No run of a test takes as long; one that does is a failure, not a slow machine.
const LONG: Duration = Duration::from_secs(120);

/// A store that is still there when the engine that had it is gone.
pub(crate) struct Kept(pub(crate) Arc<MemoryStore>);

#[async_trait]
impl Store for Kept {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.0.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.0.range(range).await
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        self.0.txn(txn).await
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.0.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.0.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A store that holds back writes of one family of records: they have not happened yet, or they have and nobody
/// knows.
pub(crate) struct Gate {
    inner: Kept,
    family: Vec<u8>,
    side: Side,
    /// How many are or were held back.
    pub(crate) held: watch::Sender<usize>,
    /// Whether they are let go.
    pub(crate) open: watch::Sender<bool>,
}

impl Gate {
    /// Lets writes happen, and holds their answers back.
    pub(crate) fn closed(memory: Arc<MemoryStore>, family: &str) -> Arc<Self> {
        Self::on(memory, family, Side::After)
    }

    pub(crate) fn on(memory: Arc<MemoryStore>, family: &str, side: Side) -> Arc<Self> {
        let family = [family.as_bytes(), &[0, 1]].concat();
        let (held, open) = (watch::Sender::new(0), watch::Sender::new(false));
        Arc::new(Self { inner: Kept(memory), family, side, held, open })
    }

    async fn pass(&self, side: Side, concerned: bool) {
        if concerned && side == self.side {
            self.held.send_modify(|held| *held += 1);
            self.open.subscribe().wait_for(|open| *open).await.unwrap();
        }
    }

    /// Resolves when an answer is held back.
    pub(crate) async fn held(&self) {
        self.held.subscribe().wait_for(|held| *held > 0).await.unwrap();
    }
}

#[async_trait]
impl Store for Gate {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.inner.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        self.inner.range(range).await
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        let concerned = txn.then.iter().any(|op| op.key().starts_with(&self.family));
        self.pass(Side::Before, concerned).await;
        let answer = self.inner.txn(txn).await;
        self.pass(Side::After, concerned).await;
        answer
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.inner.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

pub(crate) fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let open = || {
        let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
        let compile_limits = CompileLimits::default();
        Sandbox::new(SandboxConfig { cache: programs::shared("components"), compiler, compile_limits })
            .unwrap()
    };
    SANDBOX.get_or_init(open).clone()
}

/// A home's own key, or the one of every home that has none.
fn keys(home: &Path) -> Keyring {
    if home.join(KEY_FILE).exists() { Keyring::load(home).unwrap() } else { handed_in() }
}

pub(crate) fn handed_in() -> Keyring {
    Keyring::from_text(&"5a".repeat(32)).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Tries follow each other at once.
pub(crate) fn quick(folder: &Path) -> EngineConfig {
    EngineConfig {
        retry_first: Duration::from_millis(1),
        retry_cap: Duration::from_millis(1),
        ..EngineConfig::new(folder.join("settings"))
    }
}

/// An engine and what it stands on.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) folder: Arc<TempDir>,
}

impl House {
    /// Empty: nothing is installed.
    pub(crate) async fn empty() -> Self {
        Self::over(Arc::new(MemoryStore::new()), Arc::new(tempfile::tempdir().unwrap())).await
    }

    /// With the fixture platform.
    pub(crate) async fn new() -> Self {
        let house = Self::empty().await;
        house.install(&programs::platform("fixtures")).await;
        house
    }

    /// With the fixture platform, and a key that can be replaced.
    pub(crate) async fn own_key() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Keyring::load_or_create(folder.path()).unwrap();
        let house = Self::over(Arc::new(MemoryStore::new()), folder).await;
        house.install(&programs::platform("fixtures")).await;
        house
    }

    /// Over what another left.
    pub(crate) async fn over(memory: Arc<MemoryStore>, folder: Arc<TempDir>) -> Self {
        let config = quick(folder.path());
        Self::configured(memory, folder, config).await
    }

    pub(crate) async fn configured(
        memory: Arc<MemoryStore>,
        folder: Arc<TempDir>,
        config: EngineConfig,
    ) -> Self {
        let engine = engine(Arc::new(Kept(memory.clone())), folder.path(), config).await.unwrap();
        Self { engine, memory, folder }
    }

    pub(crate) async fn install(&self, folder: &Path) {
        let installed = self.engine.install(&name("default"), folder, Some(&Answer::all())).await;
        assert!(!installed.unwrap_or_else(|error| panic!("{}", chain(&error))).unchanged);
    }

    /// What is installed, with its grants; and how often somebody was refused.
    pub(crate) async fn installed(&self) -> (String, usize) {
        let platforms = self.ledger().platforms(&name("default")).await.unwrap();
        (format!("{platforms:?}"), self.told(EventKind::PlatformRefused).await.len())
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.engine.ledger()
    }

    /// Applies, and waits for the end of the run.
    pub(crate) async fn run(&self, input: &ApplyInput) -> Run {
        let accepted = self.apply(input).await;
        self.ended(accepted.run.unwrap()).await
    }

    pub(crate) async fn apply(&self, input: &ApplyInput) -> Accepted {
        self.engine.apply(input).await.unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// Waits for an event of a kind.
    pub(crate) async fn saw(&self, feed: &mut EventFeed, kind: EventKind) {
        let seen = async { while feed.next().await.unwrap().event.kind != kind {} };
        tokio::time::timeout(LONG, seen).await.unwrap_or_else(|_| panic!("{kind:?} never came"));
    }

    pub(crate) async fn ended(&self, run: RunId) -> Run {
        self.engine.wait_run(run, LONG).await;
        let run = self.ledger().run(run).await.unwrap().unwrap().value;
        assert!(run.ended_ms.is_some(), "the run did not end: {run:?}");
        run
    }

    /// Deletes, and waits for the end of the run.
    pub(crate) async fn delete(&self, application: &str) -> Run {
        let accepted = self.engine.delete_application(&Scope::default(), &name(application)).await.unwrap();
        self.ended(accepted.run.unwrap()).await
    }

    /// The resources of an application, by name in the file that declares them.
    pub(crate) async fn resources(&self, application: &str) -> BTreeMap<String, Resource> {
        let records = self.ledger().resources(&Scope::default(), &name(application)).await.unwrap();
        let mut resources = BTreeMap::new();
        for stored in records {
            let uid = stored.value.uid.to_string();
            let declared = uid.rsplit(['.', '#']).next().unwrap().to_owned();
            assert!(resources.insert(declared, stored.value).is_none(), "`{uid}` is there twice");
        }
        resources
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        let recorded = self.ledger().events(&Scope::default(), None).await.unwrap();
        recorded.into_iter().map(|recorded| recorded.event).collect()
    }

    /// The messages of all events of a kind, in order.
    pub(crate) async fn told(&self, kind: EventKind) -> Vec<String> {
        let events = self.events().await;
        events.into_iter().filter(|event| event.kind == kind).map(|event| event.message).collect()
    }

    /// Which resources were made since event number `from`, in order; one entry per call.
    pub(crate) async fn calls(&self, kind: EventKind, from: usize) -> Vec<String> {
        let events = self.events().await.into_iter().skip(from).filter(|event| event.kind == kind);
        let declared = |event: Event| {
            let uid = event.message.split('`').nth(1).unwrap().to_owned();
            uid.rsplit(['.', '#']).next().unwrap().to_owned()
        };
        events.map(declared).collect()
    }

    /// The files of a run, as a person gets them.
    pub(crate) async fn files(&self, run: &Run) -> BTreeMap<String, String> {
        let plan = self.ledger().plan(&Scope::default(), &run.application, run.plan).await.unwrap().unwrap();
        let files = complete_files(self.ledger(), &plan, run).await.unwrap();
        let text = |content: &[u8]| String::from_utf8(content.to_vec()).unwrap();
        files.iter().map(|file| (file.file.name.clone(), text(&file.content))).collect()
    }

    /// The secrets that were generated for a resource.
    pub(crate) async fn secrets(&self, resource: ResourceId) -> Vec<String> {
        let secrets = self.ledger().secrets_of(&Scope::default(), resource).await.unwrap();
        secrets.iter().map(|secret| secret.expose().to_owned()).collect()
    }

    /// How many records of a family the store holds.
    pub(crate) async fn count(&self, family: &str) -> usize {
        count(&self.memory, family).await
    }

    /// Stops this engine and begins another on the same store.
    pub(crate) async fn restarted(self, config: EngineConfig) -> Self {
        self.engine.shutdown().await;
        Self::configured(self.memory, self.folder, config).await
    }
}

/// An engine over any store.
pub(crate) async fn engine(
    store: Arc<dyn Store>,
    folder: &Path,
    config: EngineConfig,
) -> Result<Engine, String> {
    let ledger = Ledger::open(store, keys(folder)).await.map_err(|error| chain(&error))?;
    let blobs = Blobs::open(folder.join("blobs")).map_err(|error| chain(&error))?;
    Ok(Engine::new(ledger, sandbox(), blobs, config))
}

/// Gives everybody else so many turns that whoever can go on has come to an end.
pub(crate) async fn others_rest() {
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn count(memory: &MemoryStore, family: &str) -> usize {
    let prefix = [family.as_bytes(), &[0, 1]].concat();
    collect(memory, Range::prefix(prefix)).await.unwrap().0.len()
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", chain(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

pub(crate) fn told(error: &ApplyError) -> String {
    use innominatus_model::Coded;
    format!("{} ({}) {:?}", chain(error), error.code(), error.diagnostics())
}

/// A Score file: a workload and its resources. JSON is YAML.
pub(crate) fn file(workload: &str, resources: Json) -> Source {
    let text = json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": workload},
        "containers": {"main": {"image": "example.org/web:1"}},
        "resources": resources,
    });
    Source {
        name: format!("{workload}.score.yaml"),
        text: text.to_string().into_bytes(),
        ..Source::default()
    }
}

/// A request for the workload `web`.
pub(crate) fn web(resources: Json) -> ApplyInput {
    ApplyInput { sources: vec![file("web", resources)], ..ApplyInput::default() }
}

/// The same with parameters for the golden path.
pub(crate) fn web_with(resources: Json, parameters: Json) -> ApplyInput {
    ApplyInput { parameters: Some(parameters), ..web(resources) }
}

/// A request for a workload of the application `shop`.
pub(crate) fn shop(workload: &str, resources: Json) -> ApplyInput {
    let application = Some(name("shop"));
    ApplyInput { application, sources: vec![file(workload, resources)], ..ApplyInput::default() }
}

/// How a step ended: its state and the code of its error, by name in the file.
pub(crate) fn steps(run: &Run) -> BTreeMap<String, (String, Option<String>)> {
    let ended = |step: &innominatus_ledger::StepEnd| {
        let called = step.uid.as_deref().unwrap_or(&step.name);
        let called = called.rsplit(['.', '#']).next().unwrap().to_owned();
        (called, (step.state.clone(), step.error.as_ref().map(|error| error.code.clone())))
    };
    run.steps.iter().map(ended).collect()
}
