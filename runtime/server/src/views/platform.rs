//! Platforms.

use innominatus_api::wire::{
    Change, DiagnosticView, GoldenPathView, NextStep, Observed, PlatformDetail, PlatformSummary,
    ProvisionerView, Receipt, Requested, SchemaView,
};
use innominatus_engine::Installed;
use innominatus_ledger::InstalledPlatform;
use innominatus_model::{Diagnostic, Json};
use innominatus_package::grants_in_words;

use super::receipt::now;
use super::{grant, time};

pub(crate) fn platform(platform: &InstalledPlatform) -> PlatformSummary {
    let mut types: Vec<String> = platform.provisioners.iter().map(|entry| entry.kind.to_string()).collect();
    types.sort();
    types.dedup();
    PlatformSummary {
        name: platform.name.to_string(),
        version: platform.version.to_string(),
        digest: platform.digest.to_string(),
        types,
        golden_paths: platform.golden_paths.iter().map(|entry| entry.name.to_string()).collect(),
        installed_at: time(platform.installed_ms),
    }
}

pub(crate) fn platform_detail(record: &InstalledPlatform, resources: usize) -> PlatformDetail {
    PlatformDetail {
        summary: platform(record),
        description: record.description.clone(),
        compatibility: record.compatibility(),
        provisioners: record
            .provisioners
            .iter()
            .map(|entry| ProvisionerView {
                name: entry.name.to_string(),
                kind: entry.kind.to_string(),
                classes: entry.offer.classes.iter().map(ToString::to_string).collect(),
                version: entry.version.to_string(),
                component: entry.component.to_string(),
                contract: entry.contract.to_string(),
                capabilities: grant::capabilities(entry),
                grant: grant::grant(&entry.grant()),
                outputs: entry
                    .offer
                    .outputs
                    .iter()
                    .map(|spec| format!("{}{}", spec.name, if spec.sensitive { "*" } else { "" }))
                    .collect(),
                schema: entry.schemas().next().map_or(Json::Null, |(_, schema)| schema.clone()),
                schemas: entry
                    .schemas()
                    .map(|(class, schema)| SchemaView {
                        class: class.map(ToString::to_string),
                        schema: schema.clone(),
                    })
                    .collect(),
            })
            .collect(),
        golden_path_details: record
            .golden_paths
            .iter()
            .map(|entry| GoldenPathView {
                name: entry.name.to_string(),
                version: entry.version.to_string(),
                component: entry.component.to_string(),
                contract: entry.contract.to_string(),
                schema: entry.schema.clone(),
            })
            .collect(),
        resources,
    }
}

fn receipt(operation: &str, platform: &InstalledPlatform, changes: Vec<Change>, phase: &str) -> Receipt {
    Receipt {
        requested: Requested {
            operation: operation.into(),
            subject: "platform".into(),
            name: format!("{}@{}", platform.name, platform.version),
            generation: None,
            changes,
        },
        observed: Observed { phase: phase.into(), message: platform.digest.to_string(), at: now() },
        run: None,
        plan: None,
        diagnostics: Vec::new(),
        next: Vec::new(),
    }
}

/// `more` are warnings about the answer itself.
pub(crate) fn installed(installed: &Installed, more: &[Diagnostic]) -> Receipt {
    let platform = &installed.platform;
    let action = match (installed.known, installed.unchanged) {
        (_, true) => "unchanged",
        (true, false) => "update",
        (false, false) => "create",
    };
    let provisioners = platform.provisioners.iter().map(|entry| {
        let asks: Vec<String> =
            entry.wants().iter().map(|want| format!("{}: {}", want.capability, want.reason)).collect();
        let asks = if asks.is_empty() { "nothing".to_owned() } else { asks.join("; ") };
        let granted = grants_in_words(&entry.grant());
        let granted =
            if granted.is_empty() { String::new() } else { format!("; granted: {}", granted.join("; ")) };
        Change {
            action: action.into(),
            subject: format!("provisioner {} ({})", entry.name, entry.kind),
            reason: format!("asks for {asks}{granted}"),
        }
    });
    let withheld = installed.missing.iter().map(|(label, gap)| Change {
        action: "withhold".into(),
        subject: label.clone(),
        reason: gap.to_string(),
    });
    let golden_paths = platform.golden_paths.iter().map(|entry| Change {
        action: action.into(),
        subject: format!("golden path {}", entry.name),
        reason: "asks for nothing".into(),
    });
    let changes = provisioners.chain(golden_paths).chain(withheld).collect();
    let mut receipt = receipt("install", platform, changes, "installed");
    receipt.diagnostics = installed.warnings.iter().chain(more).map(DiagnosticView::from).collect();
    let step = |purpose: &str, command: String| NextStep { purpose: purpose.into(), command };
    receipt.next.push(step("see what it makes", format!("platform inspect {}", platform.name)));
    if let Some(path) = platform.golden_paths.first() {
        receipt.next.push(step("use it", format!("run {} score.yaml", path.name)));
    }
    receipt
}

pub(crate) fn uninstalled(platform: &InstalledPlatform) -> Receipt {
    receipt("uninstall", platform, Vec::new(), "absent")
}
