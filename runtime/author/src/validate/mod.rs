//! What is wrong with a project, built or not: the manifest and its files, what derives from it, and, where it was built,
//! whether its components are what it says.

use std::collections::BTreeMap;

use innominatus_model::{Code, Coded, Diagnostic, Json, Severity};
use innominatus_package::{FileRole, OpenError, open_files};

use crate::build::{sources, text_of};
use crate::harness::unreadable_tests;
use crate::workshop::{Answers, ask, judge};
use crate::{BuildError, Project, SyncError, Tell, Workshop, derived};

/// Stands for a component that is not built yet, while the rest is looked at.
const NOT_BUILT: &[u8] = b"\0asm";

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Errors and warnings.
    pub findings: Vec<Diagnostic>,
    /// Whether the components were there to be asked.
    pub built: bool,
}

impl Validation {
    /// Whether there is no error.
    pub fn is_valid(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// It could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// A file or a component cannot be looked at.
    #[error(transparent)]
    Look(#[from] BuildError),
    /// What derives from the manifest cannot be read.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl Coded for ValidateError {
    fn code(&self) -> Code {
        match self {
            Self::Look(error) => error.code(),
            Self::Sync(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Look(error) => error.remedy(),
            Self::Sync(error) => error.remedy(),
        }
    }
}

/// Looks at everything and changes nothing.
pub async fn validate(
    project: &Project,
    workshop: &Workshop,
    tell: &mut Tell<'_>,
) -> Result<Validation, ValidateError> {
    let components = components(project);
    let built = project.named_as(FileRole::Component).all(|path| components.contains_key(path));
    let mut files = sources(project)?;
    let mut findings = Vec::new();
    let mut answers = Answers::default();
    if built {
        answers = ask(project, &components, workshop, tell).await.map_err(BuildError::Asking)?;
        findings.append(&mut answers.findings);
        for (path, schema) in &answers.schemas {
            findings.extend(schema_drift(project, path, files.get(path), schema));
            files.insert(path.clone(), text_of(schema));
        }
    } else {
        // What the build writes is not missed before it.
        for path in project.named_as(FileRole::Component) {
            files.insert(path.to_owned(), NOT_BUILT.to_vec());
        }
        for path in project.named_as(FileRole::Schema) {
            files.entry(path.to_owned()).or_insert_with(|| b"{}".to_vec());
        }
    }
    files.extend(components);
    match open_files(&project.shown, &files) {
        Ok(package) => {
            findings.extend(judge(project, &package, &answers));
            findings.extend(package.warnings);
        }
        Err(OpenError::Invalid(errors)) => findings.extend(errors.diagnostics),
        Err(error) => return Err(BuildError::Package(error).into()),
    }
    let drift = derived(project)?;
    findings.extend(drift.iter().filter(|place| place.differs()).map(|place| place.diagnostic()));
    findings.extend(unreadable_tests(&project.folder));
    findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Ok(Validation { findings, built })
}

/// The components as they were built last, or as they stand in the source folder.
fn components(project: &Project) -> BTreeMap<String, Vec<u8>> {
    let folders = [project.output(), project.folder.clone()];
    let found = |path: &str| folders.iter().find_map(|folder| std::fs::read(folder.join(path)).ok());
    let made = |path: &str| project.guests.iter().any(|guest| guest.path == path);
    let components = project.named_as(FileRole::Component);
    components
        .filter_map(|path| {
            // What no package makes is the author's own file, whatever an earlier build took along.
            let bytes = if made(path) { found(path) } else { std::fs::read(project.folder.join(path)).ok() };
            Some((path.to_owned(), bytes?))
        })
        .collect()
}

/// A schema file that is not what the component answers.
fn schema_drift(project: &Project, path: &str, file: Option<&Vec<u8>>, schema: &Json) -> Option<Diagnostic> {
    let message = match file {
        None => format!("the schema file `{path}` is missing"),
        Some(bytes) if serde_json::from_slice::<Json>(bytes).ok().as_ref() == Some(schema) => return None,
        Some(_) => "the schema is not the one that the component answers".to_owned(),
    };
    Some(Diagnostic {
        file: project.show(&project.folder.join(path)),
        line: 0,
        column: 0,
        severity: Severity::Error,
        code: Code::PlatformDrift,
        message,
        hint: Some("run `innominatus platform build`, which writes it".into()),
    })
}
