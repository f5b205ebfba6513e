//! Secrets of the operator, tokens that refer to them, destinations, captures.

use std::collections::{BTreeMap, BTreeSet};

use innominatus_ledger::{Destination, Ledger, LedgerError, MAX_OPERATOR_SECRET};
use innominatus_model::{Code, Coded as _, HostPattern, Name, Secret, SecretGrant, SecretName};
use serde_json::json;

use crate::samples::{component, name, prior, resource_id, scope, small};
use crate::secrets::{DEPLOY, POSTGRES, generate, there};
use crate::support::{everything, held, memory, of_family};

fn secret_name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

async fn set(ledger: &Ledger, tenant: &Name, name: &str, value: &str) -> u64 {
    let name = secret_name(name);
    let before = ledger.operator_secret(tenant, &name).await.unwrap();
    let mut change = ledger.change();
    let versions = change.put_operator_secret(tenant, &name, &Secret::new(value), 5, before.as_ref());
    change.commit().await.unwrap();
    versions
}

async fn value(ledger: &Ledger, tenant: &Name, name: &str) -> Option<String> {
    let value = ledger.operator_value(tenant, &secret_name(name)).await.unwrap();
    value.map(|value| value.expose().to_owned())
}

fn references(entries: &[(&str, &str, &[&str])]) -> BTreeMap<String, SecretGrant> {
    let grant = |(name, secret, hosts): &(&str, &str, &[&str])| {
        let hosts = hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect();
        ((*name).to_owned(), SecretGrant { secret: (*secret).to_owned(), hosts })
    };
    entries.iter().map(grant).collect()
}

/// What `POSTGRES` sends to a host.
async fn sent(
    ledger: &Ledger,
    text: &str,
    host: &str,
    own: bool,
    references: &BTreeMap<String, SecretGrant>,
) -> (String, Vec<String>) {
    let to = destination(host, own, references);
    let completed = ledger.complete_for(held(&scope(), POSTGRES), text, &str::to_owned, to).await.unwrap();
    let used = completed.used.iter().map(|secret| secret.expose().to_owned()).collect();
    (completed.text.expose().to_owned(), used)
}

fn destination<'d>(
    host: &'d str,
    own: bool,
    references: &'d BTreeMap<String, SecretGrant>,
) -> Destination<'d> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    Destination { host, own, references, resource: None, typed: &NONE }
}

#[tokio::test]
async fn a_secret_has_a_name_versions_and_one_tenant() {
    let (store, ledger) = memory().await;
    let (acme, other) = (name("acme"), name("other"));
    assert_eq!(set(&ledger, &acme, "team/db", "first").await, 1);
    assert_eq!(set(&ledger, &acme, "team/db", "second").await, 2);
    assert_eq!(set(&ledger, &acme, "team/db.reader", "third").await, 1);
    assert_eq!(value(&ledger, &acme, "team/db").await.as_deref(), Some("second"));
    assert_eq!(value(&ledger, &other, "team/db").await, None);
    let listed = ledger.operator_secrets(&acme).await.unwrap();
    let listed: Vec<_> =
        listed.iter().map(|known| (known.value.name.as_str(), known.value.versions())).collect();
    assert_eq!(listed, [("team/db", 2), ("team/db.reader", 1)]);
    assert!(ledger.operator_secrets(&other).await.unwrap().is_empty());
    for item in everything(&*store).await {
        let text = String::from_utf8_lossy(&item.value).into_owned();
        assert!(!text.contains("first") && !text.contains("second"), "{text}");
    }
    let stored = ledger.operator_secret(&acme, &secret_name("team/db")).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.delete_operator_secret(&stored);
    change.commit().await.unwrap();
    assert_eq!(value(&ledger, &acme, "team/db").await, None);
    assert_eq!(of_family(&*store, "opsecret").await.len(), 1);
}

#[tokio::test]
async fn an_older_value_put_back_does_not_open() {
    let (store, ledger) = memory().await;
    let tenant = scope().tenant;
    set(&ledger, &tenant, "db", "first").await;
    let sealed = |text: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(text).unwrap();
        value["body"]["sealed"].as_str().unwrap().to_owned()
    };
    let old = sealed(&of_family(&*store, "opsecret").await[0].value);
    set(&ledger, &tenant, "db", "second").await;
    let record = of_family(&*store, "opsecret").await.remove(0);
    let text = String::from_utf8(record.value.to_vec()).unwrap().replace(&sealed(&record.value), &old);
    use innominatus_store::{Store as _, Txn};
    store.txn(Txn::new().put(record.key, text)).await.unwrap();
    let error = ledger.operator_value(&tenant, &secret_name("db")).await.unwrap_err();
    assert!(matches!(error, LedgerError::Seal { .. }), "{error}");
}

#[tokio::test]
async fn long_values_are_kept_and_longer_ones_refused() {
    let (_, ledger) = memory().await;
    let tenant = scope().tenant;
    let long = "x".repeat(MAX_OPERATOR_SECRET);
    set(&ledger, &tenant, "long", &long).await;
    assert_eq!(value(&ledger, &tenant, "long").await, Some(long.clone()));
    let mut change = ledger.change();
    change.put_operator_secret(&tenant, &secret_name("longer"), &Secret::new(format!("{long}x")), 1, None);
    assert!(matches!(change.commit().await.unwrap_err(), LedgerError::TooBig { .. }));
}

#[tokio::test]
async fn a_reference_is_sent_where_its_grant_says_and_nowhere_else() {
    let (_, ledger) = memory().await;
    set(&ledger, &scope().tenant, "team/db", "hunter22").await;
    let one = resource_id(1);
    there(&ledger, one).await;
    let reference = |component: &'static str| {
        let ledger = ledger.clone();
        async move { ledger.reference_token(&scope(), component, one, &secret_name("team/db")).await.unwrap() }
    };
    let token = reference(POSTGRES).await.unwrap();
    assert_eq!(reference(POSTGRES).await.unwrap(), token, "one token for one secret");
    assert_ne!(reference(DEPLOY).await.unwrap(), token);
    assert!(ledger.reference_token(&scope(), POSTGRES, one, &secret_name("none")).await.unwrap().is_none());

    let granted = references(&[("db", "team/db", &["db.example.com", "*.internal.example.com"])]);
    let text = format!("password={token}");
    for (host, goes) in [
        ("db.example.com", true),
        ("a.internal.example.com", true),
        ("internal.example.com", false),
        ("db.example.com.evil.example.org", false),
        ("example.com", false),
    ] {
        for own in [true, false] {
            let (sent, used) = sent(&ledger, &text, host, own, &granted).await;
            assert_eq!(sent == "password=hunter22", goes, "{host}: {sent}");
            assert_eq!(used.len(), usize::from(goes));
            if !goes {
                assert_eq!(sent, text, "it stays a token");
            }
        }
    }
    // Nowhere, another secret, nothing at all.
    for granted in [
        references(&[("db", "team/db", &[])]),
        references(&[("db", "team/other", &["db.example.com"])]),
        BTreeMap::new(),
    ] {
        assert_eq!(sent(&ledger, &text, "db.example.com", true, &granted).await.0, text);
    }
    // Issued to one component, worth nothing to another.
    let to = destination("db.example.com", true, &granted);
    let theirs = ledger.complete_for(held(&scope(), DEPLOY), &text, &str::to_owned, to).await.unwrap();
    assert_eq!(theirs.text.expose(), text);
    // No file and no person was named by the operator.
    assert_eq!(
        ledger.complete(held(&scope(), POSTGRES), &text, &str::to_owned).await.unwrap().expose(),
        text
    );
}

#[tokio::test]
async fn a_new_value_is_seen_at_once_and_a_removed_one_is_said() {
    let (_, ledger) = memory().await;
    let tenant = scope().tenant;
    set(&ledger, &tenant, "db", "value-of-monday").await;
    there(&ledger, resource_id(1)).await;
    let token = ledger
        .reference_token(&scope(), POSTGRES, resource_id(1), &secret_name("db"))
        .await
        .unwrap()
        .unwrap();
    let granted = references(&[("db", "db", &["db.example.com"])]);
    assert_eq!(sent(&ledger, &token, "db.example.com", false, &granted).await.0, "value-of-monday");
    set(&ledger, &tenant, "db", "value-of-tuesday").await;
    assert_eq!(sent(&ledger, &token, "db.example.com", false, &granted).await.0, "value-of-tuesday");
    let secrets = ledger.secrets_of(&scope(), resource_id(1)).await.unwrap();
    assert_eq!(secrets, [Secret::new("value-of-tuesday")], "what must not stand in texts about it");

    let stored = ledger.operator_secret(&tenant, &secret_name("db")).await.unwrap().unwrap();
    let mut change = ledger.change();
    change.delete_operator_secret(&stored);
    change.commit().await.unwrap();
    let to = destination("db.example.com", false, &granted);
    let error = ledger.complete_for(held(&scope(), POSTGRES), &token, &str::to_owned, to).await.unwrap_err();
    assert_eq!(error.code(), Code::SecretNotFound, "{error}");
    assert!(ledger.secrets_of(&scope(), resource_id(1)).await.unwrap().is_empty());
}

#[tokio::test]
async fn own_secrets_go_where_own_secrets_may() {
    let (_, ledger) = memory().await;
    set(&ledger, &scope().tenant, "db", "operators-value").await;
    let one = resource_id(1);
    let made = generate(&ledger, POSTGRES, one, "admin", "generated-value").await.token;
    let operators =
        ledger.reference_token(&scope(), POSTGRES, one, &secret_name("db")).await.unwrap().unwrap();
    // An output that holds one of each.
    let mut other = small(2);
    other.status.prior = Some(prior("", ""));
    other.status.prior.as_mut().unwrap().state.outputs[0].value = json!(format!("{made}:{operators}"));
    other.status.made_by = Some(component("postgres"));
    let mut change = ledger.change();
    change.put_resource(&other, None);
    change.commit().await.unwrap();
    let output = ledger.output_token(&scope(), POSTGRES, other.id, "password").await.unwrap();

    let granted = references(&[("db", "db", &["db.example.com"])]);
    let text = format!("{made} {output}");
    assert_eq!(sent(&ledger, &text, "db.example.com", false, &granted).await, (text.clone(), vec![]));
    let (whole, used) = sent(&ledger, &text, "db.example.com", true, &granted).await;
    assert_eq!(whole, "generated-value generated-value:operators-value");
    assert!(used.contains(&"operators-value".to_owned()) && used.contains(&"generated-value".to_owned()));
    // To another host the operator's part of the output stays a token.
    let (part, used) = sent(&ledger, &text, "other.example.com", true, &granted).await;
    assert_eq!(part, format!("generated-value generated-value:{operators}"));
    assert!(!used.iter().any(|secret| secret.contains("operators-value")));
}

#[tokio::test]
async fn what_is_captured_is_kept_and_replaced() {
    let (store, ledger) = memory().await;
    let one = resource_id(1);
    there(&ledger, one).await;
    let keep = |text: &'static str| {
        let ledger = ledger.clone();
        async move {
            ledger.keep_captured(&scope(), POSTGRES, one, "access-key", &Secret::new(text)).await.unwrap()
        }
    };
    let first = keep("captured-first").await;
    assert!(first.created);
    let before = everything(&*store).await;
    let again = keep("captured-first").await;
    assert_eq!((again.token.as_str(), again.created), (first.token.as_str(), false));
    assert_eq!(everything(&*store).await, before, "the same value is not written again");
    let second = keep("captured-second").await;
    assert_eq!((second.token.as_str(), second.created), (first.token.as_str(), true));
    let completed = ledger.complete(held(&scope(), POSTGRES), &first.token, &str::to_owned).await.unwrap();
    assert_eq!(completed.expose(), "captured-second");
    assert_eq!(generate(&ledger, POSTGRES, one, "access-key", "never").await.token, first.token);
    assert_eq!(ledger.secrets_of(&scope(), one).await.unwrap(), [Secret::new("captured-second")]);
    assert_eq!(keep("").await.token, first.token);
    // One that takes several values of the store.
    let long = Secret::new("x".repeat(60_000));
    ledger.keep_captured(&scope(), POSTGRES, one, "long", &long).await.unwrap();
    assert!(ledger.secrets_of(&scope(), one).await.unwrap().contains(&long));
    let longer = Secret::new("x".repeat(70_000));
    let refused = ledger.keep_captured(&scope(), POSTGRES, one, "long", &longer).await.unwrap_err();
    assert!(matches!(refused, LedgerError::TooBig { .. }), "{refused}");
    let long = ledger.keep_captured(&scope(), POSTGRES, one, &"x".repeat(300), &Secret::new("a")).await;
    assert!(matches!(long.unwrap_err(), LedgerError::TooBig { .. }));
    ledger.forget_secrets(&scope(), one).await.unwrap();
    assert!(ledger.secrets_of(&scope(), one).await.unwrap().is_empty());
    assert_eq!(of_family(&*store, "chunk").await.len(), 0);
}

#[tokio::test]
async fn keepers_at_the_same_moment_all_end_well() {
    let (_, ledger) = memory().await;
    let mut tasks = Vec::new();
    for number in 0..12 {
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            let value = Secret::new(format!("value-{number}"));
            ledger.keep_captured(&scope(), POSTGRES, resource_id(1), "key", &value).await.unwrap().token
        }));
    }
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert!(ledger.secrets_of(&scope(), resource_id(1)).await.unwrap()[0].expose().starts_with("value-"));
}

#[tokio::test]
async fn tokens_for_the_operators_secrets_go_with_the_resource() {
    let (store, ledger) = memory().await;
    set(&ledger, &scope().tenant, "db", "operators-value").await;
    let before = everything(&*store).await;
    let token = ledger
        .reference_token(&scope(), POSTGRES, resource_id(1), &secret_name("db"))
        .await
        .unwrap()
        .unwrap();
    ledger.forget_secrets(&scope(), resource_id(1)).await.unwrap();
    assert_eq!(everything(&*store).await, before);
    let granted = references(&[("db", "db", &["db.example.com"])]);
    assert_eq!(sent(&ledger, &token, "db.example.com", false, &granted).await.0, token);
}
