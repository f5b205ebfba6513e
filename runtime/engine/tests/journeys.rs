//! The whole way of a Score file: `fixtures/journeys/<name>/` holds one file per stage, and each is written
//! from the one before by what really runs, down to the files a person gets. A change of behaviour is a
//! difference in one of them. `BLESS=1` rewrites.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use innominatus_engine::{Answer, ApplyInput, Engine, EngineConfig, complete_files};
use innominatus_ledger::seal::{Keyring, Scrubber};
use innominatus_ledger::{Blobs, Ledger, RunState};
use innominatus_model::{Json, Name, Scope};
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig};
use innominatus_score::{Source, demand, read};
use innominatus_store::memory::MemoryStore;
use innominatus_testkit::redact::Redactor;
use innominatus_testkit::{fixtures, golden, programs};

/// Any 32 bytes: everything that depends on them is redacted.
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

async fn engine(folder: &Path) -> Engine {
    let sandbox = Sandbox::new(SandboxConfig {
        cache: programs::shared("compiled"),
        compiler: CompilerCommand { program: programs::compiler(), args: Vec::new() },
        compile_limits: CompileLimits::default(),
    })
    .unwrap();
    let ledger = Ledger::open(Arc::new(MemoryStore::new()), Keyring::from_text(KEY).unwrap()).await.unwrap();
    let blobs = Blobs::open(folder.join("components")).unwrap();
    // One step at a time, so that events come in one order.
    let config = EngineConfig { concurrency: 1, ..EngineConfig::new(folder.join("settings")) };
    let engine = Engine::new(ledger, sandbox, blobs, config);
    engine
        .install(&Scope::default().tenant, &programs::platform("compose"), Some(&Answer::all()))
        .await
        .unwrap();
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_of_every_journey_is_as_written() {
    let mut journeys: Vec<_> = std::fs::read_dir(fixtures::root().join("journeys"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("01-score.yaml").is_file())
        .collect();
    journeys.sort();
    assert!(!journeys.is_empty());
    for journey in journeys {
        walk(&journey).await;
    }
}

async fn walk(journey: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path()).await;
    let text = std::fs::read(journey.join("01-score.yaml")).unwrap();
    let source = Source { name: "score.yaml".into(), text, files: BTreeMap::new() };

    let reading = read(&source);
    assert!(reading.workload.is_some(), "{journey:?}: {:?}", reading.diagnostics);
    let workload = reading.workload.unwrap();
    let spec = serde_json::to_string_pretty(workload.spec()).unwrap() + "\n";
    golden::check(journey.join("02-workload.json"), &spec);

    let needs = demand(std::slice::from_ref(&workload)).unwrap().needs;
    let mut told = String::new();
    for need in &needs {
        writeln!(told, "{}", need.uid).unwrap();
        for before in &need.depends_on {
            writeln!(told, "  after {before}").unwrap();
        }
        if need.params.as_object().is_some_and(|params| !params.is_empty()) {
            writeln!(told, "  params {}", need.params).unwrap();
        }
    }
    golden::check(journey.join("03-demand.txt"), &told);

    let input = ApplyInput { sources: vec![source], ..ApplyInput::default() };
    let plan = engine.plan(&input).await.unwrap().plan;
    golden::check(journey.join("04-plan.txt"), &innominatus_plan::explain(&plan));

    let run = engine.apply(&input).await.unwrap().run.unwrap();
    engine.wait_run(run, Duration::from_secs(300)).await;
    let view = engine.run_view(run).await.unwrap().unwrap();
    assert_eq!(view.run.state, RunState::Succeeded, "{:?}", view.run.error);
    let application = Name::new(workload.name().as_str()).unwrap();
    let scope = Scope::default();
    let ledger = engine.ledger();

    let mut redactor = Redactor::new();
    let mut told = String::new();
    for recorded in ledger.events(&scope, None).await.unwrap() {
        if recorded.event.subject.application.as_ref() == Some(&application) {
            writeln!(told, "{:22} {}", recorded.event.kind.as_str(), recorded.event.message).unwrap();
        }
    }
    golden::check(journey.join("05-events.txt"), &redactor.redact(&told));

    let mut told = String::new();
    let scrub = Scrubber::new([]);
    let mut secrets: Vec<(String, String)> = Vec::new();
    for stored in ledger.resources(&scope, &application).await.unwrap() {
        let resource = stored.value;
        writeln!(told, "{} is {}", resource.uid, resource.status.phase.as_str()).unwrap();
        for output in resource.outputs() {
            let shown = if output.sensitive { "(sensitive)".to_owned() } else { output.value.to_string() };
            writeln!(told, "  {} = {shown}", output.name).unwrap();
            if let (true, Json::String(_)) = (output.sensitive, &output.value) {
                let clear = ledger.reveal_output(&scope, resource.id, &output.name).await.unwrap();
                secrets.push((clear.expose().to_owned(), format!("<{} of {}>", output.name, resource.name)));
            }
        }
        for hint in &resource.status.hints {
            writeln!(told, "  {}: {}", hint.label, scrub.scrub(&hint.value)).unwrap();
        }
    }
    golden::check(journey.join("06-outcome.txt"), &told);
    let clear: Vec<_> = secrets.iter().map(|(secret, _)| secret.as_str()).collect();
    assert!(!clear.iter().any(|secret| told.contains(secret)), "a secret stands in the outcome");

    // Longer ones first: a connection string holds the password.
    secrets.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
    for (at, file) in complete_files(ledger, &plan, &view.run).await.unwrap().into_iter().enumerate() {
        let text = String::from_utf8_lossy(&file.content).into_owned();
        let holds = secrets.iter().any(|(secret, _)| text.contains(secret.as_str()));
        assert!(!holds || file.file.sensitive, "`{}` holds a secret", file.file.name);
        let shown = secrets.iter().fold(text, |text, (secret, name)| text.replace(secret.as_str(), name));
        let name = format!("{:02}-{}", at + 7, file.file.name.trim_start_matches('.').replace('/', "-"));
        golden::check(journey.join(name), &shown);
    }
    engine.shutdown().await;
}
