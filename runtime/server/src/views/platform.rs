//! Platforms.

use std::collections::BTreeMap;

use innominatus_api::wire::{
    Change, DiagnosticView, GoldenPathView, HeldView, MigrationReport, MovedApplication, MovedResource,
    NextStep, Observed, PlatformDetail, PlatformSummary, ProvisionerView, Receipt, Requested, SchemaView,
    UpdateReport,
};
use innominatus_engine::{Installed, Moves, Overview, Switched, Updated};
use innominatus_ledger::{Held, InstalledPlatform};
use innominatus_model::{Diagnostic, HttpDestination, Json, Name};
use innominatus_package::grants_in_words;

use super::receipt::now;
use super::{grant, time};
use crate::problem::ApiError;
use crate::state::App;

pub(crate) fn platform(one: &Overview) -> PlatformSummary {
    let Overview { platform, serving, subscription } = one;
    let held = subscription.as_ref().and_then(|known| known.held.as_ref()).filter(|_| *serving);
    let origin = platform.origin.as_ref();
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
        serving: *serving,
        enabled: subscription.as_ref().is_none_or(|known| known.enabled),
        reference: origin.map(|origin| origin.reference.clone()).unwrap_or_default(),
        signer: origin.and_then(|origin| origin.signer.as_ref()).map(ToString::to_string),
        held: held.map(held_view),
    }
}

fn held_view(held: &Held) -> HeldView {
    HeldView {
        version: held.version.to_string(),
        digest: held.digest.to_string(),
        reference: held.origin.reference.clone(),
        wider: held.wider.clone(),
        since: time(held.since_ms),
    }
}

/// `leads` is where the settings lead that its wants name.
pub(crate) fn platform_detail(
    one: &Overview,
    resources: usize,
    leads: &BTreeMap<String, HttpDestination>,
) -> PlatformDetail {
    let record = &one.platform;
    PlatformDetail {
        summary: platform(one),
        description: record.description.clone(),
        upstream: record.upstream.clone(),
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
                capabilities: grant::capabilities(entry, leads),
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
                contract: match entry.written {
                    // A file keeps the form of its `apiVersion`, and no contract of components.
                    true => format!("innominatus.io/v{}", entry.contract.major),
                    false => entry.contract.to_string(),
                },
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
    let Some(path) = platform.golden_paths.first() else { return receipt };
    receipt.next.push(match &installed.beside {
        None => step("use it", format!("run {} score.yaml", path.name)),
        Some(serving) => step(
            &format!("{serving} goes on serving; use this one"),
            format!("run {} score.yaml --platform {}@{}", path.name, platform.name, platform.version),
        ),
    });
    receipt
}

/// What came of an update or an approval.
pub(crate) async fn updated(
    app: &App,
    operation: &str,
    updated: &Updated,
    more: &[Diagnostic],
) -> Result<UpdateReport, ApiError> {
    let step = |purpose: &str, command: String| NextStep { purpose: purpose.into(), command };
    let (mut receipt, name, held) = match updated {
        Updated::Current(platform) => (receipt(operation, platform, Vec::new(), "current"), platform, None),
        Updated::Installed(came) => (installed(came, more), &came.platform, None),
        Updated::Held { serving, held } => {
            let wider = held.wider.iter().map(|line| Change {
                action: "hold".into(),
                subject: format!("{}@{}", serving.name, held.version),
                reason: format!("asks for more: {line}"),
            });
            let mut receipt = receipt(operation, serving, wider.collect(), "held");
            receipt.observed.message = held.digest.to_string();
            let name = &serving.name;
            receipt.next.push(step("look at it", format!("platform diff {name} {name}@held")));
            receipt.next.push(step("say yes", format!("platform approve {name}")));
            (receipt, serving, Some(held_view(held)))
        }
    };
    receipt.requested.operation = operation.into();
    let now = app.engine.one_of(&name.tenant, &name.name, None).await?;
    let serving = now.platform.version;
    if serving != name.version || !app.engine.left_on_others(&name.tenant, &name.name, &serving).await? {
        return Ok(UpdateReport { receipt, serving: serving.to_string(), held });
    }
    receipt.next.push(step("see what would move", format!("platform migrate {} --dry-run", name.name)));
    Ok(UpdateReport { receipt, serving: serving.to_string(), held })
}

/// What came of a change of the serving version.
pub(crate) fn switched(operation: &str, switched: &Switched) -> Receipt {
    let Switched { platform, from, enabled, unchanged } = switched;
    let action = if *unchanged { "unchanged" } else { "update" };
    let reason = match (enabled, from) {
        (false, _) => "nothing new is made by it; what it made is gone on with".to_owned(),
        (true, Some(from)) if *from != platform.version => {
            format!("serves what is new, in place of {from}; what {from} made stays with it")
        }
        (true, _) => "serves what is new".to_owned(),
    };
    let changes = vec![Change {
        action: action.into(),
        subject: format!("{}@{}", platform.name, platform.version),
        reason,
    }];
    let phase = if *enabled { "serving" } else { "disabled" };
    let mut receipt = receipt(operation, platform, changes, phase);
    receipt.next.push(NextStep { purpose: "see all versions".into(), command: "platform list".into() });
    receipt
}

/// What a migration comes to.
pub(crate) async fn migration(
    app: &App,
    platform: &Name,
    dry_run: bool,
    moves: Moves,
) -> Result<MigrationReport, ApiError> {
    let mut applications = Vec::new();
    for moved in moves.applications {
        let resources = moved
            .resources
            .iter()
            .map(|(uid, from)| MovedResource { uid: uid.clone(), from: from.to_string() });
        let mut view = MovedApplication {
            application: moved.application.to_string(),
            environment: moved.scope.environment.to_string(),
            resources: resources.collect(),
            plan: None,
            run: None,
            problem: None,
        };
        match moved.result {
            Ok(accepted) => {
                view.plan = Some(super::plan(app, &accepted.plan).await?);
                view.run =
                    accepted.run.filter(|_| !dry_run && !accepted.unchanged).map(|run| run.to_string());
            }
            Err(error) => view.problem = Some(ApiError::from(error).problem().clone()),
        }
        applications.push(view);
    }
    Ok(MigrationReport { platform: platform.to_string(), to: moves.to.to_string(), dry_run, applications })
}

pub(crate) fn uninstalled(platform: &InstalledPlatform) -> Receipt {
    receipt("uninstall", platform, Vec::new(), "absent")
}
