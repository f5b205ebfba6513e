//! `deprovision`: of what was made, of what is gone, of what never was.

use std::collections::BTreeSet;
use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::Capability;

use super::lifecycle::Made;
use super::{Case, disturbed, leaks};
use crate::harness::catalogue as list;
use crate::harness::drive::Ended;
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;

/// Removes what was made; says which capabilities that took.
pub(super) async fn check(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) -> BTreeSet<Capability> {
    let cloud = Arc::new(made.cloud.fork());
    cloud.later();
    let target = &made.driven.target;
    let driven = case.drive(subject, &cloud, Export::Deprovision, target.clone()).await;
    leaks::scan(subject, &cloud, &driven, found);
    let used = driven.entries.iter().map(|entry| entry.call.capability()).collect();
    let left = cloud.paths();
    match &driven.ended {
        Ended::Gone if left.is_empty() => sheet.pass(&list::DEPROVISION),
        Ended::Gone => {
            let things = if left.len() == 1 { "thing" } else { "things" };
            sheet.fail(
                &list::DEPROVISION,
                format!("it leaves {} {things} behind: {}", left.len(), left.join(", ")),
            );
        }
        ended => sheet.fail(&list::DEPROVISION, ended.words()),
    }
    if !matches!(driven.ended, Ended::Gone) || !left.is_empty() {
        for check in [&list::DEPROVISION_AGAIN, &list::DEPROVISION_FAULT, &list::DEPROVISION_CRASH] {
            sheet.skip(check, "it needs a `deprovision` that leaves nothing behind");
        }
        return used;
    }
    if sheet.wants(&list::DEPROVISION_AGAIN) {
        let later = Arc::new(cloud.fork());
        later.later();
        match case.drive(subject, &later, Export::Deprovision, target.clone()).await.ended {
            Ended::Gone => sheet.pass(&list::DEPROVISION_AGAIN),
            ended => sheet.fail(&list::DEPROVISION_AGAIN, ended.words()),
        }
    }
    let calls = cloud.calls();
    if sheet.wants(&list::DEPROVISION_FAULT) {
        Box::pin(disturbed::removal_faults(subject, case, made, &calls, sheet, found)).await;
    }
    if sheet.wants(&list::DEPROVISION_CRASH) {
        match calls.is_empty() {
            true => sheet.skip(&list::DEPROVISION_CRASH, "it calls nothing"),
            false => Box::pin(disturbed::removal_crashes(subject, case, made, target, &calls, sheet)).await,
        }
    }
    used
}

/// Removes what never was. Where the world does `serve` the component, there is no excuse.
pub(super) async fn unknown(subject: &Subject, case: &Case, serves: bool, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::DEPROVISION_UNKNOWN) {
        return;
    }
    let cloud = Arc::new(case.cloud.fork());
    let driven = case.drive(subject, &cloud, Export::Deprovision, case.target.clone()).await;
    match driven.ended {
        Ended::Gone if cloud.is_empty() => sheet.pass(&list::DEPROVISION_UNKNOWN),
        Ended::Gone => sheet.fail(&list::DEPROVISION_UNKNOWN, "it makes something"),
        Ended::GaveUp(failure) if !serves || !cloud.is_generic() => {
            sheet.warn(&list::DEPROVISION_UNKNOWN, format!("its world does not serve it: {failure}"));
        }
        ended => sheet.fail(&list::DEPROVISION_UNKNOWN, ended.words()),
    }
}
