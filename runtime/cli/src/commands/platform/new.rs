//! `platform new`: a platform to begin with, that builds and passes its tests.

use std::path::PathBuf;

use innominatus_author::{Scaffold, scaffold};
use serde::Serialize;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::style::{BOLD, GOOD, paint};
use crate::ui::text::{shell, show};

/// Write a new platform: a project that builds, with tests, documents and a CI file
///
/// Nothing is fetched: the SDK is in this program and is written into the project, and `Cargo.lock` names the very
/// versions it was tested with. The first build fetches those, unless cargo has them already.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The platform's name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    name: String,

    /// A provisioner for this Score type; may be repeated [default: postgres]
    #[arg(long = "provisioner", value_name = "TYPE")]
    provisioners: Vec<String>,

    /// A golden path as well, as a file of steps
    #[arg(long)]
    golden_path: bool,

    /// The folder to write; it has to be empty, or not there [default: the name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewReport {
    name: String,
    folder: String,
    files: Vec<String>,
}

/// Writes it, and says how to go on.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let folder = args.dir.unwrap_or_else(|| PathBuf::from(&args.name));
    let wish = Scaffold::new(&args.name, &args.provisioners, args.golden_path)?;
    let scaffolded = scaffold(&wish, &folder)?;
    let shown = folder.display().to_string();
    let report = NewReport { name: args.name, folder: shown, files: scaffolded.files };
    let table = |_: &_| {
        let mut text = format!("{}  {}\n", paint(GOOD, paint(BOLD, "created")), show(&report.folder));
        // The SDK is one thing to a reader.
        let own = report.files.iter().filter(|file| !file.starts_with("sdk/"));
        own.for_each(|file| text.push_str(&format!("  {}\n", show(file))));
        text.push_str("  sdk/\n");
        text
    };
    session.ui.done("NewReport", &report, table, || report.files.clone())?;
    let folder = shell(&report.folder);
    session.ui.remark(&format!("next: cd {folder} && innominatus platform ci"));
    Ok(Exit::OK)
}
