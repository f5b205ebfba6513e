//! What became of the platforms of a file.

use innominatus_api::wire::AppliedPlatforms;

use super::View;
use super::style::{BAD, DIM, GOOD, WARN};
use super::table::{cell, render, styled};
use super::text::show;

/// A row for each, and what else is installed.
pub(crate) fn applied(view: &View, applied: &AppliedPlatforms) -> String {
    let rows = applied.items.iter().map(|item| {
        let style = match item.outcome.as_str() {
            "installed" => GOOD,
            "held" => WARN,
            "failed" => BAD,
            _ => DIM,
        };
        vec![
            cell(&item.name),
            styled(style, &item.outcome),
            cell(item.version.as_deref().unwrap_or("")),
            cell(&item.message),
        ]
    });
    let mut text = render(view, &["PLATFORM", "OUTCOME", "VERSION", ""], rows.collect());
    if !applied.others.is_empty() {
        let others: Vec<_> = applied.others.iter().map(|other| show(other)).collect();
        text.push_str(&format!("\ninstalled besides, and not named: {}\n", others.join(", ")));
    }
    text
}
