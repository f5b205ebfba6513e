//! The platform `aws` in an account that checks every signature (moto, which `cargo xtask test` starts): made, changed,
//! refused, mended and removed by the real program, and looked at by a stranger's library. Where there is no account
//! these tests say so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod house;

use house::{House, score, text};
use innominatus_testkit::account::{Account, Key};
use serde_json::{Value, json};

fn value<'a>(variables: &'a [(String, String)], name: &str) -> &'a str {
    variables.iter().find(|(known, _)| known == name).map_or_else(|| panic!("no {name}"), |(_, value)| value)
}

/// The one thing of a kind, with its name.
fn only<'a>(account: &'a Value, kind: &str) -> (&'a str, &'a Value) {
    let things = account[kind].as_object().unwrap();
    assert_eq!(things.len(), 1, "{kind}: {account:#}");
    let (name, thing) = things.iter().next().unwrap();
    (name, thing)
}

#[test]
fn a_shop_is_made_changed_refused_and_removed_and_no_component_sees_a_key() {
    let Some(account) = Account::here("whether the platform `aws` works in an account") else { return };
    let house = House::new(&account, "shop", &account.operator);

    let made = house.applied(&score("01-made"));
    let there = account.look(&house.prefix);
    let (bucket, found) = only(&there, "buckets");
    assert_eq!(value(&made, "UPLOADS_BUCKET"), bucket);
    assert!(bucket.starts_with(&format!("{}-shop-", house.prefix)), "{bucket}");
    assert_eq!(found["publicAccessBlock"]["BlockPublicPolicy"], json!(true));
    assert_eq!(found["tags"]["innominatus:application"], json!("shop"));
    let (_, user) = only(&there, "users");
    let key = Key {
        id: value(&made, "AWS_ACCESS_KEY_ID").to_owned(),
        secret: value(&made, "AWS_SECRET_ACCESS_KEY").to_owned(),
    };
    assert_eq!(user["keys"], json!([key.id]));
    let (database, found) = only(&there, "databases");
    assert_eq!((&found["EngineVersion"], &found["StorageEncrypted"]), (&json!("16.4"), &json!(true)));
    assert_eq!(found["DBName"], value(&made, "DATABASE_NAME"));
    assert!(value(&made, "DATABASE_HOST").starts_with(database));

    // The key that nobody but the developer's file holds works, for this bucket and nothing else.
    assert_eq!(account.ask(&key, &["put", bucket, "a b+c&d/e"]), json!({"ok": null}));
    let denied = |key: &Key, arguments: &[&str]| account.ask(key, arguments)["refused"].clone();
    assert_eq!(denied(&key, &["list-users"]), json!("AccessDenied"));
    let wrong = Key { secret: account.operator.secret.clone(), ..key.clone() };
    assert_eq!(
        denied(&wrong, &["put", bucket, "x"]),
        json!("SignatureDoesNotMatch"),
        "signatures are checked"
    );

    no_component_sees_a_key(&house, &made);

    // Once more is nothing new.
    assert_eq!(house.applied(&score("01-made")), made);
    let again = account.look(&house.prefix);
    assert_eq!(again["users"], there["users"]);

    let changed = house.applied(&score("02-changed"));
    assert_eq!(value(&changed, "AWS_SECRET_ACCESS_KEY"), key.secret, "it keeps its key");
    let there = account.look(&house.prefix);
    let found = &there["buckets"][bucket];
    assert_eq!(found["versioning"], json!("Enabled"));
    assert_eq!(found["policy"]["Statement"][0]["Resource"], json!(format!("arn:aws:s3:::{bucket}/shared/*")));
    assert_eq!(found["lifecycle"][0]["Expiration"]["Days"], json!(365));
    assert_eq!(found["tags"]["team"], json!("storefront"));
    let found = &there["databases"][database];
    assert_eq!((&found["EngineVersion"], &found["AllocatedStorage"]), (&json!("16.6"), &json!(50)));
    assert_eq!(
        (&found["DBInstanceClass"], &found["BackupRetentionPeriod"]),
        (&json!("db.t4g.small"), &json!(14))
    );

    // What somebody else changed is mended by the next change.
    account.must(&["strip-policy", bucket]);
    assert_eq!(account.look(&house.prefix)["buckets"][bucket]["policy"], Value::Null);
    house.applied(&score("02-changed").replace("team: storefront", "team: checkout"));
    let found = &account.look(&house.prefix)["buckets"][bucket];
    assert_eq!(
        (&found["policy"]["Statement"][0]["Sid"], &found["tags"]["team"]),
        (&json!("ReadByPartner"), &json!("checkout"))
    );

    // What no database can become changes nothing, and says why.
    let before = account.look(&house.prefix);
    let output = house.apply(&score("03-refused"));
    let said = text(&output.stderr);
    assert!(!output.status.success());
    for words in ["no disk shrinks to 20 GiB", "is another major version"] {
        assert!(said.contains(words), "`{words}` is not in {said}");
    }
    assert_eq!(account.look(&house.prefix)["databases"], before["databases"]);

    let removable = house.applied(&score("04-removable"));
    assert_eq!(value(&removable, "UPLOADS_BUCKET"), bucket);
    let there = account.look(&house.prefix);
    let found = &there["buckets"][bucket];
    assert_eq!(
        (&found["lifecycle"], &found["policy"], &found["tags"]["team"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for _ in 0..2 {
        assert_eq!(account.ask(&key, &["put", bucket, "twice"]), json!({"ok": null}));
    }
    house.must(&["delete", "shop", "--yes"]);
    let left = account.look(&house.prefix);
    assert_eq!(left, json!({"buckets": {}, "users": {}, "databases": {}, "snapshots": []}));
    house.assert_nowhere(&[&account.operator.secret, &key.secret, value(&made, "DATABASE_PASSWORD")]);
}

/// What went in and out of the sandbox is written down whole; neither the operator's key nor the one that AWS made nor
/// the database's password is in it, and where they were, a token is.
fn no_component_sees_a_key(house: &House, made: &[(String, String)]) {
    let (key, password) = (value(made, "AWS_SECRET_ACCESS_KEY"), value(made, "DATABASE_PASSWORD"));
    let operator = &house.account.operator;
    for (resource, proof) in [
        ("shop/s3.default#shop.uploads", "<CreateAccessKeyResponse"),
        ("shop/postgres.default#shop.orders", "MasterUserPassword"),
    ] {
        let seen = house.seen_by_guest(resource);
        assert!(seen.contains(proof), "the recording holds what the component saw: {seen}");
        for secret in [key, password, &operator.secret, &operator.id] {
            assert!(!seen.contains(secret), "a component of `{resource}` saw a secret");
        }
    }
    let seen = house.seen_by_guest("shop/s3.default#shop.uploads");
    let (_, rest) = seen.split_once("<SecretAccessKey>").unwrap();
    let token = rest.split_once("</SecretAccessKey>").unwrap().0;
    assert!(token.len() > 20 && token.chars().all(|letter| letter.is_ascii_alphanumeric()), "{token}");
}

#[test]
fn a_wrong_key_is_said_and_the_right_one_goes_on_from_there() {
    let Some(account) = Account::here("whether a wrong key of AWS is said") else { return };
    let wrong = Key { secret: account.operator.secret.chars().rev().collect(), ..account.operator.clone() };
    let house = House::new(&account, "wrong", &wrong);
    let output = house.apply(&score("01-made"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(9), "{said}");
    for words in ["aws-credential", "SignatureDoesNotMatch", "correct the credential binding `aws`"] {
        assert!(said.contains(words), "`{words}` is not in {said}");
    }
    let left = account.look(&house.prefix);
    assert_eq!(left, json!({"buckets": {}, "users": {}, "databases": {}, "snapshots": []}));
    house.assert_nowhere(&[&wrong.secret]);

    house.set("rotate", &account.operator);
    house.applied(&score("01-made"));
    let there = account.look(&house.prefix);
    only(&there, "buckets");
    only(&there, "databases");
}

#[test]
fn a_bucket_of_somebody_else_is_not_taken() {
    let Some(account) = Account::here("whether a bucket of somebody else is left alone") else { return };
    let house = House::new(&account, "taken", &account.operator);
    let theirs = format!("{}-theirs", house.prefix);
    account.must(&["make-bucket", &theirs]);
    let before = account.look(&house.prefix);
    let output = house.apply(&score("storage").replace("archive-of-old", &theirs));
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    for words in ["bucket-taken", "does not say whose it is", "name another `bucket`"] {
        assert!(said.contains(words), "`{words}` is not in {said}");
    }
    let there = account.look(&house.prefix);
    assert_eq!(there["buckets"][&theirs], before["buckets"][&theirs]);
    assert_eq!(there["buckets"].as_object().unwrap().len(), 2, "the other one is made all the same");
    house.must(&["delete", "archive", "--yes"]);
    assert_eq!(account.look(&house.prefix), before, "what was never made is not removed");
}
