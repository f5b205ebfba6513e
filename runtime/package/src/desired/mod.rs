//! `platforms.yaml`: the platforms that an installation is to have.
//!
//! A list of names, where each comes from and in which version; what is granted stands in it, or in files that it
//! names. Whether it is so already, and what has to be done, is for others.

mod entry;
mod version;

use innominatus_model::{Diagnostic, Digest, Name};

pub use version::{InvalidVersionRule, VersionRule};

use crate::ConfigErrors;
use crate::config::{self, RegistryCredentials};
use crate::findings::{Document, Fields, Findings};
use crate::grants::{self, Grants};
use crate::yaml::Value;

/// What `platforms.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Platforms {
    /// In the order of the file; no name stands twice.
    pub platforms: Vec<DesiredPlatform>,
    /// What is granted to all of them.
    pub grants: DesiredGrants,
}

/// One platform of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredPlatform {
    /// What the installation calls it.
    pub name: Name,
    /// Where it comes from, without version: `github.com/innominatus/platform-aws`, a folder, an OCI layout.
    pub repository: String,
    /// Which versions are wanted.
    pub version: VersionRule,
    /// Whether it is to be there; `true` unless the file says otherwise.
    pub enabled: bool,
    /// Without credentials its registry is not asked at all.
    pub private: bool,
    /// What is shown to its registry; what `registries.yaml` says of the host unless the file says otherwise.
    pub credentials: Option<RegistryCredentials>,
    /// A grants file of its own: absolute, or seen from `platforms.yaml`.
    pub grants: Option<String>,
    /// The one artifact that is accepted.
    pub digest: Option<Digest>,
}

/// `grants:` at the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DesiredGrants {
    /// Nothing is said.
    #[default]
    None,
    /// Written out.
    Inline(Grants),
    /// The path of a grants file: absolute, or seen from `platforms.yaml`.
    File(String),
}

impl Platforms {
    /// The platform of this name.
    pub fn get(&self, name: &Name) -> Option<&DesiredPlatform> {
        self.platforms.iter().find(|platform| platform.name == *name)
    }
}

/// Reads `platforms.yaml`. `file` is how the person named it; it stands in every diagnostic. On success the
/// diagnostics are warnings; on failure they are everything that is wrong.
pub fn read_platforms(file: &str, text: &[u8]) -> Result<(Platforms, Vec<Diagnostic>), ConfigErrors> {
    config::read(file, text, Document::Platforms, read)
}

fn read(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Platforms> {
    let node = fields.required("platforms", "begin with `platforms:` and a list below it", findings);
    let platforms = node.and_then(|node| entry::all(node, findings));
    let grants = match fields.optional("grants") {
        None => Some(DesiredGrants::None),
        Some(node) if matches!(node.value, Value::Text(_)) => {
            config::file(node, "grants", findings).map(DesiredGrants::File)
        }
        Some(node) => grants::entries(node, findings).map(DesiredGrants::Inline),
    };
    Some(Platforms { platforms: platforms?, grants: grants? })
}
