//! `platform dev`: what a platform does, shown again each time a file is saved.

use std::path::{Path, PathBuf};

use innominatus_author::dev::{Dev, Options, Round, Watch};

use super::author::{self, Source};
use super::build::How;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::dev;
use crate::ui::text::{count, show};

/// Show what a platform does while it is written: build, check, plan and carry out sample Score files at each save
///
/// Nothing is installed and nothing leaves this machine: components run in worlds that are made up, with settings and
/// answers from the table tests beside the manifest, or from a recording. What is built stays in memory, with names and
/// lines, so that a trap is shown with its lines of source. A mistake ends nothing: the last good build stays in use.
/// Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,

    /// Try this Score file; may be given several times [default: `examples/*.score.yaml` and `*.score.yaml` in the folder]
    #[arg(long = "score", value_name = "FILE")]
    scores: Vec<PathBuf>,

    /// Make one round and end as it ended: 0, 3 for what is not valid, 9 for what failed, 12 for a component that broke
    #[arg(long)]
    once: bool,

    /// Let this recording (`innominatus journal export`) answer for the entry that it was made of
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,

    /// Take what was built before, without building it anew
    #[arg(long)]
    no_build: bool,

    #[command(flatten)]
    how: How,
}

/// Round after round.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let mut build = args.how.options(session, None);
    // Compiling is no news here; what the compiler finds is.
    build.quiet = true;
    let options = Options {
        folder: args.source.folder,
        scores: args.scores,
        recording: args.recording,
        no_build: args.no_build,
        build,
    };
    let mut dev = Dev::new(options, author::workshop(session)?);
    if args.once {
        let round = Box::pin(round(session, &mut dev)).await?;
        return Ok(round.first_trouble().map_or(Exit::OK, |trouble| trouble.code.exit().into()));
    }
    let mut watch = Watch::begin(&dev).await?;
    loop {
        Box::pin(round(session, &mut dev)).await?;
        if !session.ui.is_read() {
            return Ok(Exit::OK);
        }
        session.ui.remark("waiting for a change; Ctrl-C ends");
        let changed = watch.changed().await?;
        session.ui.remark(&format!("\n{} changed", names(&changed)));
    }
}

async fn round(session: &Session, dev: &mut Dev) -> Result<Round, Failure> {
    // What begins is told only where somebody asked for more: at each save it would be the same.
    let mut tell = author::tell(session);
    let told = session.ui.verbose() > 0;
    let round = dev
        .round(&mut |progress| {
            if told {
                tell(progress)
            }
        })
        .await;
    let name = || round.platform.as_ref().map(|(name, _)| name.to_string()).unwrap_or_default();
    session.ui.item("PlatformDevRound", &round.json(), |view| dev::text(view, &round), name)?;
    Ok(round)
}

/// The first few, by their last name.
fn names(changed: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let name = |path: &PathBuf| {
        show(&path.file_name().map(Path::new).unwrap_or(path).display().to_string()).to_string()
    };
    let mut names: Vec<String> = changed.iter().take(SHOWN).map(name).collect();
    if changed.len() > SHOWN {
        names.push(count(changed.len() - SHOWN, "other file"));
    }
    names.join(", ")
}
