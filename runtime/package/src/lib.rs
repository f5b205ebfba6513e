//! Reads platform manifests, folders of components and grants files into verified bytes and metadata.
//!
//! `platform.yaml` becomes a [`Manifest`] or every reason why not, with places; a folder becomes a
//! [`Package`]: the manifest and each file that it names, with digests. A grants file, which is the operator's and
//! never part of a package, becomes [`Grants`]; [`effective`] joins the two. The operator's other files are read here
//! as well: [`Platforms`], [`Policy`], [`Registries`], and the [`Lock`] that the program itself writes. An [`Image`] is a
//! package as the artifact that registries keep, a [`Reference`] what a person calls one.
//!
//! **Absent on purpose:** the network (`registry`), what is inside a component (`sandbox`), who may do what at a call
//! (`effect`), where installed platforms and grants are kept (`ledger`). This room reads and never writes.

#![forbid(unsafe_code)]

mod artifact;
mod config;
mod desired;
mod findings;
mod folder;
mod grants;
mod index;
mod lock;
mod manifest;
mod package;
mod platform_test;
mod policy;
mod reference;
mod registries;
mod rule;
mod schemas;
mod written;
mod yaml;

pub use artifact::{
    ARTIFACT_TYPE, ArtifactError, CONFIG_LIMIT, CONFIG_TYPE, ComponentFacts, Config, Descriptor, EMPTY_BYTES,
    EMPTY_TYPE, IMAGE_INDEX_TYPE, IMAGE_MANIFEST_LIMIT, IMAGE_MANIFEST_TYPE, Image, ImageManifest,
    LAYERS_LIMIT, Stamp, TITLE,
};
pub use config::{ConfigErrors, RegistryCredentials};
pub use desired::{
    DesiredGrants, DesiredPlatform, InvalidVersionRule, Platforms, VersionRule, read_platforms,
};
pub use folder::{
    COMPONENT_LIMIT, DOCUMENT_LIMIT, DOCUMENTS, FILES_LIMIT, MANIFEST_NAME, OpenError, SCHEMA_LIMIT,
    TOTAL_LIMIT, folder_of, open_files, open_folder,
};
pub use grants::{
    Approval, Effective, EntryGrants, Gap, Grants, GrantsErrors, NoSetting, SettingLookup, Stale, as_asked,
    as_asked_beyond, asked, asks, effective, grants_hash, grants_in_words, read_grants, render_grants,
    sample_of, wider,
};
pub use index::{
    INDEX_LIMIT, INDEX_NAME, IndexError, PublishedEntry, PublishedIndex, index_file, read_index,
};
pub use lock::{
    LOCK_NAME, LOCK_VERSION, Lock, LockError, LockedIndex, LockedPlatform, LockedSigner, read_lock,
    render_lock,
};
pub use manifest::{
    Binding, CoreIncompatible, GoldenPathEntry, Manifest, ManifestErrors, PathSource, ProvisionerEntry,
    Publish, TagTemplate, TestSuite, Upstream, UpstreamSource, named_files, read_manifest,
};
pub use package::{Blob, FileRole, Package, PackageFile};
pub use platform_test::{
    AnswerBody, AnswerThen, Expect, ExpectedCall, ExpectedFailure, Given, PlatformTest, TESTS_FOLDER,
    TestAnswer, TestErrors, TestPrior, TestSubject, TestTarget, read_test,
};
pub use policy::{
    AcceptedSigner, AttestationRule, Demand, Glob, KeySource, Policies, Policy, PolicyLevel, SourceScope,
    TransparencyLog, TrustRule, TrustVerdict, read_policy,
};
pub use reference::{HostMap, Reference, ReferenceError, Repository, Source, Tag, TagOrDigest};
pub use registries::{HostSettings, Index, IndexSource, Registries, read_registries};
pub use schemas::{FileSchema, SCHEMAS, schema};
pub use written::read_golden_path;
pub use yaml::MANIFEST_LIMIT;
