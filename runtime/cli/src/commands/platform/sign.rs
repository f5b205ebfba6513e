//! `platform sign`, `platform keygen`.

use std::path::PathBuf;

use innominatus_api::wire::{AttestationReport, KeyReport, SignReport};
use innominatus_author::publish::{self, SignInput};

use super::publishing::{access, key, reference};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::show;

/// Sign a platform that is in a registry or a layout
///
/// The signature lies beside it, in the format of cosign 3: from that version on, `cosign verify --key acme.pub
/// --insecure-ignore-tlog` accepts it. Where the platform says `publish.provenance: true`, so does an attestation of where
/// it was made.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to sign: best by its digest, `ghcr.io/acme/platform@sha256:…`
    #[arg(value_name = "REFERENCE")]
    reference: String,

    /// The private key: P-256, PEM, as `platform keygen` makes it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// The project that it was made of: its git commit is attested
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    project: PathBuf,

    /// Attest where it was made, though `publish.provenance` does not promise it
    #[arg(long)]
    provenance: bool,
}

/// Prints what was signed.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let input = SignInput {
        reference: reference(&args.reference)?,
        key: key(&args.key).await?,
        project: args.project,
        provenance: args.provenance,
    };
    signed(session, &input).await?;
    Ok(Exit::OK)
}

/// The same as a step of others.
pub(super) async fn signed(session: &Session, input: &SignInput) -> Result<(), Failure> {
    let signed = publish::sign(&access(session)?, input).await?;
    let attestation = signed.attestation.map(|it| AttestationReport {
        predicate_type: it.predicate_type,
        digest: it.digest.to_string(),
        commit: it.source.as_ref().map(|source| source.commit.clone()),
        dirty: it.source.map(|source| source.dirty),
    });
    let report = SignReport {
        reference: signed.reference.clone(),
        digest: signed.digest.to_string(),
        key: signed.key.clone(),
        signature: signed.signature.to_string(),
        attestation,
    };
    session.ui.done("SignReport", &report, |_| text(&report), || vec![report.digest.clone()])
}

fn text(report: &SignReport) -> String {
    let SignReport { reference, digest, key, attestation, .. } = report;
    let mut text = format!("signed  {}\ndigest  {digest}\nkey     {key}\n", show(reference));
    if let Some(AttestationReport { predicate_type, commit, dirty, .. }) = attestation {
        let source = match (commit, dirty) {
            (None, _) => "no commit is known".to_owned(),
            (Some(commit), Some(true)) => format!("commit {commit} and changes to it"),
            (Some(commit), _) => format!("commit {commit}"),
        };
        text.push_str(&format!("origin  attested as {predicate_type}: {source}\n"));
    }
    text
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
