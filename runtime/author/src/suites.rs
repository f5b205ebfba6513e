//! The author's own test commands: `tests:` of the manifest, run in the platform's folder, from the quickest on.

use innominatus_model::{Code, Coded};
use innominatus_package::TestSuite;

use crate::Project;
use crate::process::{Command, ProcessError};
use crate::progress::{Progress, Tell};

/// A suite did not pass.
#[derive(Debug, thiserror::Error)]
#[error("the tests `{suite}` failed")]
pub struct SuiteError {
    /// Which.
    pub suite: TestSuite,
    /// How its command ended.
    #[source]
    pub source: ProcessError,
}

impl Coded for SuiteError {
    fn code(&self) -> Code {
        Code::PlatformTestFailed
    }

    fn remedy(&self) -> Option<String> {
        Some(format!("what it said stands above; the command is `tests.{}` of platform.yaml", self.suite))
    }
}

/// Runs every suite that the manifest names, up to the first that fails; returns which ran.
pub async fn suites(project: &Project, tell: &mut Tell<'_>) -> Result<Vec<TestSuite>, SuiteError> {
    let mut ran = Vec::new();
    for (suite, line) in &project.manifest.tests {
        tell(Progress::Running { command: line.clone() });
        let ran_well = Command::shell(line).folder(&project.folder).run().await;
        ran_well.map_err(|source| SuiteError { suite: *suite, source })?;
        ran.push(*suite);
    }
    Ok(ran)
}
