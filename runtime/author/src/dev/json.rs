//! A round for programs.

use innominatus_model::{Diagnostic, Json};
use serde_json::{Map, json};

use super::report::{End, File, Place, Planned, Played, Resource, Round, Sample, Trouble};

impl Round {
    /// As JSON, without the envelope; `kind: PlatformDevRound`.
    pub fn json(&self) -> Json {
        let components: Vec<Json> =
            self.components.iter().map(|(path, bytes)| json!({"path": path, "bytes": bytes})).collect();
        json!({
            "platform": self.platform.as_ref().map(|(name, _)| name.to_string()),
            "version": self.platform.as_ref().map(|(_, version)| version.to_string()),
            "good": self.troubles().next().is_none(),
            "stale": self.is_stale(),
            "problem": self.trouble.as_ref().map(trouble),
            "warnings": self.warnings.iter().map(diagnostic).collect::<Vec<_>>(),
            "components": components,
            "samples": self.samples.iter().map(sample).collect::<Vec<_>>(),
            "remarks": self.remarks,
            "buildMs": millis(self.built_in),
            "elapsedMs": millis(self.elapsed),
        })
    }
}

fn sample(sample: &Sample) -> Json {
    let mut value = json!({"file": sample.file});
    match &sample.came {
        Err(why) => value["problem"] = trouble(why),
        Ok(played) => {
            let Played { plan, resources, files, trouble: why, again } = played;
            value["plan"] = planned(plan);
            value["resources"] = resources.iter().map(resource).collect();
            value["files"] = files.iter().map(file).collect();
            value["again"] = again.as_ref().map_or(Json::Null, planned);
            if let Some(why) = why {
                value["problem"] = trouble(why);
            }
        }
    }
    value
}

fn planned(plan: &Planned) -> Json {
    let resources: Vec<Json> = plan
        .resources
        .iter()
        .map(|it| {
            json!({
                "uid": it.uid, "name": it.name, "action": it.action, "reason": it.reason,
                "provisioner": it.provisioner, "dependsOn": it.depends_on,
            })
        })
        .collect();
    json!({
        "application": plan.application, "goldenPath": plan.golden_path, "parameters": plan.parameters,
        "resources": resources, "removed": plan.removed, "renders": plan.renders, "unchanged": plan.unchanged,
    })
}

fn resource(resource: &Resource) -> Json {
    let outputs: Map<String, Json> = resource.outputs.iter().cloned().collect();
    let effects: Vec<Json> = resource
        .effects
        .iter()
        .map(|effect| json!({"what": effect.what, "on": effect.on, "came": effect.came}))
        .collect();
    let log: Vec<Json> = resource
        .log
        .iter()
        .map(|line| json!({"level": line.level.as_str(), "message": line.message}))
        .collect();
    let (state, problem) = match &resource.end {
        End::Ready => ("ready", Json::Null),
        End::Failed(why) => ("failed", trouble(why)),
        End::Skipped(why) => ("skipped", json!({"message": why})),
    };
    json!({
        "uid": resource.uid, "provisioner": resource.provisioner, "state": state, "problem": problem,
        "outputs": outputs, "effects": effects, "log": log,
        "calls": resource.calls, "fuel": resource.fuel, "memoryPeakBytes": resource.memory_peak,
        "elapsedUs": u64::try_from(resource.elapsed.as_micros()).unwrap_or(u64::MAX),
    })
}

fn file(file: &File) -> Json {
    json!({"name": file.name, "bytes": file.bytes, "sensitive": file.sensitive})
}

fn trouble(trouble: &Trouble) -> Json {
    json!({
        "code": trouble.code.as_str(), "message": trouble.message, "remedy": trouble.remedy,
        "diagnostics": trouble.diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
        "trace": trouble.trace.iter().map(place).collect::<Vec<_>>(),
    })
}

fn place(place: &Place) -> Json {
    json!({"function": place.function, "file": place.file, "line": place.line, "column": place.column})
}

fn diagnostic(found: &Diagnostic) -> Json {
    json!({
        "file": found.file, "line": found.line, "column": found.column, "severity": found.severity.as_str(),
        "code": found.code.as_str(), "message": found.message, "hint": found.hint,
    })
}

fn millis(elapsed: std::time::Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
