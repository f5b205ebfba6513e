//! Every hostile guest ends as its file says, and what comes after it is unharmed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::time::Duration;

use innominatus_effect::Export;
use innominatus_model::{Class, Coded, Kind};
use innominatus_sandbox::{Call, CallError, Component, Limits, Role, inspect};
use innominatus_testkit::guest::Parts;
use serde_json::json;
use support::guest::{hostile, role};
use support::port::Answers;

#[tokio::test]
async fn every_hostile_guest_ends_as_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let calm = support::load(&sandbox, &Parts::parse("").build()).await;
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let parts = Parts::read(&path);
        assert!(parts.values("attack").next().is_some(), "{name} does not say what it attacks");
        let bytes = parts.build();
        if let Some(code) = parts.values("refused").next() {
            assert_eq!(inspect(&bytes).unwrap_err().code().as_str(), code, "{name}");
            continue;
        }
        let component = support::load(&sandbox, &bytes).await;
        let expectations: Vec<_> = parts.values("expect").collect();
        assert!(!expectations.is_empty(), "{name} expects nothing");
        for expectation in expectations {
            let (word, export) = expectation.split_once(" in ").unwrap();
            let export = Export::ALL.into_iter().find(|known| known.as_str() == export).unwrap();
            for round in 1..=2 {
                let limits = limits(export, &parts);
                let end = call(&component, role(&parts), export, limits.clone()).await;
                let found = end.as_ref().map_or_else(|error| error.code().as_str(), |()| "ok");
                if found != word {
                    wrong.push(format!("{name}, `{}`, round {round}: {end:?}", export.as_str()));
                }
                if let Err(CallError::Fault { fault, usage, .. }) = end {
                    assert_eq!(fault.export, export.as_str(), "{name}");
                    assert!(!fault.message.is_empty() && !fault.message.contains(char::is_control), "{name}");
                    assert!(
                        usage.fuel <= limits.fuel && usage.memory_peak <= limits.memory,
                        "{name}: {usage:?}"
                    );
                }
                seen += 1;
            }
        }
        // The process is alive and others are served.
        call(&calm, Role::Provisioner, Export::Provision, Limits::default()).await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 100, "only {seen} calls were made: were the fixtures found?");
}

fn files() -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(hostile())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .collect();
    files.sort();
    files
}

fn limits(export: Export, parts: &Parts) -> Limits {
    let mut limits = Limits::for_export(export);
    for setting in parts.values("limits").flat_map(|line| line.split(", ")) {
        let (key, value) = setting.split_once('=').unwrap();
        let value: u64 = value.parse().unwrap();
        match key {
            "fuel" => limits.fuel = value,
            "wall-ms" => limits.wall = Duration::from_millis(value),
            other => panic!("unknown limit `{other}`"),
        }
    }
    limits
}

async fn call(component: &Component, role: Role, export: Export, limits: Limits) -> Result<(), CallError> {
    let call = Call::new(Answers::new()).with_limits(limits);
    match role {
        Role::Provisioner => provision(component, export, call).await,
        Role::GoldenPath => walk(component, export, call).await,
    }
}

async fn provision(component: &Component, export: Export, call: Call) -> Result<(), CallError> {
    let guest = component.provisioner(call);
    let target = support::target(json!({"size": 1}));
    let kind = Kind::new("thing").unwrap();
    match export {
        Export::Metadata => guest.metadata().await.map(drop),
        Export::ConfigSchema => guest.config_schema(&kind, &Class::default()).await.map(drop),
        Export::ValidateConfig => guest.validate_config(&target).await.map(drop),
        Export::Provision => guest.provision(&target).await.map(drop),
        Export::Deprovision => guest.deprovision(&target).await.map(drop),
        Export::GetStatus => guest.get_status(&target).await.map(drop),
        Export::GetHints => guest.get_hints(&target).await.map(drop),
        Export::Adopt => guest.adopt(&target, "thing-1").await.map(drop),
        Export::UpgradeState => guest.upgrade_state(&target).await.map(drop),
        other => panic!("{other:?} is not an export of a provisioner"),
    }
}

async fn walk(component: &Component, export: Export, call: Call) -> Result<(), CallError> {
    let guest = component.golden_path(call);
    let request = support::request();
    match export {
        Export::Metadata => guest.metadata().await.map(drop),
        Export::ParameterSchema => guest.parameter_schema().await.map(drop),
        Export::Validate => guest.validate(&request).await.map(drop),
        Export::GenerateSteps => guest.generate_steps(&request).await.map(drop),
        Export::Render => guest.render(&request, &support::render_step(), &[]).await.map(drop),
        other => panic!("{other:?} is not an export of a golden path"),
    }
}

/// What the log flood leaves behind: bounded, clean, and it says that there was more.
#[tokio::test]
async fn a_log_flood_is_cut_and_says_so() {
    use innominatus_effect::Call as Effect;

    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let component = support::load(&sandbox, &Parts::read(&hostile().join("log-flood.wat")).build()).await;
    let port = Answers::new();
    let answer =
        component.provisioner(Call::new(port.clone())).provision(&support::target(json!({}))).await.unwrap();
    assert_eq!(answer.usage.host_calls, 2000, "dropped lines are still calls of the host");
    let lines: Vec<_> = port
        .calls()
        .into_iter()
        .map(|call| match call {
            Effect::Log { message, .. } => message,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(lines.len() < 70, "{} lines of more than 1 KiB are more than 64 KiB", lines.len());
    assert!(lines.iter().all(|line| line.len() < 5000 && !line.contains(char::is_control)));
    assert!(lines[0].starts_with("\\u{1b}]0;owned"), "{}", lines[0]);
    assert!(lines.last().unwrap().contains("dropped"), "{:?}", lines.last());
    assert_eq!(lines.iter().filter(|line| line.contains("dropped")).count(), 1);
}

/// Progress becomes events as log lines do, and floods them no more than those.
#[tokio::test]
async fn a_progress_flood_is_cut_and_says_so() {
    use innominatus_effect::Call as Effect;

    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let bytes = Parts::read(&hostile().join("progress-flood.wat")).build();
    let component = support::load(&sandbox, &bytes).await;
    let port = Answers::new();
    let call = Call::new(port.clone());
    let answer = component.provisioner(call).provision(&support::target(json!({}))).await.unwrap();
    assert_eq!(answer.usage.host_calls, 9000, "what is dropped is still a call of the host");
    let said: Vec<_> = port
        .calls()
        .into_iter()
        .map(|call| match call {
            Effect::Progress { message, percent: Some(50) } => message,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(said.len() < 70, "{} reports of 1 KiB are more than 64 KiB", said.len());
    assert!(said.iter().all(|message| !message.contains(char::is_control)));
    assert!(said.last().unwrap().contains("not shown"), "{:?}", said.last());
    assert_eq!(said.iter().filter(|message| message.contains("not shown")).count(), 1);
}
