//! The Score specification's own files, where they lie beside the repository: each that this platform can
//! make becomes a Compose file that holds together.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::json;

use support::{Refused, can_make, run, workload};

fn folder() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3)?;
    let folder = repository.parent()?.join("shared/score/valid");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("skipped: no folder {}", folder.display());
    }
    None
}

fn scores(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scores(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn every_sample_becomes_a_compose_file() {
    let Some(folder) = folder() else { return };
    let mut files = Vec::new();
    scores(&folder, &mut files);
    files.sort();
    let (mut made, mut unknown) = (0, Vec::new());
    for file in &files {
        let workloads = vec![workload(&std::fs::read_to_string(file).unwrap())];
        if !can_make(&workloads) {
            unknown.push(file.file_name().unwrap().to_string_lossy().into_owned());
            continue;
        }
        let rendered = run(workloads, json!({}), json!({}))
            .unwrap_or_else(|refused| panic!("{}: {refused:#?}", file.display()));
        rendered.check();
        made += 1;
    }
    // Only the file with invented types asks for what nobody makes.
    assert_eq!(unknown, ["score-full.yaml"]);
    assert_eq!(made, files.len() - 1);
}

#[test]
fn the_online_boutique_becomes_one_project() {
    let Some(folder) = folder() else { return };
    let mut files = Vec::new();
    scores(&folder.join("examples/samples/onlineboutique"), &mut files);
    files.sort();
    let workloads = files.iter().map(|file| workload(&std::fs::read_to_string(file).unwrap())).collect();
    let rendered = run(workloads, json!({"project": "boutique"}), json!({})).unwrap();
    rendered.check();
    assert!(rendered.compose().contains("RECOMMENDATION_SERVICE_ADDR: recommendation:8080"));
    assert_eq!(rendered.env().unwrap().lines().count(), 1, "the cart's cache has the only secret");
}

#[test]
fn the_full_sample_becomes_services_once_its_resources_are_left_out() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("spec/score-full.yaml")).unwrap();
    let mut full = workload(&text);
    full.spec["resources"] = json!({});
    let refused = match run(vec![full.clone()], json!({}), json!({})) {
        Err(Refused::Invalid(violations)) => violations,
        _ => panic!("the image `.` is accepted"),
    };
    assert_eq!(refused.len(), 1, "{refused:#?}");
    full.spec["containers"]["container-two2"]["image"] = json!("two");
    let rendered = run(vec![full], json!({}), json!({})).unwrap();
    rendered.check();
    assert!(rendered.compose().contains("network_mode: service:example-workload-name123-container-one1"));
}
