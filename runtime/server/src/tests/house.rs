//! A router over an engine over a store in memory that can be held up, and words for what tests ask it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_engine::{Engine, EngineConfig};
use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Blobs, Ledger, RunState};
use innominatus_model::{Name, Scope};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig};
use innominatus_store::memory::MemoryStore;
use innominatus_store::{
    Committed, Error, Page, Range, Revision, Store, Txn, Versioned, Watch, collect,
};
use innominatus_testkit::programs;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::auth::Door;
use crate::limits::Limits;
use crate::routes;
use crate::state::App;
use crate::work::Work;

/// Nothing that a test waits for takes as long; what does is a failure, not a slow machine.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// On which side of a transaction its caller is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// It has not happened.
    Before,
    /// It is durable, and its caller does not know.
    After,
}

/// A store whose transactions can be held up.
pub(super) struct Gate {
    inner: MemoryStore,
    closed: watch::Sender<Option<Side>>,
    /// The family of records that nobody may list.
    hidden: watch::Sender<Option<&'static str>>,
    held: watch::Sender<usize>,
    /// Events that were read.
    events: AtomicUsize,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self {
            inner: MemoryStore::new(),
            closed: watch::Sender::new(None),
            hidden: watch::Sender::new(None),
            held: watch::Sender::new(0),
            events: AtomicUsize::new(0),
        }
    }

    /// Holds up every transaction from now on.
    pub(super) fn close(&self, side: Side) {
        self.closed.send_replace(Some(side));
    }

    /// Holds up whoever lists records of a family.
    pub(super) fn hide(&self, family: &'static str) {
        self.hidden.send_replace(Some(family));
    }

    /// Lets those that are held up go on, and all others through.
    pub(super) fn open(&self) {
        self.closed.send_replace(None);
        self.hidden.send_replace(None);
    }

    /// How many events were read since this was last asked.
    pub(super) fn events_read(&self) -> usize {
        self.events.swap(0, Ordering::Relaxed)
    }

    /// Every key and every value, as they are kept.
    pub(super) async fn everything(&self) -> Vec<Versioned> {
        collect(&self.inner, Range::all()).await.unwrap().0
    }

    /// Waits until somebody is held up.
    pub(super) async fn holds(&self) {
        self.held.subscribe().wait_for(|held| *held > 0).await.unwrap();
    }

    async fn pass(&self, side: Side) {
        let mut closed = self.closed.subscribe();
        if *closed.borrow() == Some(side) {
            self.held.send_modify(|held| *held += 1);
            closed.wait_for(|closed| *closed != Some(side)).await.unwrap();
        }
    }
}

#[async_trait]
impl Store for Gate {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, Error> {
        self.inner.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, Error> {
        let is_hidden =
            |family: &Option<&str>| family.is_some_and(|family| range.start.starts_with(family.as_bytes()));
        let mut hidden = self.hidden.subscribe();
        if is_hidden(&hidden.borrow()) {
            self.held.send_modify(|held| *held += 1);
            hidden.wait_for(|family| !is_hidden(family)).await.unwrap();
        }
        drop(hidden);
        let page = self.inner.range(range).await?;
        let events = page.items.iter().filter(|item| item.key.starts_with(b"evt\0")).count();
        self.events.fetch_add(events, Ordering::Relaxed);
        Ok(page)
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, Error> {
        self.pass(Side::Before).await;
        let committed = self.inner.txn(txn).await;
        self.pass(Side::After).await;
        committed
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, Error> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, Error> {
        self.inner.revision().await
    }

    async fn close(&self) -> Result<(), Error> {
        self.inner.close().await
    }
}

fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let open = || {
        let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
        let compile_limits = CompileLimits::default();
        Sandbox::new(SandboxConfig { cache: programs::shared("components"), compiler, compile_limits })
            .unwrap()
    };
    SANDBOX.get_or_init(open).clone()
}

/// A server without listeners.
pub(super) struct House {
    pub(super) app: App,
    pub(super) gate: Arc<Gate>,
    folder: TempDir,
    /// Keeps the server from stopping.
    _stopping: watch::Sender<bool>,
}

impl House {
    /// Nothing is installed.
    pub(super) async fn empty() -> Self {
        let (gate, folder) = (Arc::new(Gate::new()), tempfile::tempdir().unwrap());
        let keys = Keyring::from_text(&"5a".repeat(32)).unwrap();
        let ledger = Ledger::open(gate.clone(), keys).await.unwrap();
        let config = EngineConfig {
            retry_first: Duration::from_millis(1),
            retry_cap: Duration::from_millis(1),
            ..EngineConfig::new(folder.path().join("settings"))
        };
        let blobs = Blobs::open(folder.path().join("components")).unwrap();
        let engine = Engine::new(ledger, sandbox(), blobs, config);
        let (stopping, watching) = watch::channel(false);
        let limits = Limits::default();
        let app = App { engine, limits, started_ms: 0, stopping: watching, work: Work::new() };
        Self { app, gate, folder, _stopping: stopping }
    }

    /// With the fixture platform.
    pub(super) async fn new() -> Self {
        let house = Self::empty().await;
        house.ok("POST", "/v1/platforms", Some(platform())).await;
        house
    }

    pub(super) fn components(&self) -> PathBuf {
        self.folder.path().join("components")
    }

    fn router(&self) -> Router {
        routes::router(self.app.clone(), Door::Socket)
    }

    /// Asks; the future may be dropped, as hyper does when a client goes away.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = self.router().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(super) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// Applies, and waits for the end of the run.
    pub(super) async fn run(&self, request: Value) -> RunState {
        let receipt = self.ok("POST", "/v1/apply", Some(request)).await;
        let run = receipt["run"].as_str().unwrap().parse().unwrap();
        self.app.engine.wait_run(run, LONG).await;
        self.app.engine.ledger().run(run).await.unwrap().unwrap().value.state
    }

    /// Waits until something is so; events are what makes it look again.
    pub(super) async fn until<F: Future<Output = bool>>(&self, what: &str, mut so: impl FnMut() -> F) {
        let mut feed = self.app.engine.ledger().follow(&Scope::default(), None).await.unwrap();
        let all = async {
            while !so().await {
                feed.next().await.unwrap();
            }
        };
        assert!(tokio::time::timeout(LONG, all).await.is_ok(), "never: {what}");
    }

    /// Whether so many runs were accepted, and none of them is unfinished.
    pub(super) async fn runs_ended(&self, accepted: usize) -> bool {
        let runs = self.app.engine.ledger().runs_of(&Scope::default()).await.unwrap();
        runs.len() == accepted && runs.iter().all(|run| run.value.ended_ms.is_some())
    }

    /// The id of a resource, by the name in the file that declares it.
    pub(super) async fn resource(&self, application: &str, declared: &str) -> String {
        let ledger = self.app.engine.ledger();
        let records = ledger.resources(&Scope::default(), &Name::new(application).unwrap()).await.unwrap();
        let ids: BTreeMap<String, String> = records
            .iter()
            .map(|stored| (stored.value.uid.to_string(), stored.value.id.to_string()))
            .map(|(uid, id)| (uid.rsplit(['.', '#']).next().unwrap().to_owned(), id))
            .collect();
        ids[declared].clone()
    }
}

/// A request to install the fixture platform.
pub(super) fn platform() -> Value {
    json!({"folder": programs::platform("fixtures"), "grant": ["all"]})
}

/// A request to apply a workload with its resources. JSON is YAML.
pub(super) fn apply(application: &str, workload: &str, resources: Value) -> Value {
    let text = json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": workload},
        "containers": {"main": {"image": "example.org/web:1"}},
        "resources": resources,
    });
    json!({"application": application, "files": [file(&text.to_string())]})
}

/// A Score file as the API takes it.
pub(super) fn file(text: &str) -> Value {
    json!({"name": "score.yaml", "text": BASE64.encode(text)})
}

/// How many files lie in a folder.
pub(super) fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
