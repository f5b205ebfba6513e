//! What a run of the harness found: the values. How they look is for `text`, `json` and `junit`.

mod figures;
mod json;
mod junit;
mod text;

use std::time::Duration;

use innominatus_model::{Digest, Name, Version};

pub use figures::{ExportFigure, Figures};

use super::catalogue::{Check, Scope};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// What has to hold holds.
    Pass,
    /// It does not.
    Fail,
    /// A person should look.
    Warn,
    /// It was not made, and the message says why.
    Skip,
}

impl Status {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Skip => "skip",
        }
    }
}

/// One check of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: &'static Check,
    /// Of several of a kind: the class, the sample or the test.
    pub case: Option<String>,
    /// How it ended.
    pub status: Status,
    /// One line: what was found, or why nothing was looked for.
    pub message: String,
    /// More lines, for a person: a diff.
    pub details: String,
    /// What to do, where it did not pass.
    pub remedy: Option<String>,
}

/// One entry with its checks.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryReport {
    /// The entry's name in the manifest; of the platform's own checks, the platform's.
    pub name: String,
    /// What it is.
    pub scope: Scope,
    /// The type it makes, for a provisioner.
    pub kind: Option<String>,
    /// In the order they were made.
    pub findings: Vec<Finding>,
    /// What its exports took, at most.
    pub figures: Figures,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFigure {
    /// Its path in the folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// What it imports.
    pub imports: Vec<&'static str>,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The platform.
    pub platform: Name,
    /// Its version.
    pub version: Version,
    /// Of its bytes.
    pub digest: Digest,
    /// Its components, by path.
    pub components: Vec<ComponentFigure>,
    /// The platform itself first, then its entries in the order of the manifest.
    pub entries: Vec<EntryReport>,
    /// How long it all took.
    pub elapsed: Duration,
}

impl Report {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        self.findings().filter(|(_, finding)| finding.status == status).count()
    }

    /// Whether no check failed.
    pub fn passed(&self) -> bool {
        self.count(Status::Fail) == 0
    }

    /// Every check with its entry.
    pub fn findings(&self) -> impl Iterator<Item = (&EntryReport, &Finding)> {
        self.entries.iter().flat_map(|entry| entry.findings.iter().map(move |finding| (entry, finding)))
    }
}
