//! The versions in golden path files.

use std::ops::Range;

use innominatus_package::FileRole;

use super::{Derived, SyncError, read};
use crate::Project;

/// In each golden path file that the manifest names. A file belongs to the entry of its own name; one of another name is
/// no matter of versions, and is refused when the platform is opened.
pub(super) fn derived(project: &Project) -> Result<Vec<Derived>, SyncError> {
    let mut all = Vec::new();
    for path in project.named_as(FileRole::GoldenPath) {
        let file = project.folder.join(path);
        let Some(text) = read(&file)? else { continue };
        let (Some(name), Some(version)) = (metadata(&text, "name"), metadata(&text, "version")) else {
            continue;
        };
        let entry =
            project.manifest.golden_paths.iter().find(|entry| entry.name.as_str() == &text[name.clone()]);
        if let Some(entry) = entry {
            let what = format!("the version of the golden path `{}`", entry.name);
            let shown = (project.show(&file), file.clone());
            all.push(Derived::at(shown, &text, version, what, entry.version.to_string()));
        }
    }
    Ok(all)
}

/// The bytes of a plain value under `metadata:`, in block or in flow form.
fn metadata(text: &str, key: &str) -> Option<Range<usize>> {
    let start = if text.starts_with("metadata:") { 0 } else { text.find("\nmetadata:")? + 1 };
    let body = start + "metadata:".len();
    let end = end_of_block(text, body);
    let block = &text[body..end];
    let at = block.match_indices(key).find(|(at, _)| {
        let before = block[..*at].trim_end_matches(' ');
        let begins = before.is_empty() || before.ends_with(['\n', '{', ',']);
        begins && block[at + key.len()..].starts_with(':')
    })?;
    let value = at.0 + key.len() + 1;
    let rest = &block[value..];
    let stop = rest.find(['\n', ',', '}']).unwrap_or(rest.len());
    let raw = rest[..stop].split(" #").next().unwrap_or_default();
    let bare = raw.trim().trim_matches(['"', '\'']);
    let from = body + value + raw.find(bare)?;
    Some(from..from + bare.len())
}

/// The first line that is not indented ends a mapping.
fn end_of_block(text: &str, from: usize) -> usize {
    let mut at = from;
    for (number, line) in text[from..].split_inclusive('\n').enumerate() {
        let outside = !line.starts_with([' ', '\t', '#', '\n', '\r']);
        if number > 0 && outside {
            break;
        }
        at += line.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(text: &'a str, key: &str) -> Option<&'a str> {
        metadata(text, key).map(|span| &text[span])
    }

    #[test]
    fn both_forms_of_metadata_are_read() {
        let block =
            "kind: GoldenPath\nmetadata:\n  name: deploy # it\n  version: \"1.5.0\"\nsteps:\n  version: 2\n";
        assert_eq!((read(block, "name"), read(block, "version")), (Some("deploy"), Some("1.5.0")));
        let flow = "metadata: {name: deploy, version: 1.5.0, description: x}\nversion: 3\n";
        assert_eq!((read(flow, "name"), read(flow, "version")), (Some("deploy"), Some("1.5.0")));
        assert_eq!(read("metadata: {name: x}\nversion: 3\n", "version"), None);
        assert_eq!(read("steps: []\n", "version"), None);
    }
}
