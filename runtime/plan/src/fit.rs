//! Whether params fit the provisioner that makes them, and whose mistake it is if not.

use std::collections::HashMap;

use innominatus_model::{Code, Diagnostic, Json, Kind, ResourceUid, Severity, Violation};
use innominatus_score::Workload;

use crate::Offered;
use crate::params::{Schema, SchemaError};
use crate::plan::{ComponentRef, Task};

/// Schemas, compiled once each: a thousand resources may share one.
#[derive(Default)]
pub(crate) struct Fitting {
    schemas: HashMap<*const Offered, Result<Schema, SchemaError>>,
}

/// What does not fit.
#[derive(Default)]
pub(crate) struct Misfits {
    /// Mistakes of the files, or of the platform that their author chose.
    pub(crate) files: Vec<Diagnostic>,
    /// Fragments for "broke the contract: {}".
    pub(crate) golden_path: Vec<String>,
    /// Mistakes of the resource definition.
    pub(crate) definition: Vec<String>,
}

/// What a file asks for, where the params of its task are others.
pub(crate) struct Asked {
    /// As the file has it.
    pub(crate) said: Json,
    /// With what a resource definition gives beneath it, if there is one.
    pub(crate) defined: Option<Json>,
}

impl Fitting {
    /// `asked`: what the file says, if the golden path put other params in its place or a resource definition gives
    /// some. What is wrong with those alone is the mistake of whoever gave them.
    pub(crate) fn check(
        &mut self,
        task: &Task,
        offered: &Offered,
        asked: Option<&Asked>,
        owner: Option<&Workload>,
    ) -> Misfits {
        let mut misfits = Misfits::default();
        let mut first = false;
        let schema = self.schemas.entry(std::ptr::from_ref(offered)).or_insert_with(|| {
            first = true;
            Schema::new(&offered.schema)
        });
        let schema = match schema {
            Ok(schema) => schema,
            Err(error) if first => {
                misfits.files.push(schema_diagnostic(task, error, owner));
                return misfits;
            }
            Err(_) => return misfits,
        };
        let violations = |params: &Json| schema.violations(&schema.with_defaults(params));
        let files = asked.map(|asked| violations(&asked.said));
        let defined = asked.and_then(|asked| asked.defined.as_ref()).map(violations);
        for violation in violations(&task.params) {
            let fault = || {
                format!(
                    "{} of step `{}` does not satisfy `{}`: {}",
                    at(&violation),
                    task.step,
                    task.provisioner.label(),
                    violation.message
                )
            };
            if files.as_ref().is_none_or(|files| files.contains(&violation)) {
                misfits.files.push(params_diagnostic(task, &violation, owner));
            } else if defined.as_ref().is_some_and(|defined| defined.contains(&violation)) {
                misfits.definition.push(fault());
            } else {
                misfits.golden_path.push(fault());
            }
        }
        misfits
    }
}

fn at(violation: &Violation) -> String {
    format!("`params{}`", violation.pointer)
}

fn params_diagnostic(task: &Task, violation: &Violation, owner: Option<&Workload>) -> Diagnostic {
    let (file, line, column) = place(task, &format!("/params{}", violation.pointer), owner);
    Diagnostic {
        file,
        line,
        column,
        severity: Severity::Error,
        code: Code::ParamsInvalid,
        message: words(&task.uid.to_string(), &task.provisioner, violation),
        hint: Some(remedy(task.kind(), &task.provisioner, violation)),
    }
}

/// What is wrong with the params of a resource.
pub(crate) fn words(resource: &str, provisioner: &ComponentRef, violation: &Violation) -> String {
    let label = provisioner.label();
    format!("{} of `{resource}` does not satisfy `{label}`: {}", at(violation), violation.message)
}

/// What to write instead, or where to look it up.
pub(crate) fn remedy(kind: &Kind, provisioner: &ComponentRef, violation: &Violation) -> String {
    violation.remedy.clone().unwrap_or_else(|| {
        let platform = &provisioner.platform;
        format!("`innominatus platform inspect {platform}` shows the schema of `{kind}`")
    })
}

fn schema_diagnostic(task: &Task, error: &SchemaError, owner: Option<&Workload>) -> Diagnostic {
    let (file, line, column) = place(task, "/type", owner);
    Diagnostic {
        file,
        line,
        column,
        severity: Severity::Error,
        code: Code::SchemaInvalid,
        message: format!("the schema of `{}` for `{}` {error}", task.provisioner.label(), task.kind()),
        hint: Some("report this to the platform's author".into()),
    }
}

/// Of something of the resource, in the file that gives its params.
fn place(task: &Task, below: &str, owner: Option<&Workload>) -> (String, u32, u32) {
    let Some(workload) = owner else { return (format!("workload {}", task.owner), 0, 0) };
    let name = resource_name(workload, &task.uid).unwrap_or_default();
    let (line, column) = workload.locate(&format!("/resources/{name}{below}"));
    (workload.file().to_owned(), line, column)
}

/// One file may declare a shared resource twice; then the declaration with params is meant.
fn resource_name<'a>(workload: &'a Workload, uid: &ResourceUid) -> Option<&'a str> {
    let declared = || workload.resources().iter().filter(|(_, known)| known.uid == *uid);
    let with_params = declared().find(|(_, known)| !known.params.is_null());
    with_params.or_else(|| declared().next()).map(|(name, _)| name.as_str())
}
