//! What a platform says in files of its own, judged as an installation judges it: templates of golden paths, and whether
//! components take what resource definitions give them.

use innominatus_model::{Code, Diagnostic, Severity};
use innominatus_package::{MANIFEST_NAME, Package, PathSource};
use innominatus_plan::{fits, written};

use super::contract::Answers;
use crate::Project;

/// What is wrong in golden paths and definitions that are files. Of components that were not asked nothing is known.
pub(crate) fn judge(project: &Project, package: &Package, answers: &Answers) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let shown = |file: &str| project.show(&project.folder.join(file));
    for entry in &package.manifest.golden_paths {
        if let (PathSource::File(file), Some(path)) = (&entry.source, package.written.get(&entry.name)) {
            findings.extend(written::check(path, &shown(file)));
        }
    }
    for (kind, bound) in &package.manifest.resources {
        let known = package.definitions.get(kind).zip(answers.takes.get(&bound.provisioner));
        let Some(Err(misfit)) = known.map(|(definition, schemas)| fits(definition, schemas)) else {
            continue;
        };
        findings.push(Diagnostic {
            file: shown(bound.definition.as_deref().unwrap_or(MANIFEST_NAME)),
            line: 0,
            column: 0,
            severity: Severity::Error,
            code: Code::ManifestInvalid,
            message: format!("the definition of `{kind}` does not fit `{}`: it {misfit}", bound.provisioner),
            hint: Some(misfit.remedy.to_owned()),
        });
    }
    findings
}
