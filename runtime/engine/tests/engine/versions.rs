//! Versions of a platform side by side: updates that take over or wait, ways back, and resources that move.

use innominatus_engine::{Answer, Migration, Moves, UpdateInput, Updated, Wanted};
use innominatus_ledger::RunState;
use innominatus_model::{Coded as _, EventKind, HttpMethod, Name, Version};
use innominatus_package::read_grants;
use innominatus_testkit::cloud::Cloud;
use innominatus_testkit::programs;
use serde_json::json;
use tempfile::TempDir;

use crate::cloudy::settings;
use crate::house::{House, name, quick, web};
use crate::platforms::{changed, changed_more};

const ENTRY: &str = "  - name: trivial\n    type: trivial\n    version: 1.0.0\n    component: ./guests.wasm\n    capabilities:\n      - name: secrets\n        reason: its component also holds guests that make secrets\n";

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// The fixtures in another version.
fn newer(version: &str) -> TempDir {
    changed("  version: 1.0.0\n", &format!("  version: {version}\n"))
}

/// In another version, with an entry that asks for secrets and was not there before.
pub(crate) fn wider(version: &str) -> TempDir {
    let more = ENTRY.replace("name: trivial", "name: another");
    changed_more(&[
        ("  version: 1.0.0\n", &format!("  version: {version}\n")),
        ("goldenpaths:\n", &format!("{more}goldenpaths:\n")),
    ])
}

fn from(folder: &TempDir) -> UpdateInput {
    UpdateInput { from: Some(Wanted::Folder(folder.path().to_owned())), ..UpdateInput::default() }
}

async fn update(house: &House, folder: &TempDir) -> Updated {
    house.engine.update(&name("default"), &name("fixtures"), &from(folder)).await.unwrap()
}

async fn serving(house: &House) -> String {
    let serving = house.engine.one_of(&name("default"), &name("fixtures"), None).await.unwrap();
    assert!(serving.serving);
    serving.platform.version.to_string()
}

async fn made_by(house: &House, declared: &str) -> String {
    let resources = house.resources("web").await;
    resources[declared].status.made_by.as_ref().unwrap().version.to_string()
}

fn migration(application: Option<Name>) -> Migration {
    let (tenant, platform) = (name("default"), name("fixtures"));
    Migration { tenant, platform, to: None, environment: None, application }
}

async fn finished(house: &House, moves: &Moves) -> Vec<RunState> {
    let mut states = Vec::new();
    for moved in &moves.applications {
        states.push(house.ended(moved.result.as_ref().unwrap().run.unwrap()).await.state);
    }
    states
}

#[tokio::test]
async fn an_update_that_asks_for_no_more_takes_over_with_what_is_granted() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let Updated::Installed(installed) = update(&house, &newer("1.1.0")).await else { panic!("it is held") };
    let granted = |at: usize| installed.platform.provisioners[at].grant();
    let before = house.engine.installed(&name("default"), &name("fixtures"), Some(&version("1.0.0"))).await;
    assert_eq!(granted(0), before.unwrap().value.provisioners[0].grant());
    assert!(granted(0).generate, "it was granted, and still is");
    assert_eq!(serving(&house).await, "1.1.0");

    let both = web(json!({"aa": {"type": "trivial", "params": {"n": 2}}, "bb": {"type": "trivial"}}));
    assert_eq!(house.run(&both).await.state, RunState::Succeeded);
    assert_eq!((made_by(&house, "aa").await, made_by(&house, "bb").await), ("1.0.0".into(), "1.1.0".into()));
}

#[tokio::test]
async fn an_update_that_asks_for_more_waits_while_the_installed_version_serves() {
    let house = House::new().await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let folder = wider("1.1.0");
    let Updated::Held { serving: before, held } = update(&house, &folder).await else {
        panic!("it is not held")
    };
    assert_eq!((before.version, &held.version), (version("1.0.0"), &version("1.1.0")));
    assert_eq!(held.wider, ["`fixtures/another` secrets: make secrets of its own"]);
    let Updated::Held { .. } = update(&house, &folder).await else { panic!("it is not held again") };
    assert_eq!(house.told(EventKind::PlatformHeld).await.len(), 1, "once is enough");
    assert_eq!(serving(&house).await, "1.0.0");
    assert_eq!(house.run(&web(json!({"aa": {"type": "trivial"}}))).await.state, RunState::Succeeded);
    drop(folder);

    // Its bytes are kept, whatever goes away meanwhile.
    let config = quick(house.folder.path());
    let house = house.restarted(config).await;
    let other =
        house.engine.approve(&tenant, &fixtures, Some(&version("1.2.0")), None, None).await.unwrap_err();
    assert_eq!(other.code().as_str(), "nothing-held");
    let Updated::Installed(installed) =
        house.engine.approve(&tenant, &fixtures, None, None, None).await.unwrap()
    else {
        panic!("it is held still")
    };
    assert_eq!(installed.platform.digest, held.digest);
    let another = installed.platform.provisioner(&name("another")).unwrap();
    assert!(another.grant().generate, "that is what was approved");
    assert_eq!(serving(&house).await, "1.1.0");
    let again = house.engine.approve(&tenant, &fixtures, None, None, None).await.unwrap_err();
    assert_eq!(again.code().as_str(), "nothing-held");
    assert_eq!(made_by(&house, "aa").await, "1.0.0");
}

#[tokio::test]
async fn nobody_says_yes_to_a_credential_without_naming_it() {
    let house = House::empty().await;
    let (tenant, cloudy) = (name("default"), name("cloudy"));
    let credential = "        credentials:\n          cloud: bearer\n";
    let without = |version: &str, kept: usize| {
        let folder = tempfile::tempdir().unwrap();
        programs::copy_platform("cloudy", folder.path());
        let manifest = folder.path().join("platform.yaml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        let parts: Vec<&str> = text.split(credential).collect();
        let text = format!("{}{}", parts[..=kept].join(credential), parts[kept + 1..].concat());
        std::fs::write(manifest, text.replacen("  version: 1.0.0", &format!("  version: {version}"), 1))
            .unwrap();
        folder
    };
    let cloud = Cloud::start().await;
    settings(house.folder.path(), &cloud);
    let nothing = Answer { choices: vec!["none".parse().unwrap()], file: None };
    house.engine.install(&tenant, without("1.0.0", 0).path(), Some(&nothing)).await.unwrap();
    let newer = without("1.1.0", 1);
    let Updated::Held { held, .. } = house.engine.update(&tenant, &cloudy, &from(&newer)).await.unwrap()
    else {
        panic!("it is not held")
    };
    assert_eq!(held.wider, ["`cloudy/widget` http: the credential `cloud` (bearer)"]);
    let refused = house.engine.approve(&tenant, &cloudy, None, None, None).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "capability-not-granted");
    assert!(refused.to_string().contains("the credential `cloud` (bearer)"), "{refused}");

    let file = "grants:\n  cloudy/widget:\n    credentials: {cloud: {kind: bearer, token: cloud/token}}\n";
    let (grants, _) = read_grants("grants.yaml", file.as_bytes()).unwrap();
    let answer = Answer { choices: vec![], file: Some(("grants.yaml".into(), grants)) };
    let approved = house.engine.approve(&tenant, &cloudy, None, None, Some(&answer)).await.unwrap();
    let Updated::Installed(installed) = approved else { panic!("it is held still") };
    let widget = installed.platform.provisioner(&name("widget")).unwrap();
    assert!(widget.grant().credentials.contains_key("cloud"));
}

/// What was withheld was answered; a yes to what is new says nothing of it.
#[tokio::test]
async fn a_yes_to_what_is_new_gives_nothing_that_was_withheld() {
    let house = House::empty().await;
    let (tenant, cloudy) = (name("default"), name("cloudy"));
    let asking = |version: &str, methods: &str| {
        let folder = tempfile::tempdir().unwrap();
        programs::copy_platform("cloudy", folder.path());
        let manifest = folder.path().join("platform.yaml");
        let text = std::fs::read_to_string(&manifest).unwrap();
        let text = text.replacen("  version: 1.0.0", &format!("  version: {version}"), 1);
        std::fs::write(manifest, text.replace("[GET, PUT, POST, DELETE]", methods)).unwrap();
        folder
    };
    let cloud = Cloud::start().await;
    settings(house.folder.path(), &cloud);
    let port = cloud.address().port();
    let file = format!(
        "grants:\n  cloudy/widget:\n    http:\n      - {{host: 127.0.0.1, scheme: http, port: {port}, path: /, \
         methods: [PUT], addresses: [127.0.0.1/32]}}\n"
    );
    let (grants, _) = read_grants("grants.yaml", file.as_bytes()).unwrap();
    let answer = Answer { choices: vec![], file: Some(("grants.yaml".into(), grants)) };
    house.engine.install(&tenant, asking("1.0.0", "[PUT, DELETE]").path(), Some(&answer)).await.unwrap();
    let newer = asking("1.1.0", "[GET, PUT, DELETE]");
    let held = house.engine.update(&tenant, &cloudy, &from(&newer)).await.unwrap();
    assert!(matches!(held, Updated::Held { .. }), "{held:?}");

    let approved = house.engine.approve(&tenant, &cloudy, None, None, None).await.unwrap();
    let Updated::Installed(installed) = approved else { panic!("it is held still") };
    let widget = installed.platform.provisioner(&name("widget")).unwrap().grant();
    let lines: Vec<_> = widget.http.iter().map(|line| (&line.rule.methods, line.addresses.len())).collect();
    let [put, get] = [HttpMethod::Put, HttpMethod::Get].map(|method| [method].into());
    assert_eq!(lines, [(&put, 1), (&get, 1)], "with the addresses of before");
    assert!(!widget.generate && widget.credentials.is_empty());
    let gadget = installed.platform.provisioner(&name("gadget")).unwrap().grant();
    assert_eq!(gadget.http.iter().map(|line| &line.rule.methods).collect::<Vec<_>>(), [&get]);
    assert!(!gadget.generate, "it was withheld whole");
}

#[tokio::test]
async fn an_answer_that_comes_with_the_update_is_an_answer() {
    let house = House::new().await;
    let folder = wider("1.1.0");
    let answer: Answer = Answer { choices: vec!["none".parse().unwrap()], file: None };
    let input = UpdateInput { answer: Some(answer), ..from(&folder) };
    let updated = house.engine.update(&name("default"), &name("fixtures"), &input).await.unwrap();
    let Updated::Installed(installed) = updated else { panic!("it is held") };
    assert!(!installed.platform.provisioner(&name("another")).unwrap().grant().generate);
}

#[tokio::test]
async fn the_way_back_has_to_be_meant() {
    let house = House::new().await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    let none = house.engine.rollback(&tenant, &fixtures, None, true).await.unwrap_err();
    assert_eq!(none.code().as_str(), "platform-not-found");
    update(&house, &newer("1.1.0")).await;
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;

    let slip = house.engine.rollback(&tenant, &fixtures, None, false).await.unwrap_err();
    assert_eq!(slip.code().as_str(), "platform-downgrade");
    assert_eq!(serving(&house).await, "1.1.0");
    let back = house.engine.rollback(&tenant, &fixtures, None, true).await.unwrap();
    assert_eq!((back.platform.version, back.from), (version("1.0.0"), Some(version("1.1.0"))));
    assert_eq!(serving(&house).await, "1.0.0");
    let both = web(json!({"aa": {"type": "trivial"}, "bb": {"type": "trivial"}}));
    assert_eq!(house.run(&both).await.state, RunState::Succeeded);
    assert_eq!((made_by(&house, "aa").await, made_by(&house, "bb").await), ("1.1.0".into(), "1.0.0".into()));

    let forth = house.engine.rollback(&tenant, &fixtures, Some(&version("1.1.0")), false).await.unwrap();
    assert_eq!(forth.platform.version, version("1.1.0"), "the highest there ever was is no downgrade");

    // An update is a way forth as well, to what is installed already.
    house.engine.rollback(&tenant, &fixtures, None, true).await.unwrap();
    let Updated::Installed(again) = update(&house, &newer("1.1.0")).await else { panic!("it is held") };
    assert!(again.known && !again.unchanged);
    assert_eq!(serving(&house).await, "1.1.0");
}

#[tokio::test]
async fn one_request_may_name_another_version() {
    let house = House::new().await;
    update(&house, &newer("1.1.0")).await;
    update(&house, &newer("1.1.1")).await;
    update(&house, &newer("2.0.0")).await;
    for (pin, made) in [("fixtures@1.0", "1.0.0"), ("fixtures@1", "1.1.1"), ("fixtures@v1.1.0", "1.1.0")] {
        let mut input = web(json!({"aa": {"type": "trivial"}}));
        input.platform = Some(pin.to_owned());
        assert_eq!(house.run(&input).await.state, RunState::Succeeded, "{pin}");
        assert_eq!(made_by(&house, "aa").await, made, "{pin}");
        house.delete("web").await;
    }
    let mut input = web(json!({"aa": {"type": "trivial"}}));
    input.platform = Some("fixtures@3".to_owned());
    let missing = house.engine.apply(&input).await.unwrap_err();
    assert_eq!(missing.code().as_str(), "platform-not-found");
    assert!(missing.remedy().unwrap().contains("`1.1.1`"), "{:?}", missing.remedy());
}

#[tokio::test]
async fn what_is_switched_off_makes_nothing_new_and_goes_on_with_what_it_made() {
    let house = House::new().await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    house.run(&web(json!({"aa": {"type": "trivial"}}))).await;
    let off = house.engine.enable(&tenant, &fixtures, false).await.unwrap();
    assert!(!off.enabled && !off.unchanged);
    let none = house.engine.apply(&web(json!({"bb": {"type": "trivial"}}))).await.unwrap_err();
    assert_eq!(none.code().as_str(), "golden-path-not-found");
    assert!(house.engine.enable(&tenant, &fixtures, false).await.unwrap().unchanged);
    house.engine.enable(&tenant, &fixtures, true).await.unwrap();
    assert_eq!(house.run(&web(json!({"bb": {"type": "trivial"}}))).await.state, RunState::Succeeded);
}

#[tokio::test]
async fn resources_move_with_their_state_after_a_plan() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "heir"}, "bb": {"type": "trivial"}}))).await;
    let old = version("1.0.0");
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    update(&house, &newer("1.1.0")).await;
    assert_eq!(
        house.engine.uninstall(&tenant, &fixtures, Some(&old)).await.unwrap_err().code().as_str(),
        "platform-in-use"
    );

    let planned = house.engine.plan_migration(&migration(None)).await.unwrap();
    let [moved] = &planned.applications[..] else { panic!("{planned:?}") };
    assert_eq!(moved.resources.len(), 2);
    assert!(moved.plan().unwrap().tasks.iter().all(|task| task.provisioner.version == planned.to));
    assert_eq!(made_by(&house, "aa").await, "1.0.0", "a plan is only a plan");

    let moves = house.engine.migrate(&migration(None)).await.unwrap();
    assert_eq!(finished(&house, &moves).await, [RunState::Succeeded]);
    assert_eq!((made_by(&house, "aa").await, made_by(&house, "bb").await), ("1.1.0".into(), "1.1.0".into()));
    let outputs = house.resources("web").await["aa"].outputs().to_vec();
    let output = |name: &str| outputs.iter().find(|output| output.name == name).unwrap().value.clone();
    assert_eq!(output("before"), json!("1.0.0"), "its state was upgraded");
    assert_eq!(output("told"), json!("1.1.0"), "and was its own from then on");
    assert!(house.engine.migrate(&migration(None)).await.unwrap().applications.is_empty());
    house.engine.uninstall(&tenant, &fixtures, Some(&old)).await.unwrap();
    assert_eq!(house.delete("web").await.state, RunState::Succeeded);
}

#[tokio::test]
async fn a_state_that_is_not_taken_over_stays_with_the_version_that_made_it() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "heir", "params": {"refuses": true}}}))).await;
    update(&house, &newer("1.1.0")).await;
    let moves = house.engine.migrate(&migration(Some(name("web")))).await.unwrap();
    assert_eq!(finished(&house, &moves).await, [RunState::Failed]);
    assert_eq!(made_by(&house, "aa").await, "1.0.0");
    let back = Migration { to: Some(version("1.0.0")), ..migration(None) };
    let moves = house.engine.migrate(&back).await.unwrap();
    assert_eq!(finished(&house, &moves).await, [RunState::Succeeded]);
    let nobody = migration(Some(name("nobody")));
    let missing = house.engine.migrate(&nobody).await.unwrap_err();
    assert_eq!(missing.code().as_str(), "application-not-found");
}

#[tokio::test]
async fn nothing_moves_where_something_would_be_left_behind() {
    let house = House::new().await;
    house.run(&web(json!({"aa": {"type": "heir"}, "bb": {"type": "trivial"}}))).await;
    let heir = ENTRY.replace("trivial", "heir");
    let without = changed_more(&[("  version: 1.0.0\n", "  version: 1.1.0\n"), (&heir, "")]);
    let answer = Some(Answer::all());
    let input = UpdateInput { answer, ..from(&without) };
    house.engine.update(&name("default"), &name("fixtures"), &input).await.unwrap();
    for moves in [
        house.engine.plan_migration(&migration(None)).await.unwrap(),
        house.engine.migrate(&migration(None)).await.unwrap(),
    ] {
        let refused = moves.applications[0].result.as_ref().unwrap_err();
        assert_eq!(refused.code().as_str(), "no-provisioner");
        assert!(refused.to_string().contains("fixtures@1.1.0 makes no `heir`"), "{refused}");
    }
    assert_eq!((made_by(&house, "aa").await, made_by(&house, "bb").await), ("1.0.0".into(), "1.0.0".into()));
}

#[tokio::test]
async fn how_far_a_platform_got_outlives_it() {
    let house = House::new().await;
    let (tenant, fixtures) = (name("default"), name("fixtures"));
    update(&house, &newer("1.2.0")).await;
    for version in ["1.2.0", "1.0.0"].map(version) {
        house.engine.uninstall(&tenant, &fixtures, Some(&version)).await.unwrap();
    }
    let known = house.ledger().subscription(&tenant, &fixtures).await.unwrap().unwrap().value;
    assert_eq!((known.active, known.highest), (None, version("1.2.0")));
    assert_eq!(std::fs::read_dir(house.blobs()).unwrap().count(), 0);
}
