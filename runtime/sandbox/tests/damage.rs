//! Components and answers, damaged: whatever comes in is refused or ends as a fault of the guest, and the process lives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use innominatus_model::Coded;
use innominatus_sandbox::{Call, CallError, inspect};
use innominatus_testkit::damage::{Damage, rounds};
use innominatus_testkit::guest::{Parts, golden_path, hostile, provisioner};
use innominatus_testkit::{fixtures, programs};
use serde_json::json;
use support::port::Answers;

fn components() -> Vec<Vec<u8>> {
    let built = ["compose", "fixtures"].map(programs::platform);
    let built = built.iter().flat_map(|folder| fixtures::files(folder, ".wasm"));
    let built = built.map(|file| std::fs::read(file).unwrap());
    [provisioner(""), golden_path("")].into_iter().chain(built).collect()
}

#[test]
fn damaged_components_are_refused_or_judged() {
    let corpus = components();
    assert!(corpus.len() > 4, "{}", corpus.len());
    let mut damage = Damage::new(6);
    let mut refused = 0;
    for _ in 0..rounds(400) {
        if let Err(error) = inspect(&damage.of(&corpus)) {
            refused += 1;
            assert!(!error.to_string().is_empty() && error.remedy().is_some(), "{error:?}");
        }
    }
    assert!(refused > 20, "only {refused} are refused");
}

/// What passes the judgement is compiled by the child: it ends with code, or with a refusal that has one.
#[tokio::test]
async fn damaged_code_is_compiled_or_refused_and_the_compiler_child_takes_the_harm() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let corpus = [provisioner(""), golden_path("")];
    let mut damage = Damage::new(7);
    let (mut tried, mut refused) = (0, 0);
    for _ in 0..rounds(4_000) {
        let bytes = damage.of(&corpus);
        if corpus.contains(&bytes) || inspect(&bytes).is_err() {
            continue;
        }
        tried += 1;
        if tried > rounds(24) {
            break;
        }
        if let Err(error) = sandbox.load(&innominatus_model::Digest::of(&bytes), &bytes).await {
            refused += 1;
            assert!(!error.code().as_str().is_empty() && !error.to_string().is_empty());
        }
    }
    assert!(tried > 5, "only {tried} of them pass the judgement, {refused} refused");
    support::load(&sandbox, &provisioner("")).await;
}

/// Answers out of nothing: numbers where texts are to be, lengths beyond everything, cases that do not exist.
#[tokio::test]
async fn answers_of_chance_are_values_or_faults() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let mut damage = Damage::new(8);
    let (mut faults, mut values) = (0, 0);
    for _ in 0..rounds(40) {
        let component = support::load(&sandbox, &answering(&mut damage)).await;
        let guest = || component.provisioner(Call::new(Answers::new()));
        let target = support::target(json!({}));
        let ends = [
            guest().metadata().await.map(drop),
            guest().validate_config(&target).await.map(drop),
            guest().provision(&target).await.map(drop),
            guest().deprovision(&target).await.map(drop),
            guest().get_status(&target).await.map(drop),
            guest().get_hints(&target).await.map(drop),
        ];
        for end in ends {
            match end {
                Ok(()) => values += 1,
                Err(CallError::Fault { fault, .. }) => {
                    faults += 1;
                    let shown = fault.message.as_str();
                    assert!(!shown.is_empty() && !shown.contains(char::is_control), "{shown:?}");
                }
                Err(CallError::Host(error)) => panic!("nothing is the host's fault: {error:?}"),
            }
        }
    }
    assert!(faults > 20 && values > 0, "{faults} faults, {values} values");
    let calm = support::load(&sandbox, &Parts::read(&hostile().join("keeps-state.wat")).build()).await;
    calm.provisioner(Call::new(Answers::new())).metadata().await.unwrap();
}

/// Every answer lies at 2048, where words of chance are: small ones mostly, so that some of them make sense.
fn answering(damage: &mut Damage) -> Vec<u8> {
    let mut words = String::new();
    for _ in 0..96 {
        let word = match damage.below(8) {
            0..=2 => 0,
            3 | 4 => damage.below(4),
            5 => damage.below(128),
            6 => 64 + damage.below(2_000),
            _ => damage.below(1 << 31),
        };
        write!(words, " {word}").unwrap();
    }
    let mut parts = String::new();
    let exports = ["metadata", "validate-config", "provision", "deprovision", "get-status", "get-hints"];
    for (number, export) in exports.into_iter().enumerate() {
        let param = if export == "metadata" { "" } else { "(param i32) " };
        let data =
            if number == 0 { format!("(data (i32.const 2048) (i32{words}))\n") } else { String::new() };
        write!(
            parts,
            ";; part: {export}\n{data}(func (export \"innominatus:platform/lifecycle@1.0.0#{export}\") {param}(result i32) \
             (i32.const 2048))\n"
        )
        .unwrap();
    }
    provisioner(&parts)
}
