//! Why a component is refused before it is compiled: what was expected, what was found, what to do.

use innominatus_model::{CONTRACT_PACKAGE, Capability, Code, Coded};

use super::Role;
use crate::text::clean;

/// What is wrong with a component's contract. Names from the component are shown escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// Not a component at all.
    #[error("expected a WebAssembly component, found {found}")]
    NotAComponent {
        /// What the bytes look like.
        found: &'static str,
    },
    /// Larger than is looked at.
    #[error("the component has {size} bytes, more than {limit}")]
    TooLarge {
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// Built for a version that is not known.
    #[error("the component was built for version `{}` of the contract, expected `{expected}`", clean(.found, 80))]
    Version {
        /// In the component.
        found: String,
        /// Known here.
        expected: String,
    },
    /// An export is not there.
    #[error("the component has no export `{export}`")]
    MissingExport {
        /// With its interface.
        export: String,
        /// The role that needs it, if it is one.
        role: Option<Role>,
    },
    /// An export has another type.
    #[error("the export `{export}` has another type: expected {expected}, found {}", clean(.found, 200))]
    MistypedExport {
        /// With its interface.
        export: String,
        /// In the contract.
        expected: String,
        /// In the component.
        found: String,
    },
    /// An import that the contract does not have.
    #[error("the component imports `{}`, which the contract does not offer", clean(.import, 200))]
    UnknownImport {
        /// As it stands in the component.
        import: String,
    },
    /// An import has another type.
    #[error("the import `{}` has another type: expected {expected}, found {}", clean(.import, 200), clean(.found, 200))]
    MistypedImport {
        /// With its interface.
        import: String,
        /// In the contract.
        expected: String,
        /// In the component.
        found: String,
    },
    /// A golden path imports what only a provisioner may have.
    #[error("a golden path may import `log` and `settings`, this one imports `{capability}`")]
    PathImport {
        /// Which one.
        capability: Capability,
    },
    /// An import that the contract has and this runtime does not link yet.
    #[error("the component imports `{capability}`, which this runtime does not link yet")]
    Unlinked {
        /// Which one.
        capability: Capability,
    },
    /// The bytes begin like a component and then are none, or use a proposal that is switched off.
    #[error("the component is malformed: {}", clean(.reason, 300))]
    Malformed {
        /// Where and why.
        reason: String,
    },
}

impl Coded for ContractError {
    fn code(&self) -> Code {
        match self {
            Self::NotAComponent { .. } | Self::Malformed { .. } => Code::ComponentInvalid,
            Self::TooLarge { .. } => Code::ComponentTooLarge,
            Self::Version { .. } => Code::ComponentVersion,
            Self::MissingExport { .. } | Self::MistypedExport { .. } => Code::ComponentExport,
            Self::UnknownImport { .. } | Self::MistypedImport { .. } | Self::PathImport { .. } => {
                Code::ComponentImport
            }
            Self::Unlinked { .. } => Code::CapabilityUnlinked,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotAComponent { .. } => {
                "look at the path in platform.yaml; a core module becomes a component with `wasm-tools component new`"
                    .into()
            }
            Self::TooLarge { .. } => "build for size: strip debug information, leave data out of the component".into(),
            Self::Version { expected, .. } => {
                format!("build it again with an SDK for version `{expected}` of `{CONTRACT_PACKAGE}`")
            }
            Self::MissingExport { role: Some(role), .. } => {
                format!("let the component export `{}` as a whole, or use it in another place", role.interface())
            }
            Self::MissingExport { role: None, .. } => {
                "export a provisioner or a golden path with the SDK's macro".into()
            }
            Self::MistypedExport { .. } | Self::MistypedImport { .. } => {
                format!("generate the bindings from the released WIT of `{CONTRACT_PACKAGE}`, unchanged")
            }
            Self::UnknownImport { import } if import.starts_with("wasi:") => {
                "build without WASI (for Rust: target wasm32-unknown-unknown); what a guest may ask the host for is in \
                 the contract"
                    .into()
            }
            Self::UnknownImport { .. } => "remove the import; what a guest may ask the host for is in the contract".into(),
            Self::PathImport { .. } => "move what needs it into a provisioner".into(),
            Self::Unlinked { .. } => "remove the import, or wait for a runtime that links it".into(),
            Self::Malformed { .. } => {
                "build it again; threads, memory64, GC, exceptions and other proposals that are switched off must not \
                 be used"
                    .into()
            }
        })
    }
}
