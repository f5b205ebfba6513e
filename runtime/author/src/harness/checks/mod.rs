//! The checks, one file for each thing that is looked at. Each says on the sheet what it found.

mod declared;
mod denied;
mod disturbed;
mod golden_path;
mod leaks;
mod lifecycle;
mod limits;
mod outputs;
mod removal;
mod status;

use std::collections::BTreeSet;
use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::{Capability, Class, Grant, Json, Target};

pub(crate) use declared::{Declared, declare};
pub(crate) use golden_path::{Path, demanded, golden_path, need, written};
pub(crate) use outputs::{diff, said};

use super::catalogue as list;
use super::drive::{Drive, Driven};
use super::sheet::Sheet;
use super::subject::Subject;
use super::world::Cloud;

/// What the checks work on: a target, and the world it lives in.
pub(crate) struct Case {
    /// What to call it, where there are several.
    pub(crate) label: Option<String>,
    pub(crate) class: Class,
    pub(crate) target: Target,
    /// Other params for the same thing.
    pub(crate) changed: Option<Json>,
    /// Params with everything in them.
    pub(crate) maximal: Option<Json>,
    pub(crate) schema: Json,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) grant: Grant,
}

impl Case {
    async fn drive(&self, subject: &Subject, cloud: &Arc<Cloud>, export: Export, target: Target) -> Driven {
        Box::pin(Drive { subject, cloud, grant: &self.grant, export }.run(target)).await
    }
}

/// Every check of a provisioner that calls it with a target.
pub(crate) async fn provisioner(subject: &Subject, cases: &[Case], sheet: &mut Sheet<'_>) {
    let mut used = BTreeSet::new();
    let mut served = false;
    for case in cases {
        sheet.of(case.label.clone());
        lifecycle::validate(subject, case, sheet).await;
        let Some(made) = Box::pin(lifecycle::provision(subject, case, sheet)).await else {
            for check in dependent() {
                sheet.skip(check, "it needs a `provision` that comes to its end");
            }
            let serves = sheet.has_failed(&list::PROVISION);
            Box::pin(removal::unknown(subject, case, serves, sheet)).await;
            continue;
        };
        served = true;
        used.extend(made.driven.entries.iter().map(|entry| entry.call.capability()));
        let mut leaks = Vec::new();
        leaks::scan(subject, &made.cloud, &made.driven, &mut leaks);
        outputs::check(subject, &made.cloud, &made.state, sheet);
        Box::pin(lifecycle::again(subject, case, &made, sheet)).await;
        Box::pin(lifecycle::update(subject, case, &made, sheet)).await;
        Box::pin(lifecycle::upgrade_state(subject, case, &made, sheet)).await;
        Box::pin(status::status(subject, case, &made, sheet, &mut leaks)).await;
        Box::pin(status::hints(subject, case, &made, sheet, &mut leaks)).await;
        Box::pin(disturbed::faults(subject, case, &made, sheet, &mut leaks)).await;
        Box::pin(disturbed::missing(subject, case, &made, sheet, &mut leaks)).await;
        Box::pin(disturbed::crashes(subject, case, &made, sheet)).await;
        Box::pin(denied::check(subject, case, &made, sheet, &mut leaks)).await;
        Box::pin(limits::check(subject, case, sheet)).await;
        used.extend(Box::pin(removal::check(subject, case, &made, sheet, &mut leaks)).await);
        Box::pin(removal::unknown(subject, case, true, sheet)).await;
        leaks.sort();
        leaks.dedup();
        sheet.judge(&list::SECRETS, leaks);
    }
    sheet.of(None);
    if served {
        unused(subject, &used, sheet);
    }
}

/// Wants that no call of any case made use of.
fn unused(subject: &Subject, used: &BTreeSet<Capability>, sheet: &mut Sheet<'_>) {
    let imports = &subject.component.contract().imports;
    let wants = subject.entry.wants.iter().map(|want| want.capability);
    let idle: Vec<String> = wants
        .filter(|want| !want.is_always_granted() && imports.contains(want) && !used.contains(want))
        .map(|want| format!("`{want}`"))
        .collect();
    if sheet.has_failed(&list::WANTS) || subject.is_shared || idle.is_empty() {
        return;
    }
    sheet.warn(&list::WANTS, format!("no call used {}, which the manifest asks for", idle.join(" and ")));
}

fn dependent() -> [&'static super::catalogue::Check; 20] {
    [
        &list::OUTPUTS,
        &list::PROVISION_AGAIN,
        &list::UPDATE,
        &list::UPGRADE_STATE,
        &list::STATUS,
        &list::HINTS,
        &list::FAULT_REFUSED,
        &list::FAULT_TIMEOUT,
        &list::FAULT_RESET,
        &list::FAULT_500,
        &list::FAULT_429,
        &list::FAULT_MALFORMED,
        &list::FAULT_SECRET,
        &list::CRASH,
        &list::DENIED,
        &list::LIMITS,
        &list::DEPROVISION,
        &list::DEPROVISION_AGAIN,
        &list::DEPROVISION_FAULT,
        &list::DEPROVISION_CRASH,
    ]
}
