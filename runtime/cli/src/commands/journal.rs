//! `journal`: what a component really did, as a file, and that file replayed.

use std::path::{Path, PathBuf};

use innominatus_api::wire::ReplayRequest;
use innominatus_model::Code;
use serde_json::Value;

use crate::args::Environment;
use crate::files;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::target::{Place, Target};

/// MiB of a recording: what a journal may hold.
const LARGEST: u64 = 64;

/// Look at what a component really did
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the newest execution of a resource as a recording; it holds tokens, never secrets
    Export(Export),
    /// Replay a recording: the same component, the same answers, nothing performed
    Replay(Replay),
}

/// Write the newest execution of a resource as a recording
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A resource's id, `<application>/<type>.<class>#<id>`, or with `--application` the part after the slash
    #[arg(value_name = "RESOURCE")]
    resource: String,

    /// Write it there instead of to standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Replay a recording
#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// What `journal export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Does what the subcommand says.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Export(args) => export(session, args).await,
        Command::Replay(args) => replay(session, args).await,
    }
}

async fn export(session: &Session, args: Export) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let place = Place {
        environment: args.environment.environment.as_deref(),
        application: args.application.as_deref(),
    };
    let id = Target::find_resource(&server, &args.resource, place).await?;
    let recording = server.journal(&id).await?;
    let text = serde_json::to_string_pretty(&recording)
        .map_err(|error| Failure::new(Code::Internal, format!("the recording cannot be written: {error}")))?;
    match &args.to {
        None => session.ui.data(&format!("{text}\n")),
        Some(file) => {
            std::fs::write(file, text + "\n").map_err(|error| {
                Failure::new(Code::OutputFailed, format!("`{}` cannot be written: {error}", file.display()))
            })?;
            session.ui.remark(&format!("written to `{}`", file.display()));
        }
    }
    Ok(Exit::OK)
}

async fn replay(session: &Session, args: Replay) -> Result<Exit, Failure> {
    let recording = read(&args.file).await?;
    let server = session.connect().await?;
    let answer = server.replay(&ReplayRequest { recording }).await?;
    let text = |_: &crate::ui::View| {
        format!(
            "{} of {}: {}, {} of {} calls, {} ms\n",
            answer.export, answer.component, answer.answer, answer.calls, answer.recorded, answer.took_ms
        )
    };
    session.ui.answer("ReplayAnswer", &answer, text, || vec![answer.answer.clone()])?;
    Ok(Exit::OK)
}

async fn read(file: &Path) -> Result<Value, Failure> {
    let refused = |reason: String| {
        Failure::new(Code::Usage, format!("`{}` is not a recording: {reason}", file.display()))
    };
    let bytes = files::read_bytes(file, LARGEST).await?;
    serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))
}
