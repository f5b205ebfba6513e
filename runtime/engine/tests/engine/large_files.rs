//! What `validate` takes can be run: files beside the Score file, as large as they may be, down to what a person
//! gets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_engine::{ApplyInput, complete_files};
use innominatus_ledger::RunState;
use innominatus_score::Source;
use innominatus_testkit::programs;

use crate::house::House;

const SCORE: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: x
    files:
      /etc/words.txt: {source: words.txt}
      /etc/small.txt: {source: small.txt, noExpand: true}
      /opt/blob.bin: {source: blob.bin}
";

fn lines(bytes: usize) -> Vec<u8> {
    (0..).flat_map(|at: u32| format!("line {at} of it\n").into_bytes()).take(bytes).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_beside_the_score_file_arrive_whole() {
    let house = House::empty().await;
    house.install(&programs::platform("compose")).await;
    let blob: Vec<u8> = (0..900_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let files = BTreeMap::from([
        ("words.txt".to_owned(), lines(900_000)),
        ("small.txt".to_owned(), lines(300_000)),
        ("blob.bin".to_owned(), blob.clone()),
    ]);
    let source = Source { name: "score.yaml".into(), text: SCORE.into(), files };
    let input = ApplyInput { sources: vec![source], ..ApplyInput::default() };
    assert!(house.engine.judge(&input).await.unwrap().is_valid());

    let accepted = house.apply(&input).await;
    let run = house.ended(accepted.run.unwrap()).await;
    assert_eq!(run.state, RunState::Succeeded, "{:?}", run.error);

    let written = complete_files(house.ledger(), &accepted.plan, &run).await.unwrap();
    let blobs: Vec<_> = written.iter().filter(|file| *file.content == blob).collect();
    assert_eq!(blobs.len(), 1, "the binary file is written as it was");
    let compose = written.iter().find(|file| file.file.name == "compose.yaml").unwrap();
    let text = std::str::from_utf8(&compose.content).unwrap();
    let last = |bytes: usize| lines(bytes).split(|byte| *byte == b'\n').count() - 2;
    for bytes in [300_000, 900_000] {
        assert!(text.contains(&format!("line {} of it", last(bytes))), "{bytes} bytes of text arrived");
    }
    assert!(!text.contains(&BASE64.encode(&blob[..300])));
    assert!(house.apply(&input).await.unchanged);
}
