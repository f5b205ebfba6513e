//! `resolve`: say what became of a write that is in doubt.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{AnswerBody, ResolveRequest};

use crate::args::Environment;
use crate::files;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::receipt;

/// Say what became of a write that is in doubt
#[derive(Debug, clap::Args)]
#[command(after_help = "`innominatus describe <resource>` names the write. Look at the other side first.")]
pub(crate) struct Args {
    /// A resource's id, `<application>/<type>.<class>#<id>`, or with `--application` the part after the slash
    #[arg(value_name = "RESOURCE")]
    resource: String,

    #[command(flatten)]
    word: Word,

    /// With `--happened`: the status that was answered, or would have been
    // Not `requires`: what stands against `--happened` would excuse its absence.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["not_happened", "start_over"], default_value_t = 200)]
    status: u16,

    /// With `--happened`: a file with the body of the answer, an empty one if it had none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["not_happened", "start_over"])]
    body: Option<PathBuf>,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// What became of it.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Word {
    /// It did not happen: it is sent again
    #[arg(long)]
    not_happened: bool,

    /// It happened: go on with the answer that `--status` and `--body` give
    #[arg(long)]
    happened: bool,

    /// Forget the interrupted work: the component is called anew, and finds what is there or makes it
    #[arg(long)]
    start_over: bool,
}

/// Prints a receipt; the next run of the application goes on.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let answer = match args.word.happened {
        true => Some(AnswerBody {
            status: args.status,
            headers: Vec::new(),
            body: body(args.body.as_deref()).await?,
        }),
        false => None,
    };
    let resolution = match (args.word.not_happened, args.word.start_over) {
        (true, _) => "not-happened",
        (_, true) => "start-over",
        _ => "happened",
    };
    let server = session.connect().await?;
    let place = Place {
        environment: args.environment.environment.as_deref(),
        application: args.application.as_deref(),
    };
    let id = Target::find_resource(&server, &args.resource, place).await?;
    let receipt = server.resolve(&id, &ResolveRequest { resolution: resolution.to_owned(), answer }).await?;
    let name = receipt.requested.name.clone();
    session.ui.answer("Receipt", &receipt, |view| receipt::text(view, &receipt), || vec![name])?;
    Ok(Exit::OK)
}

async fn body(file: Option<&std::path::Path>) -> Result<String, Failure> {
    // What a component reads from an answer that nobody gave is nothing, and then it makes the thing once more.
    let Some(file) = file else {
        let hint =
            "look up what was answered and hand it over in a file; an empty one says that there was no body";
        return Err(Failure::usage(
            "`--happened` needs `--body <FILE>`: what was answered, which the component reads",
            hint,
        ));
    };
    let bytes = files::read_bytes(file, 1).await?;
    Ok(BASE64.encode(bytes))
}
