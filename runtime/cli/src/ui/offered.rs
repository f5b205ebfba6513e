//! What is offered, behind, compatible and different.

use innominatus_api::wire::{
    CompatMatrix, Discovery, EntryDifference, OutdatedList, OutdatedPlatform, PlatformDiff, Verification,
};

use super::View;
use super::style::{BAD, BOLD, DIM, GOOD, WARN, paint};
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

/// What differs, what needs a look first.
pub(crate) fn diff(_view: &View, diff: &PlatformDiff) -> String {
    let side = |name: &str, version: &str| paint(BOLD, format!("{} {}", show(name), show(version)));
    let (before, now) = (&diff.before, &diff.now);
    let mut text = format!("{} to {}\n", side(&before.name, &before.version), side(&now.name, &now.version));
    let verdict = match (diff.widens, diff.breaks) {
        (false, false) => paint(GOOD, "asks for no more, and breaks nothing that can be seen"),
        (true, false) => paint(WARN, "asks for more"),
        (false, true) => paint(BAD, "may break files that rely on it"),
        (true, true) => paint(BAD, "asks for more, and may break files that rely on it"),
    };
    text.push_str(&format!("{verdict}\n"));
    for (what, was, is) in [("from", &before.source, &now.source), ("signer", &before.signer, &now.signer)] {
        if was != is {
            let word = |side: &Option<String>| show(side.as_deref().unwrap_or("nobody"));
            let line = format!("{what:<8} {} to {}", word(was), word(is));
            text.push_str(&format!("{}\n", paint(WARN, line)));
        }
    }
    if before.core != now.core {
        text.push_str(&format!("core     {} to {}\n", show(&before.core), show(&now.core)));
    }
    if before.license != now.license && before.license.is_some() && now.license.is_some() {
        let license = |side: &Option<String>| show(side.as_deref().unwrap_or("none"));
        text.push_str(&format!("licence  {} to {}\n", license(&before.license), license(&now.license)));
    }
    text.push_str(&format!("size     {} to {} bytes\n", before.bytes, now.bytes));
    for (what, entries) in [("provisioner", &diff.provisioners), ("golden path", &diff.golden_paths)] {
        for difference in entries {
            text.push_str(&entry(what, difference));
        }
    }
    if diff.provisioners.is_empty() && diff.golden_paths.is_empty() {
        text.push_str(&format!("{}\n", paint(DIM, "no entry differs")));
    }
    text
}

fn entry(what: &str, difference: &EntryDifference) -> String {
    let kind = difference.kind.as_ref().map(|kind| format!(" ({})", show(kind))).unwrap_or_default();
    let versions = match &difference.versions[..] {
        [was, is] => format!(" {} to {}", show(was), show(is)),
        _ => String::new(),
    };
    let heading = format!("{what} {}{kind} {}{versions}", show(&difference.entry), difference.change);
    let mut text = format!("\n{}\n", paint(BOLD, heading));
    let mut line = |mark: String, words: &str| text.push_str(&format!("  {mark} {}\n", show(words)));
    for words in &difference.wider {
        line(paint(WARN, "asks for more:"), words);
    }
    for words in &difference.imports {
        line(paint(WARN, "can call now:"), words);
    }
    for words in &difference.narrower {
        line(paint(GOOD, "asks no more for:"), words);
    }
    for change in &difference.schema {
        let mark = if change.breaks { paint(BAD, "breaks:") } else { paint(DIM, "params:") };
        line(mark, &format!("`params{}` {}", change.pointer, change.words));
    }
    for name in &difference.outputs_removed {
        line(paint(BAD, "breaks:"), &format!("the output `{name}` is gone"));
    }
    for name in &difference.outputs_added {
        line(paint(DIM, "output:"), name);
    }
    if difference.component {
        line(paint(DIM, "component:"), "is another");
    }
    text
}
