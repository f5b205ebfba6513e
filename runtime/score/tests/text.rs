//! The bytes of a file: encodings, line ends, limits; and that no bytes at all make reading panic.

use std::collections::BTreeMap;

use innominatus_model::{Code, Severity};
use innominatus_score::{Reading, Source, Workload, demand, file_sources, placeholder, read};
use proptest::prelude::*;
use serde_json::{Value, json};

const GOOD: &str = "apiVersion: score.dev/v1b1\nmetadata:\n  name: wéb-x\ncontainers:\n  main:\n    image: nginx\n    files:\n      /a:\n        content: |\n          one\n          ${metadata.nme}\n";

fn read_bytes(text: impl Into<Vec<u8>>) -> Reading {
    read(&Source { name: "score.yaml".into(), text: text.into(), files: BTreeMap::new() })
}

fn found(reading: &Reading) -> Vec<(Code, u32, u32)> {
    reading.diagnostics.iter().map(|finding| (finding.code, finding.line, finding.column)).collect()
}

fn workload(text: &str) -> Workload {
    let reading = read_bytes(text);
    reading.workload.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
}

#[test]
fn a_byte_order_mark_and_carriage_returns_change_nothing() {
    let expected = found(&read_bytes(GOOD));
    assert_eq!(expected, [(Code::ScoreInvalidValue, 3, 9), (Code::PlaceholderMetadata, 11, 11)]);
    assert_eq!(found(&read_bytes(format!("\u{feff}{GOOD}"))), expected);
    assert_eq!(found(&read_bytes(GOOD.replace('\n', "\r\n"))), expected);

    let good = GOOD.replace('é', "e").replace("nme", "name");
    let spec = workload(&good).spec().clone();
    assert_eq!(spec["containers"]["main"]["files"]["/a"]["content"], "one\n${metadata.name}\n");
    assert_eq!(workload(&format!("\u{feff}{good}")).spec(), &spec);
    assert_eq!(workload(&good.replace('\n', "\r\n")).spec(), &spec);
}

#[test]
fn columns_count_characters() {
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: web, \"ключ\": ü, name: x}\ncontainers: {main: {image: x}}\n";
    assert_eq!(found(&read_bytes(text)), [(Code::ScoreDuplicateKey, 2, 34)]);
}

#[test]
fn other_encodings_are_named() {
    let wide = |bytes: fn(u16) -> [u8; 2], mark: bool| {
        let mark = mark.then_some(0xfeff);
        mark.into_iter().chain(GOOD.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    for text in [
        wide(u16::to_le_bytes, true),
        wide(u16::to_be_bytes, true),
        wide(u16::to_le_bytes, false),
        wide(u16::to_be_bytes, false),
    ] {
        let reading = read_bytes(text);
        assert_eq!(found(&reading), [(Code::ScoreSyntax, 0, 0)]);
        assert!(reading.diagnostics[0].message.contains("UTF-16"));
    }
    assert_eq!(found(&read_bytes(b"apiVersion: x\nmeta: \xff\n".as_slice())), [(Code::ScoreSyntax, 2, 7)]);
}

#[test]
fn limits_hold_at_the_edge() {
    let filler = |length: usize| {
        let good = GOOD.replace('é', "e").replace("nme", "name");
        let comment = "#".repeat(length - good.len());
        good + &comment
    };
    assert!(read_bytes(filler(1024 * 1024)).workload.is_some());
    assert_eq!(found(&read_bytes(filler(1024 * 1024 + 1))), [(Code::ScoreTooLarge, 0, 0)]);

    let nested = |levels: usize| {
        let head = "{apiVersion: score.dev/v1b1, metadata: {name: web, x: ";
        format!("{head}{}{}}}, containers: {{main: {{image: x}}}}}}", "[".repeat(levels), "]".repeat(levels))
    };
    assert!(read_bytes(nested(30)).workload.is_some());
    assert_eq!(read_bytes(nested(31)).diagnostics[0].code, Code::ScoreBudget);
    for levels in [1_000, 100_000] {
        let reading = read_bytes("[".repeat(levels));
        assert_eq!(reading.diagnostics[0].code, Code::ScoreBudget);
        let blocks: String = (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert_eq!(read_bytes(blocks).diagnostics[0].code, Code::ScoreBudget);
    }

    let many = |values: usize| format!("{}      extra: [{}]\n", GOOD, "a, ".repeat(values));
    assert_eq!(
        read_bytes(many(20_000).replace("      extra", "extra")).diagnostics[0].code,
        Code::ScoreBudget
    );
}

#[test]
fn keys_may_be_as_long_as_the_longest_that_the_schema_knows() {
    let host = format!("{}.{}", ["h".repeat(63).as_str(); 3].join("."), "h".repeat(60));
    let longest = format!("{host}/{}", "n".repeat(63));
    assert_eq!(longest.len(), 316);
    for (key, accepted) in [(longest.clone(), true), (format!("{longest}x"), false)] {
        let text = format!(
            "{{apiVersion: score.dev/v1b1, metadata: {{name: web, annotations: {{\n? \"{key}\" : x}}}}, containers: {{main: {{image: x}}}}}}"
        );
        let reading = read_bytes(text);
        assert_eq!(reading.workload.is_some(), accepted, "{:?}", reading.diagnostics);
        assert!(accepted || found(&reading) == [(Code::ScoreBudget, 2, 3)], "{:?}", reading.diagnostics);
    }
}

#[test]
fn many_findings_are_cut_off_and_counted() {
    let variables: String = (0..150).map(|index| format!("      V{index}: {index}\n")).collect();
    let head = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  main:\n    image: x\n    variables:\n";
    let reading = read_bytes(format!("{head}{variables}"));
    assert_eq!(reading.diagnostics.len(), 101);
    assert_eq!(reading.diagnostics[100].message, "50 more findings are not shown");
    assert_eq!(reading.diagnostics[100].severity, Severity::Error);
}

#[test]
fn odd_keys_are_refused_by_name() {
    for (text, code) in [
        (": x", Code::ScoreSyntax),
        ("? \n: x", Code::ScoreSyntax),
        ("? {a: b}\n: x", Code::ScoreSyntax),
        ("*a : x", Code::ScoreAlias),
        ("a: &b", Code::ScoreAlias),
        ("%TAG ! tag:x,2000:\n---\na: !x b", Code::ScoreSyntax),
        ("a: \"\\xqq\"", Code::ScoreSyntax),
        ("a: \u{0}", Code::ScoreSyntax),
        ("--- a\n--- b", Code::ScoreDocuments),
        ("---", Code::ScoreDocuments),
        ("null", Code::ScoreDocuments),
    ] {
        let reading = read_bytes(text);
        assert_eq!(
            reading.diagnostics.first().map(|finding| finding.code),
            Some(code),
            "{text:?}: {:?}",
            reading.diagnostics
        );
        assert!(reading.diagnostics[0].hint.is_some());
    }
}

#[test]
fn places_are_found_by_pointer() {
    let web = workload(
        "apiVersion: score.dev/v1b1\nmetadata:\n  name: web\ncontainers:\n  main:\n    image: x\n    files:\n    - target: /a/b\n      content: x ${metadata.name}\nresources:\n  db:\n    type: postgres\n    params:\n      size: [1, 2]\n",
    );
    for (pointer, place) in [
        ("", (1, 1)),
        ("/metadata/name", (3, 9)),
        ("/containers/main", (5, 3)),
        ("/containers/main/files/~1a~1b", (8, 15)),
        ("/containers/main/files/~1a~1b/content", (9, 16)),
        ("/resources/db/params/size/1", (14, 17)),
        ("/resources/db/params/missing/deep", (13, 5)),
        ("/nowhere", (1, 1)),
    ] {
        assert_eq!(web.locate(pointer), place, "{pointer}");
    }
    let placed = &web.placeholders()[0];
    assert_eq!((&*placed.file, placed.line, placed.column), ("score.yaml", 9, 18));
    assert_eq!(web.metadata_at(&["name".into()]), Some(&json!("web")));
}

#[test]
fn local_files_are_listed_once_and_only_below_the_folder() {
    let text = "containers: {a: {files: {/x: {source: a/b.txt}, /y: {source: /etc/shadow}, /z: {source: ../c}}}, b: {files: [{target: /q, source: a/b.txt}, {target: /r, source: ./d}]}}";
    assert_eq!(file_sources(text.as_bytes()), ["a/b.txt", "./d"]);
    assert!(
        file_sources(b"\xff").is_empty()
            && file_sources(b"a: [").is_empty()
            && file_sources(b"[]").is_empty()
    );
}

#[test]
fn a_local_file_over_one_mebibyte_is_refused() {
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x, files: {/x: {source: big}}}}\n";
    for (length, accepted) in [(1024 * 1024, true), (1024 * 1024 + 1, false)] {
        let files = BTreeMap::from([("big".to_owned(), vec![b'x'; length])]);
        let reading = read(&Source { name: "score.yaml".into(), text: text.into(), files });
        assert_eq!(reading.workload.is_some(), accepted);
        assert_eq!(
            reading.diagnostics.first().map(|finding| finding.code),
            (!accepted).then_some(Code::FileSource)
        );
    }
}

#[test]
fn a_workload_with_its_files_has_a_bound_of_its_own() {
    let mut text =
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  main:\n    image: x\n    files:\n"
            .to_owned();
    for at in 0..5 {
        text.push_str(&format!("      /f{at}: {{source: f{at}}}\n"));
    }
    let read_with = |contents: [Vec<u8>; 5]| {
        let files = (0..).zip(contents).map(|(at, bytes)| (format!("f{at}"), bytes)).collect();
        read(&Source { name: "score.yaml".into(), text: text.clone().into(), files })
    };
    let letters = |bytes: usize| vec![b'x'; bytes];
    let four =
        read_with([letters(900_000), letters(900_000), letters(900_000), letters(900_000), letters(1)]);
    assert!(four.workload.is_some(), "{:?}", four.diagnostics);
    let five =
        read_with([letters(900_000), letters(900_000), letters(900_001), letters(900_000), letters(900_000)]);
    assert_eq!(found(&five), [(Code::FileSource, 9, 21)], "the largest is named");
    assert!(five.diagnostics[0].message.contains("more than 4194304"), "{}", five.diagnostics[0].message);
    // What counts is the text that a platform is handed: a line end takes two bytes of it.
    let lines = read_with([vec![b'\n'; 1 << 20], vec![b'\n'; 1 << 20], letters(1), letters(1), letters(1)]);
    assert_eq!(found(&lines), [(Code::FileSource, 7, 21)]);
}

#[test]
fn a_kept_spec_gives_the_same_demand_without_places() {
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x}}\nresources: {db: {type: postgres, params: {host: '${resources.dns.host}'}}, dns: {type: dns}}\n";
    let read = workload(text);
    let kept = Workload::from_spec(read.spec().clone()).unwrap();
    let [mut from_read, mut from_kept] =
        [demand(&[read]).unwrap(), demand(std::slice::from_ref(&kept)).unwrap()];
    assert_eq!(from_kept.needs[0].place, ("workload web".to_owned(), 0, 0));
    for need in from_read.needs.iter_mut().chain(&mut from_kept.needs) {
        need.place = Default::default();
    }
    assert_eq!(from_read, from_kept);
    assert_eq!(kept.locate("/resources/db"), (0, 0));
}

#[test]
fn specs_that_are_no_workloads_are_refused() {
    for spec in [
        json!(null),
        json!({"metadata": {"name": "web"}}),
        json!({"metadata": {"name": "Web"}, "containers": {}}),
        json!({"metadata": {"name": "web"}, "containers": {}, "resources": {"db": {}}}),
        json!({"metadata": {"name": "web"}, "containers": {}, "resources": {"db": {"type": "postgres", "params": {"a": "${x"}}}}),
    ] {
        assert!(Workload::from_spec(spec.clone()).is_err(), "{spec}");
    }
}

/// Text that is more like YAML than chance makes it.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("apiVersion: score.dev/v1b1\n".to_owned()),
        Just("apiVersion: score.dev/v1\n".to_owned()),
        Just("metadata:\n  name: web\n".to_owned()),
        Just("containers:\n  main:\n".to_owned()),
        Just("    image: nginx\n".to_owned()),
        Just("    files:\n      - target: /a\n        source: ".to_owned()),
        Just("    variables:\n      A: ".to_owned()),
        Just("resources:\n  db:\n    type: postgres\n    properties:\n      ".to_owned()),
        "[\\[\\]{}:,&*!|>'\"%@`#?\\-$~<\t\r\n a-c0-9.é\u{0}\u{feff}]{0,12}",
        Just("${resources.db.host}\n".to_owned()),
        Just("${metadata.".to_owned()),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn check(text: Vec<u8>) {
    let reading = read_bytes(text.clone());
    let errors = reading.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(reading.workload.is_none(), errors, "{:?}", reading.diagnostics);
    for finding in &reading.diagnostics {
        assert!(finding.hint.as_ref().is_some_and(|hint| !hint.is_empty()), "{finding}");
        assert!(!finding.to_string().chars().any(|c| c.is_control() && c != '\n'), "{finding:?}");
    }
    _ = file_sources(&text);
}

proptest! {
    #[test]
    fn reading_never_panics_on_bytes(text in prop::collection::vec(any::<u8>(), 0..400)) {
        check(text);
    }

    #[test]
    fn reading_never_panics_on_what_looks_like_yaml(text in yaml_like()) {
        check(text.into_bytes());
    }

    #[test]
    fn filling_never_looks_at_what_it_filled_in(before in "(a|\\$\\$){0,3}", value in ".{0,12}|\\$\\{metadata\\.name\\}", after in "[a}]{0,4}") {
        let text = format!("{before}${{metadata.name}}{after}");
        let mut asked = 0;
        let filled = placeholder::fill(&text, &mut |_| {
            asked += 1;
            Ok::<_, String>(Value::String(value.clone()))
        });
        prop_assert_eq!(asked, 1);
        let head = placeholder::fill(&before, &mut |_| Err::<Value, _>("none")).unwrap();
        prop_assert_eq!(filled.unwrap(), format!("{head}{value}{after}"));
    }

    #[test]
    fn escaped_text_comes_back(text in "[a$]{0,5}(\\$\\{[a-z.]{0,6}\\})?[a$]{0,5}") {
        let escaped = text.replace('$', "$$");
        prop_assert_eq!(placeholder::fill(&escaped, &mut |_| Err::<Value, _>("none")).unwrap(), text);
    }
}
