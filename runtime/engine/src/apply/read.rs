//! The files of a request become workloads.

use std::collections::BTreeMap;

use innominatus_model::{Code, Diagnostic, Json, Name, Scope, Severity};
use innominatus_score::{Source, Workload, read};

use crate::{ApplyError, EngineError};

/// What a person asks for.
#[derive(Debug, Clone, Default)]
pub struct ApplyInput {
    /// Whose, and where.
    pub scope: Scope,
    /// The application; without it, the first file's workload.
    pub application: Option<Name>,
    /// The golden path; without it the application's, or the only one installed.
    pub golden_path: Option<Name>,
    /// `name` or `name@version` of the platform whose golden path is meant.
    pub platform: Option<String>,
    /// All parameters of the golden path; without them the application's last ones.
    pub parameters: Option<Json>,
    /// An object put over these by name; null takes a parameter away.
    pub set_parameters: Option<Json>,
    /// Images for containers that say `image: .`, by `*`, `container` or `workload/container`.
    pub images: BTreeMap<String, String>,
    /// The Score files.
    pub sources: Vec<Source>,
}

/// What is wrong with some files.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Errors and warnings, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Validation {
    /// Whether the files are accepted.
    pub fn is_valid(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
    }
}

/// Workloads, and warnings about them.
#[derive(Default)]
pub(super) struct Files {
    pub(super) workloads: Vec<Workload>,
    pub(super) warnings: Vec<Diagnostic>,
}

fn read_all(sources: &[Source]) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files { workloads: Vec::new(), warnings: Vec::new() };
    let mut whole = true;
    for source in sources {
        let reading = read(source);
        whole &= reading.workload.is_some();
        files.workloads.extend(reading.workload);
        files.warnings.extend(reading.diagnostics);
    }
    if whole { Ok(files) } else { Err(files.warnings) }
}

/// Reads the files of a request; images are put in.
pub(super) fn files(input: &ApplyInput) -> Result<Files, ApplyError> {
    if input.sources.is_empty() {
        let hint = Some("name one or more Score files".to_owned());
        return Err(EngineError::refused(Code::BadRequest, "no Score file was given", hint).into());
    }
    let mut files = read_all(&input.sources).map_err(ApplyError::Files)?;
    put_images(&mut files.workloads, &input.images)?;
    Ok(files)
}

fn put_images(workloads: &mut [Workload], images: &BTreeMap<String, String>) -> Result<(), ApplyError> {
    let mut unused: Vec<&String> = images.keys().collect();
    for workload in workloads {
        let mut put = Vec::new();
        for (container, body) in workload.spec()["containers"].as_object().into_iter().flatten() {
            let qualified = format!("{}/{container}", workload.name());
            let open = body["image"] == ".";
            let key = [Some(qualified.as_str()), Some(container.as_str()), open.then_some("*")]
                .into_iter()
                .flatten()
                .find(|key| images.contains_key(*key));
            if let Some(key) = key {
                unused.retain(|known| *known != key);
                put.push((container.clone(), images[key].clone()));
            }
        }
        for (container, image) in put {
            workload.set_image(&container, &image);
        }
    }
    match unused.first() {
        None => Ok(()),
        Some(key) => Err(EngineError::refused(
            Code::ContainerReference,
            match key.as_str() {
                "*" => "an image was given, but no container has the image `.`".to_owned(),
                _ => format!("an image was given for `{key}`, but no container is called that"),
            },
            Some("write `--image <container>=<image>`, or `--image <image>` for every container with image `.`".to_owned()),
        )
        .into()),
    }
}
