//! Every Score file among the fixtures, damaged: it is read to the end, and every finding can be shown.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use innominatus_model::Severity;
use innominatus_score::{Source, file_sources, read};
use innominatus_testkit::damage::{Damage, rounds};
use innominatus_testkit::fixtures;

#[test]
fn damaged_files_are_read_to_the_end_and_what_is_wrong_is_said() {
    let mut files = fixtures::files(fixtures::root(), ".score.yaml");
    files.extend(fixtures::shared_score().map(|folder| fixtures::files(folder, ".yaml")).unwrap_or_default());
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    // Large ones are tried elsewhere; here they would be all there is time for.
    let corpus: Vec<Vec<u8>> = corpus.into_iter().filter(|text| text.len() < 8 << 10).collect();
    assert!(corpus.len() > 20, "{}", corpus.len());
    let mut damage = Damage::new(1);
    let mut accepted = 0;
    for _ in 0..rounds(3_000) {
        let text = damage.of(&corpus);
        let reading = read(&Source { name: "score.yaml".into(), text: text.clone(), files: BTreeMap::new() });
        let shown = String::from_utf8_lossy(&text);
        let errors = reading.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
        assert_eq!(reading.workload.is_none(), errors, "{shown}");
        accepted += usize::from(!errors);
        // To YAML a carriage return alone ends a line as well.
        let lines = shown.replace("\r\n", "\n").matches(['\n', '\r']).count();
        let lines = u32::try_from(lines).unwrap() + 2;
        for finding in &reading.diagnostics {
            assert!(finding.line <= lines, "{finding} is beyond the end of {shown}");
            assert!(finding.hint.as_ref().is_some_and(|hint| !hint.is_empty()), "{finding}: {shown}");
            assert!(!finding.to_string().chars().any(|c| c.is_control() && c != '\n'), "{finding:?}");
        }
        _ = file_sources(&text);
    }
    assert!(accepted > 0, "some damage does not matter");
}
