//! What a package says in files of its own, judged by what only the runtime knows: schemas, templates, and whether the
//! component takes what a resource definition gives it.

use innominatus_ledger::InstalledGoldenPath;
use innominatus_model::{Class, Code, Json, Name, ResourceDefinition, Version};
use innominatus_package::{FileRole, GoldenPathEntry, ManifestErrors, OpenError, Package};
use innominatus_plan::params::Schema;
use innominatus_plan::{Defaults, written};

use crate::InstallError;

/// The version of the form, which the file's `apiVersion` names.
const FORM: Version = Version::new(1, 0, 0);

/// A golden path that is a file.
pub(super) fn golden_path(
    package: &Package,
    entry: &GoldenPathEntry,
    file: &str,
) -> Result<InstalledGoldenPath, InstallError> {
    let read = package.written.get(&entry.name).zip(package.file(FileRole::GoldenPath, file));
    let (path, blob) = read.ok_or_else(|| InstallError::Mismatch {
        entry: entry.name.to_string(),
        code: Code::ManifestPath,
        message: format!("the golden path `{file}` is not in the package"),
        hint: "write it, or mend the path".into(),
    })?;
    let diagnostics = written::check(path, file);
    if !diagnostics.is_empty() {
        let errors = ManifestErrors { file: file.to_owned(), diagnostics };
        return Err(InstallError::Package(OpenError::Invalid(errors)));
    }
    Ok(InstalledGoldenPath {
        name: entry.name.clone(),
        version: entry.version.clone(),
        component: blob.digest,
        contract: FORM,
        schema: path.schema.clone(),
        written: true,
    })
}

/// What a definition gives, if the component takes it. Whether something is missing is seen when there is a file.
pub(super) fn defaults(
    entry: &Name,
    definition: Option<&ResourceDefinition>,
    schemas: &[(Option<Class>, Json)],
) -> Result<Option<Defaults>, InstallError> {
    let Some(definition) = definition else { return Ok(None) };
    let refused = |message: String, hint: &str| InstallError::Mismatch {
        entry: entry.to_string(),
        code: Code::ManifestInvalid,
        message: format!("the resource definition of `{}` {message}", definition.kind),
        hint: hint.to_owned(),
    };
    let meant = |class: &Option<Class>| match (class, &definition.class) {
        (Some(class), Some(wanted)) => class == wanted,
        _ => true,
    };
    let mut judged = false;
    for (_, schema) in schemas.iter().filter(|(class, _)| meant(class)) {
        judged = true;
        let Ok(schema) = Schema::new(schema) else { continue };
        let given =
            |pointer: &str| definition.params.pointer(pointer).is_some_and(|value| !value.is_object());
        let violations = schema.violations(&definition.params);
        if let Some(wrong) = violations.iter().find(|violation| given(&violation.pointer)) {
            let message =
                format!("gives `params{}`, which it does not take: {}", wrong.pointer, wrong.message);
            return Err(refused(message, "mend the file, or the component's schema"));
        }
    }
    if !judged && let Some(class) = &definition.class {
        let message = format!("is for the class `{class}`, which it does not make");
        return Err(refused(message, "name a class that the component offers, or none"));
    }
    Ok(Some(Defaults { class: definition.class.clone(), params: definition.params.clone() }))
}
