//! Reads platform manifests, folders of components and grants files into verified bytes and metadata.
//!
//! `platform.yaml` becomes a [`Manifest`] or every reason why not, with places; a folder becomes a
//! [`Package`]: the manifest and each file that it names, with digests. A grants file, which is the operator's and
//! never part of a package, becomes [`Grants`]; [`effective`] joins the two.
//!
//! **Absent on purpose:** the network (`registry`), what is inside a component (`sandbox`), who may do what at a call
//! (`effect`), where installed platforms and grants are kept (`ledger`). This room reads and never writes.

#![forbid(unsafe_code)]

mod findings;
mod folder;
mod grants;
mod manifest;
mod package;
mod rule;
mod yaml;

pub use folder::{
    COMPONENT_LIMIT, DOCUMENT_LIMIT, DOCUMENTS, FILES_LIMIT, MANIFEST_NAME, OpenError, SCHEMA_LIMIT,
    TOTAL_LIMIT, open_files, open_folder,
};
pub use grants::{
    Approval, Effective, EntryGrants, Gap, Grants, GrantsErrors, NoSetting, SettingLookup, Stale, as_asked,
    asked, asks, effective, grants_in_words, read_grants, render_grants, sample, wider,
};
pub use manifest::{
    CoreIncompatible, GoldenPathEntry, Manifest, ManifestErrors, ProvisionerEntry, read_manifest,
};
pub use package::{Blob, FileRole, Package, PackageFile};
pub use yaml::MANIFEST_LIMIT;
