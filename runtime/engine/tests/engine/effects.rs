//! What guests do to the world: once, seen by the operator, and settled when nobody knows whether it happened.

use innominatus_engine::{Answered, Resolution};
use innominatus_ledger::RunState;
use innominatus_model::{ConditionStatus, ConditionType, EventKind, Phase, Scope};
use innominatus_testkit::cloud::{Cloud, Fault};
use serde_json::{Value, json};

use crate::cloudy::{self, BEARER, Sky, exit, thing};
use crate::house::{House, web};

fn answer(id: &str) -> Answered {
    let body = json!({"id": id, "name": id}).to_string().into_bytes();
    Answered { status: 201, headers: vec![], body }
}

#[tokio::test]
async fn a_thing_is_made_changed_and_removed() {
    let sky = Sky::new().await;
    let params = |note: &str| {
        json!({"steps": ["post", "put", "keyed", "look"], "key": true, "password": true, "rounds": 1,
            "checkpoints": true, "note": note})
    };
    sky.made(thing("widget", params("one"))).await;
    assert_eq!(sky.cloud.created(), 3);
    let resource = &sky.house.resources("web").await["aa"];
    let password = sky.house.secrets(resource.id).await;
    let outputs: Vec<_> = resource.outputs().iter().map(|it| (it.name.as_str(), it.sensitive)).collect();
    assert_eq!(outputs, [("ids", false), ("key", true), ("password", true)]);
    for thing in sky.cloud.things() {
        // What left holds the secret, and the credential is the operator's.
        assert!(password.contains(&thing.body["password"].as_str().unwrap().to_owned()), "{thing:?}");
    }
    let bearer = format!("Bearer {BEARER}");
    assert!(sky.cloud.seen().iter().all(|seen| seen.header("authorization") == Some(&bearer)));
    sky.at_rest().await;

    let before = sky.cloud.seen().len();
    assert!(sky.house.apply(&web(thing("widget", params("one")))).await.unchanged);
    assert_eq!(sky.asked(before), Vec::<String>::new());

    sky.made(thing("widget", params("two"))).await;
    assert_eq!(sky.cloud.created(), 3, "an update makes nothing anew");
    let changed = sky.cloud.things().into_iter().filter(|thing| thing.body["note"] == "two").count();
    assert_eq!(changed, 1, "only `put` changes what is there");
    assert_eq!(sky.house.resources("web").await["aa"].id, resource.id);

    let run = sky.house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(sky.cloud.things(), []);
    for family in ["res", "exec", "note", "secret", "token", "tokens", "chunk"] {
        assert_eq!(sky.house.count(family).await, 0, "{family}");
    }
}

#[tokio::test]
async fn the_effects_of_a_run_are_seen_without_bodies() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::lose_answer("POST"));
    sky.made(thing("widget", json!({"steps": ["post"], "note": "only-in-the-body"}))).await;
    let performed = sky.events(EventKind::EffectPerformed).await;
    let seen: Vec<(&str, &str, &str)> = performed
        .iter()
        .map(|event| {
            let text = |name: &str| event.details[name].as_str().unwrap();
            assert_eq!(text("host"), "127.0.0.1");
            assert!(event.details["tookMs"].is_u64() && event.at_ms > 0);
            (text("purpose"), text("method"), text("outcome"))
        })
        .collect();
    assert_eq!(seen, [("look for what is there", "GET", "200")]);
    let unknown = sky.events(EventKind::EffectUnknown).await;
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].message.starts_with("make a thing: POST 127.0.0.1: outcome unknown ("), "{unknown:?}");
    for event in sky.house.events().await {
        assert!(!format!("{event:?}").contains("only-in-the-body"), "{event:?}");
    }
}

/// A hint of an error is followed until the wish comes true; how many it took.
#[tokio::test]
async fn what_is_denied_is_granted_as_the_remedy_says() {
    let house = House::empty().await;
    let cloud = Cloud::start().await;
    cloudy::settings(house.folder.path(), &cloud);
    cloudy::golden_path(&house.engine).await;
    let mut grants = "grants:\n  cloudy/widget:\n    secrets: {generate: true}\n    http:\n".to_owned();
    let mut lines: Vec<String> = vec!["{host: example.com, methods: [GET]}".into()];
    let sky = Sky { house, cloud };
    let mut denied = 0;
    loop {
        let text = lines.iter().fold(grants.clone(), |text, line| format!("{text}      - {line}\n"));
        cloudy::install(&sky.house.engine, &text).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let run = sky.house.run(&web(thing("widget", json!({})))).await;
        if run.state == RunState::Succeeded {
            break;
        }
        denied += 1;
        assert!(denied < 8, "{run:?}");
        let error = run.error.unwrap();
        assert_eq!((error.code.as_str(), exit(&error.code)), ("capability-denied", 11), "{error:?}");
        let hint = error.hint.unwrap();
        let told = sky.house.told(EventKind::ProvisionFailed).await.pop().unwrap();
        assert!(told.contains("denied"), "{told}");
        // `add `- {…}` under `http:``, `write `addresses: […]` into this line`, `add `cloud:` … under `credentials:``.
        let quoted = |from: &str| hint.split(from).nth(1).and_then(|rest| rest.split('`').next()).unwrap();
        if hint.contains("`- {") {
            lines.insert(0, quoted("`- ").to_owned());
        } else if hint.contains("`addresses: ") {
            let addresses = format!(", addresses: {}}}", quoted("`addresses: "));
            lines[0] = lines[0].trim_end_matches('}').to_owned() + &addresses;
        } else {
            assert!(hint.contains("add `cloud:` with its kind and secrets under `credentials:`"), "{hint}");
            let credentials =
                "    credentials:\n      cloud: {kind: bearer, token: cloud/token}\n    http:\n";
            grants = grants.replace("    http:\n", credentials);
            let engine = &sky.house.engine;
            let secret = innominatus_model::SecretName::new("cloud/token").unwrap();
            let value = innominatus_model::Secret::new(BEARER);
            engine.set_secret(&crate::house::name("default"), &secret, &value).await.unwrap();
        }
        assert_eq!(sky.cloud.seen(), [], "nothing left");
    }
    assert_eq!((denied, sky.cloud.created()), (3, 1), "a line, a credential, an address");
}

#[tokio::test]
async fn what_nobody_asked_for_is_denied_whatever_is_granted() {
    let sky = Sky::new().await;
    let code = sky.not_made(thing("widget", json!({"stray": true}))).await;
    assert_eq!(exit(&code), 11);
    let error = sky.house.resources("web").await["aa"].status.last_error.clone().unwrap();
    assert!(error.hint.unwrap().contains("platform.yaml does not ask for it"), "{}", error.message);
    assert_eq!(sky.cloud.seen(), []);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_whoever_can() {
    // What is sent again with the same key, or under the same name, is settled by the host; the rest by the guest.
    for (kind, step) in [("widget", "post"), ("widget", "keyed"), ("gadget", "keyed"), ("gadget", "put")] {
        let method = if step == "put" { "PUT" } else { "POST" };
        for fault in
            [Fault::lose_answer(method), Fault::lose_request(method), Fault::status_after(method, 502)]
        {
            let sky = Sky::new().await;
            let told = format!("{kind} {step} {fault:?}");
            sky.cloud.fault(fault);
            sky.made(thing(kind, json!({"steps": [step]}))).await;
            assert_eq!(sky.cloud.faults_left(), 0, "{told}");
            assert_eq!((sky.cloud.created(), sky.names().len()), (1, 1), "{told}");
            sky.at_rest().await;
        }
    }
}

#[tokio::test]
async fn what_can_be_sent_again_is_in_no_doubt_however_often_it_is_lost() {
    for (step, method) in [("put", "PUT"), ("keyed", "POST")] {
        let sky = Sky::new().await;
        // The host sends it three times, and then tells the guest that nobody knows.
        for _ in 0..4 {
            sky.cloud.fault(Fault::lose_answer(method));
        }
        sky.made(thing("gadget", json!({"steps": [step], "timeoutMs": 5000}))).await;
        assert_eq!(sky.events(EventKind::EffectUnknown).await.len(), 1, "{step}");
        assert_eq!(sky.events(EventKind::ResourceInDoubt).await.len(), 0, "{step}");
        assert_eq!(sky.cloud.created(), 1, "{step}");
        sky.at_rest().await;
    }
}

#[tokio::test]
async fn what_has_to_be_looked_for_is_not_forgotten_by_a_try_that_does_not_come_to_looking() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::lose_answer("POST"));
    // The next try looks, and is not answered.
    for _ in 0..3 {
        sky.cloud.fault(Fault::lose_request("GET"));
    }
    sky.made(thing("widget", json!({"timeoutMs": 5000}))).await;
    assert_eq!(sky.cloud.faults_left(), 0);
    assert_eq!(sky.cloud.created(), 1);
    sky.at_rest().await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_settled_after_its_time() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::hold("POST"));
    sky.made(thing("widget", json!({}))).await;
    sky.cloud.let_go();
    assert_eq!(sky.cloud.created(), 1);
    let [intent] = sky.cloud.things().try_into().unwrap_or_else(|all| panic!("{all:?}"));
    assert_eq!(sky.house.resources("web").await["aa"].outputs()[0].value, json!(intent.id));
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::throttle("POST", 0));
    sky.cloud.fault(Fault::status_before("POST", 503));
    sky.made(thing("gadget", json!({}))).await;
    assert_eq!((sky.cloud.created(), sky.cloud.faults_left()), (1, 0));
}

#[tokio::test]
async fn who_asks_for_the_same_again_does_not_wait_for_a_day() {
    let sky = Sky::new().await;
    sky.cloud.fault(Fault::throttle("POST", 86_400));
    let mut feed = sky.house.ledger().follow(&Scope::default(), None).await.unwrap();
    let wish = web(thing("gadget", json!({})));
    let run = sky.house.apply(&wish).await.run;
    sky.house.saw(&mut feed, EventKind::RetryScheduled).await;
    assert_eq!(sky.house.apply(&wish).await.run, run, "it is the same run");
    assert_eq!(sky.house.ended(run.unwrap()).await.state, RunState::Succeeded);
    assert_eq!(sky.cloud.created(), 1);
}

/// Brings a gadget's only write into doubt.
async fn doubt(fault: Fault, params: Value) -> Sky {
    let sky = Sky::new().await;
    sky.cloud.fault(fault);
    let code = sky.not_made(thing("gadget", params.clone())).await;
    assert_eq!((code.as_str(), exit(&code)), ("in-doubt", 9));
    let resource = &sky.house.resources("web").await["aa"];
    assert_eq!(resource.status.phase, Phase::InDoubt);
    let ready = resource.status.conditions.iter().find(|known| known.kind == ConditionType::Ready).unwrap();
    assert_eq!((ready.status, ready.reason.as_str()), (ConditionStatus::Unknown, "InDoubt"));
    let events = sky.events(EventKind::ResourceInDoubt).await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert!(event.message.contains("make a thing (POST http://127.0.0.1:"), "{}", event.message);
    assert_eq!(event.details["effects"][0]["purpose"], "make a thing");
    assert!(event.details["hint"].as_str().unwrap().contains("innominatus resolve"), "{}", event.details);

    // For as long as nobody has looked, nothing is sent.
    let before = sky.cloud.seen().len();
    assert_eq!(sky.not_made(thing("gadget", params)).await, "in-doubt");
    assert_eq!(sky.asked(before), Vec::<String>::new());
    sky
}

#[tokio::test]
async fn whatever_is_wished_waits_until_somebody_has_looked() {
    let sky = doubt(Fault::lose_answer("POST"), json!({})).await;
    let before = sky.cloud.seen().len();
    assert_eq!(sky.not_made(thing("gadget", json!({"note": "another wish"}))).await, "in-doubt");
    assert_eq!(sky.house.delete("web").await.error.unwrap().code, "in-doubt");
    assert_eq!(sky.asked(before), Vec::<String>::new());
    resolved(&sky, Resolution::Happened(answer("thing1"))).await;
    let run = sky.house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!((sky.cloud.created(), sky.names().len()), (1, 0), "what was interrupted ends, and goes");
}

async fn resolved(sky: &Sky, resolution: Resolution) {
    let id = sky.id("aa").await;
    let resolved = sky.house.engine.resolve(id, resolution.clone()).await.unwrap();
    assert_eq!(resolved.purpose.as_deref(), Some("make a thing"));
    assert_eq!(sky.house.told(EventKind::ResourceResolved).await.len(), 1);
    // Said once is said.
    let error = sky.house.engine.resolve(id, resolution).await.unwrap_err();
    assert_eq!(innominatus_model::Coded::code(&error).to_string(), "not-in-doubt");
}

#[tokio::test]
async fn a_person_says_that_it_happened() {
    for fault in [Fault::lose_answer("POST"), Fault::status_after("POST", 502), Fault::hold("POST")] {
        let sky = doubt(fault, json!({"steps": ["post", "post"]})).await;
        sky.cloud.let_go();
        assert_eq!(sky.cloud.created(), 1);
        resolved(&sky, Resolution::Happened(answer("thing1"))).await;
        sky.made(thing("gadget", json!({"steps": ["post", "post"]}))).await;
        assert_eq!(sky.cloud.created(), 2, "the first is not made again");
        assert_eq!(sky.house.resources("web").await["aa"].outputs()[0].value, json!("thing1,thing2"));
        sky.at_rest().await;
    }
}

#[tokio::test]
async fn a_person_says_that_it_did_not_happen() {
    let sky = doubt(Fault::lose_request("POST"), json!({"steps": ["put", "post"]})).await;
    assert_eq!(sky.names(), ["web-aa-0"]);
    resolved(&sky, Resolution::NotHappened).await;
    let before = sky.cloud.seen().len();
    sky.made(thing("gadget", json!({"steps": ["put", "post"]}))).await;
    assert_eq!(sky.asked(before), ["POST"], "what is known is not done again");
    assert_eq!(sky.names(), ["web-aa-0", "web-aa-1"]);
    sky.at_rest().await;
}

#[tokio::test]
async fn a_person_says_to_start_over_and_what_is_there_can_be_removed() {
    let sky = doubt(Fault::lose_answer("POST"), json!({})).await;
    resolved(&sky, Resolution::StartOver).await;
    let run = sky.house.delete("web").await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    assert_eq!(sky.names(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_person_copies_holds_no_secret_for_the_guest() {
    let sky = doubt(Fault::lose_answer("POST"), json!({"key": true})).await;
    let [key] = sky.cloud.keys().try_into().unwrap_or_else(|keys| panic!("{keys:?}"));
    let body = json!({"id": "thing1", "key": key}).to_string().into_bytes();
    let id = sky.id("aa").await;
    let not_json = Answered { status: 201, headers: vec![], body: format!("key={key}").into_bytes() };
    sky.house.engine.resolve(id, Resolution::Happened(not_json)).await.unwrap_err();
    resolved(&sky, Resolution::Happened(Answered { status: 201, headers: vec![], body })).await;
    sky.made(thing("gadget", json!({"key": true}))).await;
    let resource = &sky.house.resources("web").await["aa"];
    let output = resource.outputs().iter().find(|output| output.name == "key").unwrap();
    assert_ne!(output.value, json!(key));
    let revealed = sky.house.ledger().reveal_output(&resource.scope(), resource.id, "key").await.unwrap();
    assert_eq!(revealed.expose(), key);
}

#[tokio::test]
async fn a_guest_that_breaks_after_a_write_makes_nothing_twice() {
    for (kind, code) in [("widget", "guest-trap"), ("gadget", "guest-trap")] {
        let sky = Sky::new().await;
        let broken = json!({"steps": ["post", "keyed", "put"], "panicAfter": 2});
        assert_eq!(sky.not_made(thing(kind, broken.clone())).await, code);
        assert_eq!(sky.not_made(thing(kind, broken)).await, code, "and it breaks again");
        assert_eq!(sky.cloud.created(), 2, "{kind}");
        // Another wish: the widget looks, the gadget cannot say what it made.
        let whole = thing(kind, json!({"steps": ["post", "keyed", "put"]}));
        if kind == "gadget" {
            assert_eq!(sky.not_made(whole.clone()).await, "in-doubt");
            assert_eq!(sky.cloud.created(), 2, "{kind}");
            let run = sky.house.delete("web").await;
            assert_eq!(run.error.unwrap().code, "in-doubt", "until somebody has looked");
            sky.house.engine.resolve(sky.id("aa").await, Resolution::StartOver).await.unwrap();
        } else {
            sky.made(whole).await;
            assert_eq!(sky.cloud.created(), 3, "{kind}");
            sky.at_rest().await;
        }
        assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded, "{kind}");
        assert_eq!(sky.names(), Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn what_a_guest_made_before_it_broke_is_removed() {
    for kind in ["widget", "gadget"] {
        let sky = Sky::new().await;
        sky.not_made(thing(kind, json!({"steps": ["post", "put", "put"], "panicAfter": 2}))).await;
        assert_eq!(sky.names(), ["web-aa-0", "web-aa-1"]);
        let run = sky.house.delete("web").await;
        assert_eq!(run.state, RunState::Succeeded, "{kind}: {run:?}");
        assert_eq!(sky.names(), Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn a_guest_that_says_no_has_what_it_made_kept_and_removed() {
    let sky = Sky::new().await;
    let code = sky.not_made(thing("gadget", json!({"steps": ["post", "post"], "failAfter": 1}))).await;
    assert_eq!(code, "provision-failed");
    sky.made(thing("gadget", json!({"steps": ["post", "post"]}))).await;
    assert_eq!(sky.cloud.created(), 2);
    sky.house.delete("web").await;
    assert_eq!(sky.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_component_that_does_not_do_the_same_twice_is_reported() {
    let sky = doubt(Fault::lose_answer("POST"), json!({"steps": ["put", "post"]})).await;
    // The journal says that something else was done first.
    let resource = sky.house.resources("web").await["aa"].clone();
    let (ledger, scope) = (sky.house.ledger(), resource.scope());
    let open = resource.status.execution.unwrap();
    let act = ledger.execution(&scope, resource.id, open).await.unwrap().unwrap().value;
    let (mut past, _) = ledger.journal(&scope, resource.id, open).await.unwrap();
    let at = past.iter().position(|past| past.intent.is_some()).unwrap();
    past[at].digest = innominatus_model::Digest::of("something else");
    let other = innominatus_ledger::Execution { id: innominatus_model::ExecutionId::generate(), ..act };
    let stored = ledger.resource(resource.id).await.unwrap().unwrap();
    let mut next = stored.value.clone();
    next.status.execution = Some(other.id);
    next.status.phase = Phase::Updating;
    let mut change = ledger.change();
    change.put_execution(&other, None);
    change.put_journal(&other, &past);
    change.put_resource(&next, Some(&stored));
    change.commit().await.unwrap();

    let before = sky.cloud.seen().len();
    let run = sky.house.run(&web(thing("gadget", json!({"steps": ["put", "post"]})))).await;
    let error = run.error.unwrap();
    assert_eq!((error.code.as_str(), exit(&error.code)), ("effect-diverged", 12), "{error:?}");
    assert!(error.message.contains("called `http.send` with another request"), "{}", error.message);
    assert_eq!(sky.asked(before), Vec::<String>::new(), "nothing is papered over");
    sky.house.engine.resolve(resource.id, Resolution::StartOver).await.unwrap();
    assert_eq!(sky.house.delete("web").await.state, RunState::Succeeded);
    assert_eq!(sky.names(), Vec::<String>::new());
}
