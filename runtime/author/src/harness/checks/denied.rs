//! Capabilities that were asked for and not granted.

use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::{Capability, Cause, Grant};
use innominatus_package::{effective, sample_of};

use super::lifecycle::Made;
use super::{Case, leaks};
use crate::harness::catalogue as list;
use crate::harness::drive::{Drive, Ended};
use crate::harness::sheet::Sheet;
use crate::harness::subject::{Subject, setting};

pub(super) async fn check(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    if !sheet.wants(&list::DENIED) {
        return;
    }
    let used = |want: Capability| made.driven.entries.iter().any(|entry| entry.call.capability() == want);
    let wants = subject.entry.wants.iter().map(|want| want.capability);
    let wants: Vec<Capability> = wants.filter(|want| !want.is_always_granted() && used(*want)).collect();
    if wants.is_empty() {
        sheet.skip(&list::DENIED, "it uses nothing that has to be granted");
        return;
    }
    let mut wrong = Vec::new();
    for want in wants {
        let cloud = Arc::new(case.cloud.fork());
        let grant = without(subject, case, want);
        let drive = Drive { subject, cloud: &cloud, grant: &grant, export: Export::Provision };
        let driven = Box::pin(drive.run(case.target.clone())).await;
        leaks::scan(subject, &cloud, &driven, found);
        match &driven.ended {
            // It found another way.
            Ended::Ready(_) => {}
            Ended::GaveUp(failure) => match &failure.cause {
                Cause::Denied(denial) if denial.capability == want.as_str() => {}
                Cause::Denied(denial) => {
                    wrong.push(format!("without `{want}` it says that `{}` is denied", denial.capability));
                }
                other => wrong.push(format!(
                    "without `{want}` it says `{}` and not that this is denied: {}",
                    other.as_str(),
                    failure.message
                )),
            },
            ended => wrong.push(format!("without `{want}`, {}", ended.words())),
        }
    }
    sheet.judge(&list::DENIED, wrong);
}

/// Everything that it asks for, but for one capability.
pub(crate) fn without(subject: &Subject, case: &Case, denied: Capability) -> Grant {
    let settings = case.cloud.settings();
    let leads = |name: &str| setting(settings, name);
    let granted = sample_of(subject.entry.wants.iter().filter(|want| want.capability != denied), &leads);
    effective(&subject.entry.wants, &subject.component.contract().imports, &granted, &leads).grant
}
