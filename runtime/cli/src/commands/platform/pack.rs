//! `platform pack`: a built folder becomes an artifact on disk.

use std::path::{Path, PathBuf};

use innominatus_api::wire::{ArtifactFile, PackReport};
use innominatus_author::publish::{self, Stage};

use super::publishing::{StageArg, access, built, size};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::show;

/// Pack a built platform into an OCI layout: a folder, or one file to carry
///
/// The same files give the same digest on any machine. `platform install oci-layout:<path>:<tag>` takes it as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The built folder
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Where to: a folder, or a file that ends in `.tar` (default: `dist/<name>-<version>.tar`)
    #[arg(long, short = 'O', value_name = "PATH")]
    output: Option<PathBuf>,

    #[command(flatten)]
    stage: StageArg,
}

/// Prints what was packed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    make(session, &args.folder, args.output, args.stage.stage()).await
}

/// The same as a step of others.
pub(crate) async fn packed(session: &Session, folder: &Path, stage: Stage) -> Result<(), Failure> {
    make(session, folder, None, stage).await.map(drop)
}

async fn make(
    session: &Session,
    folder: &Path,
    output: Option<PathBuf>,
    stage: Stage,
) -> Result<Exit, Failure> {
    let source = folder;
    let folder = built(folder).await?;
    let to = match output {
        Some(path) => path,
        None => {
            let (package, _) = publish::image_of(&folder)?;
            let manifest = &package.manifest;
            let label = stage.label(&manifest.version);
            source.join("dist").join(format!("{}-{label}.tar", manifest.name))
        }
    };
    let packed = publish::pack(&access(session)?, &folder, &to, stage).await?;
    let files = packed.files.iter().map(|(path, size)| ArtifactFile {
        path: path.clone(),
        size: *size,
        present: None,
    });
    let report = PackReport {
        name: packed.name.to_string(),
        version: packed.version.to_string(),
        reference: packed.reference.clone(),
        digest: packed.digest.to_string(),
        files: files.collect(),
    };
    let text = |_: &_| {
        let mut text = String::new();
        for file in &report.files {
            text.push_str(&format!("  {:>10}  {}\n", size(file.size), show(&file.path)));
        }
        text.push_str(&format!("packed  {}\ndigest  {}\n", show(&report.reference), report.digest));
        text
    };
    session.ui.done("PackReport", &report, text, || vec![report.reference.clone()])?;
    Ok(Exit::OK)
}
