//! What a Score file may write under `params:` of a database.

use std::collections::BTreeMap;

use innominatus_guest::prelude::*;

use super::version::Version;
use super::work::Handle;
use crate::tags;

/// The smallest and the largest disk, in GiB.
const LEAST: u32 = 20;
const MOST: u32 = 65_536;

/// Params of `postgres`. What is absent is chosen when the database is made, and left as it is after.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PostgresParams {
    /// The version of PostgreSQL, like `16` or `"16.4"`; that which AWS prefers when absent.
    pub(super) version: Option<Version>,
    /// Whether a new `version` may be another major one.
    #[serde(default)]
    pub(super) allow_major_upgrade: bool,
    /// The database's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9_]{0,62}$"))]
    pub(super) database: Option<String>,
    /// The user's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9_]{0,62}$"))]
    pub(super) username: Option<String>,
    /// The kind of machine; `db.t4g.micro` when absent.
    #[schemars(regex(pattern = r"^db\.[a-z0-9-]+\.[a-z0-9-]+$"))]
    pub(super) instance_class: Option<String>,
    /// The disk: GiB as a number, or text like `"50Gi"`; 20 when absent. It can grow, and never shrinks.
    pub(super) storage: Option<Storage>,
    /// The kind of disk; `gp3` when absent.
    #[schemars(regex(pattern = r"^(gp2|gp3|io1|io2)$"))]
    pub(super) storage_type: Option<String>,
    /// Whether a second machine stands ready in another zone.
    pub(super) multi_az: Option<bool>,
    /// For how many days backups are kept; 7 when absent.
    #[schemars(range(max = 35))]
    pub(super) backup_retention_days: Option<u32>,
    /// Whether AWS refuses to remove the database.
    pub(super) deletion_protection: Option<bool>,
    /// Whether the database has an address on the internet.
    #[serde(default)]
    pub(super) publicly_accessible: bool,
    /// The key of KMS that encrypts the disk (its ARN or id); the account's own when absent.
    #[schemars(length(min = 1, max = 2048))]
    pub(super) kms_key: Option<String>,
    /// What the snapshot is called that is taken before the database is removed; made from the database's name
    /// when absent.
    #[schemars(regex(pattern = r"^[A-Za-z](-?[A-Za-z0-9]){0,254}$"))]
    pub(super) final_snapshot: Option<String>,
    /// Whether the database is removed without a snapshot.
    #[serde(default)]
    pub(super) skip_final_snapshot: bool,
    /// Further tags.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 40))]
    pub(super) tags: BTreeMap<String, String>,
    /// `postgres`, for files that say it.
    #[schemars(regex(pattern = r"^postgres(ql)?$"))]
    #[serde(rename = "engine")]
    _engine: Option<String>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "image")]
    _image: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "replicas")]
    _replicas: Option<Json>,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "volume")]
    _volume: Option<Json>,
}

/// A size of a disk, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Storage {
    /// GiB.
    Number(u32),
    /// With a unit.
    Text(#[schemars(regex(pattern = r"^[0-9]{1,6}( ?(G|T)(i|iB|B)?)?$"))] String),
}

impl Storage {
    /// Whole GiB. AWS means 1024 by every unit.
    pub(super) fn gib(&self) -> Option<u32> {
        let text = match self {
            Self::Number(number) => return Some(*number),
            Self::Text(text) => text.trim(),
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let number: u32 = text.get(..digits)?.parse().ok()?;
        match text.get(digits..)?.trim_start() {
            "" | "G" | "Gi" | "GiB" | "GB" => Some(number),
            "T" | "Ti" | "TiB" | "TB" => number.checked_mul(1024),
            _ => None,
        }
    }
}

/// What the schema cannot say.
pub(super) fn violations(params: &PostgresParams, handle: Option<&Handle>) -> Vec<Violation> {
    let mut found = tags::violations(params.tags.keys());
    if let Some(storage) = &params.storage
        && storage.gib().is_none_or(|gib| !(LEAST..=MOST).contains(&gib))
    {
        let remedy = format!("write a number of GiB from {LEAST} to {MOST}, or text like `\"50Gi\"`");
        found.push(Violation::new("/storage", "that is not the size of a disk").remedy(remedy));
    }
    if let Some(version) = &params.version
        && version.parts().is_none()
    {
        let remedy = "write a number, or text like `\"16.4\"`";
        found.push(Violation::new("/version", "that is not a version of PostgreSQL").remedy(remedy));
    }
    if let Some(handle) = handle {
        let names = [
            ("/database", &params.database, &handle.database),
            ("/username", &params.username, &handle.username),
        ];
        for (pointer, wanted, made) in names {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != made) {
                let message = format!("cannot become `{wanted}`: it was made as `{made}`, and that stays");
                found.push(
                    Violation::new(pointer, message).remedy("name another resource for another database"),
                );
            }
        }
        let observed = handle.storage.zip(params.storage.as_ref().and_then(Storage::gib));
        found.extend(observed.and_then(|(made, wanted)| shrunk(made, wanted)));
        let observed = handle.version.as_deref().zip(params.version.as_ref());
        found.extend(
            observed.and_then(|(made, wanted)| version_problem(made, wanted, params.allow_major_upgrade)),
        );
    }
    found
}

/// A disk never shrinks.
pub(super) fn shrunk(made: u32, wanted: u32) -> Option<Violation> {
    (wanted < made).then(|| {
        Violation::new("/storage", format!("the disk has {made} GiB, and no disk shrinks to {wanted} GiB"))
            .remedy(format!("write {made} or more; for a smaller one, move the data to another database"))
    })
}

/// Why a database of one version cannot become one of another.
pub(super) fn version_problem(made: &str, wanted: &Version, major_allowed: bool) -> Option<Violation> {
    let violation = |message: String, remedy: &str| Violation::new("/version", message).remedy(remedy);
    let (made_parts, wanted_parts) = (Version::parts_of(made)?, wanted.parts()?);
    if wanted.covers(made) {
        None
    } else if wanted_parts < made_parts {
        let message = format!("the database has version {made}, and never goes back to {wanted}");
        Some(violation(message, "write the version that it has, or a later one"))
    } else if wanted_parts.first() != made_parts.first() && !major_allowed {
        let message = format!("from {made} to {wanted} is another major version");
        Some(violation(message, "take a look at what changes, and write `allowMajorUpgrade: true`"))
    } else {
        None
    }
}
