//! `man`: the manual pages, made from the grammar.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::Cli;
use crate::problem::{Exit, Failure};
use crate::session::Session;

/// Print a manual page: `innominatus man | man -l -`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command, `platform install` for example; without it the page of innominatus itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

/// Prints the page.
pub(crate) fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    for word in &args.command {
        let Some(inner) = command.find_subcommand(word) else {
            let detail = format!("there is no command `{}`", args.command.join(" ").escape_debug());
            return Err(Failure::usage(detail, "see `innominatus help`"));
        };
        command = inner.clone();
    }
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::internal(format!("the manual page cannot be made: {error}")))?;
    session.ui.raw(&page);
    Ok(Exit::OK)
}
