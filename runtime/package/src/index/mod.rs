//! An index: a list of what is published where, kept as one document in a folder or as an artifact. It says what there
//! is and how to name exactly these bytes; whether they are trusted is judged when they are fetched.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use innominatus_model::{Code, Coded, CoreRange, Digest, Json, Name, Version};
use serde_json::json;

/// What the document is called in a folder, and by its title in an artifact.
pub const INDEX_NAME: &str = "index.json";
/// The form that is known.
const SCHEMA: u64 = 1;
/// Bytes of the largest index that is read: 8 MiB.
pub const INDEX_LIMIT: usize = 8 * 1024 * 1024;
/// Entries at most.
const ENTRIES_LIMIT: usize = 20_000;

/// What an index says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PublishedIndex {
    /// How often it was written; an index that goes back is an old one.
    pub generation: u64,
    /// In the order of the document.
    pub entries: Vec<PublishedEntry>,
}

/// One published version.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedEntry {
    /// The platform.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// The core versions it works with.
    pub core: CoreRange,
    /// The repository, without tag: `ghcr.io/acme/platform-aws`.
    pub repository: String,
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// Score types that it makes.
    pub types: Vec<String>,
    /// One line for people.
    pub description: Option<String>,
}

impl PublishedIndex {
    /// With these as well, written once more. An entry of the same repository and version is replaced.
    #[must_use]
    pub fn with(mut self, entries: Vec<PublishedEntry>) -> Self {
        for entry in entries {
            self.entries.retain(|old| (&old.repository, &old.version) != (&entry.repository, &entry.version));
            self.entries.push(entry);
        }
        self.entries.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        self.generation = self.generation.saturating_add(1);
        self
    }

    /// The document that [`read_index`] reads.
    pub fn to_json(&self) -> Json {
        let entry = |entry: &PublishedEntry| {
            let mut json = json!({
                "name": entry.name.to_string(),
                "version": entry.version.to_string(),
                "core": entry.core.to_string(),
                "repository": entry.repository,
                "digest": entry.digest.to_string(),
                "types": entry.types,
            });
            if let Some(description) = &entry.description {
                json["description"] = json!(description);
            }
            json
        };
        let entries: Vec<Json> = self.entries.iter().map(entry).collect();
        json!({"schema": SCHEMA, "generation": self.generation, "entries": entries})
    }
}

/// Why a document is no index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index `{index}` cannot be used: {reason}")]
pub struct IndexError {
    /// What it is called.
    pub index: String,
    /// What is wrong.
    pub reason: String,
}

impl Coded for IndexError {
    fn code(&self) -> Code {
        Code::RegistriesInvalid
    }

    fn remedy(&self) -> Option<String> {
        Some("ask whoever writes the index to mend it, or take it out of `registries.yaml`".into())
    }
}

/// The bytes of the index in a folder: of a regular file, and no more of it than an index may have.
pub fn index_file(folder: &Path) -> io::Result<Vec<u8>> {
    let file = folder.join(INDEX_NAME);
    if !std::fs::metadata(&file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(&file)?.take(INDEX_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads an index. An entry that breaks a rule is an error of the whole: to leave it out would hide it.
pub fn read_index(index: &str, bytes: &[u8]) -> Result<PublishedIndex, IndexError> {
    let wrong = |reason: String| IndexError { index: index.to_owned(), reason };
    if bytes.len() > INDEX_LIMIT {
        return Err(wrong("it has more than 8 MiB".to_owned()));
    }
    let json: Json =
        serde_json::from_slice(bytes).map_err(|error| wrong(format!("it is not JSON: {error}")))?;
    match json["schema"].as_u64() {
        Some(SCHEMA) => {}
        Some(other) => return Err(wrong(format!("it is of form {other}, and only {SCHEMA} is known here"))),
        None => return Err(wrong("it has no `schema`".to_owned())),
    }
    let entries = json["entries"].as_array().ok_or_else(|| wrong("it has no `entries`".to_owned()))?;
    if entries.len() > ENTRIES_LIMIT {
        return Err(wrong(format!("it has more than {ENTRIES_LIMIT} entries")));
    }
    let read = |(at, json): (usize, &Json)| {
        entry(json).map_err(|reason| wrong(format!("entry {at} {}", reason.escape_debug())))
    };
    let entries = entries.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let generation = match json.get("generation") {
        None => 0,
        Some(number) => number.as_u64().ok_or_else(|| {
            wrong(format!(
                "its `generation` is {}, and no whole number from 0",
                number.to_string().escape_debug()
            ))
        })?,
    };
    Ok(PublishedIndex { generation, entries })
}

/// The error goes on after "entry 3".
fn entry(json: &Json) -> Result<PublishedEntry, String> {
    let text = |field: &str| json[field].as_str().ok_or_else(|| format!("has no `{field}`"));
    let wrong = |field: &str, why: &dyn std::fmt::Display| format!("has a wrong `{field}`: {why}");
    let repository = text("repository")?;
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
    if repository.len() > 512 || !repository.contains('/') || !repository.bytes().all(plain) {
        return Err("has a wrong `repository`".to_owned());
    }
    let types = json["types"].as_array().into_iter().flatten();
    Ok(PublishedEntry {
        name: Name::new(text("name")?).map_err(|error| wrong("name", &error))?,
        version: text("version")?.parse().map_err(|error| wrong("version", &error))?,
        core: text("core")?.parse().map_err(|error| wrong("core", &error))?,
        repository: repository.to_owned(),
        digest: text("digest")?.parse().map_err(|_| "has a wrong `digest`".to_owned())?,
        types: types.filter_map(Json::as_str).map(str::to_owned).collect(),
        description: json["description"].as_str().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Json {
        json!({
            "schema": 1,
            "generation": 42,
            "entries": [{
                "name": "aws",
                "version": "2.3.1",
                "core": ">=1.0.0, <2.0.0",
                "repository": "ghcr.io/acme/platform-aws",
                "digest": Digest::of("x").to_string(),
                "types": ["postgres", "s3"],
            }],
        })
    }

    #[test]
    fn an_index_says_what_is_where() {
        let index = read_index("corp", document().to_string().as_bytes()).unwrap();
        assert_eq!((index.generation, index.entries[0].types.len()), (42, 2));
        assert_eq!(index.entries[0].core.to_string(), ">=1.0.0, <2.0.0");
    }

    #[test]
    fn what_is_written_is_read_and_a_version_stands_there_once() {
        let old = read_index("corp", document().to_string().as_bytes()).unwrap();
        let same = PublishedEntry { digest: Digest::of("y"), ..old.entries[0].clone() };
        let newer = PublishedEntry { version: "2.4.0".parse().unwrap(), ..same.clone() };
        let new = old.with(vec![newer.clone(), same.clone()]);
        assert_eq!((new.generation, &new.entries), (43, &vec![same, newer]));
        assert_eq!(read_index("corp", new.to_json().to_string().as_bytes()).unwrap(), new);
    }

    #[test]
    fn an_entry_that_is_wrong_is_told_by_its_number() {
        for (field, value, told) in [
            ("version", json!("v2"), "entry 0 has a wrong `version`"),
            ("name", json!(""), "entry 0 has a wrong `name`"),
            ("core", json!("1"), "entry 0 has a wrong `core`"),
            ("digest", json!("sha256:1"), "entry 0 has a wrong `digest`"),
            ("repository", json!("x y"), "entry 0 has a wrong `repository`"),
            ("repository", Json::Null, "entry 0 has no `repository`"),
        ] {
            let mut document = document();
            document["entries"][0][field] = value;
            let error = read_index("corp", document.to_string().as_bytes()).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
        }
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"schema": 2, "entries": []}"#,
            r#"{"schema": 1}"#,
            r#"{"schema": 1, "generation": "5", "entries": []}"#,
            r#"{"schema": 1, "generation": -1, "entries": []}"#,
            r#"{"schema": 1, "generation": null, "entries": []}"#,
        ] {
            assert!(read_index("corp", bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
