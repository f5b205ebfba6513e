//! Writes the index that `platform discover` reads: what is published where, one line for each version, kept in a folder
//! or as an artifact.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use innominatus_package::{
    INDEX_NAME, IndexError, PublishedEntry, PublishedIndex, Reference, Repository, Tag, TagOrDigest,
    index_file, read_index,
};
use innominatus_registry::{INDEX, NoCache, Registry, TransferError, document, inspect, put_document};

use super::{Access, PublishError};
use crate::files::write;

/// Under which tag an index stands where nobody says another.
const TAG: &str = "index";
/// How often an index is written that others write at the same time.
const TRIES: u32 = 8;
/// Longer than anybody takes between reading an index and writing it.
const PAUSE: Duration = Duration::from_millis(800);
/// What sets those apart who try again.
const STEP: Duration = Duration::from_millis(70);

/// What the index is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Indexed {
    /// The file, or the artifact's reference.
    pub place: String,
    /// How often it was written.
    pub generation: u64,
    /// How many versions it lists.
    pub entries: usize,
    /// What was written into it now.
    pub written: Vec<PublishedEntry>,
}

/// Writes what the references name into the index at `to`, which is made where there is none. A version that is listed
/// already is replaced.
pub async fn index(access: &Access, references: &[String], to: &str) -> Result<Indexed, PublishError> {
    let mut written = Vec::new();
    for text in references {
        written.push(entry(access, text).await?);
    }
    let to = access.named(to)?;
    let tag = match &to {
        Reference::Folder(folder) => return in_folder(folder, written),
        Reference::Registry { tag, .. } | Reference::Layout { tag, .. } => tag.clone(),
    };
    let tag: Tag = tag.map_or_else(|| TAG.parse(), Ok)?;
    let opened = access.create(&to)?;
    let (registry, repository) = (opened.registry(), opened.repository());
    let place = format!("{repository}:{tag}");
    for attempt in 1..=TRIES {
        let before = in_registry(registry, repository, &tag, &place).await?;
        let now = before.with(written.clone());
        put_document(registry, repository, &tag, &INDEX, &bytes(&now)).await?;
        // A registry takes whoever comes last. Whoever read before this was put has put theirs when the pause is over, so it
        // is seen then what was lost, and added again; not by all of them at once.
        tokio::time::sleep(PAUSE + STEP * (std::process::id() % 13) * (attempt - 1)).await;
        let there = in_registry(registry, repository, &tag, &place).await?;
        if written.iter().all(|entry| there.entries.contains(entry)) {
            opened.finish()?;
            return Ok(Indexed {
                place,
                generation: there.generation,
                entries: there.entries.len(),
                written,
            });
        }
    }
    Err(PublishError::Contended { place })
}

/// What stands there now; an empty one where nothing does.
async fn in_registry(
    registry: &dyn Registry,
    repository: &Repository,
    tag: &Tag,
    place: &str,
) -> Result<PublishedIndex, PublishError> {
    match document(registry, repository, &TagOrDigest::Tag(tag.clone()), &INDEX).await {
        Ok(bytes) => Ok(read_index(place, &bytes)?),
        Err(TransferError::Registry(error)) if error.is_not_found() => Ok(PublishedIndex::default()),
        Err(error) => Err(error.into()),
    }
}

fn in_folder(folder: &Path, written: Vec<PublishedEntry>) -> Result<Indexed, PublishError> {
    let file = folder.join(INDEX_NAME);
    let place = file.display().to_string();
    std::fs::create_dir_all(folder).map_err(PublishError::io("write", folder))?;
    // Whoever writes the same index at the same time waits.
    let alone = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    let _alone = alone.map_err(PublishError::io("lock", folder))?;
    let before = match index_file(folder) {
        Ok(bytes) => read_index(&place, &bytes)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => PublishedIndex::default(),
        Err(error) => return Err(PublishError::io("read", file)(error)),
    };
    let now = before.with(written.clone());
    write(folder, INDEX_NAME, &bytes(&now))?;
    Ok(Indexed { place, generation: now.generation, entries: now.entries.len(), written })
}

fn bytes(index: &PublishedIndex) -> Vec<u8> {
    format!("{:#}\n", index.to_json()).into_bytes()
}

/// What stands at a reference now.
async fn entry(access: &Access, text: &str) -> Result<PublishedEntry, PublishError> {
    let reference = access.named(text)?;
    let Reference::Registry { repository: named, .. } = &reference else {
        return Err(PublishError::NotListed { reference: text.to_owned() });
    };
    let opened = access.open(&reference)?;
    let (registry, repository) = (opened.registry(), opened.repository());
    let digest = registry.resolve(repository, &reference.wanted()?).await?;
    let (_, config) = inspect(registry, repository, &digest, &NoCache).await?;
    let core = config.core.parse().map_err(|error| IndexError {
        index: text.to_owned(),
        reason: format!("the platform says `{}` of the core: {error}", config.core),
    })?;
    let types = config.types();
    let description = config.json["description"].as_str().map(str::to_owned);
    let repository = named.to_string();
    Ok(PublishedEntry {
        name: config.name,
        version: config.version,
        core,
        repository,
        digest,
        types,
        description,
    })
}
