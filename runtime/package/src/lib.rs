//! Reads platform manifests and folders of components into verified bytes and metadata.
//!
//! `platform.yaml` becomes a [`Manifest`] or every reason why not, with places; a folder becomes a
//! [`Package`]: the manifest and each file that it names, with digests.
//!
//! **Absent on purpose:** the network (`registry`), what is inside a component (`sandbox`), what an
//! operator grants, where installed platforms are kept (`ledger`). This room reads and never writes.

#![forbid(unsafe_code)]

mod findings;
mod folder;
mod manifest;
mod package;
mod yaml;

pub use folder::{COMPONENT_LIMIT, MANIFEST_NAME, OpenError, SCHEMA_LIMIT, open_folder};
pub use manifest::{
    CoreIncompatible, GoldenPathEntry, Manifest, ManifestErrors, ProvisionerEntry, read_manifest,
};
pub use package::{Blob, Package};
pub use yaml::MANIFEST_LIMIT;
