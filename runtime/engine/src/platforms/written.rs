//! What a package says in files of its own, judged by what only the runtime knows: schemas, templates, and whether the
//! component takes what a resource definition gives it.

use innominatus_ledger::InstalledGoldenPath;
use innominatus_model::{Class, Code, Json, Name, ResourceDefinition, Version};
use innominatus_package::{FileRole, GoldenPathEntry, ManifestErrors, OpenError, Package};
use innominatus_plan::{Defaults, fits, written};

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

/// What a definition gives, if the component takes it.
pub(super) fn defaults(
    entry: &Name,
    definition: Option<&ResourceDefinition>,
    schemas: &[(Option<Class>, Json)],
) -> Result<Option<Defaults>, InstallError> {
    let Some(definition) = definition else { return Ok(None) };
    fits(definition, schemas).map_err(|misfit| InstallError::Mismatch {
        entry: entry.to_string(),
        code: Code::ManifestInvalid,
        message: format!("the resource definition of `{}` {misfit}", definition.kind),
        hint: misfit.remedy.to_owned(),
    })?;
    Ok(Some(Defaults { class: definition.class.clone(), params: definition.params.clone() }))
}
