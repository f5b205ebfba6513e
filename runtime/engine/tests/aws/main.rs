//! The components of the platform `aws`, in the sandbox and behind the egress, in an account that checks every signature:
//! the exports that no run calls by itself, and what a component is told of keys.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod desk;

use desk::{Desk, known, target};
use innominatus_model::{Difference, Health};
use innominatus_testkit::account::{Account, Key};
use serde_json::{Value, json};

fn prefix(name: &str) -> String {
    format!("{name}{}", std::process::id())
}

fn pointers(drift: &[Difference]) -> Vec<&str> {
    drift.iter().map(|difference| difference.pointer.as_str()).collect()
}

#[tokio::test]
async fn drift_of_a_bucket_is_seen_and_mended_and_its_component_is_told_no_key() {
    let Some(account) = Account::here("whether drift of a bucket is seen") else { return };
    let prefix = prefix("drift");
    let desk = Desk::new(&account, &prefix, "s3.wasm", false).await;
    let params = json!({"tags": {"team": "a"}, "lifecycle": {"expirationDays": 30}, "policy": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{bucket}/*"}],
    }});
    let wish = target("s3", params);
    let state = desk.provision(&wish).await;
    let made = known(&wish, state.clone());
    let status = desk.status(&made).await;
    assert_eq!((status.health, pointers(&status.drift)), (Health::Ready, vec![]), "{status:?}");

    let account_now = account.look(&prefix);
    let bucket = account_now["buckets"].as_object().unwrap().keys().next().unwrap().clone();
    account.must(&["strip-policy", &bucket]);
    account.must(&["keep-versions", &bucket]);
    let status = desk.status(&made).await;
    assert_eq!((status.health, pointers(&status.drift)), (Health::Degraded, vec!["/versioning", "/policy"]));
    assert_eq!((&status.drift[0].desired, &status.drift[0].observed), (&json!(false), &json!(true)));

    assert_eq!(desk.provision(&made).await, state);
    assert_eq!(desk.status(&made).await.health, Health::Ready);
    assert_eq!(account.look(&prefix)["buckets"][&bucket]["versioning"], json!("Suspended"));

    // The captured key is real, and only the host has it.
    let output = |name: &str| state.outputs.iter().find(|output| output.name == name).unwrap();
    let kept = desk.kept();
    let [secret] = kept.as_slice() else { panic!("one secret was captured: {}", kept.len()) };
    let key = Key { id: output("access_key_id").value.as_str().unwrap().to_owned(), secret: secret.clone() };
    assert_eq!(account.ask(&key, &["put", &bucket, "a"]), json!({"ok": null}));
    assert!(output("secret_key").sensitive && output("secret_key").value == json!("tokensecretkey"));
    let told = desk.told();
    assert!(told.contains("<SecretAccessKey>tokensecretkey</SecretAccessKey>"), "{told}");
    for secret in [secret, &account.operator.secret, &account.operator.id] {
        assert!(!told.contains(secret.as_str()), "the component was told a key");
    }
}

#[tokio::test]
async fn a_bucket_from_before_is_adopted_as_it_is() {
    let Some(account) = Account::here("whether a bucket from before is adopted") else { return };
    let prefix = prefix("adopt");
    let legacy = format!("{prefix}-legacy");
    account.must(&["make-bucket", &legacy]);
    account.must(&["keep-versions", &legacy]);
    let desk = Desk::new(&account, &prefix, "s3.wasm", false).await;
    let wish = target("s3", json!({}));
    assert_eq!(desk.adopt(&wish, &format!("{prefix}-nowhere")).await.unwrap_err(), "bucket-missing");
    let state = desk.adopt(&wish, &legacy).await.unwrap();
    let there = account.look(&prefix);
    let bucket = &there["buckets"][&legacy];
    assert_eq!((&bucket["versioning"], &bucket["publicAccessBlock"]), (&json!("Enabled"), &Value::Null));
    assert_eq!(bucket["tags"]["innominatus:application"], json!("shop"));
    assert_eq!(there["users"].as_object().unwrap().len(), 1);
    let made = known(&wish, state.clone());
    assert_eq!(desk.status(&made).await.health, Health::Ready);
    assert_eq!(desk.provision(&made).await, state);
    // Another resource does not get it.
    let mut other = target("s3", json!({}));
    other.labels = vec![("uid".into(), "s3.default#web.other".into())];
    assert_eq!(desk.adopt(&other, &legacy).await.unwrap_err(), "bucket-taken");
}

#[tokio::test]
async fn a_database_is_looked_at_and_its_password_is_told_to_aws_alone() {
    let Some(account) = Account::here("whether a database is looked at") else { return };
    let prefix = prefix("look");
    let desk = Desk::new(&account, &prefix, "rds.wasm", true).await;
    let wish = target("postgres", json!({"version": "16.4", "storage": 20}));
    let state = desk.provision(&wish).await;
    let made = known(&wish, state);
    let status = desk.status(&made).await;
    assert_eq!((status.health, status.reason.as_str()), (Health::Ready, "Available"), "{status:?}");
    let mut larger = made.clone();
    larger.params = json!({"version": "16.4", "storage": 40, "instanceClass": "db.t4g.small"});
    let status = desk.status(&larger).await;
    assert_eq!(pointers(&status.drift), ["/instanceClass", "/storage"]);
    let state = desk.provision(&larger).await;
    assert_eq!(desk.status(&known(&larger, state)).await.health, Health::Ready);
    let told = desk.told();
    assert!(told.contains("MasterUserPassword") && told.contains("tokenpassword"));
    for secret in desk.kept().iter().chain([&account.operator.secret, &account.operator.id]) {
        assert!(!told.contains(secret.as_str()), "the component was told a secret");
    }
}
