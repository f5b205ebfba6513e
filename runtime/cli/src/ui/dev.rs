//! A round of `platform dev`: what was built, what the plan of each Score file is, and what came of it.

use std::fmt::Write as _;

use innominatus_api::wire::{DiagnosticView, PlanAction, PlanSummary, PlanView, PlannedResource};
use innominatus_author::dev::{End, Planned, Played, Resource, Round, Trouble};
use innominatus_model::Scope;

use super::View;
use super::style::{BAD, BOLD, DIM, WARN, of_word, paint};
use super::text::{count, show, show_value};
use super::{diagnostic, plan};

/// The whole round.
pub(crate) fn text(view: &View, round: &Round) -> String {
    let mut out = String::new();
    if let Some(why) = &round.trouble {
        out.push_str(&trouble("", why));
    }
    for warning in &round.warnings {
        out.push_str(&diagnostic::text(&DiagnosticView::from(warning)));
    }
    if let Some((name, version)) = &round.platform {
        let name = paint(BOLD, format!("{name} {version}"));
        match round.is_stale() {
            true => {
                _ = writeln!(
                    out,
                    "{name}  {}",
                    paint(WARN, "the last good build: what follows is of that one")
                )
            }
            false => _ = writeln!(out, "{name}  ready to be tried after {} ms", round.built_in.as_millis()),
        }
        for (path, size) in &round.components {
            let _ = writeln!(out, "  {}  {}", show(path), bytes(*size as u64));
        }
    }
    for remark in &round.remarks {
        let _ = writeln!(out, "{}", paint(WARN, show(remark)));
    }
    for sample in &round.samples {
        let _ = writeln!(out, "\n{}", paint(BOLD, show(&sample.file)));
        match &sample.came {
            Err(why) => out.push_str(&trouble("", why)),
            Ok(played) => out.push_str(&of_sample(view, played)),
        }
    }
    out.push_str(&paint(DIM, format!("\n{}, in {} ms\n", verdict(round), round.elapsed.as_millis())));
    out
}

fn verdict(round: &Round) -> String {
    match round.troubles().count() {
        0 => "all is well".to_owned(),
        number => format!("{} to look at", count(number, "problem")),
    }
}

fn of_sample(view: &View, played: &Played) -> String {
    let mut out = plan::text(view, &plan_view(&played.plan));
    for resource in &played.resources {
        out.push('\n');
        out.push_str(&of_resource(resource));
    }
    if !played.files.is_empty() {
        out.push('\n');
        for file in &played.files {
            let secret = if file.sensitive { ", holds secrets" } else { "" };
            let _ = writeln!(out, "file     {} ({}{secret})", show(&file.name), bytes(file.bytes as u64));
        }
    }
    if let Some(why) = &played.trouble {
        out.push_str(&trouble("", why));
    }
    if let Some(again) = &played.again {
        let _ = writeln!(out, "again    {}", of_again(again));
    }
    out
}

/// What applying it once more would do.
fn of_again(again: &Planned) -> String {
    if again.unchanged {
        return "nothing to change".into();
    }
    let changes = again.resources.iter().filter(|resource| resource.action != "keep");
    let mut parts: Vec<String> = changes
        .map(|resource| format!("{} {}: {}", resource.action, show(&resource.uid), show(&resource.reason)))
        .collect();
    if again.removed > 0 {
        parts.push(format!("{} removed", count(again.removed, "resource")));
    }
    if again.renders {
        parts.push("files are rendered anew".into());
    }
    paint(WARN, format!("it would change: {}", parts.join("; ")))
}

fn of_resource(resource: &Resource) -> String {
    let Resource { uid, provisioner, end, outputs, effects, log, calls, fuel, memory_peak, elapsed } =
        resource;
    let state = match end {
        End::Ready => "ready",
        End::Failed(_) => "failed",
        End::Skipped(_) => "skipped",
    };
    let mut out = format!("{}  {}", paint(of_word(state), state), show(uid));
    if *calls > 0 {
        let figures = format!(
            "  {}, {:.1} M fuel, {} memory, {} ms",
            count(*calls as usize, "call"),
            *fuel as f64 / 1e6,
            bytes(*memory_peak),
            elapsed.as_millis()
        );
        out.push_str(&paint(DIM, figures));
    }
    let _ = writeln!(out, "{}", paint(DIM, format!("  by {}", show(provisioner))));
    for (name, value) in outputs {
        let _ = writeln!(out, "  output  {} = {}", show(name), show_value(value));
    }
    for effect in effects {
        let _ =
            writeln!(out, "  effect  {} {}  {}", show(&effect.what), show(&effect.on), show(&effect.came));
    }
    for line in log {
        let _ = writeln!(out, "  log     {}  {}", line.level.as_str(), show(&line.message));
    }
    match end {
        End::Ready => {}
        End::Failed(why) => out.push_str(&trouble("  ", why)),
        End::Skipped(why) => _ = writeln!(out, "  {}", show(why)),
    }
    out
}

/// As problems are told elsewhere, in the place where they belong.
fn trouble(indent: &str, trouble: &Trouble) -> String {
    let head = paint(BAD, format!("error[{}]", trouble.code));
    let mut out = String::new();
    // One finding says it all by itself.
    if trouble.diagnostics.is_empty() {
        let _ = writeln!(out, "{indent}{head}: {}", show(&trouble.message));
    }
    for found in &trouble.diagnostics {
        out.push_str(&diagnostic::text(&DiagnosticView::from(found)));
    }
    let told = |remedy: &String| trouble.diagnostics.iter().any(|found| found.hint.as_ref() == Some(remedy));
    if let Some(remedy) = trouble.remedy.as_ref().filter(|remedy| !told(remedy)) {
        let _ = writeln!(out, "{indent}  hint: {}", show(remedy));
    }
    for place in &trouble.trace {
        let function = place.function.as_deref().unwrap_or("a function without a name");
        let _ = match &place.file {
            // Line 0: the compiler knows the file and nothing more.
            Some(file) if place.line == 0 => {
                writeln!(out, "{indent}  at {} in {}", show(file), show(function))
            }
            Some(file) => {
                let (line, column) = (place.line, place.column);
                writeln!(out, "{indent}  at {}:{line}:{column} in {}", show(file), show(function))
            }
            None => writeln!(out, "{indent}  in {}", show(function)),
        };
    }
    out
}

/// As the API would show it.
fn plan_view(planned: &Planned) -> PlanView {
    let mut summary = PlanSummary { delete: planned.removed, ..PlanSummary::default() };
    let resources = planned.resources.iter().map(|resource| {
        let (action, counted) = match resource.action {
            "create" => (PlanAction::Create, &mut summary.create),
            "update" => (PlanAction::Update, &mut summary.update),
            "resume" => (PlanAction::Resume, &mut summary.resume),
            _ => (PlanAction::Unchanged, &mut summary.unchanged),
        };
        *counted += 1;
        PlannedResource {
            resource: String::new(),
            uid: resource.uid.clone(),
            name: resource.name.clone(),
            action,
            reason: resource.reason.clone(),
            provisioner: resource.provisioner.clone(),
            platform_version: String::new(),
            component: String::new(),
            depends_on: resource.depends_on.clone(),
        }
    });
    let resources = resources.collect();
    PlanView {
        id: String::new(),
        parent: None,
        application: planned.application.clone(),
        environment: Scope::default().environment.to_string(),
        golden_path: planned.golden_path.clone().unwrap_or_else(|| "none (a step for each resource)".into()),
        generation: 1,
        summary,
        resources,
        parameters: planned.parameters.clone(),
        renders: planned.renders,
        expected_files: Vec::new(),
        digest: String::new(),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.0} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}
