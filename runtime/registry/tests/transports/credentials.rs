//! Where credentials are looked for, in which order, and that nobody sees them.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use innominatus_model::{Code, Coded as _, Secret, SecretName};
use innominatus_registry::{Credential, CredentialError, Credentials as _, Keychain, Login, Secrets};

const HOST: &str = "registry.example.com:5000";

struct Vault;

#[async_trait]
impl Secrets for Vault {
    async fn secret(&self, name: &SecretName) -> Option<Secret> {
        match name.as_str() {
            "pair" => Some(Secret::new("bob:pa:ss")),
            "token" => Some(Secret::new("tok")),
            _ => None,
        }
    }
}

fn password(username: &str, password: &str) -> Login {
    Login::Password { username: username.to_owned(), password: Secret::new(password) }
}

fn environment(
    set: &'static [(&'static str, &'static str)],
) -> impl Fn(&str) -> Option<String> + Send + Sync {
    move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

async fn of(keychain: &Keychain, registry: &str) -> Result<Option<Login>, CredentialError> {
    Ok(keychain.of(registry).await?.map(|Credential { login, .. }| login))
}

fn named(name: &str) -> [(String, SecretName); 1] {
    [(HOST.to_owned(), SecretName::new(name).unwrap())]
}

#[tokio::test]
async fn the_operators_secret_is_first_and_docker_last() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    // `dave:d`
    fs::write(&file, format!("{{\"auths\": {{\"{HOST}\": {{\"auth\": \"ZGF2ZTpk\"}}}}}}")).unwrap();
    let docker = Keychain::new().with_docker(&file, false);
    assert_eq!(of(&docker, HOST).await.unwrap(), Some(password("dave", "d")));
    let both = docker.with_environment(environment(&[
        ("INNOMINATUS_REGISTRY_USERNAME_REGISTRY_EXAMPLE_COM_5000", "carol"),
        ("INNOMINATUS_REGISTRY_PASSWORD_REGISTRY_EXAMPLE_COM_5000", "c"),
    ]));
    assert_eq!(of(&both, HOST).await.unwrap(), Some(password("carol", "c")));
    let all = both.clone().with_secrets(named("pair"), Arc::new(Vault));
    assert_eq!(of(&all, HOST).await.unwrap(), Some(password("bob", "pa:ss")));
    let token = both.with_secrets(named("token"), Arc::new(Vault));
    assert_eq!(of(&token, HOST).await.unwrap(), Some(Login::Token(Secret::new("tok"))));
    // They belong to one host, with its port.
    for other in ["registry.example.com", "registry.example.com:5001", "evil.example"] {
        assert_eq!(of(&all, other).await.unwrap(), None, "{other}");
    }
}

#[tokio::test]
async fn what_should_be_there_and_is_not_is_an_error() {
    let missing = Keychain::new().with_secrets(named("none"), Arc::new(Vault));
    let error = of(&missing, HOST).await.unwrap_err();
    assert_eq!(
        (error.code(), error.remedy().unwrap()),
        (Code::RegistryDenied, "set it: `innominatus secret set none`".to_owned())
    );
    let half = Keychain::new().with_environment(environment(&[(
        "INNOMINATUS_REGISTRY_PASSWORD_REGISTRY_EXAMPLE_COM_5000",
        "hunter2",
    )]));
    let error = of(&half, HOST).await.unwrap_err();
    assert!(!error.to_string().contains("hunter2") && error.to_string().contains("USERNAME"), "{error}");
    let token = Keychain::new()
        .with_environment(environment(&[("INNOMINATUS_REGISTRY_TOKEN_REGISTRY_EXAMPLE_COM_5000", "t")]));
    assert_eq!(of(&token, HOST).await.unwrap(), Some(Login::Token(Secret::new("t"))));
    assert_eq!(of(&Keychain::new(), HOST).await.unwrap(), None);
}

#[tokio::test]
async fn dockers_file_is_read_as_docker_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let keychain = Keychain::new().with_docker(&file, false);
    assert_eq!(of(&keychain, HOST).await.unwrap(), None, "no file, no credentials");
    for (text, expected) in [
        (
            r#"{"auths": {"https://registry.example.com:5000": {"auth": "ZGF2ZTpk"}}}"#,
            Some(password("dave", "d")),
        ),
        (
            r#"{"auths": {"registry.example.com:5000": {"identitytoken": "idt", "auth": "ZGF2ZTpk"}}}"#,
            Some(Login::Identity(Secret::new("idt"))),
        ),
        (
            r#"{"auths": {"registry.example.com:5000": {"username": "u", "password": "p"}}}"#,
            Some(password("u", "p")),
        ),
        (r#"{"auths": {"other": {"auth": "ZGF2ZTpk"}}}"#, None),
        ("{}", None),
    ] {
        fs::write(&file, text).unwrap();
        assert_eq!(of(&keychain, HOST).await.unwrap(), expected, "{text}");
    }
    for text in
        ["", "[]", "no json hunter2", r#"{"auths": {"registry.example.com:5000": {"auth": "hunter2!"}}}"#]
    {
        fs::write(&file, text).unwrap();
        let error = of(&keychain, HOST).await.unwrap_err();
        assert_eq!(error.code(), Code::RegistryDenied);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    fs::write(&file, r#"{"auths": {"https://index.docker.io/v1/": {"auth": "ZGF2ZTpk"}}}"#).unwrap();
    assert_eq!(of(&keychain, "docker.io").await.unwrap(), Some(password("dave", "d")));
}

#[tokio::test]
async fn no_program_is_started_unless_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let text = format!("{{\"credsStore\": \"absent\", \"credHelpers\": {{\"{HOST}\": \"absent\"}}}}");
    fs::write(&file, text).unwrap();
    // Started, it would not be found, and that would be an error.
    let keychain = Keychain::new().with_docker(&file, false);
    assert_eq!(of(&keychain, HOST).await.unwrap(), None);
    let allowed = Keychain::new().with_docker(&file, true);
    let error = of(&allowed, HOST).await.unwrap_err();
    assert!(error.to_string().contains("cannot be started"), "{error}");
}

#[test]
fn nothing_shows_them() {
    let login = password("alice", "hunter2");
    assert!(!format!("{login:?}").contains("hunter2"));
    let credential = Credential { login: Login::Token(Secret::new("hunter2")), from: "a test".to_owned() };
    assert!(!format!("{credential:?}").contains("hunter2"));
    let keychain = Keychain::new().with_environment(environment(&[("X", "hunter2")]));
    assert!(!format!("{keychain:?}").contains("hunter2"));
}
