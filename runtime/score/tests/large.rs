//! Files as large as the limits allow: reading them takes stack and memory in proportion, and no more.

use innominatus_model::Code;
use innominatus_score::{Reading, Source, Workload, demand, read};

fn read_text(text: String) -> Reading {
    read(&Source { name: "score.yaml".into(), text: text.into_bytes(), ..Source::default() })
}

fn workload(text: String) -> Workload {
    let reading = read_text(text);
    reading.workload.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
}

/// Workload `number` of `all`: a chain of resources from one shared resource to the next workload's.
fn link(number: usize, all: usize, resources: usize) -> Workload {
    let next = (number + 1) % all;
    let mut text = format!(
        "{{apiVersion: score.dev/v1b1, metadata: {{name: w{number}}}, containers: {{main: {{image: x}}}}, resources: {{\n\
         end: {{type: redis, id: shared{next}}},\n\
         r0: {{type: redis, id: shared{number}, params: {{to: '${{resources.r1.host}}'}}}},\n"
    );
    for at in 1..resources {
        let to = if at + 1 == resources { "end".into() } else { format!("r{}", at + 1) };
        text.push_str(&format!("r{at}: {{type: redis, params: {{to: '${{resources.{to}.host}}'}}}},\n"));
    }
    workload(text + "}}")
}

#[test]
fn a_circle_through_every_resource_of_several_files_is_an_error_like_any_other() {
    const FILES: usize = 8;
    let workloads: Vec<Workload> = (0..FILES).map(|number| link(number, FILES, 2_400)).collect();
    let findings = demand(&workloads).unwrap_err();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, Code::ResourceCycle);
    assert!(findings[0].message.contains("19170 more"), "{}", findings[0].message);
}

#[test]
fn containers_that_all_wait_for_each_other_are_an_error_like_any_other() {
    const CONTAINERS: usize = 1_900;
    let mut text = "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {\n".to_owned();
    for at in 0..CONTAINERS {
        let next = (at + 1) % CONTAINERS;
        text.push_str(&format!("c{at}: {{image: x, before: {{c{next}: {{ready: started}}}}}},\n"));
    }
    let reading = read_text(text + "}}");
    let codes: Vec<Code> = reading.diagnostics.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ContainerReference], "{:?}", reading.diagnostics);
}

/// A file of `times` placeholders for one text of `bytes`.
fn bomb(bytes: usize, times: usize) -> Reading {
    let text = "x".repeat(bytes);
    let all = "${metadata.t}".repeat(times);
    read_text(format!(
        "{{apiVersion: score.dev/v1b1, metadata: {{name: web, t: {text}}}, containers: {{main: {{image: x, variables: {{A: '{all}'}}}}}}, resources: {{db: {{type: redis, params: {{b: ['{all}', '{all}']}}}}}}}}"
    ))
}

#[test]
fn metadata_is_not_copied_without_measure() {
    // 300 KB of file that would become 25 GB.
    let reading = bomb(250_000, 1_300);
    let codes: Vec<Code> = reading.diagnostics.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ScoreBudget], "{:?}", reading.diagnostics);
    assert!(reading.workload.is_none());
    assert!(reading.diagnostics[0].message.contains("1048576"), "{}", reading.diagnostics[0].message);
    // Many placeholders for little are fine: three times 20,000 of them here.
    assert!(bomb(5, 20_000).workload.is_some());
}
