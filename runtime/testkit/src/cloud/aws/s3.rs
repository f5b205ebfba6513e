//! Buckets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::request::{Misunderstood, demand};
use super::{Account, Asked, escaped, s3_error};

/// One bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    /// Sub-resources by their name, as they were written.
    pub parts: BTreeMap<String, String>,
    /// Versions of objects.
    pub objects: Vec<Object>,
    /// The region, where it is not the oldest.
    pub location: String,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: String,
    /// Which version.
    pub version: String,
    /// Whether it says that the object is gone.
    pub is_marker: bool,
    /// Cannot be removed.
    pub locked: bool,
}

const PARTS: &[(&str, &str)] = &[
    ("tagging", "NoSuchTagSet"),
    ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
    ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
    ("versioning", ""),
    ("policy", "NoSuchBucketPolicy"),
    ("lifecycle", "NoSuchLifecycleConfiguration"),
];

const ENCRYPTED: &str = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
    <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false\
    </BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";

impl Account {
    pub(super) fn s3(&mut self, asked: &Asked) -> Result<(u16, String), Misunderstood> {
        let body = asked.body.clone();
        if !body.is_empty() {
            let sum = STANDARD.encode(Sha256::digest(body.as_bytes()));
            demand(asked.header("x-amz-checksum-sha256") == Some(sum.as_str()), || {
                "the sum of the body is another one".to_owned()
            })?;
        }
        let name = asked.path.trim_start_matches('/').to_owned();
        if self.foreign_buckets.contains(&name) {
            let is_making = asked.method == "PUT" && asked.query.is_empty();
            return Ok(if is_making {
                s3_error(409, "BucketAlreadyExists")
            } else {
                s3_error(403, "AccessDenied")
            });
        }
        if asked.method == "PUT" && asked.query.is_empty() {
            return Ok(self.make_bucket(&name, &body));
        }
        let Some(bucket) = self.buckets.get_mut(&name) else { return Ok(s3_error(404, "NoSuchBucket")) };
        if let Some((part, absent)) = PARTS.iter().find(|(part, _)| asked.has(part)) {
            return Ok(match (asked.method.as_str(), bucket.parts.get(*part)) {
                ("GET", Some(found)) => (200, found.clone()),
                ("GET", None) if absent.is_empty() => (200, "<VersioningConfiguration/>".to_owned()),
                ("GET", None) => s3_error(404, absent),
                ("PUT", _) => {
                    bucket.parts.insert((*part).to_owned(), body);
                    (200, String::new())
                }
                _ => {
                    bucket.parts.remove(*part);
                    (204, String::new())
                }
            });
        }
        Ok(match asked.method.as_str() {
            "GET" if asked.has("versions") => {
                let most = asked.must("max-keys")?.parse();
                (200, listed(bucket, most.map_err(|_| Misunderstood("`max-keys` is no number".to_owned()))?))
            }
            "POST" if asked.has("delete") => (200, deleted(bucket, &body)?),
            "DELETE" if !bucket.objects.is_empty() => s3_error(409, "BucketNotEmpty"),
            "DELETE" => {
                self.buckets.remove(&name);
                (204, String::new())
            }
            other => return Err(Misunderstood(format!("{other} {:?} is not known to this S3", asked.query))),
        })
    }

    fn make_bucket(&mut self, name: &str, body: &str) -> (u16, String) {
        if self.buckets.contains_key(name) {
            return s3_error(409, "BucketAlreadyOwnedByYou");
        }
        let location = element(body, "LocationConstraint").unwrap_or_default();
        let parts = BTreeMap::from([("encryption".to_owned(), ENCRYPTED.to_owned())]);
        self.buckets.insert(name.to_owned(), Store { parts, objects: Vec::new(), location });
        self.made += 1;
        (200, String::new())
    }
}

fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(value, _)| value.to_owned())
}

fn listed(bucket: &Store, most: usize) -> String {
    let object = |object: &Object| {
        let name = if object.is_marker { "DeleteMarker" } else { "Version" };
        // As `encoding-type=url` has it.
        let key = object.key.replace('%', "%25").replace('+', "%2B").replace(' ', "+");
        let key = key.replace('&', "%26").replace('<', "%3C").replace('>', "%3E");
        format!(
            "<{name}><Key>{key}</Key><VersionId>{}</VersionId><Owner><ID>x</ID></Owner></{name}>",
            object.version
        )
    };
    let page: String = bucket.objects.iter().take(most).map(object).collect();
    let more = bucket.objects.len() > most;
    format!(
        "<ListVersionsResult xmlns=\"x\"><EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>{page}</ListVersionsResult>"
    )
}

fn deleted(bucket: &mut Store, body: &str) -> Result<String, Misunderstood> {
    let mut kept = String::new();
    for part in body.split("<Object>").skip(1) {
        let absent = |name: &str| Misunderstood(format!("an object without `{name}`"));
        let key = element(part, "Key").ok_or_else(|| absent("Key"))?;
        let version = element(part, "VersionId").ok_or_else(|| absent("VersionId"))?;
        let found =
            bucket.objects.iter().position(|object| escaped(&object.key) == key && object.version == version);
        let at = found.ok_or_else(|| Misunderstood(format!("no version {version} of `{key}`")))?;
        if bucket.objects[at].locked {
            kept.push_str(&format!(
                "<Error><Key>{key}</Key><Code>AccessDenied</Code><Message>locked</Message></Error>"
            ));
        } else {
            bucket.objects.remove(at);
        }
    }
    Ok(format!("<DeleteResult xmlns=\"x\">{kept}</DeleteResult>"))
}
