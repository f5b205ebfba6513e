//! Why there is no plan.

use innominatus_model::{Code, Coded, Diagnostic};

/// About so many findings are collected, and no more: nobody reads them, and a file and an offer could make
/// gigabytes of them.
pub(crate) const MOST_FINDINGS: usize = 500;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The files ask for something that cannot be had.
    #[error("{}", summary(.diagnostics))]
    Files {
        /// What, and where.
        diagnostics: Vec<Diagnostic>,
    },
    /// The golden path's steps break the contract: its author is at fault, not the files.
    #[error("the golden path `{golden_path}` broke the contract: {what}")]
    GoldenPath {
        /// `<platform>/<entry>`.
        golden_path: String,
        /// How.
        what: String,
    },
    /// What a resource definition gives does not satisfy the provisioner: its author is at fault, not the files.
    #[error("the resource definition for `{provisioner}` gives params that it does not take: {what}")]
    Definition {
        /// `<platform>/<entry>`.
        provisioner: String,
        /// Which, and why not.
        what: String,
    },
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [] => "the files cannot be planned".to_owned(),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

impl Coded for PlanError {
    fn code(&self) -> Code {
        match self {
            Self::Files { diagnostics } => {
                diagnostics.first().map_or(Code::ParamsInvalid, |first| first.code)
            }
            Self::GoldenPath { .. } => Code::GoldenPathContract,
            Self::Definition { .. } => Code::ParamsInvalid,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Files { .. } => None,
            Self::Definition { provisioner, .. } => Some(format!(
                "report this to the author of `{provisioner}`; what the Score file says itself goes first"
            )),
            Self::GoldenPath { golden_path, .. } => {
                Some(format!("report this to the author of `{golden_path}`, or use another golden path"))
            }
        }
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Files { diagnostics } => diagnostics,
            Self::GoldenPath { .. } | Self::Definition { .. } => &[],
        }
    }
}
