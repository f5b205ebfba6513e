//! `secret`: what platforms may use and nobody may see.

mod value;

use std::path::PathBuf;

use innominatus_api::wire::Receipt;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::{receipt, secret};

/// Put in, list, replace and remove secrets that grants name
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Put a secret in, or give it a new value
    ///
    /// The value comes from standard input, without the line end behind it; on a terminal it is asked for and not
    /// shown.
    Set(Value),
    /// List the secrets: names and versions, never values
    List,
    /// Give a secret that is there a new value; whoever uses it sees it from the next request on
    Rotate(Value),
    /// Remove a secret that no installed platform uses
    Remove(Remove),
    /// Replace the key that seals every secret at rest
    ///
    /// Runs go on meanwhile. The old key is gone afterwards: keep a copy of the new one apart from the home folder.
    RotateKey,
}

/// Which secret, and where its value comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct Value {
    /// The name: `team/db-admin`
    #[arg(value_name = "NAME")]
    name: String,

    /// Take the content of this file, whole, instead of standard input
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,

    /// Taken so that it can be refused without being repeated.
    #[arg(hide = true, num_args = 0..)]
    misplaced: Vec<std::ffi::OsString>,
}

/// Which secret.
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// The name
    #[arg(value_name = "NAME")]
    name: String,

    /// Also while grants of an installed platform name it
    #[arg(long)]
    force: bool,
}

/// Does what the verb says.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Set(args) => {
            let value = value::read(session, &args).await?;
            let server = session.connect().await?;
            print(session, &server.set_secret(&args.name, &value).await?)
        }
        Command::Rotate(args) => {
            let value = value::read(session, &args).await?;
            let server = session.connect().await?;
            print(session, &server.rotate_secret(&args.name, &value).await?)
        }
        Command::List => {
            let list = session.connect().await?.secrets().await?;
            if list.items.is_empty() {
                session.ui.remark("no secrets; put one in with `innominatus secret set <name>`");
            }
            let names = || list.items.iter().map(|item| item.name.clone()).collect();
            session.ui.answer("SecretList", &list, |view| secret::list(view, &list.items), names)?;
            Ok(Exit::OK)
        }
        Command::Remove(args) => {
            let server = session.connect().await?;
            print(session, &server.remove_secret(&args.name, args.force).await?)
        }
        Command::RotateKey => {
            let server = session.connect().await?;
            let receipt = server.rotate_key().await?;
            print(session, &receipt)?;
            session.ui.remark(
                "keep a copy of `keys/store.key` apart from the store; older backups need the older key",
            );
            Ok(Exit::OK)
        }
    }
}

fn print(session: &Session, receipt: &Receipt) -> Result<Exit, Failure> {
    if session.ui.is_for_people() && !session.ui.tells() {
        return Ok(Exit::OK);
    }
    let names = || vec![receipt.requested.name.clone()];
    session.ui.answer("Receipt", receipt, |view| receipt::text(view, receipt), names)?;
    Ok(Exit::OK)
}
