//! Calls that go well, calls that are told no, and calls that the host cannot serve.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use innominatus_effect::{
    Authoriser, Call as Effect, Export, Interrupt, Live, LogLevel, Minted, Outcome, Port, Recording, World,
};
use innominatus_model::{
    Candidate, Cause, Class, Code, Coded, FaultKind, Grant, Health, Kind, Name, Need, Offer, OutputSpec,
    PathRequest, Prior, Progress, Removal, State, Unsettled, WorkloadSpec,
};
use innominatus_sandbox::{Call, CallError, Component, Limits, Sandbox};
use serde_json::json;
use support::guest::{golden_path, provisioner};
use support::port::{Always, Answers, Silence};
use tempfile::TempDir;

struct Bench {
    _folder: TempDir,
    sandbox: Sandbox,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = support::sandbox(folder.path());
        Self { _folder: folder, sandbox }
    }

    async fn provisioner(&self, parts: &str) -> Component {
        support::load(&self.sandbox, &provisioner(parts)).await
    }
}

/// Calls `secrets.generate` and fails with what it was told.
const ASKS_FOR_A_SECRET: &str = r#"
;; part: imports
(import "innominatus:platform/secrets@1.0.0" "generate" (func $generate (param i32 i32 i32 i32 i32 i32 i32)))

;; part: provision
(data (i32.const 2048) "password")
(func (export "innominatus:platform/lifecycle@1.0.0#provision") (param i32) (result i32)
  ;; Answer at 4096: result { ok: minted { token, public }, err: error { denied { capability, wanted, remedy } } }
  (call $generate (i32.const 2048) (i32.const 8) (i32.const 2048) (i32.const 8) (i32.const 64) (i32.const 2) (i32.const 4096))
  (if (i32.load8_u (i32.const 4096))
    (then
      ;; err(failure { cause: permanent, code: "tester", message: the remedy })
      (i32.store8 (i32.const 4352) (i32.const 1))
      (i32.store8 (i32.const 4360) (i32.const 2))
      (i32.store (i32.const 4392) (i32.const 80)) (i32.store (i32.const 4396) (i32.const 6))
      (i32.store (i32.const 4400) (i32.load (i32.const 4120))) (i32.store (i32.const 4404) (i32.load (i32.const 4124)))
      (return (i32.const 4352))))
  (i32.const 400))
"#;

/// Writes a log line and then hands back its params as its handle.
const ECHO: &str = r#"
;; part: imports
(import "innominatus:platform/log@1.0.0" "write" (func $log (param i32 i32 i32 i32 i32)))
(import "innominatus:platform/clock@1.0.0" "now-ms" (func $now (result i64)))
(import "innominatus:platform/random@1.0.0" "bytes" (func $random (param i32 i32)))
(import "innominatus:platform/settings@1.0.0" "get" (func $settings (param i32)))
(import "innominatus:platform/report@1.0.0" "progress" (func $progress (param i32 i32 i32 i32)))
(import "innominatus:platform/report@1.0.0" "checkpoint" (func $checkpoint (param i32 i32 i32 i32 i32 i32)))

;; part: provision
(data (i32.const 2048) "making it")
(data (i32.const 2064) "steptwo")
(data (i32.const 2080) (i32 2064 4 2068 3))
(data (i32.const 2176) (i32 0 0 0 0 0 0 0 0 0 0))
(func (export "innominatus:platform/lifecycle@1.0.0#provision") (param $target i32) (result i32)
  (call $log (i32.const 2) (i32.const 2048) (i32.const 9) (i32.const 2080) (i32.const 1))
  (if (i64.ne (call $now) (i64.const 1000)) (then unreachable))
  (call $random (i32.const 16) (i32.const 2112))
  (if (i32.ne (i32.load (i32.const 2116)) (i32.const 16)) (then unreachable))
  (call $progress (i32.const 2048) (i32.const 9) (i32.const 1) (i32.const 50))
  (call $settings (i32.const 2120))
  ;; a checkpoint whose handle is the settings
  (call $checkpoint (i32.load (i32.const 2120)) (i32.load (i32.const 2124))
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
  ;; ready, the handle is target.params
  (i32.store (i32.const 2192) (i32.load (i32.add (local.get $target) (i32.const 72))))
  (i32.store (i32.const 2196) (i32.load (i32.add (local.get $target) (i32.const 76))))
  (i32.const 2176))
"#;

#[tokio::test]
async fn a_whole_life_of_a_well_behaved_provisioner() {
    let bench = Bench::new();
    let component = bench.provisioner("").await;
    let call = || Call::new(Answers::new());
    let target = support::target(json!({"size": 3}));

    let info = component.provisioner(call()).metadata().await.unwrap().value;
    assert_eq!((info.name.as_str(), info.version.as_str()), ("tester", "1.0.0"));
    assert_eq!(info.offers[0].kind.as_str(), "thing");
    assert!(!info.offers[0].open_outputs);

    let kind = Kind::new("thing").unwrap();
    let schema = component.provisioner(call()).config_schema(&kind, &Class::default()).await.unwrap().value;
    assert_eq!(schema, json!({}));
    assert!(component.provisioner(call()).validate_config(&target).await.unwrap().value.is_empty());

    let made = component.provisioner(call()).provision(&target).await.unwrap();
    assert_eq!(made.value, Ok(Progress::Ready(State::default())));
    assert!(made.usage.fuel > 0 && made.usage.memory_peak == 65536, "{:?}", made.usage);

    let status = component.provisioner(call()).get_status(&target).await.unwrap().value.unwrap();
    assert_eq!(status.health, Health::Ready);
    assert_eq!(component.provisioner(call()).get_hints(&target).await.unwrap().value, Ok(vec![]));
    assert_eq!(component.provisioner(call()).deprovision(&target).await.unwrap().value, Ok(Removal::Gone));
    let adopted = component.provisioner(call()).adopt(&target, "thing-1").await.unwrap().value;
    assert_eq!(adopted, Ok(Progress::Ready(State::default())));
    assert_eq!(
        component.provisioner(call()).upgrade_state(&target).await.unwrap().value,
        Ok(State::default())
    );
}

#[tokio::test]
async fn a_golden_path_answers_every_export() {
    let bench = Bench::new();
    let component = support::load(&bench.sandbox, &golden_path("")).await;
    let call = || Call::new(Answers::new());
    let request = support::request();
    assert_eq!(component.golden_path(call()).metadata().await.unwrap().value.name, "walker");
    assert_eq!(component.golden_path(call()).parameter_schema().await.unwrap().value, json!({}));
    assert!(component.golden_path(call()).validate(&request).await.unwrap().value.is_empty());
    assert_eq!(component.golden_path(call()).generate_steps(&request).await.unwrap().value, Ok(vec![]));
    let step = support::render_step();
    assert_eq!(component.golden_path(call()).render(&request, &step, &[]).await.unwrap().value, Ok(vec![]));

    let error = component.provisioner(call()).metadata().await.unwrap_err();
    assert_eq!(error.code(), Code::GuestContract, "it is not a provisioner");
}

#[tokio::test]
async fn every_host_call_passes_the_port_in_order_and_params_arrive_whole() {
    let bench = Bench::new();
    let component = bench.provisioner(ECHO).await;
    let port = Arc::new(Recording::new(Answers::new()));
    let params = json!({"name": "schön", "list": [1, 2.5, null], "deep": {"x": {"y": []}}});
    let mut target = support::target(params.clone());
    target.prior =
        Some(Prior { state: State::default(), version: "0.9.0".into(), generation: 1, params: json!({}) });
    target.unsettled = vec![Unsettled { purpose: "make".into(), sent_ms: 7, request: json!({"a": 1}) }];
    let answer = component.provisioner(Call::new(port.clone())).provision(&target).await.unwrap();
    let Ok(Progress::Ready(state)) = answer.value else { panic!("{:?}", answer.value) };
    assert_eq!(state.handle, params);
    assert_eq!(answer.usage.host_calls, 6);
    let calls: Vec<_> = port.entries().into_iter().map(|entry| entry.call).collect();
    assert_eq!(
        calls,
        [
            Effect::Log {
                level: LogLevel::Warn,
                message: "making it".into(),
                fields: vec![("step".into(), "two".into())],
            },
            Effect::ClockNow,
            Effect::RandomBytes { count: 16 },
            Effect::Progress { message: "making it".into(), percent: Some(50) },
            Effect::SettingsGet,
            Effect::Checkpoint { state: State { handle: json!({"region": "here"}), ..State::default() } },
        ]
    );
}

#[tokio::test]
async fn the_same_input_takes_the_same_fuel() {
    let bench = Bench::new();
    let component = bench.provisioner(ECHO).await;
    let target = support::target(json!({"size": 3}));
    let mut fuel = Vec::new();
    for _ in 0..3 {
        let answer = component.provisioner(Call::new(Answers::new())).provision(&target).await.unwrap();
        fuel.push(answer.usage.fuel);
    }
    assert!(fuel[0] == fuel[1] && fuel[1] == fuel[2], "{fuel:?}");
}

#[tokio::test]
async fn a_secret_that_is_not_granted_is_an_answer_that_the_guest_sees() {
    let bench = Bench::new();
    let component = bench.provisioner(ASKS_FOR_A_SECRET).await;
    let target = support::target(json!({}));
    let live = |grant| {
        let authoriser = Authoriser::new(Export::Provision, "demo/thing", grant);
        Call::new(Arc::new(Live::new(authoriser, Arc::new(Mint))))
    };
    let denied = component.provisioner(live(Grant::default())).provision(&target).await.unwrap();
    let failure = denied.value.unwrap_err();
    assert_eq!(failure.cause, Cause::Permanent);
    assert!(failure.message.contains("demo/thing"), "{}", failure.message);

    let granted = live(Grant::new([innominatus_model::Capability::Secrets]));
    let made = component.provisioner(granted).provision(&target).await.unwrap();
    assert!(made.value.is_ok());
}

struct Mint;

#[async_trait]
impl World for Mint {
    async fn perform(
        &self,
        _call: Effect,
        _permit: innominatus_effect::Permit,
        _key: Option<String>,
    ) -> Result<Outcome, Interrupt> {
        Ok(Outcome::Minted(Ok(Minted { token: "token".into(), public: Some("public".into()) })))
    }
}

#[tokio::test]
async fn what_the_export_may_never_do_is_a_fault_and_what_the_host_cannot_do_is_ours() {
    let bench = Bench::new();
    let component = bench.provisioner(ECHO).await;
    let target = support::target(json!({}));

    let breach = Always(Err(Interrupt::Breach("not from here".into())));
    let error = component.provisioner(Call::new(Arc::new(breach))).provision(&target).await.unwrap_err();
    let CallError::Fault { fault, usage, .. } = error else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Contract);
    assert!(fault.message.contains("`log.write`: not from here"), "{}", fault.message);
    assert_eq!(usage.host_calls, 1);

    let broken = Always(Err(Interrupt::Host { call: "log.write", reason: "the store is away".into() }));
    let error = component.provisioner(Call::new(Arc::new(broken))).provision(&target).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.to_string().contains("the store is away"), "{error}");

    let misshapen = Always(Ok(Outcome::Millis(1)));
    let error = component.provisioner(Call::new(Arc::new(misshapen))).provision(&target).await.unwrap_err();
    assert!(matches!(error, CallError::Host(_)), "{error}");
}

#[tokio::test]
async fn params_over_the_contract_are_refused_before_the_guest_runs() {
    let bench = Bench::new();
    let component = bench.provisioner("").await;
    let params = json!({"text": "x".repeat(300_000)});
    let error = component
        .provisioner(Call::new(Answers::new()))
        .provision(&support::target(params))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::ParamsInvalid);
    assert!(error.to_string().contains("shop-db") && error.to_string().contains("262144"), "{error}");
}

/// One need of many that one provisioner could serve, whose offer is as large as it may be.
fn need(number: usize, offer: &Arc<Offer>) -> Need {
    let candidate = Candidate { provisioner: "shop/thing".into(), offer: offer.clone() };
    Need {
        id: format!("thing.default#web.r{number}"),
        name: format!("web-r{number}"),
        kind: offer.kind.clone(),
        class: Class::default(),
        workloads: vec![Name::new("web").unwrap()],
        params: json!({}),
        depends_on: Vec::new(),
        candidates: vec![candidate],
    }
}

#[tokio::test]
async fn a_request_to_a_golden_path_is_bounded_as_a_whole() {
    let bench = Bench::new();
    let component = support::load(&bench.sandbox, &golden_path("")).await;
    let schema = json!({"description": "x".repeat(60_000)});
    let output = OutputSpec { name: "host".into(), schema, sensitive: false, required: true };
    let offer = Arc::new(Offer {
        kind: Kind::new("thing").unwrap(),
        classes: Vec::new(),
        outputs: vec![output],
        open_outputs: false,
        verbs: Vec::new(),
    });
    for (needs, fits) in [(270, true), (300, false)] {
        let needs = (0..needs).map(|number| need(number, &offer)).collect();
        let request = PathRequest { needs, ..support::request() };
        let answer = component.golden_path(Call::new(Answers::new())).generate_steps(&request).await;
        let Err(error) = answer else {
            assert!(fits);
            continue;
        };
        assert!(!fits, "{error}");
        assert_eq!(error.code(), Code::ParametersInvalid);
        assert!(error.to_string().contains("16777216") && error.remedy().is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_workload_with_its_files_may_be_larger_than_other_json() {
    let bench = Bench::new();
    let component = support::load(&bench.sandbox, &golden_path("")).await;
    for (bytes, fits) in [(4_000_000, true), (5_000_000, false)] {
        let spec = json!({"metadata": {"name": "web"}, "containers": {"main": {"image": "x".repeat(bytes)}}});
        let workloads = vec![WorkloadSpec { name: Name::new("web").unwrap(), spec }];
        let request = PathRequest { workloads, ..support::request() };
        let answer = component.golden_path(Call::new(Answers::new())).generate_steps(&request).await;
        assert_eq!(answer.is_ok(), fits, "{answer:?}");
    }
}

/// Fuel does not burn and epochs do not tick while a guest waits for the host.
#[tokio::test]
async fn a_host_call_that_never_returns_ends_by_the_clock() {
    let bench = Bench::new();
    let component = bench.provisioner(ECHO).await;
    let limits = Limits { wall: Duration::from_millis(50), ..Limits::for_export(Export::Provision) };
    let call = Call::new(Arc::new(Silence)).with_limits(limits);
    let error = component.provisioner(call).provision(&support::target(json!({}))).await.unwrap_err();
    let CallError::Fault { fault, usage, .. } = error else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Time);
    assert_eq!(usage.host_calls, 1);
}

/// Whoever called may stop waiting at any point of the guest's way.
#[tokio::test]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let bench = Bench::new();
    let component = bench.provisioner(ECHO).await;
    let target = support::target(json!({}));
    for _ in 0..20 {
        let call = component.provisioner(Call::new(Arc::new(Silence)));
        let waiting = tokio::time::timeout(Duration::from_millis(1), call.provision(&target)).await;
        assert!(waiting.is_err(), "nobody answers");
    }
    component.provisioner(Call::new(Answers::new())).provision(&target).await.unwrap().value.unwrap();
}

/// A write that has begun is finished, though the guest has long been ended.
#[tokio::test]
async fn a_write_is_not_torn_when_the_guest_runs_out_of_time() {
    struct SlowWrite {
        begun: tokio::sync::Notify,
        go_on: tokio::sync::Notify,
        done: tokio::sync::Notify,
    }
    #[async_trait]
    impl Port for SlowWrite {
        async fn perform(&self, _call: Effect) -> Result<Outcome, Interrupt> {
            self.begun.notify_one();
            self.go_on.notified().await;
            self.done.notify_one();
            Ok(Outcome::Done)
        }
    }
    let bench = Bench::new();
    let component = bench.provisioner(ASKS_FOR_A_SECRET).await;
    let port = Arc::new(SlowWrite {
        begun: tokio::sync::Notify::new(),
        go_on: tokio::sync::Notify::new(),
        done: tokio::sync::Notify::new(),
    });
    let limits = Limits { wall: Duration::from_millis(200), ..Limits::default() };
    let call = Call::new(port.clone()).with_limits(limits);
    let error = component.provisioner(call).provision(&support::target(json!({}))).await.unwrap_err();
    assert_eq!(error.code(), Code::GuestTime);
    port.begun.notified().await;
    port.go_on.notify_one();
    port.done.notified().await;
}

/// A guest that computes without end does not keep the only thread from others.
#[tokio::test(flavor = "current_thread")]
async fn a_busy_guest_yields() {
    let bench = Bench::new();
    let component = bench
        .provisioner(
            r#"
;; part: provision
(func (export "innominatus:platform/lifecycle@1.0.0#provision") (param i32) (result i32)
  (loop $for-ever (br $for-ever))
  unreachable)
"#,
        )
        .await;
    let limits = Limits { fuel: u64::MAX, wall: Duration::from_secs(600), ..Limits::default() };
    let busy = tokio::spawn(async move {
        let call = Call::new(Answers::new()).with_limits(limits);
        component.provisioner(call).provision(&support::target(json!({}))).await
    });
    let other = bench.provisioner("").await;
    for _ in 0..10 {
        other.provisioner(Call::new(Answers::new())).metadata().await.unwrap();
    }
    assert!(!busy.is_finished());
    busy.abort();
    assert!(busy.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn offers_say_whether_their_outputs_are_open() {
    let metadata = |ext: &str| {
        format!(
            r#"
;; part: metadata
(data (i32.const 2048) "{}")
(data (i32.const 2112) (i32 112 5 0 0 0 0 0 0 2048 {}))
(data (i32.const 2176) (i32 80 6 96 5 2112 1 64 2))
(func (export "innominatus:platform/lifecycle@1.0.0#metadata") (result i32) (i32.const 2176))
"#,
            ext.replace('"', "\\\""),
            ext.len()
        )
    };
    let bench = Bench::new();
    for (ext, open) in [
        (r#"{"openOutputs":true}"#, Some(true)),
        (r#"{"later":1}"#, Some(false)),
        (r#"{"openOutputs":1}"#, None),
    ] {
        let component = bench.provisioner(&metadata(ext)).await;
        let answer = component.provisioner(Call::new(Answers::new())).metadata().await;
        match open {
            Some(open) => assert_eq!(answer.unwrap().value.offers[0].open_outputs, open, "{ext}"),
            None => assert_eq!(answer.unwrap_err().code(), Code::GuestContract, "{ext}"),
        }
    }
}

#[test]
fn each_kind_of_fault_has_a_remedy() {
    for kind in FaultKind::ALL {
        let fault = innominatus_model::Fault { kind, export: "provision".into(), message: "x".into() };
        let error = CallError::Fault { fault, usage: Default::default(), trace: Vec::new() };
        assert_eq!(error.code(), kind.code());
        assert!(error.remedy().is_some(), "{kind:?}");
    }
}
