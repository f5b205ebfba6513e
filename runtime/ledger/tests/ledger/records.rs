//! What is written comes back.

use std::sync::Arc;

use innominatus_ledger::{Ledger, RunState};
use innominatus_model::{Class, EventKind, Json, Phase, Version};
use innominatus_plan::{Action, Defaults, Serves};
use innominatus_store::Store;
use innominatus_store::sled::{SledOptions, SledStore};
use proptest::prelude::*;
use serde_json::json;

use crate::samples::{
    application, event, files, name, plan, platform, rendered, resource, resource_id, run, run_id, scope,
    small,
};
use crate::support::{everything, memory, open};

async fn write_one_of_each(ledger: &Ledger) {
    let mut change = ledger.change();
    let mut run = run();
    change.put_files(&mut run, &files());
    assert_eq!(run.files, rendered(&files()));
    change.accept(&plan(), &application(), &run, None);
    change.put_resource(&resource(1), None);
    change.put_resource(&small(2), None);
    change.add_platform(&platform());
    change.event(&event(1));
    change.commit().await.unwrap();
}

#[tokio::test]
async fn annotations_come_back_with_plans_and_resources() {
    let (_store, ledger) = memory().await;
    let annotations = std::collections::BTreeMap::from([("example.com/tier".to_owned(), "gold".to_owned())]);
    let (mut plan, mut resource) = (plan(), small(2));
    plan.tasks[0].annotations = annotations.clone();
    resource.annotations = annotations;
    let mut change = ledger.change();
    change.accept(&plan, &application(), &run(), None);
    change.put_resource(&resource, None);
    change.commit().await.unwrap();
    assert_eq!(ledger.plan(&scope(), &name("shop"), plan.id).await.unwrap().unwrap(), plan);
    let stored = ledger.resource(resource.id).await.unwrap().unwrap().value;
    assert_eq!(stored.annotations, resource.annotations);
}

async fn read_one_of_each(ledger: &Ledger) {
    let shop = name("shop");
    let known = ledger.application(&scope(), &shop).await.unwrap().unwrap();
    assert_eq!(known.value, application());
    assert_eq!(ledger.applications(&scope()).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(ledger.all_applications().await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(ledger.current_plan(&known.value).await.unwrap(), plan());
    assert_eq!(ledger.plan(&scope(), &name("other"), plan().id).await.unwrap(), None);

    let mut expected = run();
    expected.files = rendered(&files());
    let known = ledger.run(run_id(1)).await.unwrap().unwrap();
    assert_eq!(known.value, expected);
    assert_eq!(ledger.runs(&scope(), &shop).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(ledger.runs_of(&scope()).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(ledger.files(&known.value).await.unwrap(), files());
    assert_eq!(ledger.run(run_id(7)).await.unwrap(), None);

    let (one, two) = (
        ledger.resource(resource_id(1)).await.unwrap().unwrap(),
        ledger.resource(resource_id(2)).await.unwrap().unwrap(),
    );
    assert_eq!(one.value.status, resource(1).status);
    assert_eq!(one.value.outputs(), resource(1).outputs());
    assert_eq!((&one.value.params, &one.value.references), (&resource(1).params, &resource(1).references));
    assert_eq!((&one.value.uid, &one.value.provisioner), (&resource(1).uid, &resource(1).provisioner));
    assert_eq!(two.value.status.phase, Phase::Pending);
    for listed in [
        ledger.resources(&scope(), &shop).await.unwrap(),
        ledger.resources_of(&scope()).await.unwrap(),
        ledger.all_resources().await.unwrap(),
    ] {
        assert_eq!(listed, [one.clone(), two.clone()]);
    }
    assert_eq!(ledger.resource(resource_id(7)).await.unwrap(), None);

    let known =
        ledger.platform(&scope().tenant, &name("compose"), &platform().version).await.unwrap().unwrap();
    assert_eq!(known.value, platform());
    assert_eq!(ledger.platforms(&scope().tenant).await.unwrap(), [known]);
    assert_eq!(ledger.platforms(&name("other")).await.unwrap(), []);

    let events = ledger.events(&scope(), None).await.unwrap();
    assert_eq!(events.iter().map(|recorded| &recorded.event).collect::<Vec<_>>(), [&event(1)]);
}

#[tokio::test]
async fn every_record_comes_back_as_it_was_written() {
    let (_, ledger) = memory().await;
    write_one_of_each(&ledger).await;
    read_one_of_each(&ledger).await;
}

#[tokio::test]
async fn every_record_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = SledStore::open(&path, SledOptions::default()).await.unwrap();
    let ledger = open(Arc::new(store)).await;
    write_one_of_each(&ledger).await;
    read_one_of_each(&ledger).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let store = SledStore::open(&path, SledOptions::default()).await.unwrap();
    read_one_of_each(&open(Arc::new(store)).await).await;
}

#[tokio::test]
async fn another_tenant_or_environment_sees_nothing() {
    let (_, ledger) = memory().await;
    write_one_of_each(&ledger).await;
    let (mut tenant, mut environment) = (scope(), scope());
    tenant.tenant = name("other");
    environment.environment = name("other");
    for elsewhere in [tenant, environment] {
        assert!(ledger.applications(&elsewhere).await.unwrap().is_empty());
        assert!(ledger.application(&elsewhere, &name("shop")).await.unwrap().is_none());
        assert!(ledger.resources_of(&elsewhere).await.unwrap().is_empty());
        assert!(ledger.runs_of(&elsewhere).await.unwrap().is_empty());
        assert!(ledger.plan(&elsewhere, &name("shop"), plan().id).await.unwrap().is_none());
        assert!(ledger.events(&elsewhere, None).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_removed_leaves_nothing_but_the_head() {
    let (store, ledger) = memory().await;
    let empty = everything(&*store).await.len();
    write_one_of_each(&ledger).await;
    let shop = name("shop");
    let mut change = ledger.change();
    change.delete_application(&ledger.application(&scope(), &shop).await.unwrap().unwrap());
    change.delete_plan(&scope(), &shop, plan().id).await.unwrap();
    change.delete_run(&ledger.run(run_id(1)).await.unwrap().unwrap()).await.unwrap();
    for stored in ledger.resources(&scope(), &shop).await.unwrap() {
        change.delete_resource(&stored);
    }
    change.delete_platform(&ledger.platforms(&scope().tenant).await.unwrap()[0]);
    change.commit().await.unwrap();
    assert_eq!(ledger.trim_events(0).await.unwrap(), 1);
    assert_eq!(everything(&*store).await.len(), empty);
}

#[tokio::test]
async fn every_word_of_the_vocabulary_is_kept() {
    let (_, ledger) = memory().await;
    for (number, phase) in (10..).zip(Phase::ALL) {
        let mut one = small(number);
        one.status.phase = phase;
        let mut change = ledger.change();
        change.put_resource(&one, None);
        change.commit().await.unwrap();
        assert_eq!(ledger.resource(one.id).await.unwrap().unwrap().value.status.phase, phase);
    }
    for (number, &kind) in (10..).zip(EventKind::ALL) {
        let mut one = event(number);
        one.kind = kind;
        one.severity = None;
        let mut change = ledger.change();
        change.event(&one);
        change.commit().await.unwrap();
        assert_eq!(ledger.events(&scope(), None).await.unwrap().last().unwrap().event, one);
    }
    for (number, action) in
        (10..).zip([Action::Create, Action::Update, Action::Resume, Action::Keep, Action::Follow])
    {
        let mut plan = plan();
        plan.id = crate::samples::plan_id(number);
        plan.application = name(&format!("app-{number}"));
        plan.request.application = plan.application.clone();
        plan.tasks[0].action = action;
        let (mut application, mut run) = (application(), run());
        application.name = plan.application.clone();
        run.id = run_id(number);
        run.state = [RunState::Running, RunState::Succeeded, RunState::Failed, RunState::Superseded]
            [number as usize % 4];
        let mut change = ledger.change();
        change.accept(&plan, &application, &run, None);
        change.commit().await.unwrap();
        assert_eq!(ledger.plan(&scope(), &plan.application, plan.id).await.unwrap().unwrap(), plan);
        assert_eq!(ledger.run(run.id).await.unwrap().unwrap().value.state, run.state);
    }
}

#[tokio::test]
async fn platforms_are_listed_by_version_and_offer_what_the_manifest_prefers() {
    let (_, ledger) = memory().await;
    let mut change = ledger.change();
    for version in ["1.10.0", "1.9.0", "2.0.0-rc.1"] {
        let mut platform = platform();
        platform.version = version.parse().unwrap();
        let mut overruled = platform.provisioners[0].clone();
        overruled.name = name("other-postgres");
        overruled.preferred = false;
        platform.provisioners.push(overruled);
        change.add_platform(&platform);
    }
    change.commit().await.unwrap();
    let platforms = ledger.platforms(&scope().tenant).await.unwrap();
    let versions: Vec<_> = platforms.iter().map(|stored| stored.value.version.to_string()).collect();
    assert_eq!(versions, ["1.9.0", "1.10.0", "2.0.0-rc.1"]);
    assert!(
        ledger.platform(&scope().tenant, &name("compose"), &Version::new(3, 0, 0)).await.unwrap().is_none()
    );

    let catalogue = Ledger::catalogue(platforms.iter().map(|stored| (&stored.value, Serves::New)));
    let kind = &platform().provisioners[0].kind;
    let class = Class::default();
    let (overruled, makers): (Vec<_>, Vec<_>) =
        catalogue.makers(kind, &class).partition(|maker| maker.overruled);
    let makers: Vec<_> = makers.into_iter().map(|maker| maker.provisioner.clone()).collect();
    assert_eq!((makers.len(), overruled.len()), (3, 3), "one per version, and the other entry by name only");
    assert!(makers.iter().all(|maker| maker.entry == name("postgres")));
    assert!(overruled.iter().all(|maker| maker.provisioner.entry == name("other-postgres")));
    assert_eq!(makers[0].version, "2.0.0-rc.1".parse().unwrap(), "the newest first");
}

#[tokio::test]
async fn what_is_written_down_comes_back_and_is_given_with_the_offer() {
    let (_, ledger) = memory().await;
    let mut platform = platform();
    platform.golden_paths[0].written = true;
    let defaults = Defaults { class: Some(Default::default()), params: json!({"size": {"disk": 20}}) };
    let entry = platform.provisioners.remove(0).with_defaults(Some(defaults.clone()));
    platform.provisioners.push(entry);
    let mut change = ledger.change();
    change.add_platform(&platform);
    change.commit().await.unwrap();
    let known = ledger.platforms(&scope().tenant).await.unwrap().remove(0).value;
    assert_eq!(known, platform);
    let catalogue = Ledger::catalogue([(&known, Serves::New)]);
    let class = Default::default();
    let offered = catalogue.makers(&platform.provisioners[0].kind, &class).next().unwrap();
    assert_eq!(offered.defaults, Some(defaults));
    let said = json!({"size": {"cpu": 1}});
    assert_eq!(offered.beneath(&class, &said), json!({"size": {"disk": 20, "cpu": 1}}));
    assert_eq!(offered.beneath(&Class::new("large").unwrap(), &said), said, "it is for another class");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((".{0,8}", inner), 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Else a file that nobody changed would look changed.
    #[test]
    fn params_come_back_to_the_last_digit(params in any_json()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, ledger) = memory().await;
            let mut one = small(1);
            one.params = params.clone();
            one.status.prior = Some(crate::samples::prior("secret", "host"));
            one.status.prior.as_mut().unwrap().params = json!([params]);
            let mut change = ledger.change();
            change.put_resource(&one, None);
            change.commit().await.unwrap();
            store.revision().await.unwrap();
            let known = ledger.resource(one.id).await.unwrap().unwrap().value;
            assert_eq!(known.params, params);
            assert_eq!(known.status.prior.unwrap().params, json!([params]));
        });
    }
}
