//! When objects go by themselves.

use innominatus_guest::prelude::*;

use super::aspect::{Aspect, Change, Wish, Write};
use super::params;
use crate::api::{XML, document, read};

pub(super) const LIFECYCLE: Aspect = Aspect {
    query: "lifecycle",
    name: "the lifecycle",
    absent: "NoSuchLifecycleConfiguration",
    permissions: ["GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"],
    compare,
};

const RULE: &str = "innominatus";

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Configuration {
    rule: Vec<Rule>,
}

/// A rule for all objects. What has more in it is not one of ours.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(default)]
    filter: Filter,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiration: Option<Expiration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noncurrent_version_expiration: Option<Noncurrent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Filter {
    prefix: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Expiration {
    days: u32,
}

#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Noncurrent {
    noncurrent_days: u32,
}

#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Abort {
    days_after_initiation: u32,
}

impl From<params::Lifecycle> for Rule {
    fn from(days: params::Lifecycle) -> Self {
        Self {
            id: RULE.to_owned(),
            filter: Filter::default(),
            status: "Enabled".to_owned(),
            expiration: days.expiration_days.map(|days| Expiration { days }),
            noncurrent_version_expiration: days
                .noncurrent_days
                .map(|noncurrent_days| Noncurrent { noncurrent_days }),
            abort_incomplete_multipart_upload: days
                .abort_multipart_days
                .map(|days_after_initiation| Abort { days_after_initiation }),
        }
    }
}

impl Rule {
    /// As the params would say it.
    fn shown(&self) -> Json {
        let mut shown = serde_json::Map::new();
        if let Some(Expiration { days }) = self.expiration {
            shown.insert("expirationDays".to_owned(), json!(days));
        }
        if let Some(Noncurrent { noncurrent_days }) = self.noncurrent_version_expiration {
            shown.insert("noncurrentDays".to_owned(), json!(noncurrent_days));
        }
        if let Some(Abort { days_after_initiation }) = self.abort_incomplete_multipart_upload {
            shown.insert("abortMultipartDays".to_owned(), json!(days_after_initiation));
        }
        Json::Object(shown)
    }
}

fn compare(wish: &Wish<'_>, found: Option<&str>) -> Result<Option<Change>, Failure> {
    let desired = wish.params.lifecycle.map(Rule::from);
    if desired.is_none() && (wish.adopted || found.is_none()) {
        return Ok(None);
    }
    // What cannot be read as rules of ours is another's.
    let observed = found.and_then(|found| read::<Configuration>(found).ok());
    let shown = match (&observed, found) {
        (Some(Configuration { rule }), _) if rule.len() == 1 && rule[0].id == RULE => rule[0].shown(),
        (_, Some(text)) => json!(text.chars().take(1000).collect::<String>()),
        (_, None) => Json::Null,
    };
    let Some(desired) = desired else {
        return Ok(Some(Change {
            pointer: "/lifecycle",
            desired: Json::Null,
            observed: shown,
            write: Write::Delete,
        }));
    };
    let wanted = desired.shown();
    let configuration = Configuration { rule: vec![desired] };
    if observed.as_ref() == Some(&configuration) {
        return Ok(None);
    }
    Ok(Some(Change {
        pointer: "/lifecycle",
        desired: wanted,
        observed: shown,
        write: Write::Put(document("LifecycleConfiguration", &configuration)?, XML),
    }))
}
