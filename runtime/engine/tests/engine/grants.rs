//! Nothing is granted without an answer; what is granted is what the answer says, and can be changed.

use std::path::PathBuf;

use innominatus_engine::{Answer, Choice, InstallError, Installed, Terms, Wanted};
use innominatus_ledger::RunState;
use innominatus_model::{Capability, Coded, EventKind, Secret, SecretName};
use innominatus_package::read_grants;
use innominatus_testkit::programs;
use serde_json::json;

use crate::house::{House, chain, name, web};

fn cloudy() -> PathBuf {
    programs::platform("cloudy")
}

fn choices(texts: &[&str]) -> Answer {
    Answer { choices: texts.iter().map(|text| text.parse().unwrap()).collect(), file: None }
}

fn file(text: &str) -> Answer {
    let (grants, _) = read_grants("grants.yaml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    Answer { choices: vec![], file: Some(("grants.yaml".into(), grants)) }
}

async fn install(house: &House, answer: Option<&Answer>) -> Result<Installed, InstallError> {
    house.engine.install(&name("default"), &cloudy(), answer).await
}

/// The code, the message and the remedy; and nothing has changed, but that an event tells of it.
async fn refused(house: &House, answer: Option<&Answer>) -> (String, String, String) {
    let (before, refusals) = house.installed().await;
    let error = install(house, answer).await.expect_err("it is refused");
    assert_eq!(house.installed().await, (before, refusals + 1), "nothing has changed");
    let told = house.told(EventKind::PlatformRefused).await.pop().unwrap();
    assert_eq!(told, format!("platform cloudy@1.0.0 was refused: {}", error.code()));
    (error.code().to_string(), chain(&error), error.remedy().unwrap_or_default())
}

fn settings(house: &House, text: &str) {
    let folder = house.folder.path().join("settings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cloudy.json"), text).unwrap();
}

const FILE: &str = "\
grants:
  cloudy/widget:
    approvedFor: 1.0.0
    http:
      - {host: 127.0.0.1, scheme: http, port: 5000, methods: [GET, PUT, POST, DELETE], secrets: true, addresses: [127.0.0.1/32]}
    credentials:
      cloud: {kind: bearer, token: cloud/token}
    secrets: {generate: true}
";

#[tokio::test]
async fn without_an_answer_it_says_who_asks_for_what_and_how_to_answer() {
    let house = House::empty().await;
    let (code, message, remedy) = refused(&house, None).await;
    assert_eq!(code, "capability-not-granted");
    assert!(message.contains("`cloudy@1.0.0` asks for more than every component may do"), "{message}");
    for part in [
        "`cloudy/widget` asks for `http`: makes and removes things of the fake cloud",
        "it wants to send requests: GET, PUT, DELETE, POST to the URL in the setting `endpoint`, its secrets included (which is not set)",
        "called `cloud` (bearer)",
        "--grant cloudy/widget:http --grant cloudy/widget:secrets",
        "only a grants file can grant them",
        "--grants grants.yaml",
    ] {
        assert!(remedy.contains(part), "`{part}` is not in\n{remedy}");
    }
    assert!(!remedy.contains("--grant all"), "all cannot be granted by a flag");
    // What stands at the end is a file that reads back.
    let sample = &remedy[remedy.find("grants:\n").unwrap()..];
    assert!(read_grants("sample", sample.as_bytes()).unwrap().0.entries.contains_key("cloudy/widget"));
}

#[tokio::test]
async fn what_is_looked_at_is_not_installed() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "https://cloud.example.com/base"}"#);
    let before = house.ledger().revision().await.unwrap();
    let examination =
        house.engine.examine(&name("default"), &Wanted::Folder(cloudy()), &Terms::default()).await.unwrap();
    assert_eq!(house.ledger().revision().await.unwrap(), before);
    assert!(!examination.installed && examination.names_secrets);
    let ask = &examination.asks[0];
    assert_eq!((ask.entry.as_str(), ask.want.capability), ("cloudy/widget", Capability::Http));
    assert!(ask.lines[0].contains("(now https://cloud.example.com)"), "{:?}", ask.lines);
    assert!(examination.choices.contains(&"cloudy/widget:http".parse::<Choice>().unwrap()));
    assert!(examination.sample.contains("host: cloud.example.com"), "{}", examination.sample);
}

#[tokio::test]
async fn choices_about_nothing_are_said() {
    let house = House::empty().await;
    for (texts, message, hint) in [
        (&["cloudy/wodget:http"][..], "has no provisioner `cloudy/wodget`", "`cloudy/widget`"),
        (&["clouds/widget:http"], "has no provisioner `clouds/widget`", "`cloudy/widget`"),
        (&["cloudy/widget:sql"], "does not ask for `sql`", "it asks for `http`, `secrets`"),
        (&["none", "cloudy/widget:secrets"], "`none` stands beside other grants", "remove"),
        (
            &["cloudy/widget:http"],
            "the setting `endpoint`, which holds no URL",
            "name the host in a grants file",
        ),
    ] {
        let (code, said, remedy) = refused(&house, Some(&choices(texts))).await;
        assert_eq!(code, "grants-invalid", "{said}");
        assert!(said.contains(message), "{said}");
        assert!(remedy.contains(hint), "{remedy}");
    }
}

#[tokio::test]
async fn everything_cannot_be_granted_where_a_person_has_to_name_secrets() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let (code, message, remedy) = refused(&house, Some(&Answer::all())).await;
    assert_eq!(code, "capability-not-granted");
    assert!(message.contains("`cloudy/widget` http: the credential `cloud` (bearer)"), "{message}");
    assert!(remedy.contains("cloud: {kind: bearer, token: cloud/token}"), "{remedy}");
    // One of them by choice, without its credential: that is said, and installed.
    let installed = install(&house, Some(&choices(&["cloudy/widget:http"]))).await.unwrap();
    let missing: Vec<String> =
        installed.missing.iter().map(|(label, gap)| format!("{label} {gap}")).collect();
    assert!(
        missing.contains(&"cloudy/widget http: the credential `cloud` (bearer)".to_owned()),
        "{missing:?}"
    );
    assert!(
        missing.contains(&"cloudy/widget secrets: generate secrets of its own".to_owned()),
        "{missing:?}"
    );
    let grant = installed.platform.provisioner(&name("widget")).unwrap().grant();
    assert_eq!(grant.http[0].rule.target.to_string(), "http://127.0.0.1:5000");
    assert!(!grant.allows(Capability::Secrets) && grant.credentials.is_empty());
}

#[tokio::test]
async fn a_file_grants_what_it_says_and_choices_add_to_it() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let mut answer = file(&FILE.replace("    secrets: {generate: true}\n", ""));
    answer.choices = choices(&["cloudy/widget:secrets"]).choices;
    let installed = install(&house, Some(&answer)).await.unwrap();
    let grant = installed.platform.provisioner(&name("widget")).unwrap().grant();
    assert!(grant.generate && grant.credentials.contains_key("cloud"));
    assert_eq!(grant.http[0].addresses.len(), 1);
    assert!(!installed.missing.iter().any(|(label, _)| label == "cloudy/widget"), "{:?}", installed.missing);
    assert!(installed.missing.iter().any(|(label, _)| label == "cloudy/gadget"), "the file does not name it");
    // The secret it names is not there yet.
    assert!(
        installed
            .warnings
            .iter()
            .any(|warning| warning.message.contains("`cloud/token`, which is not there yet"))
    );
    // What is kept is what was said.
    let kept = house.engine.installed(&name("default"), &name("cloudy"), None).await.unwrap().value;
    assert_eq!(kept.provisioner(&name("widget")).unwrap().grant(), grant);
}

#[tokio::test]
async fn a_file_that_says_too_much_is_a_warning_and_grants_no_more() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let text = format!(
        "{FILE}  cloudy/wodget: {{}}\n  other/thing:\n    secrets: {{generate: true}}\n  cloudy/gadget:\n    credentials:\n      spare: {{kind: bearer, token: a}}\n"
    );
    let installed = install(&house, Some(&file(&text))).await.unwrap();
    let warnings: Vec<&str> = installed.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(warnings.iter().any(|text| text.contains("has no provisioner `cloudy/wodget`")), "{warnings:?}");
    assert!(
        warnings.iter().any(|text| text.contains("`cloudy/gadget` is granted what it cannot use")),
        "{warnings:?}"
    );
    assert!(
        !warnings.iter().any(|text| text.contains("other/thing")),
        "other platforms are not our business"
    );
    assert!(installed.platform.provisioner(&name("gadget")).unwrap().grant().credentials.is_empty());
}

#[tokio::test]
async fn grants_are_for_the_version_that_was_reviewed() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let answer = file(&FILE.replace("approvedFor: 1.0.0", "approvedFor: 0.9.0"));
    let (code, message, remedy) = refused(&house, Some(&answer)).await;
    assert_eq!(code, "grants-stale");
    assert!(message.contains("approved for 0.9.0; this is version 1.0.0"), "{message}");
    assert!(remedy.contains("approvedFor: 1.0.0"), "{remedy}");
    let wanted = Wanted::Folder(cloudy());
    let shown =
        house.engine.examine(&name("default"), &wanted, &Terms::default()).await.unwrap().platform.digest;
    let answer = file(&FILE.replace("approvedFor: 1.0.0", &format!("approvedFor: \"{shown}\"")));
    install(&house, Some(&answer)).await.unwrap();
}

#[tokio::test]
async fn an_installed_platform_is_granted_something_else_and_its_bytes_stay() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let none = install(&house, Some(&choices(&["none"]))).await.unwrap();
    assert!(!none.known && !none.unchanged && !none.missing.is_empty());
    let blobs = || {
        let files = std::fs::read_dir(house.blobs()).unwrap().map(|file| file.unwrap());
        files.map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap())).collect::<Vec<_>>()
    };
    let before = blobs();

    let untouched = install(&house, None).await.unwrap();
    assert!(untouched.known && untouched.unchanged, "without an answer it stays as it is");
    assert!(house.told(EventKind::GrantsChanged).await.is_empty());

    let changed = install(&house, Some(&file(FILE))).await.unwrap();
    assert!(changed.known && !changed.unchanged);
    assert_eq!(changed.platform.installed_ms, none.platform.installed_ms);
    assert_eq!(blobs(), before, "the bytes are not kept again");
    let events = house.events().await;
    let event = events.iter().find(|event| event.kind == EventKind::GrantsChanged).unwrap();
    assert_eq!(event.subject.platform, Some(name("cloudy")));
    assert_eq!(event.details["before"], json!({}));
    assert!(
        event.details["after"]["widget"][1].as_str().unwrap().contains("`cloud/token`"),
        "{}",
        event.details
    );

    let again = install(&house, Some(&file(FILE))).await.unwrap();
    assert!(again.known && again.unchanged);
    assert_eq!(house.told(EventKind::GrantsChanged).await.len(), 1);
}

#[tokio::test]
async fn what_was_not_granted_is_denied_and_the_remedy_names_the_flag() {
    let house = House::empty().await;
    let fixtures = programs::platform("fixtures");
    let tenant = name("default");
    house.engine.install(&tenant, &fixtures, Some(&choices(&["none"]))).await.unwrap();
    let run = house.run(&web(json!({"key": {"type": "secretive"}}))).await;
    assert_eq!(run.state, RunState::Failed);
    let resources = house.resources("web").await;
    let error = resources["key"].status.last_error.clone().unwrap();
    assert!(house.secrets(resources["key"].id).await.is_empty());
    let said = format!("{error:?}");
    assert!(said.contains("--grant fixtures/secretive:secrets"), "{said}");
    // Granted, the same wish comes true.
    house.engine.install(&tenant, &fixtures, Some(&choices(&["fixtures/secretive:secrets"]))).await.unwrap();
    let run = house.run(&web(json!({"key": {"type": "secretive"}}))).await;
    assert_eq!(run.state, RunState::Succeeded, "{run:?}");
}

#[tokio::test]
async fn the_operators_secrets_are_kept_counted_and_not_lost_by_a_slip() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "http://127.0.0.1:5000"}"#);
    let (engine, tenant) = (house.engine.clone(), name("default"));
    let token = SecretName::new("cloud/token").unwrap();
    let error = engine.rotate_secret(&tenant, &token, &Secret::new("hunter22")).await.unwrap_err();
    assert_eq!(error.code().to_string(), "secret-not-found");
    let set = engine.set_secret(&tenant, &token, &Secret::new("hunter22")).await.unwrap();
    assert_eq!((set.versions, set.users.len()), (1, 0));
    let installed = install(&house, Some(&file(FILE))).await.unwrap();
    assert!(!installed.warnings.iter().any(|warning| warning.message.contains("not there yet")));
    let set = engine.rotate_secret(&tenant, &token, &Secret::new("hunter33")).await.unwrap();
    assert_eq!((set.versions, set.users), (2, vec!["cloudy@1.0.0/widget".to_owned()]));

    let error = engine.remove_secret(&tenant, &token, false).await.unwrap_err();
    assert_eq!(error.code().to_string(), "secret-in-use");
    assert!(chain(&error).contains("cloudy@1.0.0/widget"), "{error}");
    assert_eq!(engine.remove_secret(&tenant, &token, true).await.unwrap().len(), 1);
    assert!(house.ledger().operator_secret(&tenant, &token).await.unwrap().is_none());

    for (value, part) in
        [(String::new(), "is empty"), ("a\0b".into(), "null"), ("x".repeat(65 * 1024), "64 KiB")]
    {
        let error = engine.set_secret(&tenant, &token, &Secret::new(value)).await.unwrap_err();
        assert_eq!(error.code().to_string(), "secret-invalid");
        assert!(error.to_string().contains(part), "{error}");
    }
    let mut kinds: Vec<_> = house.events().await.into_iter().collect();
    kinds.retain(|event| !format!("{event:?}").contains("hunter"));
    let kinds: Vec<_> = kinds.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::SecretSet,
            EventKind::PlatformInstalled,
            EventKind::SecretRotated,
            EventKind::SecretRemoved
        ]
    );
}

/// The remedy of a denial names one choice: whoever follows it loses nothing that was granted before.
#[tokio::test]
async fn a_single_choice_adds_to_what_an_installed_platform_is_granted() {
    let house = House::empty().await;
    settings(&house, r#"{"endpoint": "https://cloud.example.com"}"#);
    install(&house, Some(&file(&FILE.replace("    secrets: {generate: true}\n", "")))).await.unwrap();
    let granted = async || {
        let platform = house.ledger().platforms(&name("default")).await.unwrap().remove(0).value;
        platform.provisioner(&name("widget")).unwrap().grant()
    };
    let before = granted().await;
    assert!(!before.generate && before.credentials.len() == 1);
    install(&house, Some(&choices(&["cloudy/widget:secrets"]))).await.unwrap();
    let after = granted().await;
    assert!(after.generate);
    assert_eq!((&after.http, &after.credentials), (&before.http, &before.credentials));
    // `none` is a whole answer.
    install(&house, Some(&choices(&["none"]))).await.unwrap();
    assert!(granted().await.http.is_empty());
}
