//! Manifests that are about another one. A list of them is only a hint: registries that keep none themselves are told
//! wrong types by some clients, and any list can name what is about something else.

use innominatus_model::Digest;
use innominatus_package::{Descriptor, IMAGE_MANIFEST_TYPE, ImageManifest};

use crate::{Referrer, RegistryError};

/// A manifest as a referrer of `subject`; none where it is about something else or cannot be read.
pub(crate) fn judge(subject: &Digest, manifest: Vec<u8>) -> Option<Referrer> {
    let read = ImageManifest::read_any(&manifest).ok()?;
    if read.subject.as_ref().is_none_or(|named| named.digest != *subject) {
        tracing::debug!(%subject, "a listed manifest is about something else");
        return None;
    }
    Some(Referrer { descriptor: describe(&read, &manifest), manifest })
}

/// What a list says of a manifest.
pub(crate) fn describe(read: &ImageManifest, manifest: &[u8]) -> Descriptor {
    let mut descriptor = Descriptor::of(IMAGE_MANIFEST_TYPE, manifest);
    descriptor.artifact_type = Some(read.kind().to_owned());
    descriptor.annotations = read.annotations.clone();
    descriptor
}

/// A manifest that is to be pushed: what it is about, and what a list says of it.
pub(crate) fn subject(manifest: &[u8]) -> Result<(Digest, Descriptor), RegistryError> {
    let what = || "the manifest that is to be pushed".to_owned();
    let read = ImageManifest::read_any(manifest)
        .map_err(|source| RegistryError::Artifact { what: what(), source })?;
    match &read.subject {
        Some(named) => Ok((named.digest, describe(&read, manifest))),
        None => {
            let problem = "a manifest that is pushed as being about another one names none".to_owned();
            Err(RegistryError::Setup { problem })
        }
    }
}
