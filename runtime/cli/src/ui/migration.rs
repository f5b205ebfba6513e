//! What a migration comes to, by application.

use innominatus_api::wire::{MigrationReport, MovedApplication, PlanAction};

use super::View;
use super::style::{BAD, BOLD, paint};
use super::table::{cell, render};
use super::text::show;

/// A heading and a table of resources for each application.
pub(crate) fn text(view: &View, report: &MigrationReport) -> String {
    let to = format!("{}@{}", show(&report.platform), show(&report.to));
    if report.applications.is_empty() {
        return format!("nothing is left to move to {to}\n");
    }
    let verb = if report.dry_run { "would move" } else { "moves" };
    let mut text = String::new();
    for application in &report.applications {
        let heading = format!(
            "{} in {} {verb} to {to}",
            show(&application.application),
            show(&application.environment)
        );
        text.push_str(&format!("{}\n", paint(BOLD, heading)));
        text.push_str(&rows(view, application));
        if let Some(problem) = &application.problem {
            text.push_str(&format!("{} {}\n", paint(BAD, "it cannot:"), show(&problem.detail)));
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn rows(view: &View, application: &MovedApplication) -> String {
    let planned = |uid: &str| {
        let plan = application.plan.as_ref()?;
        plan.resources.iter().find(|resource| resource.uid == uid && resource.action != PlanAction::Unchanged)
    };
    let rows: Vec<_> = application
        .resources
        .iter()
        .map(|resource| {
            let reason = planned(&resource.uid).map_or("", |planned| planned.reason.as_str());
            vec![cell(&resource.uid), cell(&resource.from), cell(reason)]
        })
        .collect();
    if rows.is_empty() {
        return "its files are rendered anew\n".to_owned();
    }
    render(view, &["RESOURCE", "MADE BY", "WHAT"], rows)
}
