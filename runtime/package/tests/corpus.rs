//! Every manifest, grants file and other file of the operator's among the fixtures and platforms, damaged: it is read to the end, and every
//! finding can be shown.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use innominatus_model::Diagnostic;
use innominatus_package::{
    ConfigErrors, read_grants, read_manifest, read_platforms, read_policy, read_registries,
};
use innominatus_testkit::damage::{Damage, rounds};
use innominatus_testkit::fixtures;

fn shown(findings: &[Diagnostic], text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    // To YAML a carriage return alone ends a line as well.
    let lines = text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    let lines = u32::try_from(lines).unwrap() + 2;
    for finding in findings {
        assert!(finding.line <= lines, "{finding} is beyond the end of {text}");
        assert!(!finding.to_string().chars().any(|c| c.is_control() && c != '\n'), "{finding:?}");
    }
}

#[test]
fn damaged_manifests_are_read_to_the_end() {
    let platforms = fixtures::root().with_file_name("platforms");
    let mut files = fixtures::files(fixtures::root().join("platforms"), ".yaml");
    files.extend(fixtures::files(platforms, "platform.yaml"));
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(corpus.len() > 10, "{}", corpus.len());
    let mut damage = Damage::new(2);
    let mut accepted = 0;
    for _ in 0..rounds(3_000) {
        let text = damage.of(&corpus);
        match read_manifest("platform.yaml", &text) {
            Ok((_, warnings)) => {
                accepted += 1;
                shown(&warnings, &text);
            }
            Err(errors) => {
                assert!(!errors.diagnostics.is_empty());
                shown(&errors.diagnostics, &text);
            }
        }
    }
    assert!(accepted > 0, "some damage does not matter");
}

#[test]
fn damaged_grants_are_read_to_the_end() {
    let files = fixtures::files(fixtures::root().join("grants"), ".yaml");
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert!(corpus.len() > 5, "{}", corpus.len());
    let mut damage = Damage::new(3);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..rounds(3_000) {
        let text = damage.of(&corpus);
        match read_grants("grants.yaml", &text) {
            Ok((_, warnings)) => {
                accepted += 1;
                shown(&warnings, &text);
            }
            Err(errors) => {
                refused += 1;
                assert!(!errors.diagnostics.is_empty());
                shown(&errors.diagnostics, &text);
            }
        }
    }
    assert!(accepted > 20 && refused > 20, "{accepted} accepted, {refused} refused");
}

/// A reader whose value does not matter.
type Reader = fn(&[u8]) -> Result<Vec<Diagnostic>, ConfigErrors>;

#[test]
fn damaged_files_of_the_operator_are_read_to_the_end() {
    let kinds: [(&str, Reader); 3] = [
        ("desired", |text| read_platforms("platforms.yaml", text).map(|(_, warnings)| warnings)),
        ("policies", |text| read_policy("policy.yaml", text).map(|(_, warnings)| warnings)),
        ("registries", |text| read_registries("registries.yaml", text).map(|(_, warnings)| warnings)),
    ];
    for (seed, (folder, read)) in (4..).zip(kinds) {
        let files = fixtures::files(fixtures::root().join(folder), ".yaml");
        let corpus: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
        assert!(corpus.len() > 5, "{folder}: {}", corpus.len());
        let mut damage = Damage::new(seed);
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..rounds(1_000) {
            let text = damage.of(&corpus);
            match read(&text) {
                Ok(warnings) => {
                    accepted += 1;
                    shown(&warnings, &text);
                }
                Err(errors) => {
                    refused += 1;
                    assert!(!errors.diagnostics.is_empty());
                    shown(&errors.diagnostics, &text);
                }
            }
        }
        assert!(accepted > 5 && refused > 20, "{folder}: {accepted} accepted, {refused} refused");
    }
}
