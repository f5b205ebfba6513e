//! `platform install`: from a folder, after a person has seen and answered what the platform asks for.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{Examination, ExamineRequest, GrantsFile, InstallReport, InstallRequest};
use innominatus_model::Code;

use crate::files;
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::ui::{self, grant, platform, receipt};

/// Install a platform from a folder, or change what an installed one may do
///
/// Says what the platform asks for beyond what every component may do, and asks for an answer. Without a terminal the
/// answer is given by `--grant` or `--grants`. An installed platform is left as it is, unless an answer is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with `platform.yaml` and its components, on the server's machine
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// Grant this as asked for: `<platform>/<entry>:<capability>`, `all` or `none`; may be repeated
    #[arg(long, value_name = "WHAT")]
    grant: Vec<String>,

    /// Grant what this file says
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
}

/// Prints the receipt, what the platform makes, and each capability with its reason.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let folder = absolute(&args.folder)?;
    let grants = match &args.grants {
        Some(path) => Some(file(path).await?),
        None => None,
    };
    let mut grant = (!args.grant.is_empty()).then_some(args.grant);
    if grant.is_none() && grants.is_none() && can_ask(session) {
        match ask(session, &server, &folder).await? {
            Asked::NoNeed => {}
            Asked::Yes(choices) => grant = Some(choices),
            Asked::No => {
                session.ui.remark("nothing was installed");
                return Err(Failure::new(
                    Code::CapabilityNotGranted,
                    "what the platform asks for was not granted",
                )
                .hint("grant less with `--grant` or `--grants`, or nothing with `--grant none`"));
            }
        }
    }
    let receipt = server.install(&InstallRequest { folder, grant, grants }).await?;
    let platform = server.platform(&receipt.requested.name).await?;
    let report = InstallReport { receipt, platform };
    let table = |view: &_| {
        format!("{}\n{}", receipt::text(view, &report.receipt), platform::summary(view, &report.platform))
    };
    let names = || vec![format!("{}@{}", report.platform.summary.name, report.platform.summary.version)];
    session.ui.done("InstallReport", &report, table, names)?;
    Ok(Exit::OK)
}

fn absolute(folder: &Path) -> Result<String, Failure> {
    let shown = folder.display().to_string();
    let folder = std::path::absolute(folder)
        .map_err(|error| Failure::new(Code::FileUnreadable, format!("`{shown}` is no folder: {error}")))?;
    folder.to_str().map(str::to_owned).ok_or_else(|| {
        let detail = format!("the path `{}` is not UTF-8", shown.escape_debug());
        Failure::new(Code::FileUnreadable, detail).hint("rename the folder")
    })
}

async fn file(path: &Path) -> Result<GrantsFile, Failure> {
    let text = BASE64.encode(files::read_bytes(path, 1).await?);
    Ok(GrantsFile { name: path.display().to_string(), text })
}

/// A person reads what is asked and can answer.
fn can_ask(session: &Session) -> bool {
    session.ui.is_for_people() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

enum Asked {
    /// It asks for nothing that needs an answer, or is installed already.
    NoNeed,
    Yes(Vec<String>),
    No,
}

async fn ask(session: &Session, server: &Server<'_>, folder: &str) -> Result<Asked, Failure> {
    session.ui.remark("looking at what the platform asks for; what is new to this machine is compiled first");
    let examination = server.examine(&ExamineRequest { folder: folder.to_owned() }).await?;
    if examination.installed || examination.asks.is_empty() {
        return Ok(Asked::NoNeed);
    }
    // What was typed before the question answers something else. Where it cannot be taken away, it stays.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    ui::stderr(&question(&examination));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = answer
        .await
        .map_err(|_| Failure::internal("the thread that waits for the answer broke"))?
        .map_err(|error| Failure::new(Code::FileUnreadable, format!("the answer cannot be read: {error}")))?;
    Ok(if is_yes(&line) { Asked::Yes(examination.choices) } else { Asked::No })
}

/// What is asked for, and what a yes would mean.
fn question(examination: &Examination) -> String {
    let mut text = grant::asks(examination);
    if examination.names_secrets {
        text.push_str(
            "\nWhich of your secrets it uses can only be said in a grants file (`--grants`). One to begin with:\n\n",
        );
        text.push_str(&grant::file(&examination.sample));
        text.push_str("\nGrant the rest of it, and install? [y/N] ");
    } else {
        text.push_str("\nGrant all of it, and install? [y/N] ");
    }
    text
}

/// Anything else is a no.
fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Y\n", "yes\n", " YES \n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "yess\n", "yes please\n", "j\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
