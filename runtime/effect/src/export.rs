//! The exports of the contract, and what each may do.

use crate::Access;

/// A function that the host calls in a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Export {
    /// `lifecycle.metadata` or `generator.metadata`
    Metadata,
    /// `lifecycle.config-schema`
    ConfigSchema,
    /// `lifecycle.validate-config`
    ValidateConfig,
    /// `lifecycle.provision`
    Provision,
    /// `lifecycle.deprovision`
    Deprovision,
    /// `lifecycle.get-status`
    GetStatus,
    /// `lifecycle.get-hints`
    GetHints,
    /// `lifecycle.adopt`
    Adopt,
    /// `lifecycle.upgrade-state`
    UpgradeState,
    /// `generator.parameter-schema`
    ParameterSchema,
    /// `generator.validate`
    Validate,
    /// `generator.generate-steps`
    GenerateSteps,
    /// `generator.render`
    Render,
}

impl Export {
    /// Every export.
    pub const ALL: [Self; 13] = [
        Self::Metadata,
        Self::ConfigSchema,
        Self::ValidateConfig,
        Self::Provision,
        Self::Deprovision,
        Self::GetStatus,
        Self::GetHints,
        Self::Adopt,
        Self::UpgradeState,
        Self::ParameterSchema,
        Self::Validate,
        Self::GenerateSteps,
        Self::Render,
    ];

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::ConfigSchema => "config-schema",
            Self::ValidateConfig => "validate-config",
            Self::Provision => "provision",
            Self::Deprovision => "deprovision",
            Self::GetStatus => "get-status",
            Self::GetHints => "get-hints",
            Self::Adopt => "adopt",
            Self::UpgradeState => "upgrade-state",
            Self::ParameterSchema => "parameter-schema",
            Self::Validate => "validate",
            Self::GenerateSteps => "generate-steps",
            Self::Render => "render",
        }
    }

    /// From the name in the contract.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|export| export.as_str() == word)
    }

    /// Whether executions of it are written down, so that they go on where they were.
    pub fn is_journaled(self) -> bool {
        self.may(Access::Write)
    }

    /// The table of the contract: which export may do what. Only `provision`, `deprovision` and `adopt`
    /// write; `get-status` and `get-hints` look; the rest have no effect outside the guest.
    pub fn may(self, access: Access) -> bool {
        match self {
            Self::Provision | Self::Deprovision | Self::Adopt => true,
            Self::GetStatus | Self::GetHints => matches!(access, Access::Observe | Access::Read),
            Self::Metadata
            | Self::ConfigSchema
            | Self::ValidateConfig
            | Self::UpgradeState
            | Self::ParameterSchema
            | Self::Validate
            | Self::GenerateSteps
            | Self::Render => access == Access::Observe,
        }
    }
}
