//! A plan in words.

use std::fmt::Write as _;

use crate::{Action, Plan};

/// What the plan will do and why, one line each, in the order of execution.
pub fn explain(plan: &Plan) -> String {
    let mut out = String::new();
    let counts = plan.counts();
    let _ = writeln!(
        out,
        "{} (generation {}): {} create, {} update, {} resume, {} unchanged, {} delete",
        plan.application,
        plan.generation,
        counts.create,
        counts.update,
        counts.resume,
        counts.keep,
        counts.remove
    );
    for task in &plan.tasks {
        let sign = match task.action {
            Action::Create => '+',
            Action::Update => '~',
            Action::Resume => '>',
            Action::Keep | Action::Follow => '=',
        };
        let _ = writeln!(out, "  {sign} {} by {}: {}", task.uid, task.provisioner.label(), task.reason);
        if !task.after.is_empty() {
            let _ = writeln!(out, "      after {}", task.after.join(", "));
        }
    }
    if plan.render {
        for render in &plan.renders {
            let _ = writeln!(out, "  * render {}", render.step.name);
        }
    }
    for removal in &plan.removals {
        let _ = writeln!(out, "  - {} by {}: {}", removal.uid, removal.provisioner.label(), removal.reason);
    }
    if plan.is_unchanged() {
        let _ = writeln!(out, "  nothing to do");
    }
    out
}
