//! `platform install`: from a folder or a registry, after a person has seen and answered what the platform asks for.

use std::io::{self, IsTerminal};

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::{Examination, ExamineRequest, InstallReport, InstallRequest, TrustTerms};
use innominatus_model::Code;

use super::answer::Grants;
use super::source::{Source, Trust};
use crate::commands::asked;
use crate::problem::{Exit, Failure};
use crate::server::Server;
use crate::session::Session;
use crate::ui::{grant, platform, receipt};

/// Install a platform, or change what an installed one may do
///
/// From a folder, or from a registry: `registry.example.com/acme/platform:1.0.0`, `oci-layout:./acme.tar:1.0.0`. Says
/// what the platform asks for beyond what every component may do, and asks for an answer. Without a terminal the answer
/// is given by `--grant` or `--grants`. An installed platform is left as it is, unless an answer is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A folder with `platform.yaml`, or a reference
    #[arg(value_name = "WHAT", value_parser = NonEmptyStringValueParser::new())]
    what: String,

    #[command(flatten)]
    grants: Grants,

    #[command(flatten)]
    trust: Trust,
}

/// Prints the receipt, what the platform makes, and each capability with its reason.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let source = Source::of(&args.what)?;
    let mut trust = args.trust.terms().await?;
    let server = session.connect().await?;
    let (mut grant, grants) = args.grants.read().await?;
    if grant.is_none() && grants.is_none() && can_ask(session) {
        match ask(session, &server, &source, &trust).await? {
            Asked::NoNeed => {}
            Asked::Yes { choices, digest } => {
                grant = Some(choices);
                // A tag may move while a person reads: what was read is what is installed.
                trust.digest = Some(digest);
            }
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
    let (folder, reference) = source.split();
    let receipt = server.install(&InstallRequest { folder, reference, grant, grants, trust }).await?;
    let platform = server.platform(&receipt.requested.name).await?;
    let report = InstallReport { receipt, platform };
    let table = |view: &_| {
        format!("{}\n{}", receipt::text(view, &report.receipt), platform::summary(view, &report.platform))
    };
    let names = || vec![format!("{}@{}", report.platform.summary.name, report.platform.summary.version)];
    session.ui.done("InstallReport", &report, table, names)?;
    Ok(Exit::OK)
}

/// A person reads what is asked and can answer.
fn can_ask(session: &Session) -> bool {
    session.ui.is_for_people() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

enum Asked {
    /// It asks for nothing that needs an answer, or is installed already.
    NoNeed,
    Yes {
        choices: Vec<String>,
        digest: String,
    },
    No,
}

async fn ask(
    session: &Session,
    server: &Server<'_>,
    source: &Source,
    trust: &TrustTerms,
) -> Result<Asked, Failure> {
    session.ui.remark("looking at what the platform asks for; what is new to this machine is compiled first");
    let (folder, reference) = source.clone().split();
    let request = ExamineRequest { folder, reference, trust: trust.clone() };
    let examination = server.examine(&request).await?;
    if examination.installed || examination.asks.is_empty() {
        return Ok(Asked::NoNeed);
    }
    let yes = asked::yes(&question(&examination)).await?;
    let Examination { choices, digest, .. } = examination;
    Ok(if yes { Asked::Yes { choices, digest } } else { Asked::No })
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
