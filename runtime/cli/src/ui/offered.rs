//! What is offered, behind and compatible.

use innominatus_api::wire::{CompatMatrix, Discovery, OutdatedList, OutdatedPlatform, Verification};

use super::View;
use super::style::{BAD, DIM, GOOD, WARN};
use super::table::{cell, render, styled};
use super::text::show;

/// A table.
pub(crate) fn discovery(view: &View, found: &Discovery) -> String {
    let rows = found.items.iter().map(|item| {
        let fits = if item.fits { styled(GOOD, "works here") } else { styled(BAD, "another core") };
        vec![
            cell(&item.name),
            cell(&item.version),
            fits,
            cell(&item.core),
            cell(item.types.join(", ")),
            styled(DIM, item.installed.as_deref().unwrap_or("")),
            cell(&item.reference),
        ]
    });
    let header = ["PLATFORM", "VERSION", "", "CORE", "TYPES", "INSTALLED", "REFERENCE"];
    render(view, &header, rows.collect())
}

/// A table.
pub(crate) fn outdated(view: &View, list: &OutdatedList) -> String {
    let state = |item: &OutdatedPlatform| match (&item.problem, &item.wanted, &item.source) {
        (Some(problem), ..) => styled(BAD, &problem.detail),
        (None, _, None) => styled(DIM, "from a folder: nobody knows"),
        (None, Some(wanted), _) if *wanted != item.serving => styled(WARN, format!("{wanted} is there")),
        _ => styled(GOOD, "newest that is wanted"),
    };
    let rows = list.items.iter().map(|item| {
        vec![
            cell(&item.name),
            cell(&item.serving),
            cell(item.wanted.as_deref().unwrap_or("")),
            cell(item.newest.as_deref().unwrap_or("")),
            cell(item.held.as_deref().unwrap_or("")),
            state(item),
        ]
    });
    render(view, &["PLATFORM", "SERVING", "WANTED", "NEWEST", "HELD", "STATE"], rows.collect())
}

/// A row for each version, a column for each core version at which something begins or ends.
pub(crate) fn compat(view: &View, matrix: &CompatMatrix) -> String {
    let mut header = vec!["PLATFORM", "VERSION", ""];
    let cores: Vec<String> = matrix
        .cores
        .iter()
        .map(|core| if *core == matrix.core { format!("CORE {core} (THIS)") } else { format!("CORE {core}") })
        .collect();
    header.extend(cores.iter().map(String::as_str));
    header.push("CONTRACT");
    let rows = matrix.rows.iter().map(|row| {
        let state = if row.installed { cell("installed") } else { styled(DIM, "available") };
        let mut cells = vec![cell(&row.name), cell(&row.version), state];
        cells.extend(row.works.iter().map(|works| match works {
            true => styled(GOOD, "yes"),
            false => styled(DIM, "no"),
        }));
        cells.push(cell(row.contracts.join(", ")));
        cells
    });
    render(view, &header, rows.collect())
}

/// Who signed, and what counted.
pub(crate) fn verification(verified: &Verification) -> String {
    let mut text = format!("{:<11}{}\n", "trusted", show(&verified.reference));
    text.push_str(&format!("{:<11}{}\n", "digest", show(&verified.digest)));
    let signers = match verified.signers.is_empty() {
        true => "nobody has to".to_owned(),
        false => verified.signers.join("; "),
    };
    text.push_str(&format!("{:<11}{}\n", "signed by", show(&signers)));
    for line in &verified.lines {
        text.push_str(&format!("  {}\n", show(line)));
    }
    text
}
