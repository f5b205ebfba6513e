//! What the operator says of registries and of trust, read anew for each request: who changes a file need not start
//! anything again.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use innominatus_model::{Code, Coded, Diagnostic, Severity};
use innominatus_package::{
    ConfigErrors, HostMap, KeySource, MANIFEST_LIMIT, Policies, Policy, PolicyLevel, Registries, read_policy,
    read_registries,
};

/// Where the files are. Any of them may be missing.
#[derive(Debug, Clone)]
pub struct SourceFiles {
    /// The machine's folder: its `policy.yaml` cannot be overruled.
    pub system: PathBuf,
    /// The home's folder, with `policy.yaml` and `registries.yaml`.
    pub home: PathBuf,
}

/// The machine's folder, by convention.
const SYSTEM: &str = "/etc/innominatus";
/// What a policy is called in either.
const POLICY: &str = "policy.yaml";
const REGISTRIES: &str = "registries.yaml";
/// A public key has some hundred bytes.
const KEY_LIMIT: usize = 64 * 1024;
/// A root of trust has some thousand, and keeps what was replaced.
const ROOT_LIMIT: usize = 1024 * 1024;

/// What the files say.
pub(in crate::platforms) struct Rules {
    pub(super) registries: Registries,
    pub(super) policies: Policies,
    /// Where files of the system's policy and of the home's are looked for.
    folders: [PathBuf; 2],
}

/// Why the rules cannot be known; then nothing is trusted.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A file cannot be read.
    #[error("cannot read `{}`", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file breaks its rules.
    #[error(transparent)]
    Invalid(#[from] ConfigErrors),
}

impl Coded for RulesError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } => Code::FileUnreadable,
            Self::Invalid(errors) => errors.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Read { .. } => {
                Some("mend its permissions; without it nothing that comes from afar is trusted".into())
            }
            Self::Invalid(errors) => errors.remedy(),
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Read { .. } => &[],
            Self::Invalid(errors) => errors.diagnostics(),
        }
    }
}

impl SourceFiles {
    /// The home's folder, and the machine's where it is by convention.
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { system: PathBuf::from(SYSTEM), home: home.into() }
    }

    /// What they say now. Blocks.
    pub(super) fn read(&self) -> Result<Rules, RulesError> {
        let registries = match bounded(&self.home.join(REGISTRIES))? {
            Some((file, bytes)) => warned(read_registries(&file, &bytes)?),
            None => Registries::default(),
        };
        Ok(Rules {
            registries,
            policies: Policies::new(policy(&self.system)?, policy(&self.home)?),
            folders: [self.system.clone(), self.home.clone()],
        })
    }
}

impl Rules {
    /// Which repositories stand for others.
    pub(super) fn hosts(&self) -> HostMap {
        HostMap::new(self.registries.mappings.clone())
    }

    /// The folder that paths in `registries.yaml` are seen from.
    pub(super) fn folder(&self) -> &Path {
        &self.folders[1]
    }

    /// The root of trust that a rule of this level is judged by, where a policy names one.
    pub(super) fn root(&self, of: PolicyLevel) -> Option<PathBuf> {
        let (level, path) = self.policies.trusted_root(of)?;
        Some(self.folders[usize::from(level != PolicyLevel::System)].join(path))
    }

    /// The key of a rule. `system`: it stands in the system's policy.
    pub(super) fn key(&self, key: &KeySource, system: bool) -> Result<Vec<u8>, RulesError> {
        match key {
            KeySource::Pem(pem) => Ok(pem.clone().into_bytes()),
            KeySource::File(path) => {
                let file = self.folders[usize::from(!system)].join(path);
                match read(&file, KEY_LIMIT) {
                    Ok(bytes) => Ok(bytes),
                    Err(source) => Err(RulesError::Read { file, source }),
                }
            }
        }
    }
}

/// A root of trust that a policy names. Blocks.
pub(super) fn root(file: &Path) -> io::Result<Vec<u8>> {
    read(file, ROOT_LIMIT)
}

fn policy(folder: &Path) -> Result<Option<Policy>, RulesError> {
    Ok(match bounded(&folder.join(POLICY))? {
        Some((file, bytes)) => Some(warned(read_policy(&file, &bytes)?)),
        None => None,
    })
}

/// A person who starts something looks at the file; a runtime can only write it down.
fn warned<T>((value, warnings): (T, Vec<Diagnostic>)) -> T {
    for it in warnings.iter().filter(|it| it.severity == Severity::Warning) {
        tracing::warn!(file = %it.file, line = it.line, "{}", it.message);
    }
    value
}

/// The file's name and bytes; none where there is no file. That it cannot be read is not the same.
fn bounded(file: &Path) -> Result<Option<(String, Vec<u8>)>, RulesError> {
    match read(file, MANIFEST_LIMIT) {
        Ok(bytes) => Ok(Some((file.display().to_string(), bytes))),
        // A link that leads nowhere is a file that cannot be read: whoever put it there meant one.
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.symlink_metadata().is_err() => Ok(None),
        Err(source) => Err(RulesError::Read { file: file.to_owned(), source }),
    }
}

fn read(file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(io::Error::other("it is too large")) } else { Ok(bytes) }
}
