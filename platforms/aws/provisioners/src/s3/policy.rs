//! Policies: that of a bucket, and that of the user who reads and writes it.

use innominatus_guest::prelude::*;
use serde_json::Map;

use super::aspect::{Aspect, Change, Wish, Write};

pub(super) const POLICY: Aspect = Aspect {
    query: "policy",
    name: "the policy",
    absent: "NoSuchBucketPolicy",
    permissions: ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"],
    compare,
};

/// What stands for the bucket's name in a policy of the params.
const PLACE: &str = "{bucket}";

/// Nobody may come unencrypted.
fn encrypted_only(wish: &Wish<'_>) -> Json {
    let arn = arn(wish.partition, wish.bucket);
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "InnominatusEncryptedOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    })
}

/// What the user of a bucket may do: list it, read, write and delete objects; not remove earlier versions, and not
/// change the bucket itself.
pub(super) fn of_user(partition: &str, bucket: &str) -> Json {
    let arn = arn(partition, bucket);
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads",
                    "s3:ListBucketVersions",
                ],
                "Resource": arn,
            },
            {
                "Effect": "Allow",
                "Action": [
                    "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion",
                    "s3:ListMultipartUploadParts", "s3:PutObject",
                ],
                "Resource": format!("{arn}/*"),
            },
        ],
    })
}

fn arn(partition: &str, bucket: &str) -> String {
    format!("arn:{partition}:s3:::{bucket}")
}

fn compare(wish: &Wish<'_>, found: Option<&str>) -> Result<Option<Change>, Failure> {
    let desired = match &wish.params.policy {
        Some(policy) => Some(filled(&Json::Object(policy.clone()), wish.bucket)),
        None if wish.adopted => return Ok(None),
        // On a way that is never encrypted it would lock out everyone.
        None => wish.is_encrypted.then(|| encrypted_only(wish)),
    };
    let observed: Option<Json> = found.map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    let write = match (&desired, &observed) {
        (None, None) => return Ok(None),
        (Some(desired), Some(observed)) if same(desired, observed) => return Ok(None),
        (Some(desired), _) => Write::Put(desired.to_string().into_bytes(), "application/json"),
        (None, Some(_)) => Write::Delete,
    };
    let or_null = Option::unwrap_or_default;
    Ok(Some(Change { pointer: "/policy", desired: or_null(desired), observed: or_null(observed), write }))
}

/// The policy for this bucket.
fn filled(policy: &Json, bucket: &str) -> Json {
    match policy {
        Json::String(text) => json!(text.replace(PLACE, bucket)),
        Json::Array(items) => items.iter().map(|item| filled(item, bucket)).collect(),
        Json::Object(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), filled(value, bucket))).collect())
        }
        other => other.clone(),
    }
}

/// Whether two policies say the same. AWS writes a list of one without its brackets, in an order of its own, and
/// truth and numbers as text.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    plain(one) == plain(other)
}

fn plain(policy: &Json) -> Json {
    match policy {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(plain).collect();
            items.sort_by_key(Json::to_string);
            match <[Json; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(items) => Json::Array(items),
            }
        }
        Json::Object(entries) => {
            let mut sorted: Vec<(&String, &Json)> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            let entries = sorted.into_iter().map(|(key, value)| (key.clone(), plain(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Json::Bool(_) | Json::Number(_) => json!(policy.to_string()),
        Json::String(_) | Json::Null => policy.clone(),
    }
}

/// What is wrong with a policy, and where.
pub(super) fn problem(policy: &Map<String, Json>) -> Option<(String, &'static str)> {
    let statements: Vec<(String, &Json)> = match policy.get("Statement") {
        None => return Some((String::new(), "a policy has a `Statement`")),
        Some(Json::Array(items)) if items.is_empty() => {
            return Some(("/Statement".to_owned(), "a policy has at least one statement"));
        }
        Some(Json::Array(items)) => {
            items.iter().enumerate().map(|(at, item)| (format!("/{at}"), item)).collect()
        }
        Some(item) => vec![(String::new(), item)],
    };
    statements.into_iter().find_map(|(at, statement)| {
        let said = |names: [&str; 2]| names.iter().any(|name| statement.get(name).is_some());
        let problem = if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny")) {
            "a statement's `Effect` is `Allow` or `Deny`"
        } else if !said(["Principal", "NotPrincipal"]) {
            "a statement of a bucket's policy names a `Principal`"
        } else if !said(["Action", "NotAction"]) {
            "a statement names an `Action`"
        } else if !said(["Resource", "NotResource"]) {
            "a statement names a `Resource`"
        } else {
            return None;
        };
        Some((format!("/Statement{at}"), problem))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_say_the_same_are_the_same() {
        let one = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["b", "a"],
            "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"x": 5}},
        }]});
        let other = json!({"Statement": {
            "Resource": ["a", "b"], "Principal": "*", "Action": "s3:*", "Effect": "Deny",
            "Condition": {"NumericLessThan": {"x": "5"}, "Bool": {"aws:SecureTransport": "false"}},
        }, "Version": "2012-10-17"});
        assert!(same(&one, &other));
        let mut changed = other.clone();
        changed["Statement"]["Effect"] = json!("Allow");
        assert!(!same(&one, &changed));
    }

    #[test]
    fn the_bucket_s_name_is_filled_in_everywhere() {
        let policy =
            json!({"Statement": [{"Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"]}]});
        let expected = json!({"Statement": [{"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}]});
        assert_eq!(filled(&policy, "b"), expected);
    }

    #[test]
    fn what_is_no_policy_is_said_with_its_place() {
        let statement =
            json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"});
        let without = |key: &str| {
            let mut statement = statement.clone();
            statement.as_object_mut().unwrap().remove(key);
            json!({"Statement": [statement]})
        };
        let cases = [
            (json!({"Statement": statement}), None),
            (json!({"Statement": [statement, statement]}), None),
            (json!({}), Some("")),
            (json!({"Statement": []}), Some("/Statement")),
            (json!({"Statement": ["x"]}), Some("/Statement/0")),
            (without("Effect"), Some("/Statement/0")),
            (without("Principal"), Some("/Statement/0")),
            (without("Action"), Some("/Statement/0")),
            (without("Resource"), Some("/Statement/0")),
        ];
        for (policy, expected) in cases {
            let found = problem(policy.as_object().unwrap());
            assert_eq!(found.as_ref().map(|(pointer, _)| pointer.as_str()), expected, "{policy} {found:?}");
        }
    }
}
