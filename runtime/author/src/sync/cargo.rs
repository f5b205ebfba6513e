//! The versions of packages that make components.

use std::ops::Range;

use super::{Derived, SyncError, read};
use crate::Project;
use crate::project::{Guest, component_of};

/// In each `Cargo.toml`, and in the lock file beside them.
pub(super) fn derived(project: &Project) -> Result<Vec<Derived>, SyncError> {
    let mut all = Vec::new();
    let lock = project.workspace.as_ref().map(|workspace| workspace.root.join("Cargo.lock"));
    let lock = match lock {
        Some(path) => read(&path)?.map(|text| (path, text)),
        None => None,
    };
    for guest in &project.guests {
        let wanted = wanted(project, guest);
        let Some(text) = read(&guest.cargo_toml)? else { continue };
        let Some(span) = package_version(&text) else { continue };
        let what = format!("the version of the package `{}`", guest.package);
        let file = (project.show(&guest.cargo_toml), guest.cargo_toml.clone());
        all.push(Derived::at(file, &text, span, what.clone(), wanted.clone()));
        if let Some((path, text)) = &lock
            && let Some(span) = locked_version(text, &guest.package)
        {
            all.push(Derived::at((project.show(path), path.clone()), text, span, what, wanted));
        }
    }
    Ok(all)
}

/// The version of the entries that name the component where they agree, else the platform's.
fn wanted(project: &Project, guest: &Guest) -> String {
    let manifest = &project.manifest;
    let makers = manifest.provisioners.iter().filter(|entry| entry.component == guest.path);
    let paths = manifest.golden_paths.iter().filter(|entry| component_of(entry) == Some(&guest.path));
    let mut versions = makers.map(|entry| &entry.version).chain(paths.map(|entry| &entry.version));
    match versions.next() {
        Some(first) if versions.all(|version| version == first) => first.to_string(),
        _ => manifest.version.to_string(),
    }
}

/// The text of `version = "…"` under `[package]`; none where the workspace says it.
fn package_version(text: &str) -> Option<Range<usize>> {
    let mut inside = false;
    for (start, line) in lines(text) {
        let bare = line.trim();
        if bare.starts_with('[') {
            inside = bare == "[package]";
        } else if inside && let Some(span) = quoted(line, "version") {
            return Some(start + span.start..start + span.end);
        }
    }
    None
}

/// The version of a package of the workspace in a lock file: it has no `source`.
fn locked_version(text: &str, package: &str) -> Option<Range<usize>> {
    let (mut named, mut version) = (false, None);
    for (start, line) in lines(text).chain([(text.len(), "[[package]]")]) {
        if line.trim() == "[[package]]" {
            if let (true, Some(span)) = (named, version.take()) {
                return Some(span);
            }
            (named, version) = (false, None);
        } else if let Some(span) = quoted(line, "name") {
            named = line[span] == *package;
        } else if let Some(span) = quoted(line, "version") {
            version = Some(start + span.start..start + span.end);
        } else if line.starts_with("source") {
            named = false;
        }
    }
    None
}

/// Lines with the byte at which each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let here = start;
        start += line.len();
        (here, line)
    })
}

/// What stands in quotes in `key = "…"`.
fn quoted(line: &str, key: &str) -> Option<Range<usize>> {
    let rest = line.trim_start().strip_prefix(key)?.trim_start().strip_prefix('=')?.trim_start();
    let value = rest.strip_prefix('"')?;
    let start = line.len() - value.len();
    Some(start..start + value.find('"')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_s_own_version_is_found_and_no_other() {
        let text = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\nversion = \"2\"\n";
        assert_eq!(&text[package_version(text).unwrap()], "1.0.0");
        assert_eq!(package_version("[package]\nversion.workspace = true\n[lib]\nversion = \"1\"\n"), None);
    }

    #[test]
    fn a_lock_file_s_own_packages_have_no_source() {
        let text = "[[package]]\nname = \"x\"\nversion = \"0.1.0\"\nsource = \"registry+x\"\n\n\
                    [[package]]\nname = \"x\"\nversion = \"0.2.0\"\n";
        assert_eq!(&text[locked_version(text, "x").unwrap()], "0.2.0");
        assert_eq!(locked_version(text, "y"), None);
    }
}
