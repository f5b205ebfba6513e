//! An artifact with everything that is about it goes from one place to another: into a file that can be carried, and out
//! of it again. Nothing is changed, so every signature holds there as well.

use innominatus_model::Digest;
use innominatus_package::{Reference, Tag};
use innominatus_registry::{NoCache, copy, inspect};

use super::{Access, PublishError};

/// What was carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// How to name it where it is now.
    pub reference: String,
    /// Signatures and attestations that came along.
    pub referrers: usize,
    /// How many bytes moved.
    pub moved_bytes: u64,
}

/// Carries what `from` names to `to`. Without a tag of its own it keeps the one it had.
pub async fn carry(access: &Access, from: &str, to: &str, replace: bool) -> Result<Carried, PublishError> {
    let (from, to) = (access.named(from)?, access.named(to)?);
    let (source, target) = (access.open(&from)?, access.create(&to)?);
    let digest = source.registry().resolve(source.repository(), &from.wanted()?).await?;
    let tag = tag_of(&to).or_else(|| tag_of(&from));
    let tags: Vec<Tag> = tag.iter().cloned().collect();
    let (_, config) = inspect(source.registry(), source.repository(), &digest, &NoCache).await?;
    if let Some(named) = tag.as_ref().and_then(|tag| tag.names_another(&config.version)) {
        return Err(PublishError::Tag { tag: named, found: config.version });
    }
    let copied = copy(
        (source.registry(), source.repository()),
        (target.registry(), target.repository()),
        &digest,
        &tags,
        replace,
    )
    .await?;
    target.finish()?;
    let place = to.source().to_string();
    let place = place.strip_prefix("oci://").unwrap_or(&place);
    let reference = match tag {
        Some(tag) => format!("{place}:{tag}"),
        None => format!("{place}@{digest}"),
    };
    Ok(Carried { digest, reference, referrers: copied.referrers, moved_bytes: copied.moved_bytes })
}

fn tag_of(reference: &Reference) -> Option<Tag> {
    match reference {
        Reference::Registry { tag, .. } | Reference::Layout { tag, .. } => tag.clone(),
        Reference::Folder(_) => None,
    }
}
