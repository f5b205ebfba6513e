//! Every folder of `journeys/` is one application: its Score files, what a person passed, and the files it
//! becomes. `BLESS=1` writes the latter.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::{Path, PathBuf};

use innominatus_guest::Json;
use serde_json::json;

use support::{document, golden, run, workload};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys");
    let mut folders: Vec<_> = root.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn every_journey_ends_in_the_files_it_should() {
    let folders = folders();
    assert!(!folders.is_empty());
    for folder in folders {
        let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let scores = files.iter().filter(|file| file.to_string_lossy().ends_with(".score.yaml"));
        let workloads = scores.map(|file| workload(&std::fs::read_to_string(file).unwrap())).collect();
        let read = |name: &str| -> Json {
            let text = std::fs::read_to_string(folder.join(name));
            text.map_or(json!({}), |text| serde_json::from_str(&text).unwrap())
        };
        let (parameters, settings) = (read("parameters.json"), read("settings.json"));
        let rendered = run(workloads, parameters, settings)
            .unwrap_or_else(|refused| panic!("{}: {refused:#?}", folder.display()));
        golden(&folder.join("compose.yaml"), rendered.compose());
        golden(&folder.join("env"), rendered.env());
        golden(&folder.join("log"), &rendered.log.join("\n"));
        document::check(&rendered);
    }
}
