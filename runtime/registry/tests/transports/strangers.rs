//! Who is told what: credentials, tokens, redirects, and registries that would like them to go elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use innominatus_model::{Code, Coded as _, Digest, Secret};
use innominatus_package::{IMAGE_MANIFEST_TYPE, Tag, TagOrDigest};
use innominatus_registry::{
    Credential, CredentialError, Credentials, Login, NoCache, Registry as _, RegistryError, Remote, pull,
    push,
};
use innominatus_testkit::registry::{FakeRegistry, Fault, Gate, Habits};

use crate::common::{image, impatient, remote, remote_as, repository};

const PATH: &str = "acme/platform";

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

struct Somebody(Login);

#[async_trait]
impl Credentials for Somebody {
    async fn of(&self, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(Some(Credential { login: self.0.clone(), from: "a test".to_owned() }))
    }
}

fn alice() -> Arc<Somebody> {
    let password = Secret::new("looking-glass");
    Arc::new(Somebody(Login::Password { username: "alice".to_owned(), password }))
}

#[tokio::test]
async fn a_blob_may_be_elsewhere_and_the_password_stays_here() {
    let gate = Gate::Basic { username: "alice".to_owned(), password: "looking-glass".to_owned() };
    let fake = FakeRegistry::start(Habits { gate: Some(gate), ..Habits::default() }).await;
    let elsewhere = FakeRegistry::start(Habits::default()).await;
    let repository = repository(&fake.host(), PATH);
    let image = image("1.0.0", b"\0asm deploy");
    let registry = remote_as(alice());
    push(&registry, &repository, &[tag("1.0.0")], &image, &[], false).await.unwrap();
    elsewhere.plant_blob(PATH, image.config_bytes());
    let config = &image.manifest().config;
    let path = format!("/blobs/{}", config.digest);
    fake.order(Fault::redirect("GET", &path, &format!("http://{}/v2/{PATH}{path}", elsewhere.host())));
    assert_eq!(registry.blob(&repository, config).await.unwrap(), image.config_bytes());
    assert!(fake.asked().iter().any(|asked| asked.authorization.is_some()));
    assert_eq!(elsewhere.asked().len(), 1);
    assert_eq!(elsewhere.asked()[0].authorization, None);
    // What a tag means is nobody else's to say, and a manifest goes nowhere else either.
    let to = format!("http://{}/", elsewhere.host());
    fake.order(Fault::redirect("GET", "/manifests/1.0.0", &to));
    let by_tag = TagOrDigest::Tag(tag("1.0.0"));
    assert_eq!(registry.resolve(&repository, &by_tag).await.unwrap_err().code(), Code::RegistryProtocol);
    fake.order(Fault::redirect("PUT", "/manifests/", &to));
    let pushed =
        registry.push_manifest(&repository, &by_tag, IMAGE_MANIFEST_TYPE, image.manifest_bytes()).await;
    assert_eq!(pushed.unwrap_err().code(), Code::RegistryProtocol);
    // In a circle.
    for _ in 0..8 {
        fake.order(Fault::redirect("GET", &path, &format!("/v2/{PATH}{path}")));
    }
    assert_eq!(registry.blob(&repository, config).await.unwrap_err().code(), Code::RegistryProtocol);
    assert_eq!(elsewhere.asked().len(), 1);
}

#[tokio::test]
async fn uploads_go_elsewhere_without_the_password() {
    let gate = Gate::Basic { username: "alice".to_owned(), password: "looking-glass".to_owned() };
    let fake = FakeRegistry::start(Habits { gate: Some(gate), ..Habits::default() }).await;
    let elsewhere = FakeRegistry::start(Habits::default()).await;
    fake.change(|habits| habits.upload_to = Some(format!("http://{}", elsewhere.host())));
    let repository = repository(&fake.host(), PATH);
    let error = remote_as(alice()).push_blob(&repository, &Digest::of(b"x"), b"x").await.unwrap_err();
    assert!([Code::RegistryProtocol, Code::ArtifactNotFound].contains(&error.code()), "{error}");
    assert!(!elsewhere.asked().is_empty());
    assert!(elsewhere.asked().iter().all(|asked| asked.authorization.is_none()));
    // To an address that is none, which the library beneath does not survive.
    fake.change(|habits| habits.upload_to = Some("no address at all:".to_owned()));
    let error = remote_as(alice()).push_blob(&repository, &Digest::of(b"x"), b"x").await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryProtocol, "{error}");
}

#[tokio::test]
async fn tokens_are_had_from_the_registry_itself() {
    let login = Some(("alice".to_owned(), "looking-glass".to_owned()));
    let fake =
        FakeRegistry::start(Habits { gate: Some(Gate::Token { login, realm: None }), ..Habits::default() })
            .await;
    let repository = repository(&fake.host(), PATH);
    let image = image("1.0.0", b"\0asm deploy");
    push(&remote_as(alice()), &repository, &[tag("1.0.0")], &image, &[], false).await.unwrap();
    let tokens: Vec<_> = fake.asked().into_iter().filter(|asked| asked.line() == "GET /token").collect();
    let scopes: Vec<_> = tokens.iter().filter_map(|asked| asked.query("scope")).collect();
    assert!(scopes.contains(&format!("repository:{PATH}:pull")), "{scopes:?}");
    assert!(scopes.contains(&format!("repository:{PATH}:pull,push")), "{scopes:?}");
    assert!(tokens.iter().all(|asked| asked.query("service").as_deref() == Some("fake, registry")));
    // The password goes to where tokens are had, and the token to the rest.
    for asked in fake.asked().iter().filter(|asked| asked.line() != "GET /token") {
        assert!(asked.authorization.as_ref().is_none_or(|shown| shown.starts_with("Bearer ")), "{asked:?}");
    }
    // Tokens of people, and those that are exchanged.
    let token = |login| remote_as(Arc::new(Somebody(login)));
    let identity = token(Login::Identity(Secret::new("looking-glass")));
    pull(&identity, &repository, &image.digest(), &NoCache).await.unwrap();
    let itself = token(Login::Token(Secret::new("a-token-of-the-fake-registry")));
    pull(&itself, &repository, &image.digest(), &NoCache).await.unwrap();
    // A wrong password, and nobody.
    for stranger in
        [token(Login::Identity(Secret::new("guess"))), token(Login::Token(Secret::new("guess"))), remote()]
    {
        let error = pull(&stranger, &repository, &image.digest(), &NoCache).await.unwrap_err();
        assert_eq!(error.code(), Code::RegistryDenied, "{error}");
        assert!(!format!("{error:?}{error}").contains("guess"));
    }
}

#[tokio::test]
async fn a_registry_cannot_send_the_password_to_another_host() {
    let evil = FakeRegistry::start(Habits {
        gate: Some(Gate::Token { login: None, realm: None }),
        ..Habits::default()
    })
    .await;
    let realm = Some(format!("http://{}/token", evil.host()));
    let fake =
        FakeRegistry::start(Habits { gate: Some(Gate::Token { login: None, realm }), ..Habits::default() })
            .await;
    let repository = repository(&fake.host(), PATH);
    for registry in [remote_as(alice()), remote()] {
        let error = registry.tags(&repository).await.unwrap_err();
        assert!(matches!(error, RegistryError::Realm { .. }), "{error}");
        assert_eq!(error.code(), Code::RegistryDenied);
        let error = registry.push_blob(&repository, &Digest::of(b"x"), b"x").await.unwrap_err();
        assert!(matches!(error, RegistryError::Realm { .. }), "{error}");
    }
    assert_eq!(evil.asked(), []);
    // Unless somebody says that it is the right one.
    let mut config = impatient();
    config.realms.insert(fake.host(), [evil.host()].into());
    let registry = Remote::new(config, alice()).unwrap();
    assert!(registry.tags(&repository).await.unwrap().is_empty());
    assert_eq!(evil.asked().len(), 1);
}

#[tokio::test]
async fn a_registry_that_asks_late_is_answered() {
    // It lets everybody look, and asks only when something is written.
    let fake = FakeRegistry::start(Habits::default()).await;
    let repository = repository(&fake.host(), PATH);
    let mut refused = Fault::status("POST", "/blobs/uploads/", 401);
    fake.order(refused.clone());
    assert!(remote().push_blob(&repository, &Digest::of(b"x"), b"x").await.unwrap(), "a mood of a moment");
    for _ in 0..4 {
        fake.order(refused);
        refused = Fault::status("POST", "/blobs/uploads/", 401);
    }
    let error = remote().push_blob(&repository, &Digest::of(b"y"), b"y").await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryDenied);
    fake.order(Fault::status("PUT", "/manifests/", 403));
    let image = image("1.0.0", b"\0asm deploy");
    let error = push(&remote(), &repository, &[tag("1.0.0")], &image, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryDenied);
}
