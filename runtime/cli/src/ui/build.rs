//! What was built: each platform with its components.

use super::View;
use super::style::{BOLD, DIM, paint};
use super::table::{cell, render, styled};
use super::text::show;
use crate::commands::platform::{BuildReport, BuiltView};

/// Every platform.
pub(crate) fn text(view: &View, report: &BuildReport) -> String {
    report.platforms.iter().map(|built| platform(view, built)).collect()
}

fn platform(view: &View, built: &BuiltView) -> String {
    let verdict = if built.changed { "built" } else { "unchanged" };
    let mut text = format!("{}  {}\n", paint(BOLD, format!("{verdict:<9}")), show(&built.label));
    text.push_str(&format!("  {}{}\n", heading("folder"), show(&built.folder)));
    text.push_str(&format!("  {}{}\n", heading("digest"), show(&built.digest)));
    for (at, path) in built.schemas_written.iter().enumerate() {
        let label = if at == 0 { "written" } else { "" };
        text.push_str(&format!("  {}{}\n", heading(label), show(path)));
    }
    let rows = built.components.iter().map(|component| {
        let package = component
            .package
            .as_deref()
            .map_or_else(|| "as it stands there".to_owned(), |name| format!("package {name}"));
        vec![cell(format!("  {}", component.path)), cell(size(component.bytes)), styled(DIM, package)]
    });
    text.push_str(&render(view, &[], rows.collect()));
    text
}

/// Bytes for people.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

fn heading(label: &str) -> String {
    paint(DIM, format!("{label:<10} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!([size(900), size(1025), size(3 << 20)], ["900 B", "2 KiB", "3.0 MiB"]);
    }
}
