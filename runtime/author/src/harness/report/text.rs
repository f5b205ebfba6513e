//! The report for people: grouped by entry, one line for each check, figures, a summary.

use std::fmt::Write as _;

use super::{EntryReport, Finding, Report, Status};
use crate::harness::catalogue::Scope;

impl Report {
    /// As text. Without `all`, entries of which every check passed take one line.
    pub fn text(&self, all: bool) -> String {
        let mut out = format!("{} {}  {}\n", self.platform, self.version, self.digest);
        for component in &self.components {
            let imports = component.imports.join(" ");
            let _ = writeln!(out, "  {}  {}  imports {imports}", component.path, bytes(component.size));
        }
        for entry in &self.entries {
            write_entry(&mut out, entry, all);
        }
        let counts = [Status::Pass, Status::Fail, Status::Warn, Status::Skip].map(|status| {
            let word = match status {
                Status::Pass => "passed",
                Status::Fail => "failed",
                Status::Warn => "warnings",
                Status::Skip => "skipped",
            };
            format!("{} {word}", self.count(status))
        });
        let verdict = if self.passed() { "ok" } else { "FAILED" };
        let _ = writeln!(out, "\n{verdict}: {}, in {:.1} s", counts.join(", "), self.elapsed.as_secs_f64());
        out
    }
}

fn write_entry(out: &mut String, entry: &EntryReport, all: bool) {
    let kind = entry.kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let quiet = |finding: &&Finding| all || !matches!(finding.status, Status::Pass | Status::Skip);
    let passed = entry.findings.iter().filter(|finding| finding.status == Status::Pass).count();
    let _ = write!(
        out,
        "\n{} {}{kind}: {passed} of {} passed",
        entry.scope.as_str(),
        entry.name,
        entry.findings.len()
    );
    if entry.scope != Scope::Platform && !entry.figures.0.is_empty() {
        let most = entry.figures.most();
        let _ = write!(
            out,
            "; {} calls, at most {:.1} M fuel, {} memory, {:.1} ms",
            most.calls,
            most.fuel as f64 / 1e6,
            bytes(most.memory_peak),
            most.elapsed.as_secs_f64() * 1e3
        );
    }
    out.push('\n');
    for finding in entry.findings.iter().filter(quiet) {
        write_finding(out, finding);
    }
    if all {
        for (export, figure) in &entry.figures.0 {
            let _ = writeln!(
                out,
                "        {:<16} {:>4} calls  {:>10} fuel  {:>9} memory  {:>3} host calls  {:>7.2} ms",
                export.as_str(),
                figure.calls,
                figure.fuel,
                bytes(figure.memory_peak),
                figure.host_calls,
                figure.elapsed.as_secs_f64() * 1e3
            );
        }
    }
}

fn write_finding(out: &mut String, finding: &Finding) {
    let word = match finding.status {
        Status::Fail => "FAIL",
        other => other.as_str(),
    };
    let case = finding.case.as_ref().map(|case| format!(" [{case}]")).unwrap_or_default();
    let _ = write!(out, "  {word:<4}  {}{case}", finding.check.id);
    if !finding.message.is_empty() {
        let _ = write!(out, ": {}", finding.message);
    }
    if let Some(remedy) = &finding.remedy {
        let _ = write!(out, "; {remedy}");
    }
    out.push('\n');
    for line in finding.details.lines() {
        let _ = writeln!(out, "        {line}");
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.0} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}
