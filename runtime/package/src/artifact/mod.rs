//! A platform as an OCI artifact: one image manifest, a config of normalised metadata, and a layer for each file.
//!
//! `media` and `title` are the words of the format, `descriptor` and `manifest` what a registry keeps, `normal` and
//! `config` the metadata, `image` the whole. The same package gives the same bytes, always and everywhere.

mod config;
mod descriptor;
mod error;
mod image;
mod manifest;
mod media;
mod normal;
mod title;

pub use config::{ComponentFacts, Config};
pub use descriptor::Descriptor;
pub use error::ArtifactError;
pub use image::{Image, Stamp};
pub use manifest::ImageManifest;
pub use media::{ARTIFACT_TYPE, CONFIG_TYPE, EMPTY_BYTES, EMPTY_TYPE, IMAGE_INDEX_TYPE, IMAGE_MANIFEST_TYPE};
pub use title::TITLE;

/// How many layers an artifact may have: registries are known that keep no more than twice as many.
pub const LAYERS_LIMIT: usize = 256;

/// How many bytes a config may have: 1 MiB.
pub const CONFIG_LIMIT: usize = 1024 * 1024;

/// How many bytes a manifest may have: 4 MiB, what registries agree on.
pub const IMAGE_MANIFEST_LIMIT: usize = 4 * 1024 * 1024;
