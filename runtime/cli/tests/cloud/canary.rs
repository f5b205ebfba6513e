//! Canaries: unique secrets in every place where a secret can be, and then everything is looked at that anybody else can
//! see. The cloud tells the guests all that it knows of them, in every form, and the guests tell everybody.

use innominatus_testkit::canary::Canaries;
use innominatus_testkit::cloud::Cloud;
use innominatus_testkit::crash::Failpoints;
use serde_json::{Value, json};

use crate::home::{BEARER, Home, LICENCE, told};

/// `aa` has every kind of secret; `bb` is handed those of `aa`. `edit` says how `bb` and a third, which has secrets of
/// its own, end.
fn wish(ending: Value, generation: u32) -> Value {
    let all = json!({"key": true, "password": true, "licence": true, "own": true, "tell": true, "checkpoints": true,
        "timeoutMs": 2000});
    let with = |more: Value| {
        let mut params = all.clone();
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let mut bb = json!({"steps": ["post", "read", "read"], "licence": true, "tell": true,
        "note": "${resources.aa.password} ${resources.aa.key} ${resources.aa.own}"});
    bb.as_object_mut().unwrap().extend(ending.as_object().unwrap().clone());
    let mut cc = with(json!({"steps": ["keyed", "read", "read"]}));
    cc.as_object_mut().unwrap().extend(ending.as_object().unwrap().clone());
    json!({
        "aa": {"type": "locket", "params": with(json!({"steps": ["keyed", "read", "put", "read"], "rounds": generation}))},
        "bb": {"type": "locket", "params": bb},
        "cc": {"type": "locket", "params": cc},
    })
}

/// What the cloud and the operator know to be secret.
fn canaries(cloud: &Cloud) -> Canaries {
    let mut canaries = Canaries::default();
    canaries.add("the operator's secret in a credential binding", BEARER);
    canaries.add("the operator's secret that is referred to", LICENCE);
    for key in cloud.keys() {
        canaries.add("a captured secret", key);
    }
    for seen in cloud.seen() {
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        if let Some(password) = body["password"].as_str() {
            canaries.add("a generated secret", password);
        }
        // `bb` hands on what it was handed: the cloud is where tokens become secrets.
        for text in
            body["note"].as_str().into_iter().flat_map(|note| note.split(' ')).filter(|text| text.len() >= 8)
        {
            canaries.add("a sensitive output that is a param of another", text);
        }
    }
    canaries
}

/// How much is looked at. A command is a process, and there are many.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// With every command, for people and for scripts.
    Everywhere,
    /// With those that tell the most.
    Quickly,
}

/// What a person, a script or a thief of the disk can see without `--reveal`.
fn looked_at(home: &Home, canaries: &Canaries, what: &str, how: Look) {
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut look = |words: &[&str]| commands.push(words.iter().map(|word| (*word).to_owned()).collect());
    for resource in ["aa", "bb", "cc"] {
        let name = format!("web/locket.default#web.{resource}");
        for words in [&["describe"][..], &["get-outputs"], &["status"], &["events", "list", "--resource"]] {
            look(&[words, &[&name]].concat());
            look(&[words, &[&name, "--json"]].concat());
        }
        look(&["journal", "export", &name]);
    }
    for words in [
        &["describe", "web"][..],
        &["status", "web"],
        &["events", "list"],
        &["list"],
        &["list", "resources"],
        &["list", "runs"],
        &["grants", "show"],
        &["secret", "list"],
        &["platform", "inspect", "cloudy"],
    ] {
        look(words);
        look(&[words, &["--json"]].concat());
    }
    if how == Look::Quickly {
        let tells = |words: &Vec<String>| {
            words.last().is_some_and(|word| word == "--json") && words[0] != "status" || words[0] == "journal"
        };
        commands.retain(tells);
    }
    for command in &commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        home.run(&words);
    }
    for run in home.json(&["list", "runs"])["items"].as_array().unwrap() {
        home.run(&["describe", run["id"].as_str().unwrap()]);
    }
    canaries.none_in(&format!("{what}: what the program said"), home.take_said());
    // What was a guest's memory came in by a call, and every call is in the journal; that is sealed, so it was exported.
    let files = canaries.none_below(&home.path(), |_| false);
    assert!(files > 3, "{files} files in a home");
}

/// Journals were exported, and they do hold what the guests saw.
fn is_told_without_secrets(home: &Home, resource: &str) {
    let recording = home.json(&["journal", "export", &format!("web/locket.default#web.{resource}")]);
    let text = recording.to_string();
    assert!(text.contains("read what the cloud knows") || text.contains("make a thing"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_shows_after_a_run_that_succeeds_fails_traps_or_is_killed() {
    let cloud = Cloud::start().await;
    let template = Home::new(&cloud);
    cloud.echo();
    canaries(&cloud).none_in("while it was set up", template.take_said());
    for (what, ending, exit) in [
        ("succeeds", json!({}), Some(0)),
        ("fails", json!({"failAfter": 2}), Some(9)),
        ("traps", json!({"panicAfter": 2}), Some(12)),
    ] {
        let home = template.copied();
        cloud.forget();
        let file = home.wish(&wish(ending.clone(), 0));
        let output = home.run(&["apply", &file, "--no-output"]);
        assert_eq!(output.status.code(), exit, "{what}: {}", told(&output));
        let found = canaries(&cloud);
        assert!(found.len() >= 6, "{what}: {} canaries: {found:?}", found.len());
        for resource in ["aa", "bb", "cc"] {
            is_told_without_secrets(&home, resource);
        }
        looked_at(&home, &found, what, Look::Everywhere);
        // Again, as an update: what was is handed to the guest once more.
        let file = home.wish(&wish(ending, 1));
        home.run(&["apply", &file, "--no-output"]);
        looked_at(&home, &canaries(&cloud), what, Look::Quickly);
        home.run(&["delete", "web", "--yes"]);
        looked_at(&home, &canaries(&cloud), what, Look::Quickly);
    }
    // Killed at a few places of the way, and then gone on with.
    for place in [2, 5, 8, 13, 18] {
        let home = template.copied();
        cloud.forget();
        let points = Failpoints::at(place);
        cloud.until_death(&points);
        let file = home.wish(&wish(json!({}), 0));
        home.run_until_killed(&["apply", &file, "--no-output"], &points);
        cloud.outlive();
        assert!(points.is_dead(), "{points:?}");
        let killed = format!("killed at {points:?}");
        let found = canaries(&cloud);
        found.none_below(&home.path(), |_| false);
        found.none_in(&killed, home.take_said());
        home.ok(&["apply", &file, "--no-output"]);
        looked_at(&home, &canaries(&cloud), &killed, Look::Quickly);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_there_when_it_is_asked_for() {
    let cloud = Cloud::start().await;
    let home = Home::new(&cloud);
    let file = home.wish(&wish(json!({}), 0));
    home.ok(&["apply", &file, "--no-output"]);
    let found = canaries(&cloud);
    let resource = "web/locket.default#web.aa";
    for name in ["password", "key", "own"] {
        let value = home.ok(&["get-outputs", resource, "--reveal", "--output-name", name]);
        assert!(!found.found(value.as_bytes()).is_empty(), "{name} is not what the cloud has");
    }
}
