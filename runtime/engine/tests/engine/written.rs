//! Golden paths and resource definitions that are files: requests worked out as data (`fixtures/golden-paths`), and a
//! platform with such files, installed and used beside components.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use innominatus_engine::{Answer, ApplyInput};
use innominatus_ledger::RunState;
use innominatus_model::{
    Artifact, Class, Coded, Digest, Json, Kind, Made, Offer, Output, OutputSpec, PathRequest, PlanId,
    ResourceId, Scope, WorkloadSpec, WrittenPath,
};
use innominatus_package::read_golden_path;
use innominatus_plan::params::Schema;
use innominatus_plan::{
    Catalogue, ComponentRef, Defaults, Inputs, Offered, Plan, Snapshot, decide, needs, written,
};
use innominatus_score::{Source, Workload, demand, read};
use innominatus_testkit::{fixtures, golden};
use serde_json::json;
use tempfile::TempDir;

use crate::house::{House, chain, name, shop, told, web};
use crate::platforms::changed;

#[test]
fn what_cannot_be_used_is_said_line_by_line() {
    let folder = fixtures::root().join("golden-paths/unusable");
    for path in fixtures::files(folder, ".yaml") {
        let file = path.file_name().unwrap().to_str().unwrap();
        let (read, _) = read_golden_path(file, &fs::read(&path).unwrap()).unwrap();
        let found: String =
            written::check(&read, file).iter().map(|finding| format!("{finding}\n")).collect();
        golden::check(path.with_extension("err"), &found);
    }
}

#[test]
fn requests_become_steps_and_files() {
    let root = fixtures::root().join("golden-paths/rendered");
    let mut folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 10, "the fixtures are there");
    let mut differences = Vec::new();
    for folder in folders {
        let (steps, files) = worked_out(&folder);
        assert_eq!(worked_out(&folder), (steps.clone(), files.clone()), "{}", folder.display());
        for (stem, said) in [("steps", Some(steps)), ("files", files)] {
            let Some(said) = said else { continue };
            let (extension, other) = if said.is_ok() { ("txt", "err") } else { ("err", "txt") };
            let of = |extension| folder.join(format!("{stem}.{extension}"));
            assert!(!of(other).exists(), "{} has a `{stem}.{other}`: {said:?}", folder.display());
            differences.extend(golden::compare(of(extension), &said.unwrap_or_else(|error| error)).err());
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

type Said = Result<String, String>;

/// The steps and what is planned with them; and the files, if there are steps.
fn worked_out(folder: &Path) -> (Said, Option<Said>) {
    let json = |file: &str| -> Option<Json> {
        Some(serde_json::from_str(&fs::read_to_string(folder.join(file)).ok()?).unwrap())
    };
    let text = fs::read(folder.join("path.yaml")).unwrap();
    let path = read_golden_path("path.yaml", &text)
        .unwrap_or_else(|errors| panic!("{}: {:?}", folder.display(), errors.diagnostics))
        .0;
    assert_eq!(written::check(&path, "path.yaml"), [], "{}", folder.display());
    let workloads = workloads(folder);
    let demand = demand(&workloads).unwrap();
    let catalogue =
        Catalogue::new(json("offers.json").unwrap().as_array().unwrap().iter().map(offered).collect());
    let own = name("acme");
    let schema = Schema::new(&path.schema).unwrap();
    let request = PathRequest {
        scope: Scope::default(),
        application: name("shop"),
        workloads: workloads
            .iter()
            .map(|workload| WorkloadSpec { name: workload.name().clone(), spec: workload.spec().clone() })
            .collect(),
        needs: needs(&demand, &catalogue, &own, &Snapshot::default()).unwrap(),
        parameters: schema.with_defaults(&json("parameters.json").unwrap_or(json!({}))),
    };
    assert_eq!(schema.violations(&request.parameters), []);
    let refusal = |error: written::WrittenError| {
        format!("{error} [{}]\n  hint: {}\n", error.code(), error.remedy().unwrap())
    };
    let steps = match written::steps(&path, &own, &request, &demand, &catalogue) {
        Ok(steps) => steps,
        Err(error) => return (Err(refusal(error)), None),
    };
    let mut said = String::new();
    for step in &steps {
        let subject = step.subject.iter().map(|subject| format!(" of {subject}")).collect::<String>();
        writeln!(said, "{} {}{subject}\n  {}", step.kind.as_str(), step.name, step.config).unwrap();
        step.depends_on.iter().for_each(|before| writeln!(said, "  after {before}").unwrap());
    }
    let fresh: Vec<_> = (0..demand.needs.len()).map(|_| ResourceId::generate()).collect();
    let plan = decide(&Inputs {
        id: PlanId::generate(),
        request: &request,
        golden_path: &component("acme/deploy"),
        workloads: &workloads,
        demand: &demand,
        steps: &steps,
        catalogue: &catalogue,
        snapshot: &Snapshot::default(),
        fresh: &fresh,
    });
    let plan = plan.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for task in &plan.tasks {
        writeln!(said, "\n{} by {}\n  {}", task.uid, task.provisioner.label(), task.params).unwrap();
    }
    let files = files(&path, &plan, &json("made.json").unwrap_or(json!({}))).map_err(refusal);
    (Ok(said), Some(files))
}

fn files(path: &WrittenPath, plan: &Plan, made: &Json) -> Result<String, written::WrittenError> {
    let mut said = String::new();
    for render in &plan.renders {
        let before = plan.tasks.iter().filter(|task| render.after.contains(&task.step));
        let made: Vec<Made> = before.map(|task| of(&task.uid.to_string(), made)).collect();
        for file in written::render(path, &plan.request, &render.step, &made)? {
            let secret = if file.sensitive { ", sensitive" } else { "" };
            writeln!(said, "== {} ({}{secret})\n{}", file.name, file.media_type, file.content).unwrap();
        }
    }
    Ok(said)
}

fn of(need: &str, made: &Json) -> Made {
    let outputs = made[need]["outputs"].as_object().into_iter().flatten().map(|(name, value)| Output {
        name: name.trim_end_matches('*').to_owned(),
        value: value.clone(),
        sensitive: name.ends_with('*'),
    });
    let text = |artifact: &Json, key: &str| artifact[key].as_str().unwrap().to_owned();
    let artifacts = made[need]["artifacts"].as_array().into_iter().flatten().map(|artifact| Artifact {
        name: text(artifact, "name"),
        media_type: text(artifact, "mediaType"),
        content: text(artifact, "content"),
        sensitive: artifact["sensitive"].as_bool().unwrap(),
    });
    Made { need: need.to_owned(), outputs: outputs.collect(), artifacts: artifacts.collect() }
}

fn workloads(folder: &Path) -> Vec<Workload> {
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let reading = read(&Source { name, text: fs::read(path).unwrap(), files: BTreeMap::new() });
        reading.workload.unwrap_or_else(|| panic!("{}: {:?}", path.display(), reading.diagnostics))
    };
    fixtures::files(folder, ".score.yaml").iter().map(read).collect()
}

fn component(label: &str) -> ComponentRef {
    let (platform, entry) = label.split_once('/').unwrap();
    let version = "1.0.0".parse().unwrap();
    ComponentRef { platform: name(platform), version, entry: name(entry), component: Digest::of(label) }
}

fn offered(entry: &Json) -> Offered {
    let text = |key: &str| entry[key].as_str().unwrap();
    let outputs = entry["outputs"].as_array().into_iter().flatten().map(|name| OutputSpec {
        name: name.as_str().unwrap().to_owned(),
        schema: json!({}),
        sensitive: false,
        required: true,
    });
    Offered {
        provisioner: component(text("provisioner")),
        offer: std::sync::Arc::new(Offer {
            kind: Kind::new(text("type")).unwrap(),
            classes: Vec::new(),
            outputs: outputs.collect(),
            open_outputs: false,
            verbs: Vec::new(),
        }),
        schema: json!({"type": "object"}),
        defaults: entry
            .get("defaults")
            .map(|params| Defaults { class: None::<Class>, params: params.clone() }),
        overruled: entry["overruled"].as_bool().unwrap_or(false),
        serves: innominatus_plan::Serves::New,
    }
}

/// The fixture platform with a golden path and a definition that are files.
fn platform(files: &str) -> TempDir {
    let folder = changed(
        "goldenpaths:\n",
        "resources:\n  trivial: { provisioner: trivial, definitionFile: ./resources/trivial.yaml }\n\
         goldenpaths:\n  - { name: deploy, version: 2.0.0, file: ./goldenpaths/deploy.yaml }\n",
    );
    let write = |path: &str, text: &str| {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), text).unwrap();
    };
    write(
        "resources/trivial.yaml",
        "apiVersion: innominatus.io/v1\nkind: ResourceDefinition\nmetadata: { name: trivial }\nspec:\n  type: trivial\n  \
         params: { tier: { name: gold, days: 7 }, price: $$5 }\n",
    );
    write(
        "goldenpaths/deploy.yaml",
        &format!(
            "apiVersion: innominatus.io/v1\nkind: GoldenPath\nmetadata: {{ name: deploy, version: 2.0.0 }}\n\
             parameters: {{ properties: {{ size: {{ enum: [small, large], default: small }} }}, additionalProperties: false }}\n\
             steps:\n  - {{ name: things, type: provisioner, config: {{ resource: trivial, params: {{ size: \"${{parameters.size}}\", \
             who: \"${{need.name}}/${{metadata.name}}/${{need.params.tier.name}}\" }} }} }}\n  \
             - {{ name: others, type: provisioner, config: {{ resource: \"*\" }} }}\n  \
             - name: files\n    type: render\n    config:\n      files:\n{files}"
        ),
    );
    folder
}

const ENV: &str = r#"        - path: "${application}.env"
          mediaType: text/x-dotenv
          sensitive: true
          template: |
            {% for r in resources if r.type == "secretive" %}
            {{ r.name | replace("-", "_") | upper }}={{ r.outputs.password | dotenv }}
            {% endfor %}
        - path: things.json
          mediaType: application/json
          template: |
            {{ resources | selectattr("type", "eq", "trivial") | map(attribute="outputs") | json }}
"#;

fn by_file(input: ApplyInput) -> ApplyInput {
    ApplyInput { golden_path: Some(name("deploy")), ..input }
}

#[tokio::test]
async fn a_golden_path_that_is_a_file_runs_beside_components() {
    let house = House::empty().await;
    let source = platform(ENV);
    house.install(source.path()).await;
    let installed = house.ledger().platforms(&name("default")).await.unwrap().remove(0).value;
    let path = installed.golden_path(&name("deploy")).unwrap();
    assert!(path.written && !installed.golden_path(&name("everything")).unwrap().written);
    let file = Digest::of(fs::read(source.path().join("goldenpaths/deploy.yaml")).unwrap());
    let kept = fs::read_dir(house.blobs()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        kept.into_iter().any(|kept| *kept == *format!("sha256-{}", file.hex())),
        "the file is kept as components are"
    );

    let resources = json!({
        "aa": {"type": "secretive"},
        "bb": {"type": "trivial", "params": {"tier": {"days": 30}, "near": "${resources.aa}"}},
    });
    let run = house.run(&by_file(web(resources.clone()))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
    let made = house.resources("web").await;
    let echo = &made["bb"].params;
    let expected = json!({
        "tier": {"name": "gold", "days": 30}, "price": "$$5", "near": "${resources.aa}", "size": "small",
        "who": "web-bb/web/gold",
    });
    assert_eq!(*echo, expected);
    let files = house.files(&run).await;
    let secret = house.secrets(made["aa"].id).await.remove(0);
    assert!(files["web.env"].starts_with("WEB_AA=") && files["web.env"].contains(&secret), "{files:?}");
    assert!(files["things.json"].contains(r#""price":"$5""#), "{files:?}");
    assert!(!files["things.json"].contains(&secret));

    // Nothing has changed; then a parameter has; then the golden path is a component.
    assert!(house.apply(&by_file(web(resources.clone()))).await.unchanged);
    let large =
        ApplyInput { set_parameters: Some(json!({"size": "large"})), ..by_file(web(resources.clone())) };
    assert_eq!(house.run(&large).await.state, RunState::Succeeded);
    assert_eq!(house.resources("web").await["bb"].params["size"], "large");
    let wrong =
        ApplyInput { set_parameters: Some(json!({"size": "huge"})), ..by_file(web(resources.clone())) };
    let error = house.engine.apply(&wrong).await.unwrap_err();
    assert_eq!(error.code().as_str(), "parameters-invalid", "{}", told(&error));
    let component = ApplyInput { golden_path: Some(name("everything")), ..web(resources) };
    assert_eq!(house.run(&component).await.state, RunState::Succeeded);
    assert_eq!(
        house.resources("web").await["bb"].params["price"],
        "$$5",
        "definitions are for every golden path"
    );

    house.delete("web").await;
    house.engine.uninstall(&name("default"), &name("fixtures"), None).await.unwrap();
    assert_eq!(fs::read_dir(house.blobs()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_secret_in_a_file_that_is_not_sensitive_is_refused() {
    let house = House::empty().await;
    let open = ENV.replace("          sensitive: true\n", "").replace(" | dotenv", "");
    house.install(platform(&open).path()).await;
    let run = house.run(&by_file(web(json!({"aa": {"type": "secretive"}})))).await;
    assert_eq!(run.state, RunState::Failed);
    let error = run.error.unwrap();
    assert_eq!(error.code, "golden-path-contract");
    assert!(error.message.contains("`web.env` holds a secret"), "{}", error.message);
    assert!(error.hint.unwrap().contains("`sensitive: true`"));
}

#[tokio::test]
async fn what_a_file_cannot_do_is_said_before_or_when_it_is_tried() {
    let house = House::empty().await;
    let install = async |folder: TempDir| {
        let error =
            house.engine.install(&name("default"), folder.path(), Some(&Answer::all())).await.unwrap_err();
        let lines = error.diagnostics().iter().map(|finding| format!("{finding}\n")).collect::<String>();
        (error.code().to_string(), format!("{}\n{lines}", chain(&error)))
    };
    let (code, said) = install(platform(&ENV.replace("| upper", "| uper"))).await;
    assert_eq!(code, "manifest-invalid");
    assert!(said.contains("deploy.yaml:17:1") && said.contains("did you mean `upper`"), "{said}");

    let folder = platform(ENV);
    let definition = folder.path().join("resources/trivial.yaml");
    fs::write(&definition, fs::read_to_string(&definition).unwrap().replace("type: trivial", "type: trival"))
        .unwrap();
    let (code, said) = install(folder).await;
    assert_eq!(code, "manifest-reference");
    assert!(said.contains("trivial.yaml:5:9") && said.contains("the manifest says `trivial`"), "{said}");

    house.install(platform(&ENV.replace("r.outputs.password", "r.outputs.pasword")).path()).await;
    let run = house.run(&by_file(shop("web", json!({"aa": {"type": "secretive"}})))).await;
    assert_eq!(run.state, RunState::Failed);
    let error = run.error.unwrap();
    assert_eq!(error.code, "golden-path-failed");
    assert!(error.message.contains("(line 17 of the golden path's file"), "{}", error.message);
}
