//! The grammar of references.

use std::path::PathBuf;

use innominatus_model::{Digest, Version};

use super::{HostMap, Reference, ReferenceError, Repository, Tag, repository};

const LAYOUT: &str = "oci-layout:";
const OCI: &str = "oci://";
/// What people put before a repository out of habit.
const HABITS: [&str; 4] = ["https://", "http://", "docker://", "oci:"];

pub(super) fn reference(text: &str, hosts: &HostMap) -> Result<Reference, ReferenceError> {
    let error = |problem: &str, remedy: String| Err(ReferenceError::new(text, problem, remedy));
    if text.is_empty() {
        return error("is empty", "name a repository with a version, a layout or a folder".to_owned());
    }
    // A path may have spaces, and nothing that shows as something else.
    let on_disk = text.starts_with(LAYOUT) || is_path(text);
    if text.len() > 4096
        || text.chars().any(|c| c.is_control() || (c.is_whitespace() && (c != ' ' || !on_disk)))
    {
        return error("has spaces, control characters or no end", "write it without them".to_owned());
    }
    if let Some((user, rest)) = text.split_once('@')
        && !on_disk
        && (rest.contains('/') || user.contains(':'))
    {
        let user = user.rsplit_once("//").map_or(user, |(_, user)| user);
        if !user.contains('/') {
            // What stands there may be a password, and is not repeated.
            let remedy =
                "leave it out: credentials stand in `registries.yaml`, or in what `docker login` wrote";
            let host = text.rsplit_once('@').map_or("", |(_, host)| host);
            return Err(ReferenceError::new(&format!("…@{host}"), "names a user", remedy));
        }
    }
    if let Some(rest) = text.strip_prefix(LAYOUT) {
        return layout(rest).map_err(|error| error.of(text));
    }
    if is_path(text) {
        return Ok(Reference::Folder(PathBuf::from(text)));
    }
    let rest = match text.strip_prefix(OCI) {
        Some(rest) => rest,
        None => match HABITS.iter().find_map(|habit| text.strip_prefix(habit)) {
            Some(rest) => {
                let rest = rest.trim_start_matches('/');
                return error("begins with what is not needed", format!("write `{rest}`, or `oci://{rest}`"));
            }
            None => text,
        },
    };
    registry(rest, hosts).map_err(|error| error.of(text))
}

/// Whether it begins as a path does.
fn is_path(text: &str) -> bool {
    matches!(text, "." | "..") || ["./", "../", "/"].iter().any(|start| text.starts_with(start))
}

pub(super) fn has_scheme(text: &str) -> bool {
    text.starts_with(LAYOUT) || text.starts_with(OCI)
}

/// Whether it begins with a registry's host.
pub(super) fn has_host(text: &str) -> bool {
    text.split_once('/').is_some_and(|(first, _)| repository::is_host(first))
}

fn registry(text: &str, hosts: &HostMap) -> Result<Reference, ReferenceError> {
    let Parts { place, tag, digest } = parts(text)?;
    let repository: Repository = match hosts.map(place) {
        Some(mapped) => mapped.parse()?,
        None => place.parse()?,
    };
    Ok(Reference::Registry { repository, tag, digest })
}

fn layout(text: &str) -> Result<Reference, ReferenceError> {
    let Parts { place, tag, digest } = parts(text)?;
    if place.is_empty() {
        let remedy = "name a folder or a `.tar`: `oci-layout:./dir:1.0.0`";
        return Err(ReferenceError::new("", "names no layout", remedy));
    }
    if place.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        // Without its tag it would read as another layout with one.
        let remedy = "write one tag after the path: `oci-layout:./dir:1.0.0`; a name with a colon has to be another one";
        return Err(ReferenceError::new("", "has a colon in the layout's name", remedy));
    }
    Ok(Reference::Layout { path: PathBuf::from(place), tag, digest })
}

struct Parts<'a> {
    place: &'a str,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

/// `place[:tag][@digest]` or `place@version`.
fn parts(text: &str) -> Result<Parts<'_>, ReferenceError> {
    let (rest, after) = match text.split_once('@') {
        Some((rest, after)) => (rest, Some(after)),
        None => (text, None),
    };
    let (place, tag) = match rest.rsplit_once(':') {
        // Before a slash it is a port.
        Some((place, tag)) if !tag.contains('/') => (place, Some(tag.parse::<Tag>()?)),
        _ => (rest, None),
    };
    let Some(after) = after else { return Ok(Parts { place, tag, digest: None }) };
    if let Ok(digest) = after.parse() {
        return Ok(Parts { place, tag, digest: Some(digest) });
    }
    if after.contains(':') {
        let remedy = "write `sha256:` and 64 digits or letters a-f; no other algorithm is used here";
        return Err(ReferenceError::new(after, "is not a digest", remedy));
    }
    let version = version(after)?;
    match tag {
        None => Ok(Parts { place, tag: Some(version), digest: None }),
        Some(tag) => {
            let remedy = format!("write `:{tag}` or `@{after}`, not both");
            Err(ReferenceError::new(text, "names a tag and a version", remedy))
        }
    }
}

/// After `@` stands a version, with or without the `v` that tags of sources have; tags of artifacts have none.
fn version(text: &str) -> Result<Tag, ReferenceError> {
    let plain = text.strip_prefix('v').unwrap_or(text);
    match Version::parse(plain) {
        Ok(version) => Tag::of(&version),
        Err(_) => {
            let remedy = "write three numbers after `@`, as in `@1.0.0`; or a tag after `:`";
            Err(ReferenceError::new(text, "is not a version", remedy))
        }
    }
}
