//! A thousand resources of a trivial provisioner: made, and gone on with after the process was gone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use innominatus_engine::{Answer, ApplyInput, Engine, EngineConfig};
use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Blobs, Ledger, RunState};
use innominatus_model::{Json, RunId, Scope};
use innominatus_sandbox::Sandbox;
use innominatus_score::Source;
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Committed, Op, Page, Range, Revision, Store, Txn, Versioned, Watch};
use tokio::sync::watch;

use crate::{Error, figure};

const RESOURCES: usize = 1000;

fn wish() -> ApplyInput {
    let mut text = String::from(
        "apiVersion: score.dev/v1b1\nmetadata:\n  name: bench\ncontainers:\n  main:\n    image: x\nresources:\n",
    );
    for at in 0..RESOURCES {
        text.push_str(&format!("  r{at:04}: {{type: trivial}}\n"));
    }
    ApplyInput {
        sources: vec![Source { name: "bench.yaml".into(), text: text.into_bytes(), files: BTreeMap::new() }],
        parameters: Some(Json::Object(serde_json::Map::new())),
        ..ApplyInput::default()
    }
}

async fn engine(
    store: Arc<dyn Store>,
    sandbox: &Sandbox,
    home: &Path,
    concurrency: usize,
) -> Result<Engine, Error> {
    let ledger = Ledger::open(store, Keyring::load_or_create(home)?).await?;
    let blobs = Blobs::open(home.join("components"))?;
    let config = EngineConfig { concurrency, ..EngineConfig::new(home.join("settings")) };
    Ok(Engine::new(ledger, sandbox.clone(), blobs, config))
}

async fn ended(engine: &Engine, run: RunId) -> Result<(), Error> {
    while engine.run_view(run).await?.is_some_and(|view| view.run.state == RunState::Running) {
        engine.wait_run(run, Duration::from_secs(60)).await;
    }
    let view = engine.run_view(run).await?.ok_or("the run is gone")?;
    match view.run.state {
        RunState::Succeeded => Ok(()),
        state => Err(format!("the run ended {state:?}: {:?}", view.run.error).into()),
    }
}

/// Until all are durably ready.
pub(crate) async fn whole(sandbox: &Sandbox, platform: &Path, home: &Path) -> Result<(), Error> {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&home.join("store"), SledOptions::default()).await?);
    let usual = EngineConfig::new(home).concurrency;
    let engine = engine(store, sandbox, home, usual).await?;
    engine.install(&Scope::default().tenant, platform, Some(&Answer::all())).await?;
    let begin = Instant::now();
    let run = engine.apply(&wish()).await?.run.ok_or("no run was begun")?;
    ended(&engine, run).await?;
    figure("apply-1000-resources", RESOURCES as f64 / begin.elapsed().as_secs_f64(), "per second");
    engine.shutdown().await;
    Ok(())
}

/// A store whose process is gone as soon as every execution has begun, and in which none of them ends before.
struct Doomed {
    inner: Arc<SledStore>,
    begun: watch::Sender<usize>,
}

#[async_trait]
impl Store for Doomed {
    async fn get(&self, key: &[u8]) -> Result<Option<Versioned>, innominatus_store::Error> {
        self.inner.get(key).await
    }

    async fn range(&self, range: Range) -> Result<Page, innominatus_store::Error> {
        self.inner.range(range).await
    }

    async fn txn(&self, txn: Txn) -> Result<Committed, innominatus_store::Error> {
        if txn.then.iter().any(ends) {
            std::future::pending::<()>().await;
        }
        let begins = txn.then.iter().any(begins);
        let answer = self.inner.txn(txn).await;
        if begins {
            self.begun.send_modify(|begun| *begun += 1);
        }
        answer
    }

    async fn watch(&self, prefix: Vec<u8>, from: Revision) -> Result<Watch, innominatus_store::Error> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, innominatus_store::Error> {
        self.inner.revision().await
    }

    async fn close(&self) -> Result<(), innominatus_store::Error> {
        Ok(())
    }
}

/// Whether an execution is begun here.
fn begins(op: &Op) -> bool {
    matches!(op, Op::Put { key, .. } if key.starts_with(b"exec\0\x01"))
}

/// Whether a resource becomes ready here.
fn ends(op: &Op) -> bool {
    const READY: &[u8] = br#""phase":"ready""#;
    let ready = |value: &[u8]| value.windows(READY.len()).any(|part| part == READY);
    matches!(op, Op::Put { key, value } if key.starts_with(b"res\0\x01") && ready(value))
}

/// A process that is gone while all of them are being made; from its next start until all are durably ready.
pub(crate) async fn interrupted(sandbox: &Sandbox, platform: &Path, home: &Path) -> Result<(), Error> {
    let below = Arc::new(SledStore::open(&home.join("store"), SledOptions::default()).await?);
    let doomed = Arc::new(Doomed { inner: below.clone(), begun: watch::Sender::new(0) });
    let mut begun = doomed.begun.subscribe();
    // One platform has three quarters of the places.
    let first = engine(doomed, sandbox, home, RESOURCES * 2).await?;
    first.install(&Scope::default().tenant, platform, Some(&Answer::all())).await?;
    let run = first.apply(&wish()).await?.run.ok_or("no run was begun")?;
    begun.wait_for(|begun| *begun == RESOURCES).await?;

    let second = engine(below, sandbox, home, EngineConfig::new(home).concurrency).await?;
    let begin = Instant::now();
    second.resume().await?;
    ended(&second, run).await?;
    figure("resume-1000-executions", RESOURCES as f64 / begin.elapsed().as_secs_f64(), "per second");
    second.shutdown().await;
    Ok(())
}
