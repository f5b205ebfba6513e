//! `platform discover`, `outdated`, `compat`, `verify`, `diff`: looking around without changing anything.

use innominatus_api::wire::{DiffRequest, DiffSide, DiscoverRequest, VerifyRequest};

use super::source::{Source, Trust};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::count;
use crate::ui::{difference, offered};

/// Of commands that look at what is installed.
const NOTHING: &str = "no platform is installed";

/// List what can be installed: of the configured indexes, or of one repository
#[derive(Debug, clap::Args)]
pub(crate) struct DiscoverArgs {
    /// A repository, `registry.example.com/acme/platform`, or a layout
    #[arg(value_name = "REPOSITORY")]
    source: Option<String>,

    /// Only what makes this Score type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
}

/// Prints a table, and what could not be asked.
pub(crate) async fn discover(session: &Session, args: DiscoverArgs) -> Result<Exit, Failure> {
    let source = match &args.source {
        None => None,
        Some(text) => match Source::of(text)? {
            Source::Reference(reference) => Some(reference),
            Source::Folder(folder) => {
                let hint =
                    "name a repository of a registry, or a layout: `oci-layout:./dir`, `oci-layout:acme.tar`";
                return Err(Failure::usage(format!("`{folder}` is a folder or a file"), hint));
            }
        },
    };
    let server = session.connect().await?;
    let mut found = server.discover(&DiscoverRequest { source: source.clone() }).await?;
    let listed = found.items.len();
    if let Some(kind) = &args.kind {
        found.items.retain(|item| item.types.contains(kind));
    }
    let names = || found.items.iter().map(|item| item.reference.clone()).collect();
    session.ui.answer("Discovery", &found, |view| offered::discovery(view, &found), names)?;
    for it in &found.unasked {
        session.ui.remark(&format!("`{}` could not be asked: {}", it.what, it.problem.detail));
    }
    if let (0, Some(it)) = (listed, found.unasked.first()) {
        return Err(Failure::of(it.problem.clone()));
    }
    if found.items.is_empty() && found.unasked.is_empty() {
        let remark = match (&args.kind, &source) {
            (Some(kind), _) if listed > 0 => {
                format!("none of the {} makes `{kind}`", count(listed, "version"))
            }
            (_, Some(source)) => format!("`{source}` has no version of a platform"),
            (_, None) => {
                "no index is configured that lists anything: name a repository, or write `indexes:` into \
                 `registries.yaml` of the home"
                    .to_owned()
            }
        };
        session.ui.remark(&remark);
    }
    Ok(Exit::OK)
}

/// Prints which platforms have something newer.
pub(crate) async fn outdated(session: &Session) -> Result<Exit, Failure> {
    let list = session.connect().await?.outdated().await?;
    let names = || list.items.iter().map(|item| item.name.clone()).collect();
    session.ui.answer("OutdatedList", &list, |view| offered::outdated(view, &list), names)?;
    if list.items.is_empty() {
        session.ui.remark(NOTHING);
    }
    Ok(Exit::OK)
}

/// Prints the matrix.
pub(crate) async fn compat(session: &Session) -> Result<Exit, Failure> {
    let matrix = session.connect().await?.compatibility().await?;
    let names = || matrix.rows.iter().map(|row| format!("{}@{}", row.name, row.version)).collect();
    session.ui.answer("CompatMatrix", &matrix, |view| offered::compat(view, &matrix), names)?;
    if matrix.rows.is_empty() {
        session.ui.remark(NOTHING);
    }
    for it in &matrix.unasked {
        session.ui.remark(&format!("`{}` could not be asked: {}", it.what, it.problem.detail));
    }
    Ok(Exit::OK)
}

/// Judge who signed a platform, by the policies and the keys that are named
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// A reference, or `name`, `name@version` of an installed platform
    #[arg(value_name = "WHAT")]
    what: String,

    #[command(flatten)]
    trust: Trust,
}

/// Prints who signed; whoever is not trusted is an error.
pub(crate) async fn verify(session: &Session, args: VerifyArgs) -> Result<Exit, Failure> {
    let trust = args.trust.terms().await?;
    let request = match is_installed(&args.what) {
        true => VerifyRequest { installed: Some(bare(&args.what)), reference: None, trust },
        false => {
            let (folder, reference) = Source::of(&args.what)?.split();
            VerifyRequest { installed: None, reference: reference.or(folder), trust }
        }
    };
    let verified = session.connect().await?.verify(&request).await?;
    let names = || vec![verified.digest.clone()];
    session.ui.answer("Verification", &verified, |_| offered::verification(&verified), names)?;
    Ok(Exit::OK)
}

/// Show what differs between two versions: what they ask for, what they take, what they make
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// What was: `name`, `name@version`, a folder or a reference
    #[arg(value_name = "BEFORE")]
    before: String,

    /// What is to be; `name@held` is the update that waits
    #[arg(value_name = "NOW")]
    now: String,

    #[command(flatten)]
    trust: Trust,
}

/// Prints the differences.
pub(crate) async fn diff(session: &Session, args: DiffArgs) -> Result<Exit, Failure> {
    let request =
        DiffRequest { before: side(&args.before)?, now: side(&args.now)?, trust: args.trust.terms().await? };
    let diff = session.connect().await?.diff(&request).await?;
    let names = || {
        let mut names: Vec<_> = diff.provisioners.iter().map(|entry| entry.entry.clone()).collect();
        names.dedup();
        names
    };
    session.ui.answer("PlatformDiff", &diff, |_| difference::text(&diff), names)?;
    Ok(Exit::OK)
}

fn side(text: &str) -> Result<DiffSide, Failure> {
    if is_installed(text) {
        return Ok(DiffSide { installed: Some(bare(text)), ..DiffSide::default() });
    }
    let (folder, reference) = Source::of(text)?.split();
    Ok(DiffSide { installed: None, folder, reference })
}

fn bare(text: &str) -> String {
    text.strip_prefix("platform/").unwrap_or(text).to_owned()
}

/// A name has no slash, and no colon before a version; a folder that is meant is written as a path.
fn is_installed(text: &str) -> bool {
    let name = bare(text);
    !name.contains(['/', ':']) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_is_installed_are_told_from_places() {
        for installed in ["aws", "aws@2.3.1", "aws@held", "platform/aws"] {
            assert!(is_installed(installed), "{installed}");
        }
        for place in
            ["./aws", ".", "..", "ghcr.io/acme/aws:1", "oci-layout:x.tar:1", "localhost:5000/a", "/srv/aws"]
        {
            assert!(!is_installed(place), "{place}");
        }
    }
}
