//! Platforms: in a list, and what one makes and asks for.

use innominatus_api::wire::{HeldView, PlatformDetail, PlatformSummary};
use serde_json::Value;

use super::style::{BAD, BOLD, DIM, GOOD, WARN, paint};
use super::table::{Cell, cell, render, styled};
use super::text::show;
use super::{View, schema};

/// A table.
pub(crate) fn list(view: &View, items: &[PlatformSummary]) -> String {
    let rows = items.iter().map(|item| {
        vec![
            cell(&item.name),
            cell(&item.version),
            state(item),
            cell(item.types.join(", ")),
            cell(item.golden_paths.join(", ")),
            styled(DIM, view.clock.ago(&item.installed_at)),
        ]
    });
    render(view, &["PLATFORM", "VERSION", "STATE", "TYPES", "GOLDEN PATHS", "INSTALLED"], rows.collect())
}

/// Whether a version serves what is new, and what waits for a person.
fn state(item: &PlatformSummary) -> Cell {
    let waits = |held: &HeldView| format!("; {} waits for approval", held.version);
    let waits = item.held.as_ref().map(waits).unwrap_or_default();
    match (item.enabled, item.serving) {
        (false, _) => styled(WARN, format!("disabled{waits}")),
        (true, true) if waits.is_empty() => styled(GOOD, "serving"),
        (true, true) => styled(WARN, format!("serving{waits}")),
        (true, false) => styled(DIM, "goes on with what it made"),
    }
}

/// Everything, with what resources and golden paths take.
pub(crate) fn describe(view: &View, platform: &PlatformDetail) -> String {
    let paths = platform.golden_path_details.iter().map(|path| (path.name.as_str(), &path.schema));
    let makers = platform.provisioners.iter().map(|entry| (entry.name.as_str(), &entry.schema));
    format!(
        "{}{}{}",
        summary(view, platform),
        parameters(view, ["GOLDEN PATH", "PARAMETER"], paths),
        parameters(view, ["PROVISIONER", "PARAM"], makers)
    )
}

/// Which entry takes what.
fn parameters<'a>(
    view: &View,
    what: [&str; 2],
    entries: impl Iterator<Item = (&'a str, &'a Value)>,
) -> String {
    let mut rows = Vec::new();
    for (name, schema) in entries {
        for row in schema::parameters(schema) {
            let default = styled(DIM, &row.default);
            rows.push(vec![cell(name), cell(&row.name), cell(&row.kind), default, cell(&row.meaning)]);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", render(view, &[what[0], what[1], "TYPE", "DEFAULT", "MEANING"], rows))
}

/// What it makes and what it asks for.
pub(crate) fn summary(view: &View, platform: &PlatformDetail) -> String {
    let summary = &platform.summary;
    let mut text = String::new();
    let mut field = |label: &str, value: &str| text.push_str(&format!("{label:<13}{value}\n"));
    field("platform", &paint(BOLD, format!("{} {}", show(&summary.name), show(&summary.version))));
    if let Some(description) = &platform.description {
        field("description", &show(description));
    }
    if let Some(upstream) = &platform.upstream {
        field("follows", &show(upstream));
    }
    field("digest", &show(&summary.digest));
    if !summary.reference.is_empty() {
        field("from", &show(&summary.reference));
    }
    if let Some(signer) = &summary.signer {
        field("signed by", &show(signer));
    }
    field("core", &show(&platform.compatibility));
    field("installed", &view.clock.ago(&summary.installed_at));
    field("resources", &platform.resources.to_string());
    if !platform.provisioners.is_empty() {
        let rows = platform.provisioners.iter().map(|entry| {
            let classes = if entry.classes.is_empty() { "any".to_owned() } else { entry.classes.join(", ") };
            vec![
                cell(&entry.name),
                cell(&entry.kind),
                cell(classes),
                cell(&entry.version),
                cell(entry.outputs.join(" ")),
            ]
        });
        let table = render(
            view,
            &["PROVISIONER", "TYPE", "CLASSES", "VERSION", "OUTPUTS (* secret)"],
            rows.collect(),
        );
        text.push_str(&format!("\n{table}"));
    }
    if !platform.golden_path_details.is_empty() {
        let rows = platform
            .golden_path_details
            .iter()
            .map(|path| vec![cell(&path.name), cell(&path.version), cell(built_for(&path.contract))]);
        text.push_str(&format!(
            "\n{}",
            render(view, &["GOLDEN PATH", "VERSION", "BUILT FOR"], rows.collect())
        ));
    }
    text.push_str(&capabilities(view, platform));
    text
}

/// Which entry asks for what, and why; and what it may do in the end.
fn capabilities(view: &View, platform: &PlatformDetail) -> String {
    let rows: Vec<_> = platform
        .provisioners
        .iter()
        .flat_map(|entry| entry.capabilities.iter().map(move |capability| (entry, capability)))
        .map(|(entry, capability)| {
            let state = match (capability.granted, capability.missing.is_empty()) {
                (true, true) => styled(GOOD, "granted"),
                (true, false) => styled(WARN, "in part"),
                (false, _) => styled(BAD, "not granted"),
            };
            vec![cell(&entry.name), cell(&capability.name), state, cell(&capability.reason)]
        })
        .collect();
    if rows.is_empty() {
        return format!("\n{}\n", paint(DIM, "asks for no capability beyond what every component has"));
    }
    let table = render(view, &["PROVISIONER", "CAPABILITY", "STATE", "REASON"], rows);
    format!("\n{table}{}", details(platform))
}

/// What the table has no room for: where requests go, which secrets are used, what is not granted.
fn details(platform: &PlatformDetail) -> String {
    let mut text = String::new();
    for entry in &platform.provisioners {
        let details = entry.capabilities.iter().any(|capability| {
            !capability.http.is_empty()
                || !capability.references.is_empty()
                || (capability.granted && !capability.missing.is_empty())
        });
        if !details {
            continue;
        }
        text.push_str(&format!("\n{}\n", paint(BOLD, show(&entry.name))));
        let mut lines = |label: &str, lines: &mut dyn Iterator<Item = &String>| {
            for (index, line) in lines.enumerate() {
                let label = if index == 0 { label } else { "" };
                text.push_str(&format!("  {}{}\n", paint(DIM, format!("{label:<12}")), show(line)));
            }
        };
        lines("wants to", &mut entry.capabilities.iter().flat_map(|capability| &capability.asks));
        lines("may", &mut entry.grant.words.iter());
        lines("may not", &mut entry.capabilities.iter().flat_map(|capability| &capability.missing));
    }
    text
}

/// A golden path that is a file has the version of its form where others have that of their contract.
fn built_for(contract: &str) -> String {
    match contract.contains('/') {
        true => format!("{contract}, a file"),
        false => format!("contract {contract}"),
    }
}
