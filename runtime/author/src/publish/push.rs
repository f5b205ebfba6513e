//! An artifact gets to a registry: everything it is made of first, its names last.

use std::path::PathBuf;

use innominatus_model::{Digest, Name, Version};
use innominatus_package::{Reference, Repository, Tag};
use innominatus_registry::{
    NoCache, PushPlan, Registry, Tagging, TransferError, inspect, plan_push, push as put,
};

use super::{Access, PublishError, Stage, image_of};

/// What is to be pushed where.
#[derive(Debug, Clone)]
pub struct PushInput {
    /// The built folder.
    pub folder: PathBuf,
    /// Where to, with a tag or without; without it where the manifest says.
    pub to: Option<String>,
    /// How far it is. Says nothing where a tag was named.
    pub stage: Stage,
    /// Whether tags that other bytes bear move to these.
    pub replace: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// The platform.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// How to name it, by each tag.
    pub references: Vec<String>,
    /// How to name exactly these bytes.
    pub pinned: String,
    /// Of the artifact's manifest.
    pub digest: Digest,
    /// What was there and what was not, before.
    pub plan: PushPlan,
    /// How many bytes moved; none where it was only said.
    pub moved_bytes: u64,
    /// How many were there already.
    pub skipped_bytes: u64,
    /// Tags that other bytes bear, and that would not be moved.
    pub taken: Vec<String>,
    /// Tags that a newer version bears, and keeps.
    pub left: Vec<String>,
}

/// Pushes a built folder.
pub async fn push(access: &Access, input: &PushInput) -> Result<PushOutcome, PublishError> {
    let (package, image) = image_of(&input.folder)?;
    let manifest = &package.manifest;
    let publish = manifest.publish.as_ref();
    let reference = match (&input.to, publish) {
        (Some(text), _) => access.named(text)?,
        (None, Some(publish)) => access.named(&publish.registry)?,
        (None, None) => return Err(PublishError::Nowhere),
    };
    let named = match &reference {
        Reference::Registry { tag, .. } | Reference::Layout { tag, .. } => tag.clone(),
        Reference::Folder(_) => None,
    };
    let tags: Vec<Tag> = match (named, publish) {
        (Some(tag), _) => vec![tag],
        (None, Some(publish)) => {
            let tags = publish.tags(&manifest.version).into_iter();
            tags.map(|tag| input.stage.tag(&tag).parse()).collect::<Result<_, _>>()?
        }
        (None, None) => vec![input.stage.label(&manifest.version).parse()?],
    };
    let opened = match input.dry_run {
        true => access.open(&reference)?,
        false => access.create(&reference)?,
    };
    let (registry, repository) = (opened.registry(), opened.repository());
    let mut plan = plan_push(registry, repository, &tags, &image).await?;
    let moving: Vec<Tag> = match (publish, &input.to) {
        (Some(publish), None) => {
            let tags = publish.moving(&manifest.version).into_iter();
            tags.map(|tag| input.stage.tag(&tag).parse()).collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    let left = match input.replace {
        true => Vec::new(),
        false => keep_newer(registry, repository, &mut plan, &moving, &manifest.version).await?,
    };
    let replace = input.replace || moves(input.stage, &moving, &plan);
    let taken = plan.tags.iter().filter(|(_, tagging)| !replace && matches!(tagging, Tagging::Taken(_)));
    let taken = taken.map(|(tag, _)| tag.to_string()).collect();
    let tags: Vec<Tag> = plan.tags.iter().map(|(tag, _)| tag.clone()).collect();
    let (mut moved_bytes, mut skipped_bytes) = (0, 0);
    if !input.dry_run {
        let pushed = put(registry, repository, &tags, &image, &[], replace).await?;
        (moved_bytes, skipped_bytes) = (pushed.moved_bytes, pushed.skipped_bytes);
        opened.finish()?;
    }
    let source = reference.source().to_string();
    let place = source.strip_prefix("oci://").unwrap_or(&source);
    let digest = image.digest();
    Ok(PushOutcome {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        references: tags.iter().map(|tag| format!("{place}:{tag}")).collect(),
        pinned: format!("{place}@{digest}"),
        digest,
        plan,
        moved_bytes,
        skipped_bytes,
        taken,
        left: left.iter().map(Tag::to_string).collect(),
    })
}

/// What is not released may change under its name, and a tag that names no whole version goes on to the next one: every
/// tag that is taken is one of these.
fn moves(stage: Stage, moving: &[Tag], plan: &PushPlan) -> bool {
    let suffix = format!("-{}", stage.as_str());
    let may = |tag: &Tag| moving.contains(tag) || stage != Stage::Prod && tag.to_string().ends_with(&suffix);
    let mut taken = plan.tags.iter().filter(|(_, tagging)| matches!(tagging, Tagging::Taken(_))).peekable();
    taken.peek().is_some() && taken.all(|(tag, _)| may(tag))
}

/// A tag that goes on to the next version does not go back to an older one: it is left to the newer one that bears it.
/// Where nothing would name these bytes then, that is refused.
async fn keep_newer(
    registry: &dyn Registry,
    repository: &Repository,
    plan: &mut PushPlan,
    moving: &[Tag],
    version: &Version,
) -> Result<Vec<Tag>, PublishError> {
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for (tag, tagging) in std::mem::take(&mut plan.tags) {
        if let (Tagging::Taken(digest), true) = (tagging, moving.contains(&tag)) {
            match inspect(registry, repository, &digest, &NoCache).await {
                Ok((_, config)) if config.version > *version => {
                    left.push((tag, digest));
                    continue;
                }
                // What is no platform is in nobody's way.
                Ok(_) | Err(TransferError::Artifact { .. }) => {}
                // Who cannot tell does not move it.
                Err(error) => return Err(error.into()),
            }
        }
        kept.push((tag, tagging));
    }
    plan.tags = kept;
    match left.first() {
        Some((tag, digest)) if plan.tags.is_empty() => Err(TransferError::Taken {
            repository: Box::new(repository.clone()),
            tag: tag.clone(),
            digest: *digest,
        }
        .into()),
        _ => Ok(left.into_iter().map(|(tag, _)| tag).collect()),
    }
}
