//! `platform test`: the author's own tests, then the harness, on what was built.

use std::path::PathBuf;

use innominatus_author::{Project, suites};

use super::author::{self, Source};
use super::build::{self, How};
use super::publishing;
use crate::commands::test_platform;
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Build a platform, run the tests that its manifest names, then `test-platform`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,

    /// Test what was built before, without building it anew
    #[arg(long)]
    no_build: bool,

    /// Leave out the tests that the manifest names
    #[arg(long)]
    harness_only: bool,

    /// Write the harness's report as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    #[command(flatten)]
    how: How,
}

/// Ends as the first test that fails does.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let project = args.source.open().await?;
    if !args.no_build {
        build::quietly(session, &project, &args.how.options(session, None)).await?;
    }
    if !args.harness_only {
        own(session, &project).await?;
    }
    harness(session, &project, args.junit).await
}

/// The tests that the manifest names.
pub(crate) async fn own(session: &Session, project: &Project) -> Result<(), Failure> {
    for suite in suites(project, &mut author::tell(session)).await? {
        session.ui.remark(&format!("the tests `{suite}` passed"));
    }
    Ok(())
}

/// The harness, on what was built.
pub(crate) async fn harness(
    session: &Session,
    project: &Project,
    junit: Option<PathBuf>,
) -> Result<Exit, Failure> {
    let built = publishing::built(&project.folder).await?;
    test_platform::on(session, built, junit).await
}
