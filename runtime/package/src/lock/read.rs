//! Reading a lock, strictly: what is unknown in it could be what a newer program relies on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use innominatus_model::{Code, CoreRange, Diagnostic, Digest, Name, Severity, Version};
use serde::Deserialize;
use toml::Spanned;

use super::{LOCK_VERSION, Lock, LockError, LockedIndex, LockedPlatform, LockedSigner};
use crate::yaml::MANIFEST_LIMIT;

const AGAIN: &str = "take the file from version control, or remove it and run `innominatus platform apply`, which writes \
                     it anew";

#[derive(Deserialize)]
struct Head {
    version: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u64,
    #[serde(default)]
    platform: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    source: Spanned<String>,
    version: Spanned<String>,
    digest: Spanned<String>,
    core: Spanned<String>,
    contracts: BTreeSet<String>,
    signer: Signer,
    grants: Spanned<String>,
    highest: Option<Spanned<String>>,
    index: Option<IndexEntry>,
    #[serde(default)]
    components: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Signer {
    None {},
    Key { id: String },
    Keyless { issuer: String, identity: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexEntry {
    name: Spanned<String>,
    generation: u64,
}

/// Reads `platforms.lock`. `file` is how the person named it.
pub fn read_lock(file: &str, text: &[u8]) -> Result<Lock, LockError> {
    let refuse = |text: &str, wrong: Wrong| {
        let (line, column) = wrong.at.map_or((0, 0), |at| place(text, at.start));
        let (severity, code) = (Severity::Error, Code::LockInvalid);
        let hint = Some(AGAIN.to_owned());
        let finding =
            Diagnostic { file: file.to_owned(), line, column, severity, code, message: wrong.message, hint };
        LockError::Invalid { file: file.to_owned(), finding: Box::new(finding) }
    };
    if text.len() > MANIFEST_LIMIT {
        return Err(refuse("", Wrong::new(None, "it has more than 1 MiB")));
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(refuse("", Wrong::new(None, "it is not UTF-8 text")));
    };
    // The version first: of another format nothing else can be said.
    let head: Head = toml::from_str(text).map_err(|error| refuse(text, error.into()))?;
    let version = head.version.ok_or_else(|| refuse(text, Wrong::new(None, "`version` is missing")))?;
    let known = LOCK_VERSION.cast_signed();
    match version.get_ref().as_integer() {
        Some(found) if found == known => {}
        Some(found) if found > known => {
            return Err(LockError::Newer { file: file.to_owned(), found: found.unsigned_abs() });
        }
        _ => {
            let message = "`version` is not the version of a lock's format";
            return Err(refuse(text, Wrong::new(Some(version.span()), message)));
        }
    }
    let parsed: File = toml::from_str(text).map_err(|error| refuse(text, error.into()))?;
    let mut lock = Lock::default();
    for entry in parsed.platform {
        let place = entry.name.span();
        let (name, platform) = one(entry).map_err(|wrong| refuse(text, wrong))?;
        let message = format!("`{name}` stands twice");
        if lock.platforms.insert(name, platform).is_some() {
            return Err(refuse(text, Wrong::new(Some(place), message)));
        }
    }
    Ok(lock)
}

/// What is wrong, and where in the text.
struct Wrong {
    at: Option<Range<usize>>,
    message: String,
}

impl Wrong {
    fn new(at: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl From<toml::de::Error> for Wrong {
    fn from(error: toml::de::Error) -> Self {
        Self::new(error.span(), error.message().replace('\n', " "))
    }
}

fn one(entry: Entry) -> Result<(Name, LockedPlatform), Wrong> {
    let name = parse::<Name>(&entry.name, "name")?;
    let at = Some(entry.name.span());
    let signer = match entry.signer {
        Signer::None {} => LockedSigner::None,
        Signer::Key { id } => {
            let id = id
                .parse()
                .map_err(|_| Wrong::new(at.clone(), format!("the signer of `{name}` has no digest")))?;
            LockedSigner::Key { id }
        }
        Signer::Keyless { issuer, identity } => LockedSigner::Keyless { issuer, identity },
    };
    let components = entry.components.iter().map(|(component, digest)| {
        let component = Name::new(component.as_str())
            .map_err(|error| Wrong::new(Some(digest.span()), error.to_string()))?;
        Ok((component, parse::<Digest>(digest, "components")?))
    });
    let components = components.collect::<Result<_, Wrong>>()?;
    let index = match &entry.index {
        Some(IndexEntry { name, generation }) => {
            Some(LockedIndex { name: parse(name, "index.name")?, generation: *generation })
        }
        None => None,
    };
    let platform = LockedPlatform {
        source: entry.source.get_ref().clone(),
        version: parse(&entry.version, "version")?,
        digest: parse(&entry.digest, "digest")?,
        core: core(&entry.core)?,
        contracts: entry.contracts,
        signer,
        grants: parse(&entry.grants, "grants")?,
        highest: entry.highest.as_ref().map(|version| parse(version, "highest")).transpose()?,
        index,
        components,
    };
    Ok((name, platform))
}

fn parse<T: FromStr>(text: &Spanned<String>, what: &str) -> Result<T, Wrong>
where
    T::Err: std::fmt::Display,
{
    text.get_ref().parse().map_err(|error| Wrong::new(Some(text.span()), format!("`{what}`: {error}")))
}

/// As [`CoreRange`] is shown: `>=1.0.0, <2.0.0`, or `>=1.0.0`.
fn core(text: &Spanned<String>) -> Result<CoreRange, Wrong> {
    let wrong = || Wrong::new(Some(text.span()), "`core` is not a range such as `>=1.0.0, <2.0.0`");
    let range = text.get_ref().strip_prefix(">=").ok_or_else(wrong)?;
    let (min, max) = match range.split_once(", <") {
        Some((min, max)) => (min, Some(Version::parse(max).map_err(|_| wrong())?)),
        None => (range, None),
    };
    CoreRange::new(Version::parse(min).map_err(|_| wrong())?, max).map_err(|_| wrong())
}

/// Line and column, from 1.
fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
