//! `platform push`: a built folder gets to a registry.

use std::path::{Path, PathBuf};

use innominatus_api::wire::{ArtifactFile, PushReport};
use innominatus_author::publish::{PushInput, Stage, push};
use innominatus_author::{BuildOptions, Project};

use super::build;
use super::publishing::{StageArg, access, built, size};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::show;

/// Push a built platform to a registry
///
/// What is there already does not move. A version that is released stays what it is: its tag does not move to other
/// bytes, unless `--replace` says so. Credentials are those of the environment, or of `docker login`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The built folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// The repository, with a tag or without [default: `publish:` of platform.yaml]
    #[arg(long, value_name = "REFERENCE")]
    to: Option<String>,

    #[command(flatten)]
    stage: StageArg,

    /// Build it first
    #[arg(long)]
    build: bool,

    /// Only say what would move
    #[arg(long)]
    dry_run: bool,

    /// Let a tag that other bytes bear move to these
    #[arg(long)]
    replace: bool,
}

/// Prints what moved.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    if args.build {
        let project = Project::open(&args.folder).await?;
        build::quietly(session, &project, &BuildOptions { quiet: true, ..BuildOptions::default() }).await?;
    }
    let input = PushInput {
        folder: built(&args.folder).await?,
        to: args.to,
        stage: args.stage.stage(),
        replace: args.replace,
        dry_run: args.dry_run,
    };
    make(session, &input).await?;
    Ok(Exit::OK)
}

/// The same as a step of others, to where the manifest says. Says how to name exactly what is there now.
pub(super) async fn pushed(session: &Session, folder: &Path, stage: Stage) -> Result<String, Failure> {
    let folder = built(folder).await?;
    make(session, &PushInput { folder, to: None, stage, replace: false, dry_run: false }).await
}

async fn make(session: &Session, input: &PushInput) -> Result<String, Failure> {
    let came = push(&access(session)?, input).await?;
    let part = |part: &innominatus_author::publish::Part| ArtifactFile {
        path: part.name.clone(),
        size: part.size,
        present: Some(part.is_there),
    };
    let report = PushReport {
        name: came.name.to_string(),
        version: came.version.to_string(),
        references: came.references.clone(),
        pinned: came.pinned.clone(),
        digest: came.digest.to_string(),
        dry_run: input.dry_run,
        files: came.plan.parts.iter().map(part).collect(),
        moved_bytes: if input.dry_run { came.plan.moved_bytes() } else { came.moved_bytes },
        skipped_bytes: came.skipped_bytes,
        taken: came.taken.clone(),
    };
    session.ui.done("PushReport", &report, |_| text(&report), || vec![report.pinned.clone()])?;
    for tag in &came.left {
        session.ui.remark(&format!("the tag `{tag}` stays with the newer version that bears it"));
    }
    Ok(report.pinned)
}

fn text(report: &PushReport) -> String {
    let mut text = String::new();
    for file in &report.files {
        let what = match (file.present, report.dry_run) {
            (Some(true), _) => "is there",
            (_, true) => "would move",
            (_, false) => "moved",
        };
        text.push_str(&format!("  {:>10}  {what:<10}  {}\n", size(file.size), show(&file.path)));
    }
    let verb = if report.dry_run { "would push" } else { "pushed" };
    for reference in &report.references {
        text.push_str(&format!("{verb}  {}\n", show(reference)));
    }
    if report.dry_run {
        for tag in &report.taken {
            text.push_str(&format!("refused  {} is the name of other bytes\n", show(tag)));
        }
    }
    text.push_str(&format!("exactly  {}\n", show(&report.pinned)));
    text.push_str(&format!("bytes    {} moved\n", size(report.moved_bytes)));
    text
}
