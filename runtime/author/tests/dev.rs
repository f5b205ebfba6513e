//! Rounds of `dev`: what a platform does with Score files, on platforms that are there and without watching.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod support;

use std::path::Path;

use innominatus_author::dev::{Dev, End, Options, Played, Round};
use innominatus_model::{Code, ExitClass};
use innominatus_testkit::{guest, programs};
use support::{edit, silence, workshop};
use tempfile::TempDir;

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: ., variables: {IDS: '${resources.second.ids}'}}
resources:
  first: {type: widget, params: {steps: [put], password: true, note: blue}}
  second: {type: widget, params: {steps: [post], note: 'after ${resources.first.ids}'}}
";

const MANIFEST: &str = "\
apiVersion: innominatus.io/v1
kind: Platform
metadata: {name: things, version: 1.2.0}
compatibility: {minCoreVersion: \"1.0.0\"}
provisioners:
  - {name: thing, type: thing, version: 1.2.0, component: ./thing.wasm}
";

const THING: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx}}
resources: {one: {type: thing}}
";

/// On threads with as much stack as the program gives them.
fn round(dev: Dev) -> (Dev, Round) {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .unwrap();
    let mut dev = dev;
    let work = async move {
        let round = dev.round(&mut silence).await;
        (dev, round)
    };
    threads.block_on(async { tokio::spawn(work).await.unwrap() })
}

fn built(name: &str, score: &Path) -> Dev {
    let folder = programs::platform(name);
    let options = Options { folder, scores: vec![score.to_path_buf()], no_build: true, ..Options::default() };
    Dev::new(options, workshop())
}

#[track_caller]
fn played(round: &Round) -> &Played {
    round.samples[0].came.as_ref().unwrap()
}

fn exit(round: &Round) -> ExitClass {
    round.first_trouble().map_or(ExitClass::Ok, |trouble| trouble.code.exit())
}

#[test]
fn a_sample_is_planned_carried_out_and_planned_again() {
    let folder = tempfile::tempdir().unwrap();
    let score = folder.path().join("web.score.yaml");
    std::fs::write(&score, SCORE).unwrap();
    let (dev, round_1) = round(built("cloudy", &score));
    assert_eq!(exit(&round_1), ExitClass::Ok, "{round_1:#?}");
    let played_1 = played(&round_1);
    let actions: Vec<_> = played_1.plan.resources.iter().map(|it| (it.uid.as_str(), it.action)).collect();
    assert_eq!(actions, [("widget.default#web.first", "create"), ("widget.default#web.second", "create")]);
    assert_eq!(played_1.plan.resources[1].depends_on, ["widget.default#web.first"]);
    assert_eq!(played_1.plan.golden_path, None, "each need is a step");

    let [first, second] = played_1.resources.as_slice() else { panic!("{played_1:?}") };
    assert_eq!((&first.end, &second.end), (&End::Ready, &End::Ready));
    let made: Vec<_> = first.effects.iter().map(|it| (it.what.as_str(), it.came.as_str())).collect();
    assert!(made.contains(&("PUT", "201")) && made.contains(&("secrets.generate", "[secret]")), "{made:?}");
    assert!(first.outputs.iter().any(|(name, value)| name == "password" && value == "[secret]"));
    assert!(first.fuel > 0 && first.memory_peak > 0 && first.calls > 0);
    assert!(played_1.again.as_ref().unwrap().unchanged, "a second time nothing changes");
    assert!(!round_1.json().to_string().contains("inmt"), "no token is shown");

    // The same again is the same again: worlds do not live on.
    let (dev, round_2) = round(dev);
    assert_eq!(played(&round_2).plan, played_1.plan);
    assert_eq!(played(&round_2).resources[0].effects, first.effects);

    // What refers to something that is not ready is left out.
    edit(score.clone(), "steps: [put]", "steps: [put], panicAfter: 0");
    let (dev, round_3) = round(dev);
    assert_eq!(exit(&round_3), ExitClass::Guest, "{round_3:#?}");
    let [first, second] = played(&round_3).resources.as_slice() else { panic!("{round_3:?}") };
    assert!(matches!(&second.end, End::Skipped(why) if why.contains("#web.first")), "{second:?}");
    assert!(!first.trouble().unwrap().trace.is_empty() && played(&round_3).again.is_none());

    // Mistakes of the file have their places.
    edit(score.clone(), "first: {type: widget", "first: {type: wodget");
    let (dev, round_4) = round(dev);
    let trouble = round_4.samples[0].came.as_ref().unwrap_err();
    assert_eq!((trouble.code, trouble.diagnostics[0].line), (Code::NoProvisioner, 6), "{trouble:?}");
    std::fs::write(&score, "a: [").unwrap();
    assert_eq!(exit(&round(dev).1), ExitClass::Validation);
}

/// A platform that cargo has nothing to do with.
fn things() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).unwrap();
    write("platform.yaml", MANIFEST.as_bytes());
    write("thing.wasm", &guest::provisioner(""));
    write("web.score.yaml", THING.as_bytes());
    std::fs::create_dir(folder.path().join("examples")).unwrap();
    write("examples/other.score.yaml", THING.as_bytes());
    folder
}

#[test]
fn a_build_that_fails_leaves_the_last_good_one_in_use() {
    let folder = things();
    let at = |file: &str| folder.path().join(file);
    let options = Options { folder: folder.path().to_path_buf(), ..Options::default() };
    let (dev, good) = round(Dev::new(options, workshop()));
    assert_eq!((exit(&good), good.is_stale()), (ExitClass::Ok, false), "{good:#?}");
    let files: Vec<_> = good.samples.iter().map(|sample| sample.file.clone()).collect();
    let expected = ["examples/other.score.yaml", "web.score.yaml"].map(|file| at(file).display().to_string());
    assert_eq!(files, expected, "examples first");
    assert!(!at("dist").exists(), "what is built stays in memory");

    // The manifest, then the contract.
    for (from, to, code) in
        [("type: thing", "type: Thing!", Code::ManifestInvalid), ("Thing!", "other", Code::ManifestReference)]
    {
        edit(at("platform.yaml"), from, to);
        let options = Options { folder: folder.path().to_path_buf(), ..Options::default() };
        let (_, alone) = round(Dev::new(options, workshop()));
        assert_eq!(alone.trouble.as_ref().unwrap().code, code, "{alone:?}");
        assert!(alone.platform.is_none() && alone.samples.is_empty() && !alone.is_stale());
    }
    let (dev, stale) = round(dev);
    assert!(stale.is_stale() && stale.samples.len() == 2, "{stale:?}");
    assert_eq!(exit(&stale), ExitClass::Validation);
    assert!(played(&stale).again.is_some(), "the last good build still works");

    edit(at("platform.yaml"), "type: other", "type: thing");
    let trap = ";; part: provision\n(func (export \"innominatus:platform/lifecycle@1.0.0#provision\") (param i32) \
                (result i32)\n  unreachable)\n";
    std::fs::write(at("thing.wasm"), guest::provisioner(trap)).unwrap();
    let (_, broken) = round(dev);
    assert_eq!((exit(&broken), broken.is_stale()), (ExitClass::Guest, false), "{broken:#?}");
}
