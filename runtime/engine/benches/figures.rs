//! The figures of `cargo xtask bench`, one JSON object per line: measured in one run, as ratios wherever the
//! machine would otherwise decide. Arguments: the folder of the fixture platform, the compiler program.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use innominatus_effect::{Call, Interrupt, Outcome, Port};
use innominatus_engine::{Answer, ApplyInput, Engine, EngineConfig};
use innominatus_ledger::seal::Keyring;
use innominatus_ledger::{Blobs, Ledger, RunState};
use innominatus_model::{Class, Digest, Json, Kind, Name, ResourceId, Scope, Target};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig, measure};
use innominatus_score::Source;
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Store, measure as store_measure};
use serde_json::json;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    // `cargo bench` says `--bench`; `cargo test --all-targets` does not, and wants to know only that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let (Some(platform), Some(compiler)) = (arguments.next(), arguments.next()) else {
        return Err("usage: figures <platform folder> <compiler program>; run `cargo xtask bench`".into());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measured(Path::new(&platform), PathBuf::from(compiler)))
}

async fn measured(platform: &Path, compiler: PathBuf) -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::new(SandboxConfig {
        cache: folder.path().join("compiled"),
        compiler: CompilerCommand { program: compiler, args: Vec::new() },
        compile_limits: CompileLimits::default(),
    })?;
    seam(&sandbox, platform).await?;
    store(&folder.path().join("measured")).await?;
    apply(&sandbox, platform, &folder.path().join("home")).await
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("{}", json!({"name": name, "value": value, "unit": unit}));
}

/// Answers what `get-status` may ask.
struct Quiet;

#[async_trait]
impl Port for Quiet {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        match call {
            Call::ClockNow | Call::ClockRemaining => Ok(Outcome::Millis(0)),
            Call::SettingsGet => Ok(Outcome::Json(json!({}))),
            _ => Ok(Outcome::Done),
        }
    }
}

async fn seam(sandbox: &Sandbox, platform: &Path) -> Result<(), Error> {
    let bytes = std::fs::read(platform.join("guests.wasm"))?;
    let component = sandbox.load(&Digest::of(&bytes), &bytes).await?;
    let target = Target {
        scope: Scope::default(),
        application: Name::new("bench")?,
        id: ResourceId::generate(),
        name: "bench".into(),
        kind: Kind::new("trivial")?,
        class: Class::default(),
        workloads: vec![Name::new("bench")?],
        labels: Vec::new(),
        // 1.5 KB, as params of real files are.
        params: json!({"echo": "x".repeat(1500)}),
        generation: 1,
        attempt: 1,
        prior: None,
        unsettled: Vec::new(),
    };
    // The first calls fault pages in.
    measure::seam(&component, &target, Arc::new(Quiet), 200).await?;
    let cost = measure::seam(&component, &target, Arc::new(Quiet), 4000).await?;
    figure("seam-over-bare", cost.whole.as_secs_f64() / cost.bare.as_secs_f64(), "ratio");
    figure("sandboxed-call", cost.whole.as_secs_f64() * 1e6, "us");
    Ok(())
}

async fn store(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    for round in 0..3 {
        let raw = store_measure::disk_groups(folder, 64, 150)?;
        let path = folder.join(format!("store-{round}"));
        let store: Arc<dyn Store> = Arc::new(SledStore::open(&path, SledOptions::default()).await?);
        let durable = store_measure::durable_txns(store.clone(), 64, 200, 2048).await?;
        store.close().await?;
        ratios.push(durable.per_second() / raw.per_second());
        rates.push(durable.per_second());
    }
    figure("durable-txns-over-disk", median(&mut ratios), "ratio");
    figure("durable-txns", median(&mut rates), "per second");
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// 1,000 resources of a trivial provisioner, until all are durably ready.
async fn apply(sandbox: &Sandbox, platform: &Path, home: &Path) -> Result<(), Error> {
    const RESOURCES: usize = 1000;
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&home.join("store"), SledOptions::default()).await?);
    let ledger = Ledger::open(store, Keyring::load_or_create(home)?).await?;
    let blobs = Blobs::open(home.join("components"))?;
    let engine = Engine::new(ledger, sandbox.clone(), blobs, EngineConfig::new(home.join("settings")));
    engine.install(&Scope::default().tenant, platform, Some(&Answer::all())).await?;
    let mut text = String::from(
        "apiVersion: score.dev/v1b1\nmetadata:\n  name: bench\ncontainers:\n  main:\n    image: x\nresources:\n",
    );
    for at in 0..RESOURCES {
        text.push_str(&format!("  r{at:04}: {{type: trivial}}\n"));
    }
    let input = ApplyInput {
        sources: vec![Source { name: "bench.yaml".into(), text: text.into_bytes(), files: BTreeMap::new() }],
        parameters: Some(Json::Object(serde_json::Map::new())),
        ..ApplyInput::default()
    };
    let begin = Instant::now();
    let accepted = engine.apply(&input).await?;
    let run = accepted.run.ok_or("no run was begun")?;
    while engine.run_view(run).await?.is_some_and(|view| view.run.state == RunState::Running) {
        engine.wait_run(run, Duration::from_secs(60)).await;
    }
    let elapsed = begin.elapsed();
    let view = engine.run_view(run).await?.ok_or("the run is gone")?;
    if view.run.state != RunState::Succeeded {
        return Err(format!("the run ended {:?}: {:?}", view.run.state, view.run.error).into());
    }
    figure("apply-1000-resources", RESOURCES as f64 / elapsed.as_secs_f64(), "per second");
    engine.shutdown().await;
    Ok(())
}
