//! Every attack of `fixtures/hostile/rows.yaml`, on a whole runtime: how it ends, that the runtime lives, that others
//! are served meanwhile and afterwards, that an event tells of it, and that nothing secret is seen anywhere.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use futures::stream::{self, StreamExt as _};
use innominatus_ledger::Resource;
use innominatus_model::{Code, Name, RunId, Scope};
use innominatus_testkit::guest::Parts;
use innominatus_testkit::hostile::{At, Attack, Way, attacks};
use innominatus_testkit::programs;
use serde_json::{Value, json};

use super::house::{House, LONG, apply, file};

/// What the operator put in: with everything that an encoding could change.
const CANARY: &str = "Canary\"7f\\/+&é<Zq9";

/// A runtime with a neighbour who has a secret, and everything that the runtime ever answered.
struct Siege {
    house: House,
    said: Mutex<Vec<Value>>,
    secrets: Vec<String>,
}

impl Siege {
    async fn new() -> Self {
        let house = House::empty().await;
        let mut siege = Self { house, said: Mutex::default(), secrets: vec![CANARY.to_owned()] };
        let fixtures = json!({"folder": programs::platform("fixtures"), "grant": ["all"]});
        siege.ok("POST", "/v1/platforms", Some(fixtures)).await;
        siege.ok("PUT", "/v1/secrets/canary", Some(json!({"value": CANARY}))).await;
        siege.neighbour(0).await;
        let ledger = siege.house.app.engine.ledger();
        for resource in siege.resources("neighbour").await {
            let secrets = ledger.secrets_of(&Scope::default(), resource.id).await.unwrap();
            siege.secrets.extend(secrets.iter().map(|secret| secret.expose().to_owned()));
        }
        assert!(siege.secrets.len() > 1, "the neighbour has a secret");
        siege
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let (status, answer) = self.house.ask(method, path, body).await;
        self.said.lock().unwrap().push(answer.clone());
        (status, answer)
    }

    async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// The run that a request began, when it has ended.
    async fn ended(&self, receipt: &Value) -> Value {
        let id: RunId = receipt["run"].as_str().unwrap_or_else(|| panic!("{receipt}")).parse().unwrap();
        self.house.app.engine.wait_run(id, LONG).await;
        self.ok("GET", &format!("/v1/runs/{id}"), None).await
    }

    /// Somebody else, who wants something new each time.
    async fn neighbour(&self, round: u32) {
        let wanted =
            json!({"key": {"type": "secretive"}, "more": {"type": "trivial", "params": {"n": round}}});
        let receipt = self.ok("POST", "/v1/apply", Some(apply("neighbour", "web", wanted))).await;
        let run = self.ended(&receipt).await;
        assert_eq!(run["state"], "succeeded", "the neighbour: {run}");
    }

    async fn resources(&self, application: &str) -> Vec<Resource> {
        let ledger = self.house.app.engine.ledger();
        let records = ledger.resources(&Scope::default(), &Name::new(application).unwrap()).await.unwrap();
        records.into_iter().map(|stored| stored.value).collect()
    }

    async fn names(&self, path: &str) -> Vec<String> {
        let list = self.ok("GET", path, None).await;
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// What an attack came to: the code that speaks for it, none if nothing was said to be wrong.
struct End {
    at: At,
    code: Option<String>,
    exit: u8,
}

impl End {
    fn refused(at: At, problem: &Value) -> Self {
        let code = problem["code"].as_str().unwrap_or_else(|| panic!("{problem}")).to_owned();
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{problem}");
        Self { at, code: Some(code), exit: u8::try_from(problem["exitCode"].as_u64().unwrap()).unwrap() }
    }

    fn failed(at: At, run: &Value) -> Self {
        let code = run["error"]["code"].as_str().unwrap_or_else(|| panic!("{run}")).to_owned();
        let exit = Code::parse(&code).unwrap().exit().number();
        Self { at, code: Some(code), exit }
    }

    fn nowhere() -> Self {
        Self { at: At::Nowhere, code: None, exit: 0 }
    }
}

async fn make(siege: &Siege, attack: &Attack) -> End {
    let folder = tempfile::tempdir().unwrap();
    let (request, removes) = match attack.way() {
        Way::Guest(parts) => {
            lay_out(folder.path(), &parts, &attack.wants);
            (wish(&parts), true)
        }
        Way::Documents(paths) => {
            let files: Vec<Value> =
                paths.iter().map(|path| file(&fs::read_to_string(path).unwrap())).collect();
            (json!({"application": "target", "files": files}), false)
        }
        Way::Manifest(path) => {
            fs::copy(path, folder.path().join("platform.yaml")).unwrap();
            (Value::Null, false)
        }
    };
    if folder.path().join("platform.yaml").exists() {
        let install = json!({"folder": folder.path()});
        let (status, answer) = siege.ask("POST", "/v1/platforms", Some(install)).await;
        if status != 200 {
            return End::refused(At::Install, &answer);
        }
    }
    let (status, answer) = siege.ask("POST", "/v1/apply", Some(request)).await;
    if status != 200 {
        return End::refused(At::Apply, &answer);
    }
    let run = siege.ended(&answer).await;
    if run["state"] != "succeeded" {
        return End::failed(At::Run, &run);
    }
    if removes {
        let receipt = siege.ok("DELETE", "/v1/applications/target", None).await;
        let run = siege.ended(&receipt).await;
        if run["state"] != "succeeded" {
            return End::failed(At::Removal, &run);
        }
    }
    End::nowhere()
}

/// The folder of a platform with this component.
fn lay_out(folder: &Path, parts: &Parts, wants: &[String]) {
    fs::write(folder.join("hostile.wasm"), parts.build()).unwrap();
    let head = "apiVersion: innominatus.io/v1\nkind: Platform\nmetadata: { name: hostile, version: 1.0.0 }\n\
                compatibility: { minCoreVersion: 1.0.0 }\n";
    let entry = if parts.is_golden_path() {
        "goldenpaths:\n  - { name: walk, version: 1.0.0, component: ./hostile.wasm }\n".to_owned()
    } else {
        let wants: Vec<Value> = wants.iter().map(|name| json!({"name": name, "reason": "none"})).collect();
        format!(
            "provisioners:\n  - {{ name: thing, type: thing, version: 1.0.0, component: ./hostile.wasm, capabilities: {} }}\n",
            Value::from(wants)
        )
    };
    fs::write(folder.join("platform.yaml"), format!("{head}{entry}")).unwrap();
}

/// What has the component called.
fn wish(parts: &Parts) -> Value {
    if !parts.is_golden_path() {
        return apply("target", "prey", json!({"thing": {"type": "thing"}}));
    }
    let mut request = apply("target", "prey", json!({}));
    request["goldenPath"] = "walk".into();
    request["platform"] = "hostile".into();
    request
}

/// What must be so after every attack, however it ended.
async fn unharmed(siege: &Siege, name: &str) {
    siege.neighbour(2).await;
    let neighbours = siege.resources("neighbour").await;
    assert!(neighbours.len() == 2 && neighbours.iter().all(Resource::is_settled), "{name}: {neighbours:?}");
    for path in ["/v1/status", "/v1/applications", "/v1/resources", "/v1/runs", "/v1/grants", "/v1/secrets"] {
        siege.ok("GET", path, None).await;
    }
    siege.ok("GET", "/v1/applications/neighbour", None).await;
    assert_eq!(siege.house.app.engine.runs_at_work(), 0, "{name}");
}

/// The event that tells of it. What was refused left nothing but the event that it was.
async fn told(siege: &Siege, attack: &Attack, name: &str) {
    let all = siege.ok("GET", "/v1/events", None).await;
    let all = all["items"].as_array().unwrap();
    let events: Vec<&Value> = all.iter().filter(|event| event["application"] == "target").collect();
    match attack.at {
        At::Install => assert_eq!(siege.names("/v1/platforms").await, ["fixtures"], "{name}"),
        At::Apply => assert_eq!(siege.names("/v1/applications").await, ["neighbour"], "{name}"),
        At::Run | At::Removal | At::Nowhere => {}
    }
    if matches!(attack.at, At::Install | At::Apply) {
        let kind = if attack.at == At::Install { "platform.refused" } else { "plan.refused" };
        let refused: Vec<&Value> = all.iter().filter(|event| event["type"] == kind).collect();
        let [refused] = refused[..] else { panic!("{name}: one `{kind}`: {all:?}") };
        assert_eq!(refused["details"]["code"], json!(attack.code), "{name}: {refused}");
        assert_eq!(events.len(), usize::from(attack.at == At::Apply), "{name}: {events:?}");
        assert!(siege.resources("target").await.is_empty(), "{name}");
        return;
    }
    let Some(kind) = &attack.event else { return };
    let found: Vec<&&Value> = events.iter().filter(|event| event["type"] == kind.as_str()).collect();
    assert!(!found.is_empty(), "{name}: no `{kind}` in {events:?}");
    if let Some(code) = &attack.code {
        assert!(found.iter().any(|event| event["details"]["code"] == code.as_str()), "{name}: {found:?}");
        assert!(events.iter().any(|event| event["type"] == "run.failed"), "{name}");
    }
}

/// No secret in what was said and in what is kept; and nothing in what was said that a terminal would obey.
async fn silent(siege: &Siege, name: &str) {
    let said = siege.said.lock().unwrap().clone();
    let kept = siege.house.gate.everything().await;
    for secret in &siege.secrets {
        for form in forms(secret) {
            let holds = |bytes: &[u8]| bytes.windows(form.len()).any(|window| window == form.as_bytes());
            for answer in &said {
                assert!(!holds(answer.to_string().as_bytes()), "{name}: `{form}` was said: {answer}");
            }
            for item in &kept {
                assert!(!holds(&item.key) && !holds(&item.value), "{name}: `{form}` is kept in clear");
            }
        }
    }
    said.iter().for_each(|answer| plain(answer, name));
}

/// In clear, as JSON, as part of a URL, and the inner part of base64 at each place that it can begin at.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let json = Value::from(secret).to_string();
    let url: String = secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let mut forms = vec![secret.to_owned(), json[1..json.len() - 1].to_owned(), url];
    for lead in 0..3 {
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD
            .encode([&b"\0\0"[..lead], secret.as_bytes()].concat());
        let inner = &encoded[(lead * 8_usize).div_ceil(6)..];
        forms.push(inner[..inner.len() - 1].to_owned());
    }
    forms
}

fn plain(value: &Value, name: &str) {
    match value {
        Value::String(text) => {
            let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
            assert!(!text.contains(odd), "{name}: {text:?}");
        }
        Value::Array(items) => items.iter().for_each(|item| plain(item, name)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            plain(&Value::from(key.as_str()), name);
            plain(value, name);
        }),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_ends_as_the_table_says_and_harms_nobody_else() {
    let attacks = attacks();
    assert!(attacks.len() > 60, "only {} attacks: was the table found?", attacks.len());
    // Each in a house of its own, two at once because a machine has that many processors.
    let ended: Vec<Option<String>> =
        stream::iter(&attacks).map(withstood).buffer_unordered(2).collect().await;
    let wrong: Vec<String> = ended.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How an attack ended otherwise than the table says.
async fn withstood(attack: &Attack) -> Option<String> {
    let name = attack.name();
    let siege = Siege::new().await;
    let (end, ()) = tokio::join!(make(&siege, attack), siege.neighbour(1));
    if (end.at, &end.code, end.exit) != (attack.at, &attack.code, attack.exit) {
        return Some(format!("{name}: ended at {:?} with {:?}, exit {}", end.at, end.code, end.exit));
    }
    unharmed(&siege, &name).await;
    told(&siege, attack, &name).await;
    silent(&siege, &name).await;
    None
}

/// What one resource puts out is filled in by the host wherever another one refers to it: 50 KB that ask for gigabytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bomb_of_placeholders_for_outputs_is_defused() {
    let siege = Siege::new().await;
    let many = "${resources.long.echo}".repeat(2_000);
    let wanted = json!({
        "long": {"type": "trivial", "params": {"text": "x".repeat(200_000)}},
        "bomb": {"type": "trivial", "params": {"texts": [many, many, many, many, many]}},
    });
    let receipt = siege.ok("POST", "/v1/apply", Some(apply("target", "prey", wanted))).await;
    let run = siege.ended(&receipt).await;
    assert_eq!(
        (&run["state"], &run["error"]["code"]),
        (&json!("failed"), &json!("placeholder-output")),
        "{run}"
    );
    unharmed(&siege, "a bomb of placeholders").await;
}

/// The search finds what is there.
#[test]
fn every_form_of_a_secret_is_looked_for() {
    use base64::Engine as _;
    let all = forms(CANARY);
    for lead in ["", "a", "ab"] {
        let text = base64::engine::general_purpose::STANDARD.encode(format!("{lead}{CANARY}tail"));
        assert!(all.iter().any(|form| text.contains(form)), "{lead}");
    }
    let json = json!({"a": CANARY}).to_string();
    assert!(all.iter().any(|form| json.contains(form)));
}
