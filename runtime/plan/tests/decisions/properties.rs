//! What holds for every plan.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use innominatus_model::{Json, PlanId, Step, StepKind};
use innominatus_plan::{Action, Catalogue, PlanError, Snapshot, removal};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Case, catalogue, default_steps, resource_id};

const KINDS: [&str; 3] = ["postgres", "redis", "dns"];

/// One resource of a workload: its type, whether `id` is written, a size, and to which earlier ones it refers.
#[derive(Debug, Clone)]
struct Wanted {
    kind: usize,
    shared: bool,
    size: u8,
    refers: Vec<prop::sample::Index>,
}

fn wanted() -> impl Strategy<Value = Vec<Vec<Wanted>>> {
    let one =
        (0..KINDS.len(), any::<bool>(), 0..3_u8, prop::collection::vec(any::<prop::sample::Index>(), 0..3))
            .prop_map(|(kind, shared, size, refers)| Wanted { kind, shared, size, refers });
    prop::collection::vec(prop::collection::vec(one, 0..6), 1..3)
}

fn files(application: &[Vec<Wanted>]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (number, resources) in application.iter().enumerate() {
        let mut text = format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: w{number}}}\ncontainers: {{main: {{image: x}}}}\nresources:\n"
        );
        if resources.is_empty() {
            text.truncate(text.len() - "resources:\n".len());
        }
        for (at, wanted) in resources.iter().enumerate() {
            let _ = writeln!(text, "  r{at}:\n    type: {}", KINDS[wanted.kind]);
            if wanted.shared {
                // Shared with the other workload, so nothing may differ.
                let _ = writeln!(text, "    id: common{at}-{}", wanted.kind);
                continue;
            }
            let _ = writeln!(text, "    params:\n      size: {}", wanted.size);
            if at > 0 {
                let refers: Vec<_> = wanted
                    .refers
                    .iter()
                    .map(|index| format!("\"${{resources.r{}.host}}\"", index.index(at)))
                    .collect();
                let _ = writeln!(text, "      near: [{}]", refers.join(", "));
            }
        }
        files.push((format!("w{number}.yaml"), text));
    }
    files
}

fn offers() -> Catalogue {
    let offers: Vec<Json> = KINDS
        .iter()
        .map(|kind| json!({"provisioner": format!("compose/{kind}"), "type": kind, "outputs": ["host"]}))
        .collect();
    catalogue(&Json::Array(offers))
}

fn case(application: &[Vec<Wanted>]) -> Case {
    Case::new(&files(application), offers())
}

/// What a person wants, ids and all that the runtime adds aside.
fn wants(case: &Case) -> Json {
    let specs = case.workloads.iter().map(|workload| workload.spec().clone());
    json!([specs.collect::<Vec<_>>(), case.parameters])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_same_inputs_give_the_same_plan_in_whatever_order_files_came(application in wanted()) {
        let one = case(&application);
        let mut reversed = files(&application);
        reversed.reverse();
        let other = Case::new(&reversed, offers());
        prop_assert_eq!(one.decide().unwrap(), other.decide().unwrap());
    }

    #[test]
    fn everything_comes_after_what_it_depends_on(application in wanted()) {
        let plan = case(&application).decide().unwrap();
        let mut made = BTreeMap::new();
        for task in &plan.tasks {
            for (_, id) in &task.references {
                let step: &str = made.get(id).copied().expect("what is referred to is made before");
                prop_assert!(task.after.iter().any(|after| after == step));
            }
            made.insert(task.resource, task.step.as_str());
        }
        prop_assert_eq!(made.len(), plan.tasks.len());
        prop_assert_eq!(plan.renders[0].after.len(), plan.tasks.len());
    }

    #[test]
    fn what_was_carried_out_is_not_done_again(application in wanted()) {
        let mut case = case(&application);
        let first = case.decide().unwrap();
        prop_assert!(first.tasks.iter().all(|task| task.action == Action::Create));
        case.snapshot = Snapshot::after(&first);
        case.ids_from = 500;
        let second = case.decide().unwrap();
        prop_assert!(second.is_unchanged());
        prop_assert_eq!(second.intent, first.intent);
        prop_assert_eq!(second.parent, Some(first.id));
        let ids = |plan: &innominatus_plan::Plan| plan.tasks.iter().map(|task| task.resource).collect::<Vec<_>>();
        prop_assert_eq!(ids(&second), ids(&first));
    }

    #[test]
    fn an_update_touches_everything_exactly_once(before in wanted(), after in wanted()) {
        let mut case = case(&after);
        case.snapshot = Snapshot::after(&self::case(&before).decide().unwrap());
        case.ids_from = 500;
        let plan = case.decide().unwrap();
        let mut seen: Vec<_> = plan.tasks.iter().map(|task| task.resource).collect();
        seen.extend(plan.removals.iter().map(|removal| removal.resource));
        let count = seen.len();
        seen.sort();
        seen.dedup();
        prop_assert_eq!(seen.len(), count);
        prop_assert!(case.snapshot.resources.iter().all(|known| seen.contains(&known.id)));
        let mut names: Vec<_> = plan.tasks.iter().map(|task| &task.name).collect();
        names.extend(plan.removals.iter().map(|removal| &removal.name));
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), count, "names are unique in the application, also for as long as something goes");
        for (need, task) in case.request().unwrap().needs.iter().zip(sorted(&case, &plan)) {
            prop_assert_eq!((&need.id, &need.name), (&task.uid.to_string(), &task.name), "all are told one name");
        }
        for known in &case.snapshot.resources {
            let kept = plan.task_of(known.id).is_none_or(|task| task.name == known.name && task.uid == known.uid);
            prop_assert!(kept, "a name stays with its resource");
        }
    }

    #[test]
    fn removing_everything_covers_every_resource_users_first(application in wanted()) {
        let case = case(&application);
        let snapshot = Snapshot::after(&case.decide().unwrap());
        let plan = removal(PlanId::from_bytes([9; 16]), case.request().unwrap(), &snapshot);
        prop_assert_eq!(plan.removals.len(), snapshot.resources.len());
        let mut gone = Vec::new();
        for removal in &plan.removals {
            prop_assert!(removal.after.iter().all(|id| gone.contains(id)));
            let users = snapshot.resources.iter().filter(|known| known.references.iter().any(|(_, id)| *id == removal.resource));
            prop_assert!(users.into_iter().all(|user| removal.after.contains(&user.id)));
            gone.push(removal.resource);
        }
        prop_assert!(plan.tasks.is_empty() && !plan.render && plan.golden_path.is_none());
    }

    #[test]
    fn intents_are_equal_if_and_only_if_the_same_is_wanted(a in wanted(), b in wanted(), ids in 1..9_u64, parameter in 0..2) {
        let (mut one, mut other) = (case(&a), case(&b));
        other.parameters = json!({"replicas": parameter});
        one.parameters = json!({"replicas": 0});
        other.ids_from = ids * 100;
        let same = wants(&one) == wants(&other);
        prop_assert_eq!(one.decide().unwrap().intent == other.decide().unwrap().intent, same);
        // The same wants under other ids, and against another past; but not under other names, which all see.
        let mut again = case(&a);
        again.parameters = one.parameters.clone();
        again.ids_from = ids * 1000;
        again.snapshot = Snapshot::after(&case(&b).decide().unwrap());
        let same = again.request().unwrap().needs == one.request().unwrap().needs;
        prop_assert_eq!(again.decide().unwrap().intent == one.decide().unwrap().intent, same);
    }

    #[test]
    fn no_answer_of_a_golden_path_breaks_the_decision(application in wanted(), steps in prop::collection::vec(odd_step(), 0..8), mix in any::<bool>()) {
        let mut case = case(&application);
        let mut all = if mix { default_steps(&case.request().unwrap()) } else { Vec::new() };
        all.extend(steps);
        case.steps = Some(all);
        match case.decide() {
            Ok(plan) => prop_assert_eq!(plan.tasks.len(), case.demand.needs.len()),
            Err(PlanError::GoldenPath { golden_path, what }) => {
                prop_assert_eq!(golden_path, "compose/deploy");
                prop_assert!(!what.is_empty());
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

/// The tasks in the order of the needs.
fn sorted<'a>(case: &Case, plan: &'a innominatus_plan::Plan) -> Vec<&'a innominatus_plan::Task> {
    let task_of =
        |uid: &innominatus_model::ResourceUid| plan.tasks.iter().find(|task| task.uid == *uid).unwrap();
    case.demand.needs.iter().map(|need| task_of(&need.uid)).collect()
}

fn odd_step() -> impl Strategy<Value = Step> {
    let word = || {
        prop::sample::select(vec![
            "a",
            "b",
            "make-w0-r0",
            "files",
            "postgres.default#w0.r0",
            "dns.default#common0-2",
            "",
        ])
    };
    let config = prop::sample::select(vec![
        json!(null),
        json!([]),
        json!({"provisioner": "compose/postgres"}),
        json!({"provisioner": "compose/dns", "params": {"a": "${resources.r0.host}"}}),
        json!({"provisioner": "compose/postgres", "params": {"a": ["${", {"b": "${x}"}]}}),
        json!({"provisioner": 7, "params": "x"}),
    ]);
    (
        word(),
        prop::sample::select(vec!["provisioner", "render", "ansible"]),
        prop::option::of(word()),
        config,
        prop::collection::vec(word(), 0..3),
    )
        .prop_map(|(name, kind, subject, config, depends_on)| Step {
            name: name.to_owned(),
            kind: StepKind::parse(kind),
            subject: subject.map(str::to_owned),
            config,
            depends_on: depends_on.into_iter().map(str::to_owned).collect(),
        })
}

fn render(name: String, depends_on: Vec<String>) -> Step {
    Step { name, kind: StepKind::Render, subject: None, config: json!({}), depends_on }
}

#[test]
fn a_thousand_resources_and_long_chains_are_no_matter() {
    let chain: Vec<Wanted> =
        (0..1000).map(|_| Wanted { kind: 0, shared: false, size: 1, refers: Vec::new() }).collect();
    let mut text = files(&[chain]).remove(0).1;
    for at in (1..1000).rev() {
        // Each refers to the one before, and the file names the last one first.
        text = text.replacen(
            &format!("  r{at}:\n    type: postgres\n    params:\n      size: 1\n      near: []"),
            &format!(
                "  r{at}:\n    type: postgres\n    params:\n      near: [\"${{resources.r{}.host}}\"]",
                at - 1
            ),
            1,
        );
    }
    let mut case = Case::new(&[("w0.yaml".into(), text)], offers());
    let plan = case.decide().unwrap();
    assert_eq!(plan.tasks.len(), 1000);
    assert_eq!(plan.tasks.iter().map(|task| task.references.len()).sum::<usize>(), 999);
    case.snapshot = Snapshot::after(&plan);
    let removals = removal(plan.id, case.request().unwrap(), &case.snapshot).removals;
    assert_eq!(removals.len(), 1000);
    assert_eq!(removals[0].uid, plan.tasks[999].uid, "the one that nobody refers to goes first");
}

#[test]
fn findings_come_to_an_end() {
    let text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x, files: {/a: {content: \""
        .to_owned()
        + &"${resources.db.nothing} ".repeat(5_000)
        + "\"}}}}\nresources: {db: {type: postgres}}\n";
    let PlanError::Files { diagnostics } =
        Case::new(&[("web.yaml".into(), text)], offers()).decide().unwrap_err()
    else {
        panic!("the file is at fault");
    };
    assert_eq!(diagnostics.len(), 500);
}

#[test]
fn ten_thousand_steps_in_the_worst_order_are_ordered() {
    let mut case = Case::new(&files(&[vec![]]), offers());
    let mut steps: Vec<Step> =
        (0..50).map(|n| render(format!("s{n}"), vec![format!("s{}", n + 1)])).collect();
    steps.push(render("s50".into(), Vec::new()));
    case.steps = Some(steps.clone());
    let plan = case.decide().unwrap();
    assert_eq!(plan.renders[0].step.name, "s50");
    assert_eq!(plan.renders[50].after.len(), 50);

    let many = (0..10_000).map(|n| render(format!("s{n}"), vec![format!("s{}", (n + 1) % 10_000)])).collect();
    case.steps = Some(many);
    let error = case.decide().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the golden path `compose/deploy` broke the contract: it has 10000 render steps, more than 64"
    );
}

#[test]
fn a_circle_of_references_in_records_leaves_nothing_behind() {
    let wanted = Wanted { kind: 0, shared: false, size: 0, refers: Vec::new() };
    let case = case(&[vec![wanted.clone(), wanted.clone(), wanted]]);
    let mut snapshot: Snapshot = Snapshot::after(&case.decide().unwrap());
    let ids: Vec<_> = snapshot.resources.iter().map(|known| known.id).collect();
    snapshot.resources[0].references = vec![("r1".into(), ids[1])];
    snapshot.resources[1].references = vec![("r0".into(), ids[0]), ("r2".into(), ids[2])];
    snapshot.resources[2].references = vec![("r2".into(), ids[2]), ("x".into(), resource_id(77))];
    let plan = removal(PlanId::from_bytes([9; 16]), case.request().unwrap(), &snapshot);
    let mut removed: Vec<_> = plan.removals.iter().map(|removal| removal.resource).collect();
    removed.sort();
    assert_eq!(removed, ids);
    let mut gone = Vec::new();
    for removal in &plan.removals {
        assert!(removal.after.iter().all(|id| gone.contains(id)), "nobody waits for what comes later");
        gone.push(removal.resource);
    }
}
