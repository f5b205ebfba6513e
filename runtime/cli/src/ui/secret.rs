//! Secrets of the operator, by name: there is nothing else to see.

use innominatus_api::wire::SecretSummary;

use super::View;
use super::style::DIM;
use super::table::{cell, render, styled};

/// A table.
pub(crate) fn list(view: &View, items: &[SecretSummary]) -> String {
    let rows = items.iter().map(|item| {
        let users = if item.used_by.is_empty() { "nobody".to_owned() } else { item.used_by.join(", ") };
        vec![
            cell(&item.name),
            cell(item.versions.to_string()),
            styled(DIM, view.clock.ago(&item.set_at)),
            cell(users),
        ]
    });
    render(view, &["SECRET", "VERSIONS", "SET", "USED BY"], rows.collect())
}
