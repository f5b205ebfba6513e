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
        let version = item.version.as_deref().unwrap_or_default();
        let version = match &item.platform {
            // The file may call it by another name than it gives itself, and has to be told which one it got.
            Some(platform) if *platform != item.name => format!("{platform}@{version}"),
            _ => version.to_owned(),
        };
        vec![cell(&item.name), styled(style, &item.outcome), cell(&version), cell(&item.message)]
    });
    let mut text = render(view, &["PLATFORM", "OUTCOME", "VERSION", ""], rows.collect());
    if !applied.others.is_empty() {
        let others: Vec<_> = applied.others.iter().map(|other| show(other)).collect();
        text.push_str(&format!("\ninstalled besides, and not named: {}\n", others.join(", ")));
    }
    text
}
