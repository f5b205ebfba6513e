//! Every folder of `journeys/` is one application: its Score files, what a person passed, and the files it
//! becomes. `BLESS=1` writes the latter. Below `fixtures/journeys` lie the files that the whole runtime makes of
//! Score files; they have to hold together as well.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::{Path, PathBuf};

use innominatus_guest::{Json, Workload};
use serde_json::json;

use support::{document, golden, run_in, workload};

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = root.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn workloads(files: &[PathBuf]) -> Vec<Workload> {
    let scores = files.iter().filter(|file| file.to_string_lossy().ends_with("score.yaml"));
    scores.map(|file| workload(&std::fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn every_journey_ends_in_the_files_it_should() {
    for folder in folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys")) {
        let read = |name: &str| -> Json {
            let text = std::fs::read_to_string(folder.join(name));
            text.map_or(json!({}), |text| serde_json::from_str(&text).unwrap())
        };
        let environment = std::fs::read_to_string(folder.join("environment.txt"));
        let environment = environment.as_deref().unwrap_or("default").trim();
        let (parameters, settings) = (read("parameters.json"), read("settings.json"));
        let rendered = run_in(environment, workloads(&files(&folder)), parameters, settings)
            .unwrap_or_else(|refused| panic!("{}: {refused:#?}", folder.display()));
        golden(&folder.join("compose.yaml"), Some(rendered.compose()));
        golden(&folder.join("env"), rendered.env());
        let lines = |lines: &[String]| (!lines.is_empty()).then(|| lines.join("\n") + "\n");
        golden(&folder.join("log"), lines(&rendered.log).as_deref());
        golden(&folder.join("hints"), lines(&rendered.hints).as_deref());
        document::images_are_pinned(&rendered.check());
    }
}

/// What the runtime writes is what Compose gets: with secrets where they belong, and quoted.
#[test]
fn every_journey_of_the_runtime_ends_in_a_compose_file_that_holds_together() {
    for folder in folders(&document::repository().join("fixtures/journeys")) {
        let files = files(&folder);
        let find = |ending: &str| files.iter().find(|file| file.to_string_lossy().ends_with(ending));
        let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
        let compose = read(find("-compose.yaml").unwrap());
        let env = find("-env").map(read);
        // Below `files/`, with the folder in the name.
        let beside = files.iter().filter_map(|file| {
            let (_, name) = file.file_name()?.to_str()?.split_once("-files-")?;
            Some(format!("files/{name}"))
        });
        let document = document::check(&document::Project {
            compose: &compose,
            env: env.as_deref(),
            files: beside.collect(),
            open: document::left_to_the_shell(&workloads(&files)),
        });
        document::images_are_pinned(&document);
    }
}
