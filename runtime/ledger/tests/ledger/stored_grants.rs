//! Wants, grants and secrets as format 1 writes them: `fixtures/records/v1-grants`. What `stored.rs` says of records
//! holds for these too; they joined later, so their store is one of its own.

use std::collections::BTreeMap;

use innominatus_ledger::{InstalledPlatform, InstalledProvisioner, Ledger};
use innominatus_model::{
    Binding, BindingKind, Capability, Grant, HostPattern, HttpGrant, HttpLimits, HttpMethod, HttpRule,
    HttpTarget, Scheme, Secret, SecretGrant, SecretName, Want,
};

use crate::samples::{name, platform, resource_id, scope};
use crate::stored::{Kept, add_a_field};
use crate::support::{memory, open};

const FOLDER: Kept = Kept("v1-grants");

fn rule(target: HttpTarget, methods: &[HttpMethod], path: &str, secrets: bool) -> HttpRule {
    HttpRule { target, methods: methods.iter().copied().collect(), path: path.into(), secrets }
}

fn origin(scheme: Scheme, host: &str, port: u16) -> HttpTarget {
    HttpTarget::Origin { scheme, host: HostPattern::parse(host).unwrap(), port }
}

fn wants() -> Vec<Want> {
    let mut http = Want::plain(Capability::Http, "makes buckets");
    http.http = vec![
        rule(origin(Scheme::Https, "*.example.com", 443), &[HttpMethod::Get, HttpMethod::Put], "/v1", true),
        rule(HttpTarget::Setting("endpoint".into()), &[HttpMethod::Post], "/", false),
    ];
    http.credentials = BindingKind::ALL.into_iter().map(|kind| (kind.as_str().to_owned(), kind)).collect();
    let mut secrets = Want::plain(Capability::Secrets, "keeps passwords");
    secrets.references = ["db-admin".to_owned(), "team/reader".to_owned()].into();
    vec![http, secrets, Want::plain(Capability::Log, "tells")]
}

/// Every field of a grant.
fn grant() -> Grant {
    let mut grant = Grant::new([Capability::Http, Capability::Secrets]);
    grant.generate = false;
    grant.wanted_http = wants()[0].http.clone();
    let plain =
        HttpGrant::new(rule(origin(Scheme::Http, "127.0.0.1", 5000), &[HttpMethod::Post], "/", false));
    let whole = HttpGrant {
        rule: rule(
            origin(Scheme::Https, "s3.example.com", 8443),
            &[HttpMethod::Get, HttpMethod::Put],
            "/v1",
            true,
        ),
        reads: vec![(HttpMethod::Put, "/search".into())],
        addresses: vec!["127.0.0.1/32".parse().unwrap(), "fd00::/8".parse().unwrap()],
        limits: HttpLimits { request_bytes: 1, response_bytes: 2, concurrency: 3, timeout_ms: 4 },
        ca_file: Some("/etc/ssl/corp.pem".into()),
        proxy: Some("http://proxy.example.com:3128".into()),
    };
    grant.http = vec![plain, whole];
    let text = str::to_owned;
    grant.credentials = BTreeMap::from([
        (text("bearer"), Binding::Bearer { token: text("api-token") }),
        (text("basic"), Binding::Basic { username: text("Robot"), password: text("robot/password") }),
        (text("header"), Binding::Header { name: text("x-api-key"), value: text("api-key") }),
        (
            text("aws-sigv4"),
            Binding::AwsSigV4 {
                access_key_id: text("aws/id"),
                secret_access_key: text("aws/key"),
                session_token: Some(text("aws/session")),
                region: text("eu-central-1"),
                service: Some(text("s3")),
            },
        ),
        (
            text("aws-plain"),
            Binding::AwsSigV4 {
                access_key_id: text("aws/id"),
                secret_access_key: text("aws/key"),
                session_token: None,
                region: text("eu-central-1"),
                service: None,
            },
        ),
    ]);
    let hosts =
        vec![HostPattern::parse("db.example.com").unwrap(), HostPattern::parse("*.db.example.com").unwrap()];
    grant.references =
        BTreeMap::from([(text("db-admin"), SecretGrant { secret: text("team/db-admin"), hosts })]);
    grant
}

fn granted() -> InstalledPlatform {
    let plain = platform();
    let known = &plain.provisioners[0];
    let schemas = known.schemas().map(|(class, schema)| (class.cloned(), schema.clone())).collect();
    let entry = InstalledProvisioner::new(
        known.name.clone(),
        known.kind.clone(),
        known.version.clone(),
        known.component,
        known.contract.clone(),
        known.offer.clone(),
        schemas,
        &wants(),
        &grant(),
        false,
    );
    InstalledPlatform { provisioners: vec![entry], ..plain }
}

fn secret_name() -> SecretName {
    SecretName::new("team/db-admin").unwrap()
}

async fn write(ledger: &Ledger) {
    let mut change = ledger.change();
    change.add_platform(&granted());
    change.put_operator_secret(&scope().tenant, &secret_name(), &Secret::new("hunter22"), 1, None);
    change.commit().await.unwrap();
    let stored = ledger.operator_secret(&scope().tenant, &secret_name()).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.put_operator_secret(&scope().tenant, &secret_name(), &Secret::new("hunter23"), 2, Some(&stored));
    change.commit().await.unwrap();
    for value in ["captured-1", "captured-2"] {
        let value = Secret::new(value);
        ledger.keep_captured(&scope(), "compose/postgres", resource_id(1), "key", &value).await.unwrap();
    }
    let one = resource_id(1);
    ledger.reference_token(&scope(), "compose/postgres", one, &secret_name()).await.unwrap().unwrap();
}

async fn is_as_written(ledger: &Ledger) {
    let known = ledger.platforms(&scope().tenant).await.unwrap().remove(0).value;
    assert_eq!(known, granted());
    assert_eq!(known.provisioners[0].wants(), wants());
    assert_eq!(known.provisioners[0].grant(), grant());
    let secret = ledger.operator_secret(&scope().tenant, &secret_name()).await.unwrap().unwrap().value;
    assert_eq!((secret.created_ms, secret.set_ms, secret.versions()), (1, 2, 2));
    let secrets = ledger.secrets_of(&scope(), resource_id(1)).await.unwrap();
    assert_eq!(secrets, [Secret::new("hunter23"), Secret::new("captured-2")]);
    assert_eq!(
        ledger.users_of_secret(&scope().tenant, &secret_name()).await.unwrap(),
        ["compose@1.2.3-rc.1+build.7/postgres"]
    );
    let other = SecretName::new("aws/session").unwrap();
    assert_eq!(ledger.users_of_secret(&scope().tenant, &other).await.unwrap().len(), 1);
    let nobodys = SecretName::new("robot").unwrap();
    assert!(ledger.users_of_secret(&scope().tenant, &nobodys).await.unwrap().is_empty());
}

#[tokio::test]
async fn records_have_the_shape_that_they_always_had() {
    let (store, ledger) = memory().await;
    write(&ledger).await;
    is_as_written(&ledger).await;
    FOLDER.check(&*store).await;
}

#[tokio::test]
async fn records_of_format_1_are_read() {
    is_as_written(&open(FOLDER.store().await).await).await;
}

#[tokio::test]
async fn fields_of_a_later_version_are_passed_over() {
    is_as_written(&open(FOLDER.store_with(add_a_field).await).await).await;
}

#[tokio::test]
async fn grants_that_were_words_alone_are_still_the_same() {
    // `stored.rs` reads a record that was written before grants had details.
    let entry = &platform().provisioners[0];
    let grant = entry.grant();
    assert_eq!(grant, Grant::new([Capability::Secrets]));
    assert!(grant.generate && grant.http.is_empty());
}

#[tokio::test]
async fn grants_are_changed_in_place() {
    let (_, ledger) = memory().await;
    write(&ledger).await;
    let stored = ledger.platforms(&scope().tenant).await.unwrap().remove(0);
    let mut platform = stored.value.clone();
    platform.provisioners[0].set_grant(&Grant::default());
    let mut change = ledger.change();
    change.put_platform(&platform, &stored);
    change.commit().await.unwrap();
    let known =
        ledger.platform(&scope().tenant, &name("compose"), &platform.version).await.unwrap().unwrap().value;
    assert_eq!(known.provisioners[0].grant(), Grant::default());
    assert_eq!(known.provisioners[0].wants(), wants());
    let mut change = ledger.change();
    change.put_platform(&stored.value, &stored);
    assert!(change.commit().await.is_err(), "somebody else changed it");
}
