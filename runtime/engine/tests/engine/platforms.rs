//! Platforms come, stand side by side, and go; or are refused, and nothing has changed.

use std::fs;
use std::path::Path;

use innominatus_engine::Answer;
use innominatus_ledger::RunState;
use innominatus_model::{Coded, EventKind, Scope};
use innominatus_store::faulty::Side;
use innominatus_testkit::cloud::Fault;
use innominatus_testkit::programs;
use serde_json::json;
use tempfile::TempDir;

use crate::cloudy::{self, Sky};
use crate::house::{Gate, House, chain, engine, name, others_rest, quick, web};

/// The fixture platform with something else in its manifest.
pub(crate) fn changed(from: &str, to: &str) -> TempDir {
    changed_more(&[(from, to)])
}

pub(crate) fn changed_more(changes: &[(&str, &str)]) -> TempDir {
    changed_platform("fixtures", changes)
}

fn changed_platform(platform: &str, changes: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform(platform, folder.path());
    let manifest = folder.path().join("platform.yaml");
    let mut text = fs::read_to_string(&manifest).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    fs::write(&manifest, text).unwrap();
    folder
}

/// What is kept for one version of the fixtures: its manifest, two components, and manifest and config of its artifact.
const BLOBS: usize = 5;

async fn refused(house: &House, folder: &Path) -> (String, String) {
    let (before, refusals) = house.installed().await;
    let error = house
        .engine
        .install(&name("default"), folder, Some(&Answer::all()))
        .await
        .expect_err("it is refused");
    assert_eq!(house.installed().await, (before, refusals + 1), "nothing has changed");
    (error.code().to_string(), chain(&error))
}

#[tokio::test]
async fn what_is_not_right_about_a_platform_is_said_and_nothing_is_installed() {
    let house = House::empty().await;
    let new_core = changed("minCoreVersion: \"1.0.0\"", "minCoreVersion: \"1.9.0\"");
    assert_eq!(refused(&house, new_core.path()).await.0, "core-incompatible");

    let other_kind = changed("type: trivial", "type: mystery");
    let (code, message) = refused(&house, other_kind.path()).await;
    assert_eq!(code, "manifest-reference");
    assert!(message.contains("`mystery`") && message.contains("`trivial`"), "{message}");

    let swapped = changed("component: ./guests.wasm", "component: ./everything.wasm");
    assert_eq!(refused(&house, swapped.path()).await.0, "component-export");

    let unasked = changed(
        "    capabilities:\n      - name: secrets\n        reason: its component also holds guests that make secrets\n",
        "",
    );
    let (code, message) = refused(&house, unasked.path()).await;
    assert_eq!(code, "capability-denied");
    assert!(message.contains("`trivial`") && message.contains("`secrets`"), "{message}");

    let broken = changed("name: fixtures", "name: fixtures");
    fs::write(broken.path().join("guests.wasm"), b"no component").unwrap();
    assert_eq!(refused(&house, broken.path()).await.0, "component-invalid");

    assert!(!refused(&house, Path::new("no/such/folder")).await.0.is_empty());
    assert!(house.ledger().platforms(&name("default")).await.unwrap().is_empty());
    assert_eq!(fs::read_dir(house.blobs()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_same_bytes_again_are_no_change_and_other_bytes_need_another_version() {
    let house = House::new().await;
    let again = house.engine.install(&name("default"), &programs::platform("fixtures"), None).await.unwrap();
    assert!(again.unchanged);
    let other = changed("description: Guests that", "description: Other guests that");
    assert_eq!(refused(&house, other.path()).await.0, "platform-exists");
    assert_eq!(house.told(EventKind::PlatformInstalled).await, ["platform fixtures@1.0.0 installed"]);
}

#[tokio::test]
async fn a_platform_goes_when_nothing_needs_it_and_its_bytes_with_it() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let in_use = house.engine.uninstall(&tenant, &fixtures, None).await.unwrap_err();
    assert_eq!(in_use.code().as_str(), "platform-in-use");
    assert!(in_use.to_string().contains("`trivial.default#web.aa` of `web`"), "{in_use}");
    assert_eq!(fs::read_dir(house.blobs()).unwrap().count(), BLOBS);

    house.delete("web").await;
    house.engine.uninstall(&tenant, &fixtures, None).await.unwrap();
    assert_eq!(fs::read_dir(house.blobs()).unwrap().count(), 0);
    assert_eq!(
        house.engine.uninstall(&tenant, &fixtures, None).await.unwrap_err().code().as_str(),
        "platform-not-found"
    );
    let none = house.engine.apply(&web(json!({}))).await.unwrap_err();
    assert_eq!(none.code().as_str(), "golden-path-not-found");
    house.install(&programs::platform("fixtures")).await;
    assert_eq!(house.run(&web(json!({"aa": {"type": "trivial"}}))).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn existing_resources_stay_with_the_version_that_made_them() {
    let house = House::new().await;
    let one = web(json!({"aa": {"type": "trivial", "params": {"n": 1}}}));
    house.run(&one).await;
    let newer = changed("  version: 1.0.0\n", "  version: 1.1.0\n");
    house.install(newer.path()).await;
    let both = web(json!({"aa": {"type": "trivial", "params": {"n": 2}}, "bb": {"type": "trivial"}}));
    assert_eq!(house.run(&both).await.state, RunState::Succeeded);
    let resources = house.resources("web").await;
    let version = |declared: &str| resources[declared].provisioner.version.to_string();
    assert_eq!((version("aa"), version("bb")), ("1.0.0".into(), "1.1.0".into()));

    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let versions = house.ledger().platforms(&tenant).await.unwrap();
    for platform in &versions {
        let in_use =
            house.engine.uninstall(&tenant, &fixtures, Some(&platform.value.version)).await.unwrap_err();
        assert_eq!(in_use.code().as_str(), "platform-in-use", "{}", platform.value.version);
    }
    house.delete("web").await;
    house.engine.uninstall(&tenant, &fixtures, Some(&versions[0].value.version)).await.unwrap();
    // The components are the other version's too.
    assert_eq!(fs::read_dir(house.blobs()).unwrap().count(), BLOBS);
    let run = house.run(&one).await;
    assert_eq!(run.state, RunState::Succeeded);
    let application = house.ledger().application(&Scope::default(), &name("web")).await.unwrap().unwrap();
    assert_eq!(application.value.golden_path.unwrap().version.to_string(), "1.1.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_under_way_ends_with_the_version_that_it_began_with() {
    let Sky { house, cloud } = Sky::new().await;
    cloud.fault(Fault::hold("POST"));
    let slow = json!({"type": "widget", "params": {"steps": ["post"], "timeoutMs": 25_000}});
    let run = house.apply(&web(json!({"aa": slow}))).await.run.unwrap();
    while !cloud.seen().iter().any(|seen| seen.method == "POST") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The cloud has acted, and not answered.
    let newer = changed_platform("cloudy", &[("  version: 1.0.0\n", "  version: 1.1.0\n")]);
    cloudy::install_from(&house.engine, newer.path(), &cloudy::grants(&cloud, cloudy::LINE)).await.unwrap();
    cloud.let_go();
    assert_eq!(house.ended(run).await.state, RunState::Succeeded);
    assert_eq!(cloud.created(), 1);
    let both = web(json!({"aa": slow, "bb": {"type": "widget", "params": {"steps": ["post"]}}}));
    assert_eq!(house.run(&both).await.state, RunState::Succeeded);
    let resources = house.resources("web").await;
    let made_by = |declared: &str| resources[declared].status.made_by.clone().unwrap().version.to_string();
    assert_eq!((made_by("aa"), made_by("bb")), ("1.0.0".into(), "1.1.0".into()));
    assert_eq!(cloud.created(), 2);
}

/// What is uninstalled, and why not if it is not.
async fn uninstalled(house: &House, platform: &str) -> Result<(), String> {
    let gone = house.engine.uninstall(&name("default"), &name(platform), None).await;
    gone.map(|_| ()).map_err(|error| {
        assert_eq!(error.code().as_str(), "platform-in-use", "{}", chain(&error));
        chain(&error)
    })
}

#[tokio::test]
async fn a_platform_that_renders_an_application_is_needed_though_it_made_nothing() {
    let house = House::new().await;
    house.run(&web(json!({}))).await;
    assert_eq!(house.count("res").await, 0);
    let refused = uninstalled(&house, "fixtures").await.unwrap_err();
    assert!(refused.contains("renders the files of `web`"), "{refused}");
    house.delete("web").await;
    uninstalled(&house, "fixtures").await.unwrap();
}

#[tokio::test]
async fn a_platform_that_an_accepted_plan_needs_stays_though_it_made_nothing_yet() {
    let house = House::new().await;
    let sized = "  - name: sized\n    type: sized\n";
    let without = "  - name: unsized\n    type: trivial\n";
    house.install(changed_more(&[("name: fixtures", "name: others"), (sized, without)]).path()).await;
    house.engine.shutdown().await;
    let gate = Gate::closed(house.memory.clone(), "app");
    let engine = engine(gate.clone(), house.folder.path(), quick(house.folder.path())).await.unwrap();
    let house = House { engine: engine.clone(), ..house };
    let mut input = web(json!({"aa": {"type": "sized", "class": "small"}}));
    input.platform = Some("others".into());
    let accepting = tokio::spawn(async move { engine.apply(&input).await });
    gate.held().await;
    assert_eq!(house.count("res").await, 0);
    let going = house.engine.clone();
    let going = tokio::spawn(async move { going.uninstall(&name("default"), &name("fixtures"), None).await });
    others_rest().await;
    assert!(!going.is_finished(), "it waits to see who needs it");
    gate.open.send_replace(true);
    let run = accepting.await.unwrap().unwrap().run.unwrap();
    let refused = going.await.unwrap().unwrap_err().to_string();
    assert!(refused.contains("needed by runs of `web`") || refused.contains("made resources"), "{refused}");
    assert_eq!(house.ended(run).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn of_an_accept_and_an_uninstall_at_the_same_time_one_wins() {
    let house = House::new().await;
    house.engine.shutdown().await;
    let gate = Gate::on(house.memory.clone(), "app", Side::Before);
    let engine = engine(gate.clone(), house.folder.path(), quick(house.folder.path())).await.unwrap();
    let house = House { engine: engine.clone(), ..house };
    let accepting = engine.clone();
    let accepting =
        tokio::spawn(async move { accepting.apply(&web(json!({"aa": {"type": "trivial"}}))).await });
    gate.held().await;
    let going = engine.clone();
    let going = tokio::spawn(async move { going.uninstall(&name("default"), &name("fixtures"), None).await });
    others_rest().await;
    gate.open.send_replace(true);
    let accepted = accepting.await.unwrap().is_ok();
    let gone = going.await.unwrap().is_ok();
    assert!(accepted != gone, "accepted: {accepted}, uninstalled: {gone}");
    let platforms = house.ledger().platforms(&name("default")).await.unwrap().len();
    let applications = house.ledger().applications(&Scope::default()).await.unwrap().len();
    assert_eq!(platforms, applications);
}
