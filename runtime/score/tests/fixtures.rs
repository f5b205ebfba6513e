//! Folders of Score files with what reading them gives.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Diagnostic};
use innominatus_score::{Demand, Reading, Source, Workload, demand, file_sources, read};
use innominatus_testkit::{fixtures, golden};

/// Reads a file as a client would: with the files beside it that it names.
fn source(path: &Path, name: &str) -> Source {
    let text = fs::read(path).unwrap();
    let folder = path.parent().unwrap();
    let files = file_sources(&text)
        .into_iter()
        .filter_map(|local| fs::read(folder.join(&local)).ok().map(|bytes| (local, bytes)))
        .collect();
    Source { name: name.into(), text, files }
}

fn read_file(path: &Path) -> Reading {
    read(&source(path, path.file_name().unwrap().to_str().unwrap()))
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    let shown: Vec<String> = diagnostics.iter().map(|finding| format!("{finding}\n")).collect();
    shown.join("\n")
}

fn score_folder(name: &str) -> PathBuf {
    fixtures::root().join("score").join(name)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let text = path.to_str().unwrap();
    PathBuf::from(text.strip_suffix(".yaml").unwrap_or(text).to_owned() + suffix)
}

fn all_equal(differences: Vec<String>) {
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

#[test]
fn invalid_files_yield_their_findings() {
    let mut differences = Vec::new();
    for path in fixtures::files(score_folder("invalid"), ".score.yaml") {
        let reading = read_file(&path);
        assert!(reading.workload.is_none(), "{} is accepted", path.display());
        let findings = rendered(&reading.diagnostics);
        assert!(!findings.contains("the Score specification allows"), "a rule without words:\n{findings}");
        differences.extend(golden::compare(with_suffix(&path, ".err"), &findings).err());
    }
    all_equal(differences);
}

#[test]
fn every_code_of_reading_has_an_invalid_file() {
    let seen: Vec<String> = fixtures::files(fixtures::root().join("score"), ".err")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let ours = |code: &&Code| {
        let word = code.as_str();
        let elsewhere = [Code::PlaceholderOutput, Code::ScoreTooLarge];
        (word.starts_with("score-") || word.starts_with("placeholder-")) && !elsewhere.contains(*code)
    };
    for code in Code::ALL.iter().filter(ours) {
        assert!(seen.iter().any(|text| text.contains(&format!("[{code}]"))), "no fixture shows {code}");
    }
}

#[test]
fn valid_files_become_their_specs() {
    let mut differences = Vec::new();
    for path in fixtures::files(score_folder("valid"), ".score.yaml") {
        let reading = read_file(&path);
        let findings = rendered(&reading.diagnostics);
        let workload =
            reading.workload.unwrap_or_else(|| panic!("{} is refused:\n{findings}", path.display()));
        let spec = serde_json::to_string_pretty(workload.spec()).unwrap() + "\n";
        differences.extend(golden::compare(with_suffix(&path, ".spec.json"), &spec).err());
        if findings.is_empty() {
            assert!(!with_suffix(&path, ".err").exists(), "{} has no findings any more", path.display());
        } else {
            differences.extend(golden::compare(with_suffix(&path, ".err"), &findings).err());
        }
        let again = Workload::from_spec(workload.spec().clone()).unwrap();
        assert_eq!(again.resources(), workload.resources());
        assert_eq!(references(&again), references(&workload));
    }
    all_equal(differences);
}

fn references(workload: &Workload) -> Vec<String> {
    workload.placeholders().iter().map(|placed| placed.reference.to_string()).collect()
}

#[test]
fn applications_demand_what_their_workloads_declare() {
    let mut differences = Vec::new();
    let mut folders: Vec<_> =
        fs::read_dir(score_folder("demand")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        let mut workloads: Vec<Workload> = fixtures::files(&folder, ".score.yaml")
            .iter()
            .map(|path| {
                let reading = read_file(path);
                reading.workload.unwrap_or_else(|| panic!("{}", rendered(&reading.diagnostics)))
            })
            .collect();
        let given = demand(&workloads);
        let (name, text) = match &given {
            Ok(demand) => ("demand.txt", explained(demand)),
            Err(findings) => ("demand.err", rendered(findings)),
        };
        differences.extend(golden::compare(folder.join(name), &text).err());
        workloads.reverse();
        if let Ok(given) = given {
            assert_eq!(
                demand(&workloads),
                Ok(given),
                "the order of the files matters in {}",
                folder.display()
            );
        }
    }
    all_equal(differences);
}

fn explained(demand: &Demand) -> String {
    let mut text = String::new();
    for need in &demand.needs {
        let workloads: Vec<_> = need.workloads.iter().map(|name| name.as_str()).collect();
        let needs: Vec<_> = need.depends_on.iter().map(ToString::to_string).collect();
        let (file, line, column) = &need.place;
        writeln!(text, "{}", need.uid).unwrap();
        writeln!(text, "  owner {}, claimed by {}", need.owner, workloads.join(", ")).unwrap();
        writeln!(text, "  at {file}:{line}:{column}").unwrap();
        writeln!(text, "  params {}", need.params).unwrap();
        writeln!(text, "  metadata {}", need.metadata).unwrap();
        writeln!(text, "  after {}", if needs.is_empty() { "nothing".into() } else { needs.join(", ") })
            .unwrap();
    }
    text
}

#[test]
fn the_specifications_own_files_are_accepted() {
    let Some(shared) = fixtures::shared_score() else { return };
    for path in fixtures::files(shared.join("valid"), ".yaml") {
        let mut source = source(&path, "score.yaml");
        for local in file_sources(&source.text) {
            source.files.entry(local).or_insert_with(|| b"text\n".to_vec());
        }
        let reading = read(&source);
        let findings = rendered(&reading.diagnostics);
        let workload =
            reading.workload.unwrap_or_else(|| panic!("{} is refused:\n{findings}", path.display()));
        assert!(!findings.contains("error["), "{findings}");
        demand(&[workload]).unwrap_or_else(|findings| panic!("{}:\n{}", path.display(), rendered(&findings)));
    }
}

#[test]
fn files_of_the_former_innominatus_yield_their_findings() {
    let Some(shared) = fixtures::shared_score() else { return };
    let mut differences = Vec::new();
    for path in fixtures::files(shared.join("legacy"), ".yaml") {
        let expected = score_folder("legacy").join(path.file_stem().unwrap()).with_extension("err");
        differences.extend(golden::compare(expected, &rendered(&read_file(&path).diagnostics)).err());
    }
    all_equal(differences);
}
