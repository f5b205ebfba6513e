//! Folders of decisions: see `fixtures/plans/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use innominatus_model::{Coded as _, Json, ResourceId};
use innominatus_plan::{ComponentRef, Plan, PlanError, Snapshot, explain};
use innominatus_testkit::{fixtures, golden};

use crate::support::{Case, catalogue, component, step};

#[test]
fn decisions_are_those_of_the_fixtures() {
    let mut differences = Vec::new();
    let root = fixtures::root().join("plans");
    let mut folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    assert!(folders.len() > 40, "the fixtures are there");
    for folder in folders {
        let case = case(&root, &folder, 100);
        let decided = case.decide();
        assert_eq!(case.decide(), decided, "the same inputs give the same plan: {}", folder.display());
        if let Ok(plan) = &decided {
            let names = plan.tasks.iter().map(|task| (task.uid.to_string(), &task.name));
            let told = plan.request.needs.iter().map(|need| (need.id.clone(), &need.name));
            assert_eq!(told.collect::<BTreeMap<_, _>>(), names.collect(), "{}", folder.display());
        }
        let (file, other, text) = match &decided {
            Ok(plan) => ("plan.txt", "plan.err", described(plan, &case.snapshot)),
            Err(error) => ("plan.err", "plan.txt", refusal(error)),
        };
        assert!(
            !folder.join(other).exists(),
            "{} has a `{other}`, but gives a `{file}`:\n{text}",
            folder.display()
        );
        differences.extend(golden::compare(folder.join(file), &text).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

fn json(path: &Path) -> Option<Json> {
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn case(root: &Path, folder: &Path, ids_from: u64) -> Case {
    let mut files: Vec<(String, String)> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".score.yaml") {
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!files.is_empty(), "no Score file in {}", folder.display());
    let offers = json(&folder.join("offers.json")).or_else(|| json(&root.join("offers.json"))).unwrap();
    let mut case = Case::new(&files, catalogue(&offers));
    case.steps =
        json(&folder.join("steps.json")).map(|steps| steps.as_array().unwrap().iter().map(step).collect());
    case.ids_from = ids_from;
    if folder.join("before").is_dir() {
        let before = self::case(root, &folder.join("before"), 1);
        let plan = before.decide().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        case.snapshot = Snapshot::after(&plan);
    }
    if let Some(otherwise) = json(&folder.join("snapshot.json")) {
        change(&mut case.snapshot, &otherwise);
    }
    case
}

fn change(snapshot: &mut Snapshot, otherwise: &Json) {
    if let Some(settled) = otherwise["current"]["settled"].as_bool() {
        snapshot.current.as_mut().unwrap().settled = settled;
    }
    for (uid, otherwise) in otherwise["resources"].as_object().into_iter().flatten() {
        let known = snapshot.resources.iter_mut().find(|known| known.uid.to_string() == *uid);
        let known = known.unwrap_or_else(|| panic!("`{uid}` does not exist"));
        for (field, value) in otherwise.as_object().unwrap() {
            match field.as_str() {
                "settled" => known.settled = value.as_bool().unwrap(),
                "deleting" => known.deleting = value.as_bool().unwrap(),
                "madeBy" => known.made_by = value.as_str().map(made_by),
                other => panic!("`{other}` cannot be otherwise"),
            }
        }
    }
}

/// `<platform>/<entry> <version>`
fn made_by(text: &str) -> ComponentRef {
    let (label, version) = text.split_once(' ').unwrap();
    component(label, version, "")
}

fn refusal(error: &PlanError) -> String {
    let mut out = format!("{error} [{}]\n", error.code());
    for diagnostic in error.diagnostics() {
        let _ = writeln!(out, "\n{diagnostic}");
    }
    if let Some(remedy) = error.remedy() {
        let _ = writeln!(out, "\n{remedy}");
    }
    out
}

/// Every decision, with identities by name.
fn described(plan: &Plan, snapshot: &Snapshot) -> String {
    let mut uids: BTreeMap<ResourceId, String> =
        snapshot.resources.iter().map(|known| (known.id, known.uid.to_string())).collect();
    let is_known: Vec<ResourceId> = uids.keys().copied().collect();
    uids.extend(plan.tasks.iter().map(|task| (task.resource, task.uid.to_string())));
    let mut out = explain(plan);
    let parent = if plan.parent.is_some() { "the plan before" } else { "none" };
    let _ = writeln!(out, "\nparent: {parent}\nunchanged: {}", plan.is_unchanged());
    for task in &plan.tasks {
        let identity = if is_known.contains(&task.resource) { "kept" } else { "new" };
        let workloads: Vec<_> = task.workloads.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "\ntask {}: {} {}", task.step, task.action.as_str(), task.uid);
        let _ = writeln!(out, "  reason: {}", task.reason);
        let _ = writeln!(out, "  name: {} ({identity} identity)", task.name);
        let _ = writeln!(out, "  by: {} {}", task.provisioner.label(), task.provisioner.version);
        let _ = writeln!(out, "  generation: {}", task.generation);
        let _ = writeln!(out, "  claimed by: {} (read as {})", workloads.join(", "), task.owner);
        let _ = writeln!(out, "  params: {}", task.params);
        for (key, value) in &task.annotations {
            let _ = writeln!(out, "  annotation: {key}: {value}");
        }
        for (name, id) in &task.references {
            let _ = writeln!(out, "  refers to: {name}, {}", uids[id]);
        }
        for step in &task.after {
            let _ = writeln!(out, "  after: {step}");
        }
    }
    for render in &plan.renders {
        let verdict = if plan.render { "is carried out" } else { "is left out" };
        let _ = writeln!(out, "\nrender {}: {verdict}\n  config: {}", render.step.name, render.step.config);
        for step in &render.after {
            let _ = writeln!(out, "  after: {step}");
        }
    }
    for removal in &plan.removals {
        let by = &removal.provisioner;
        let _ = writeln!(
            out,
            "\nremoval {} (named {}) by {} {}",
            removal.uid,
            removal.name,
            by.label(),
            by.version
        );
        for id in &removal.after {
            let _ = writeln!(out, "  after: {}", uids[id]);
        }
    }
    out
}
