//! `platform validate`: is a platform's source folder right?

use innominatus_api::wire::{DiagnosticView, ValidateAnswer};
use innominatus_author::{Project, ProjectError, validate};
use innominatus_model::{Code, Coded, ExitClass, Severity};

use super::author::{self, Source};
use crate::commands::validate::print;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::text::count;

/// Check a platform's source folder: manifest, files, versions, and components where they are built
///
/// Every mistake is named with file, line, column and what to write instead. With `--json`, standard output holds one
/// object per finding and nothing else. What is not built yet is not asked; nothing is changed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
}

/// Exits with 3 when there are errors.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let project = match Project::open(&args.source.folder).await {
        Ok(project) => project,
        Err(ProjectError::Manifest(errors)) => {
            let diagnostics = errors.diagnostics().iter().map(DiagnosticView::from).collect();
            tell(session, &ValidateAnswer { valid: false, diagnostics })?;
            return Ok(ExitClass::Validation.into());
        }
        Err(error) => return Err(error.into()),
    };
    let answer = answer(session, &project).await?;
    tell(session, &answer)?;
    Ok(if answer.valid { Exit::OK } else { ExitClass::Validation.into() })
}

/// The same as a step of others: fails where there are errors.
pub(super) async fn checked(session: &Session, project: &Project) -> Result<(), Failure> {
    let answer = answer(session, project).await?;
    if answer.valid {
        return tell(session, &answer);
    }
    let errors = errors(&answer);
    let code = answer.diagnostics.iter().find(|finding| finding.severity == Severity::Error.as_str());
    let code = code.and_then(|finding| Code::parse(&finding.code)).unwrap_or(Code::ManifestInvalid);
    Err(Failure::new(code, format!("the platform is not valid: {}", count(errors, "error")))
        .diagnostics(answer.diagnostics))
}

async fn answer(session: &Session, project: &Project) -> Result<ValidateAnswer, Failure> {
    let workshop = author::workshop(session)?;
    let validation = validate(project, &workshop, &mut author::tell(session)).await?;
    if !validation.built {
        let text = "the components are not built yet: what they make and import is not checked; next: innominatus platform build";
        session.ui.remark(text);
    }
    let diagnostics = validation.findings.iter().map(DiagnosticView::from).collect();
    Ok(ValidateAnswer { valid: validation.is_valid(), diagnostics })
}

fn tell(session: &Session, answer: &ValidateAnswer) -> Result<(), Failure> {
    print(session, answer)?;
    let errors = errors(answer);
    let warnings = count(answer.diagnostics.len() - errors, "warning");
    session.ui.remark(&match (answer.valid, answer.diagnostics.len() == errors) {
        (true, true) => "the platform is valid".to_owned(),
        (true, false) => format!("the platform is valid, {warnings}"),
        (false, true) => count(errors, "error"),
        (false, false) => format!("{}, {warnings}", count(errors, "error")),
    });
    Ok(())
}

fn errors(answer: &ValidateAnswer) -> usize {
    answer.diagnostics.iter().filter(|finding| finding.severity == Severity::Error.as_str()).count()
}
