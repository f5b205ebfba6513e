//! Platforms.

use innominatus_api::wire::{
    CapabilityView, Change, DiagnosticView, GoldenPathView, NextStep, Observed, PlatformDetail,
    PlatformSummary, ProvisionerView, Receipt, Requested, SchemaView,
};
use innominatus_engine::Installed;
use innominatus_ledger::InstalledPlatform;
use innominatus_model::{Capability, Json};

use super::receipt::now;
use super::time;

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
            .map(|entry| {
                let grant = entry.grant();
                ProvisionerView {
                    name: entry.name.to_string(),
                    kind: entry.kind.to_string(),
                    classes: entry.offer.classes.iter().map(ToString::to_string).collect(),
                    version: entry.version.to_string(),
                    component: entry.component.to_string(),
                    contract: entry.contract.to_string(),
                    capabilities: entry
                        .wants()
                        .map(|(name, reason)| CapabilityView {
                            name: name.into(),
                            reason: reason.into(),
                            granted: Capability::parse(name)
                                .is_some_and(|capability| grant.allows(capability)),
                        })
                        .collect(),
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
                }
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

pub(crate) fn installed(installed: &Installed) -> Receipt {
    let platform = &installed.platform;
    let action = if installed.unchanged { "unchanged" } else { "create" };
    let provisioners = platform.provisioners.iter().map(|entry| {
        let asks: Vec<String> = entry.wants().map(|(name, reason)| format!("{name}: {reason}")).collect();
        Change {
            action: action.into(),
            subject: format!("provisioner {} ({})", entry.name, entry.kind),
            reason: if asks.is_empty() {
                "asks for nothing".into()
            } else {
                format!("asks for {}", asks.join("; "))
            },
        }
    });
    let golden_paths = platform.golden_paths.iter().map(|entry| Change {
        action: action.into(),
        subject: format!("golden path {}", entry.name),
        reason: "asks for nothing".into(),
    });
    let mut receipt = receipt("install", platform, provisioners.chain(golden_paths).collect(), "installed");
    receipt.diagnostics = installed.warnings.iter().map(DiagnosticView::from).collect();
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
