//! The figures of `cargo xtask bench`, one JSON object per line: measured in one run, as ratios wherever the
//! machine would otherwise decide. Arguments: the folder of the fixture platform, the compiler program.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use innominatus_effect::{Call, Interrupt, Outcome, Port};
use innominatus_model::{Class, Digest, Kind, Name, ResourceId, Scope, Target};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig, measure};
use innominatus_store::sled::{SledOptions, SledStore};
use innominatus_store::{Store, measure as store_measure};
use serde_json::json;

mod apply;
mod effects;
mod platforms;

type Error = Box<dyn std::error::Error + Send + Sync>;

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
    platforms::first_answer(&sandbox, platform).await?;
    platforms::shared(platform, &folder.path().join("layout")).await?;
    effects::read().await?;
    effects::replay().await?;
    store(&folder.path().join("measured")).await?;
    effects::writes(&folder.path().join("journals")).await?;
    apply::whole(&sandbox, platform, &folder.path().join("home")).await?;
    apply::interrupted(&sandbox, platform, &folder.path().join("interrupted")).await
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

/// What is asked about.
fn target() -> Result<Target, Error> {
    Ok(Target {
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
    })
}

async fn seam(sandbox: &Sandbox, platform: &Path) -> Result<(), Error> {
    let bytes = std::fs::read(platform.join("guests.wasm"))?;
    let component = sandbox.load(&Digest::of(&bytes), &bytes).await?;
    let target = target()?;
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
