//! The version in a README, between marks that do not show.

use super::{Derived, SyncError, read};
use crate::Project;

const BEGIN: &str = "<!-- innominatus:version -->";
const END: &str = "<!-- /innominatus:version -->";

/// Wherever the marks stand.
pub(super) fn derived(project: &Project) -> Result<Vec<Derived>, SyncError> {
    let file = project.folder.join("README.md");
    let Some(text) = read(&file)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find(BEGIN) {
        let begin = from + begin + BEGIN.len();
        let Some(end) = text[begin..].find(END) else { break };
        let span = begin..begin + end;
        from = span.end;
        let wanted = project.manifest.version.to_string();
        let shown = (project.show(&file), file.clone());
        all.push(Derived::at(shown, &text, span, "the platform's version".to_owned(), wanted));
    }
    Ok(all)
}
