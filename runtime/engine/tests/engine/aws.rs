//! The platform `aws` in an account that takes its time, is asked too often and loses answers: what the emulator does
//! not do that checks the platform elsewhere (`tests/aws`).

use std::path::Path;
use std::sync::Arc;

use innominatus_engine::{Answer, ApplyInput, Engine};
use innominatus_ledger::RunState;
use innominatus_model::{EventKind, Json, Scope, Secret, SecretName};
use innominatus_package::read_grants;
use innominatus_score::Source;
use innominatus_store::memory::MemoryStore;
use innominatus_store::{Range, collect};
use innominatus_testkit::cloud::aws::{Account, AwsCloud, FaultKind, SECRET};
use innominatus_testkit::{fixtures, programs};
use serde_json::json;
use tempfile::TempDir;

use crate::cloudy::at_rest;
use crate::crash::{copied, impatient};
use crate::house::{House, chain, name};

/// A house where the platform is installed, and the account that it works in, both as they are and as they can be again.
pub(crate) struct Ground {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) cloud: AwsCloud,
    memory: Arc<MemoryStore>,
    account: Account,
}

impl Ground {
    /// These Score files were carried out, one after the other.
    pub(crate) async fn after(scores: &[&str]) -> Self {
        let house = House::empty().await;
        let cloud = AwsCloud::start(Account::default()).await;
        prepare(&house.engine, house.folder.path(), &cloud).await;
        for score in scores {
            let run = house.run(&shop(score)).await;
            assert_eq!(run.state, RunState::Succeeded, "{run:?}");
        }
        house.engine.shutdown().await;
        let account = cloud.account().clone();
        Self { folder: house.folder, cloud, memory: house.memory, account }
    }

    /// Once more the store as it was, and the account too.
    pub(crate) async fn again(&self) -> Arc<MemoryStore> {
        let mut account = self.account.clone();
        account.log.clear();
        *self.cloud.account() = account;
        copied(&self.memory).await
    }

    /// The same with an engine over it.
    async fn house(&self) -> House {
        let config = impatient(self.folder.path());
        House::configured(self.again().await, Arc::clone(&self.folder), config).await
    }

    /// What exists in the account, without what is another in each attempt. Nothing was made twice, and nothing was
    /// asked that AWS would not understand.
    pub(crate) fn there(&self) -> Json {
        let account = self.cloud.account();
        assert_eq!(account.complaints, [""; 0]);
        let buckets = account.buckets.iter();
        let users = account.users.iter();
        let databases = account.instances.iter().map(|(name, found)| {
            let mut fields = found.fields.clone();
            fields.remove("MasterUserPassword");
            (name, json!([fields, found.tags, found.status, found.pending]))
        });
        let there = json!({
            "buckets": buckets.map(|(name, found)| (name, json!([found.parts, found.location]))).collect::<Map>(),
            "users": users.map(|(name, it)| (name, json!([it.tags, it.policies, it.keys.len()]))).collect::<Map>(),
            "databases": databases.collect::<Map>(),
            "snapshots": account.snapshots,
            "made": account.made - account.keys_removed,
        });
        serde_json::from_str(&without_identities(&there.to_string())).unwrap()
    }

    /// The requests of a house that does this, in order and each once.
    async fn requests(&self, action: Action<'_>) -> Vec<String> {
        let house = self.house().await;
        done(&house, action).await;
        house.engine.shutdown().await;
        let mut lines = Vec::new();
        for line in &self.cloud.account().log {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        lines
    }
}

type Map<'a> = std::collections::BTreeMap<&'a String, Json>;

/// What is carried out, and may be hindered.
#[derive(Clone, Copy)]
enum Action<'a> {
    Apply(&'a str),
    Delete,
}

async fn done(house: &House, action: Action<'_>) {
    let run = match action {
        Action::Apply(score) => house.run(&shop(score)).await,
        Action::Delete => house.delete("web").await,
    };
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
}

/// Settings, the operator's key, the platform.
async fn prepare(engine: &Engine, folder: &Path, cloud: &AwsCloud) {
    let settings = folder.join("settings");
    std::fs::create_dir_all(&settings).unwrap();
    let values = json!({"region": "eu-west-1", "endpoint": cloud.endpoint(), "pollSeconds": 1});
    std::fs::write(settings.join("aws.json"), values.to_string()).unwrap();
    let key = [("aws/access-key-id", AwsCloud::KEY_ID), ("aws/secret-access-key", AwsCloud::KEY_SECRET)];
    for (secret, value) in key {
        let secret = SecretName::new(secret).unwrap();
        engine.set_secret(&name("default"), &secret, &Secret::new(value)).await.unwrap();
    }
    let mut text = "grants:\n".to_owned();
    for (entry, more) in [("aws-s3", ""), ("aws-storage", ""), ("aws-rds", "    secrets: {generate: true}\n")]
    {
        text.push_str(&format!(
            "  aws/{entry}:\n    http:\n      - {{host: 127.0.0.1, scheme: http, port: {}, methods: [GET, PUT, POST, \
             DELETE], secrets: {}, addresses: [127.0.0.1/32], \
             limits: {{timeoutMs: 150}}}}\n    credentials:\n      aws: {{kind: aws-sigv4, \
             accessKeyId: aws/access-key-id, secretAccessKey: aws/secret-access-key, region: eu-west-1}}\n{more}",
            cloud.address().port(),
            !more.is_empty(),
        ));
    }
    let (grants, _) = read_grants("grants.yaml", text.as_bytes()).unwrap();
    let answer = Answer { choices: vec![], file: Some(("grants.yaml".into(), grants)) };
    let installed = engine.install(&name("default"), &programs::platform("aws"), Some(&answer)).await;
    installed.unwrap_or_else(|error| panic!("{}", chain(&error)));
}

/// A Score file of `fixtures/score/aws`, for the application `web`.
pub(crate) fn shop(score: &str) -> ApplyInput {
    let file = fixtures::root().join("score/aws").join(format!("{score}.score.yaml"));
    let source =
        Source { name: "shop.score.yaml".into(), text: std::fs::read(file).unwrap(), ..Source::default() };
    ApplyInput { application: Some(name("web")), sources: vec![source], ..ApplyInput::default() }
}

/// A text without the identities that resources were given.
fn without_identities(text: &str) -> String {
    let mut parts = text.split("res_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "<id>" + part.get(32..).unwrap_or_default())
}

#[tokio::test]
async fn databases_that_take_their_time_are_waited_for() {
    let ground = Ground::after(&[]).await;
    let house = ground.house().await;
    ground.cloud.account().slowness = 2;
    done(&house, Action::Apply("01-made")).await;
    let waits = house.told(EventKind::ProvisionPending).await;
    assert!(waits.iter().any(|wait| wait.contains("is creating")), "{waits:?}");
    // On a machine that is busy the answer with the key's secret may be late; then there is another key.
    let made = {
        let account = ground.cloud.account();
        account.made - account.keys_removed
    };
    assert_eq!(made, 4, "a bucket, a user, a key and a database");
    only_the_host_knows(&ground, &house).await;

    done(&house, Action::Apply("02-changed")).await;
    let fields = ground.cloud.account().instances.values().next().unwrap().fields.clone();
    assert_eq!((fields["EngineVersion"].as_str(), fields["AllocatedStorage"].as_str()), ("16.6", "50"));
    let waits = house.told(EventKind::ProvisionPending).await;
    assert!(waits.iter().any(|wait| wait.contains("is modifying")), "{waits:?}");

    done(&house, Action::Apply("04-removable")).await;
    done(&house, Action::Delete).await;
    let left = ground.there();
    let nothing = json!({"buckets": {}, "users": {}, "databases": {}, "snapshots": [], "made": made - 1});
    assert_eq!(left, nothing);
    at_rest(house.ledger()).await;
}

/// The account has what the host made, the host has what the account minted, and the store has neither in clear.
async fn only_the_host_knows(ground: &Ground, house: &House) {
    let resources = house.resources("web").await;
    let password =
        ground.cloud.account().instances.values().next().unwrap().fields["MasterUserPassword"].clone();
    assert_eq!(house.secrets(resources["orders"].id).await, [password.as_str()]);
    let minted = house.secrets(resources["uploads"].id).await;
    assert!(minted.len() == 1 && minted[0].starts_with(SECRET), "one key was captured");
    let (items, _) = collect(&*house.memory, Range::all()).await.unwrap();
    for item in items {
        let text = String::from_utf8_lossy(&item.value);
        for secret in [SECRET, AwsCloud::KEY_SECRET, &password] {
            assert!(!text.contains(secret), "a secret stands in {:?}", String::from_utf8_lossy(&item.key));
        }
    }
    let events = house.ledger().events(&Scope::default(), None).await.unwrap();
    assert!(events.iter().all(|recorded| !recorded.event.message.contains(&password)));
}

/// Carries out the same thing once for each request and each way in which that can go wrong, and demands the end that it
/// has undisturbed.
async fn whatever_goes_wrong(before: &[&str], action: Action<'_>, ways: impl Fn(&str) -> Vec<FaultKind>) {
    let ground = Ground::after(before).await;
    let requests = ground.requests(action).await;
    let expected = ground.there();
    let mut tried = 0;
    for request in &requests {
        for way in ways(request) {
            let house = ground.house().await;
            ground.cloud.account().fault(request, 0, way.clone());
            done(&house, action).await;
            assert_eq!(ground.there(), expected, "{request}: {way:?}");
            assert!(ground.cloud.account().faults.is_empty(), "{request} was not asked");
            at_rest(house.ledger()).await;
            house.engine.shutdown().await;
            tried += 1;
        }
    }
    assert!(tried > 3, "only {tried} requests could go wrong: {requests:?}");
}

/// Asked too often: as S3 says it, and as the others do.
fn throttled(request: &str) -> Vec<FaultKind> {
    let is_s3 = request.split_once(" s3:").is_some();
    vec![if is_s3 { FaultKind::Refused(503, "SlowDown") } else { FaultKind::Refused(400, "Throttling") }]
}

/// Answers of writes that nobody hears.
fn lost(request: &str) -> Vec<FaultKind> {
    match request.starts_with("GET ") {
        true => Vec::new(),
        false => vec![FaultKind::Lost, FaultKind::Gateway(502)],
    }
}

/// Writes that never arrive, or break something there.
fn broken(request: &str) -> Vec<FaultKind> {
    let making = ["Create", "Delete", "Modify"].iter().any(|verb| request.contains(verb));
    if making { vec![FaultKind::NotSent, FaultKind::Refused(500, "InternalFailure")] } else { Vec::new() }
}

#[tokio::test]
async fn whoever_asks_too_often_comes_back() {
    whatever_goes_wrong(&[], Action::Apply("01-made"), throttled).await;
    whatever_goes_wrong(&["01-made"], Action::Apply("02-changed"), throttled).await;
    whatever_goes_wrong(&["04-removable"], Action::Delete, throttled).await;
}

#[tokio::test]
async fn what_was_made_and_not_heard_of_is_not_made_again() {
    whatever_goes_wrong(&[], Action::Apply("01-made"), lost).await;
}

#[tokio::test]
async fn what_was_changed_and_not_heard_of_is_as_it_was_asked_for() {
    whatever_goes_wrong(&["01-made"], Action::Apply("02-changed"), lost).await;
}

#[tokio::test]
async fn what_was_removed_and_not_heard_of_is_gone() {
    whatever_goes_wrong(&["04-removable"], Action::Delete, lost).await;
}

#[tokio::test]
async fn what_breaks_on_its_way_is_tried_again() {
    whatever_goes_wrong(&[], Action::Apply("01-made"), broken).await;
    whatever_goes_wrong(&["04-removable"], Action::Delete, broken).await;
}

#[tokio::test]
async fn a_key_of_somebody_else_signs_nothing_here() {
    let ground = Ground::after(&[]).await;
    let house = ground.house().await;
    let secret = SecretName::new("aws/secret-access-key").unwrap();
    house
        .engine
        .rotate_secret(&name("default"), &secret, &Secret::new("another-secret-key-of-nobody"))
        .await
        .unwrap();
    let run = house.run(&shop("01-made")).await;
    assert_eq!(run.state, RunState::Failed);
    assert!(run.error.unwrap().message.contains("SignatureDoesNotMatch"));
    assert_eq!(ground.cloud.account().log, [""; 0], "nothing was even looked at");
}
