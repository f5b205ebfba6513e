//! `platform sign`, `platform keygen`.

use std::path::{Path, PathBuf};

use innominatus_api::wire::{KeyReport, SignReport};
use innominatus_author::publish;

use super::publishing::{access, reference};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::show;

/// Sign a platform that is in a registry or a layout
///
/// The signature lies beside it, in the format of cosign 3: from that version on, `cosign verify --key acme.pub
/// --insecure-ignore-tlog` accepts it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to sign: best by its digest, `ghcr.io/acme/platform@sha256:…`
    #[arg(value_name = "REFERENCE")]
    reference: String,

    /// The private key: P-256, PEM, as `platform keygen` makes it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Prints what was signed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    signed(session, &reference(&args.reference)?, &args.key).await?;
    Ok(Exit::OK)
}

/// The same as a step of others.
pub(super) async fn signed(session: &Session, reference: &str, key: &Path) -> Result<(), Failure> {
    let signed = publish::sign(&access(session)?, reference, key).await?;
    let report = SignReport {
        reference: signed.reference.clone(),
        digest: signed.digest.to_string(),
        key: signed.key.clone(),
        signature: signed.signature.to_string(),
    };
    let text = |_: &_| {
        format!("signed  {}\ndigest  {}\nkey     {}\n", show(&report.reference), report.digest, report.key)
    };
    session.ui.done("SignReport", &report, text, || vec![report.digest.clone()])
}

/// Make a key to sign with: `<name>.key` for its owner alone, `<name>.pub` for everybody
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// What the files are called, without their endings
    #[arg(value_name = "NAME")]
    name: PathBuf,
}

/// Prints where the halves are.
pub(crate) fn keygen(session: &Session, args: &KeyArgs) -> Result<Exit, Failure> {
    let key = publish::new_key(&args.name)?;
    let report = KeyReport {
        private: key.private.display().to_string(),
        public: key.public.display().to_string(),
        key: key.id,
    };
    let text = |_: &_| {
        format!(
            "private  {}  (keep it to yourself)\npublic   {}\nkey      {}\n",
            show(&report.private),
            show(&report.public),
            report.key
        )
    };
    session.ui.done("KeyReport", &report, text, || vec![report.public.clone()])?;
    Ok(Exit::OK)
}
