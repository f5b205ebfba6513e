//! The files of a render step.

use std::collections::BTreeSet;

use innominatus_model::{Artifact, Made, PathRequest, Step, WrittenPath, WrittenWork};

use super::context::Context;
use super::fill::Filling;
use super::filters::Budget;
use super::{WrittenError, template};

/// Bytes of one file, and of all files of a step: as of one answer of a component.
const FILE: usize = 8 << 20;
const ALL: usize = 16 << 20;
/// Bytes that filters may make on the way.
const FILTERED: usize = 64 << 20;

/// The files of a render step, as a component's `render` would answer them. `made` is what was made before it;
/// sensitive outputs are texts that stand for secrets, and are put in later.
pub fn render(
    path: &WrittenPath,
    request: &PathRequest,
    step: &Step,
    made: &[Made],
) -> Result<Vec<Artifact>, WrittenError> {
    let files = path.steps.iter().find_map(|known| match &known.work {
        WrittenWork::Render(files) if known.name.as_str() == step.name => Some(files),
        _ => None,
    });
    let files = files.ok_or_else(|| WrittenError::NoStep(step.name.clone()))?;
    let values = std::sync::Arc::new(Context::new(request, made)?);
    let budget = Budget::new(FILTERED);
    let mut names = BTreeSet::new();
    let mut left = ALL;
    let mut artifacts = Vec::with_capacity(files.len());
    for file in files {
        let place = format!("the path `{}`", file.path);
        let name = Filling::new(request, None, place).text(&file.path)?;
        if !is_relative(&name) {
            return Err(WrittenError::FileName { path: file.path.clone(), name });
        }
        if !names.insert(name.clone()) {
            return Err(WrittenError::TwoFiles { name });
        }
        let content = template::render(file, &values, &budget, left.min(FILE))?;
        left -= content.len();
        let (media_type, sensitive) = (file.media_type.clone(), file.sensitive);
        artifacts.push(Artifact { name, media_type, content, sensitive });
    }
    Ok(artifacts)
}

fn is_relative(name: &str) -> bool {
    name.len() <= 255
        && !name.contains(['\\', ':'])
        && !name.chars().any(char::is_control)
        && name.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}
