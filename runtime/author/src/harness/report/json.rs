//! The report for programs: one object of `innominatus.io/v1`.

use serde_json::{Map, json};

use innominatus_model::Json;

use super::{EntryReport, Finding, Report, Status};

impl Report {
    /// As JSON, `kind: PlatformTestReport`.
    pub fn json(&self) -> Json {
        let components: Vec<Json> = self
            .components
            .iter()
            .map(|component| json!({"path": component.path, "bytes": component.size, "imports": component.imports}))
            .collect();
        json!({
            "apiVersion": "innominatus.io/v1",
            "kind": "PlatformTestReport",
            "platform": self.platform.to_string(),
            "version": self.version.to_string(),
            "digest": self.digest.to_string(),
            "passed": self.passed(),
            "summary": {
                "pass": self.count(Status::Pass),
                "fail": self.count(Status::Fail),
                "warn": self.count(Status::Warn),
                "skip": self.count(Status::Skip),
                "elapsedMs": millis(self.elapsed),
            },
            "components": components,
            "entries": self.entries.iter().map(entry).collect::<Vec<_>>(),
        })
    }
}

fn entry(entry: &EntryReport) -> Json {
    let figures: Map<String, Json> = entry
        .figures
        .0
        .iter()
        .map(|(export, figure)| {
            let value = json!({
                "calls": figure.calls,
                "fuel": figure.fuel,
                "memoryPeakBytes": figure.memory_peak,
                "hostCalls": figure.host_calls,
                "elapsedUs": u64::try_from(figure.elapsed.as_micros()).unwrap_or(u64::MAX),
            });
            (export.as_str().to_owned(), value)
        })
        .collect();
    json!({
        "name": entry.name,
        "scope": entry.scope.as_str(),
        "type": entry.kind,
        "checks": entry.findings.iter().map(finding).collect::<Vec<_>>(),
        "exports": figures,
    })
}

fn finding(finding: &Finding) -> Json {
    let mut value = json!({
        "id": finding.check.id,
        "status": finding.status.as_str(),
        "message": finding.message,
    });
    if let Some(case) = &finding.case {
        value["case"] = json!(case);
    }
    if let Some(remedy) = &finding.remedy {
        value["remedy"] = json!(remedy);
    }
    if !finding.details.is_empty() {
        value["details"] = json!(finding.details);
    }
    value
}

fn millis(elapsed: std::time::Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
