//! Recordings: what a component did once is replayed offline, and where it does otherwise the test fails.

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use innominatus_author::Workshop;
use innominatus_author::dev::{Dev, Options, Resource};
use innominatus_author::harness::{self, Finding, Selection, Status};
use innominatus_effect::{Call, Export, HttpResponse, Interrupt, Outcome, Past, Port};
use innominatus_engine::Recording;
use innominatus_model::{Class, Digest, Kind, Name, ResourceId, Scope, Target, Version};
use innominatus_plan::ComponentRef;
use innominatus_sandbox::{CompileLimits, CompilerCommand, Sandbox, SandboxConfig};
use innominatus_testkit::programs;
use serde_json::json;

use crate::house::{block_on, of, run};

/// A cloud that makes one thing, and keeps what it was asked.
#[derive(Default)]
struct Once(Mutex<Vec<Past>>);

#[async_trait]
impl Port for Once {
    async fn perform(&self, call: Call) -> Result<Outcome, Interrupt> {
        let outcome = match &call {
            Call::SettingsGet => Outcome::Json(json!({"endpoint": "https://cloud.test"})),
            Call::Http { .. } => {
                let body = br#"{"id": "t1"}"#.to_vec();
                Outcome::Http(Ok(HttpResponse { status: 201, headers: vec![], body }))
            }
            _ => Outcome::Done,
        };
        let past = Past {
            digest: call.digest(),
            call: call.name().to_owned(),
            outcome: Some(outcome.clone()),
            intent: None,
        };
        self.0.lock().unwrap().push(past);
        Ok(outcome)
    }
}

fn target(note: &str) -> Target {
    let name = |text: &str| Name::new(text).unwrap();
    Target {
        scope: Scope::default(),
        application: name("shop"),
        id: ResourceId::from_bytes([7; 16]),
        name: "web-uploads".into(),
        kind: Kind::new("widget").unwrap(),
        class: Class::default(),
        workloads: vec![name("web")],
        labels: vec![("uid".into(), "widget.default#web.uploads".into())],
        params: json!({"steps": ["put"], "note": note}),
        generation: 1,
        attempt: 1,
        prior: None,
        unsettled: vec![],
    }
}

/// What `innominatus journal export` would write of a call of the widget.
fn record() -> Recording {
    let bytes = std::fs::read(programs::platform("cloudy").join("cloudy.wasm")).unwrap();
    let digest = Digest::of(&bytes);
    let port = Arc::new(Once::default());
    let asked = port.clone();
    block_on(async move {
        let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
        let cache = programs::shared("author");
        let sandbox =
            Sandbox::new(SandboxConfig { cache, compiler, compile_limits: CompileLimits::default() })
                .unwrap();
        let component = sandbox.load(&digest, &bytes).await.unwrap();
        let call = innominatus_sandbox::Call::new(asked);
        component.provisioner(call).provision(&target("first")).await.unwrap().value.unwrap();
    });
    let past = port.0.lock().unwrap().clone();
    assert!(past.iter().any(|past| past.call == "http.send"));
    let name = |text: &str| Name::new(text).unwrap();
    let component = ComponentRef {
        platform: name("cloudy"),
        version: Version::new(1, 0, 0),
        entry: name("widget"),
        component: digest,
    };
    Recording {
        component,
        export: Export::Provision,
        target: target("first"),
        ended: Some("ready".into()),
        past,
    }
}

fn replay(recording: &Recording) -> Finding {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform("cloudy", folder.path());
    write(folder.path(), recording);
    let selection = Selection { entries: vec!["widget".into()], filters: vec!["/test".into()] };
    let report = run(folder.path(), selection).unwrap();
    let (_, finding) = report.findings().next().unwrap();
    finding.clone()
}

fn write(folder: &Path, recording: &Recording) {
    for name in ["tests", "recordings"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    std::fs::write(folder.join("recordings/makes.json"), recording.to_json().unwrap().to_string()).unwrap();
    let test = "apiVersion: innominatus.io/v1\nkind: PlatformTest\nmetadata: {name: replayed}\ngiven:\n  provisioner: \
                widget\n  recording: ./recordings/makes.json\nwhen: provision\nexpect:\n  progress: ready\n  outputs: \
                {ids: t1}\n";
    std::fs::write(folder.join("tests/replayed.yaml"), test).unwrap();
}

#[test]
fn what_was_recorded_is_replayed_offline() {
    let recording = record();
    let finding = replay(&recording);
    assert_eq!(finding.status, Status::Pass, "{finding:?}");
    let changed = Recording { target: target("second"), ..recording.clone() };
    let finding = replay(&changed);
    assert_eq!(finding.status, Status::Fail);
    assert!(finding.message.contains("called `http.send` with another request"), "{finding:?}");
    let mut longer = recording;
    longer.past.push(longer.past[0].clone());
    let finding = replay(&longer);
    assert!(finding.message.contains("answered"), "{finding:?}");
}

#[test]
fn a_recording_becomes_a_test_that_replays_it() {
    let folder = tempfile::tempdir().unwrap();
    programs::copy_platform("cloudy", folder.path());
    let make = |recording: Recording| {
        let options = of(folder.path());
        let sources = folder.path().to_owned();
        let document = recording.to_json().unwrap();
        block_on(async move { harness::record(&options, document, &sources).await })
    };
    let recorded = make(record()).unwrap();
    assert_eq!(recorded.test, Path::new("tests/recorded-widget.yaml"));
    let text = std::fs::read_to_string(folder.path().join(&recorded.test)).unwrap();
    assert!(text.contains("progress: ready\n") && text.contains(r#""ids":"t1""#), "{text}");
    assert_eq!(
        make(record()).unwrap().test,
        Path::new("tests/recorded-widget-2.yaml"),
        "nothing is overwritten"
    );
    let report =
        run(folder.path(), Selection { entries: vec!["widget".into()], filters: vec!["widget/test".into()] });
    let report = report.unwrap();
    let made: Vec<_> = report.findings().filter(|(_, finding)| finding.case.is_some()).collect();
    assert!(made.iter().filter(|(_, finding)| finding.status == Status::Pass).count() >= 2, "{made:?}");
    assert_eq!(report.count(Status::Fail), 0, "{made:?}");

    // What this component does not do, and what another platform did, is no test of it.
    let (changed, mut foreign) = (Recording { target: target("second"), ..record() }, record());
    foreign.component.platform = Name::new("other").unwrap();
    for (recording, why) in
        [(changed, "does not do what was recorded"), (foreign, "platform `other` made it")]
    {
        let error = make(recording).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(!folder.path().join("tests/recorded-widget-3.yaml").exists());
}

/// A round of `dev` with the recording: what came of a widget with this note.
fn tried(recording: &Recording, note: &str) -> Resource {
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| folder.path().join(file);
    std::fs::write(at("recording.json"), recording.to_json().unwrap().to_string()).unwrap();
    let score = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: other}}\ncontainers: {{main: {{image: nginx}}}}\nresources: {{it: \
         {{type: widget, params: {{steps: [put], note: {note}}}}}}}\n"
    );
    std::fs::write(at("web.score.yaml"), score).unwrap();
    let options = Options {
        folder: programs::platform("cloudy"),
        scores: vec![at("web.score.yaml")],
        recording: Some(at("recording.json")),
        no_build: true,
        ..Options::default()
    };
    let compiler = CompilerCommand { program: programs::compiler(), args: Vec::new() };
    let workshop = Workshop::open(programs::shared("author"), compiler).unwrap();
    let round = block_on(async move { Dev::new(options, workshop).round(&mut |_| {}).await });
    let mut played = round.samples.into_iter().next().unwrap().came.unwrap();
    played.resources.remove(0)
}

#[test]
fn a_recording_answers_while_a_platform_is_written() {
    let recording = record();
    let made = tried(&recording, "first");
    assert_eq!(made.outputs.iter().find(|(name, _)| name == "ids").unwrap().1, "t1", "{made:?}");
    // Another request than the recorded one is not made up.
    let other = tried(&recording, "second");
    let came = &other.effects.iter().find(|effect| effect.what == "PUT").unwrap().came;
    assert!(came.contains("the recording has no answer to PUT"), "{other:?}");
    assert!(other.trouble().is_some());
}
