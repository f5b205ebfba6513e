//! `platform index`: the list of what is published where, for `platform discover`.

use innominatus_api::wire::{IndexReport, IndexedVersion};
use innominatus_author::publish::index;

use super::publishing::{access, reference};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::{count, show};

/// List published platforms in an index, which `platform discover` reads
///
/// What each reference names now is written down with its digest. An index is a folder with `index.json`, which any file
/// server can serve to the machines that mount it, or an artifact beside the platforms. A version that is listed already is
/// replaced.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Published platforms: `registry.example.com/acme/platform:1.0.0`
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<String>,

    /// The index: a folder, `./index`, or a repository, `registry.example.com/acme/index`
    #[arg(long, value_name = "PLACE")]
    to: String,
}

/// Prints what was listed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let references = args.references.iter().map(|text| reference(text)).collect::<Result<Vec<_>, _>>()?;
    let indexed = index(&access(session)?, &references, &args.to).await?;
    let written = indexed.written.iter().map(|entry| IndexedVersion {
        name: entry.name.to_string(),
        version: entry.version.to_string(),
        reference: format!("{}@{}", entry.repository, entry.digest),
    });
    let report = IndexReport {
        written: written.collect(),
        index: indexed.place,
        generation: indexed.generation,
        entries: indexed.entries,
    };
    let text = |_: &_| {
        let lines = report.written.iter();
        let lines = lines.map(|one| format!("{} {}  {}", one.name, one.version, one.reference));
        let head = format!("index  {}, {}\n", show(&report.index), count(report.entries, "version"));
        lines.fold(head, |text, line| text + &show(&line) + "\n")
    };
    let names = || report.written.iter().map(|one| one.reference.clone()).collect();
    session.ui.done("IndexReport", &report, text, names)?;
    Ok(Exit::OK)
}
