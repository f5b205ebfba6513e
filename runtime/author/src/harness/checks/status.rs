//! `get-status` and `get-hints`: they look, and nothing else.

use std::sync::Arc;

use innominatus_effect::{Access, Entry, Export};
use innominatus_model::Health;

use super::Case;
use super::leaks;
use super::lifecycle::Made;
use crate::harness::catalogue as list;
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;

pub(super) async fn status(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    if !sheet.wants(&list::STATUS) {
        return;
    }
    let cloud = Arc::new(made.cloud.fork());
    let target = &made.driven.target;
    let call = async |guest: innominatus_sandbox::Provisioner| guest.get_status(target).await;
    let looked = subject.look(Export::GetStatus, &case.grant, &cloud, call).await;
    leaks::entries(subject, &cloud, &looked.entries, found);
    if let Some(write) = write(&looked.entries) {
        sheet.fail(&list::STATUS, format!("it wants to change the world: {write}"));
        return;
    }
    match looked.answer {
        Err(error) => sheet.fail(&list::STATUS, format!("it breaks: {error}")),
        Ok(Err(failure)) => {
            leaks::failure(subject, &cloud, &failure, found);
            sheet.fail(&list::STATUS, format!("right after it was made, it says no: {failure}"));
        }
        Ok(Ok(status)) => {
            leaks::text(&cloud, "the message of a status", &status.message, found);
            match status.health {
                Health::Ready => sheet.pass(&list::STATUS),
                Health::Missing => sheet.fail(&list::STATUS, "right after it was made, it is `missing`"),
                other => {
                    sheet.warn(&list::STATUS, format!("right after it was made, it is `{}`", other.as_str()));
                }
            }
        }
    }
}

pub(super) async fn hints(
    subject: &Subject,
    case: &Case,
    made: &Made,
    sheet: &mut Sheet<'_>,
    found: &mut Vec<String>,
) {
    if !sheet.wants(&list::HINTS) {
        return;
    }
    let cloud = Arc::new(made.cloud.fork());
    let target = &made.driven.target;
    let call = async |guest: innominatus_sandbox::Provisioner| guest.get_hints(target).await;
    let looked = subject.look(Export::GetHints, &case.grant, &cloud, call).await;
    leaks::entries(subject, &cloud, &looked.entries, found);
    if let Some(write) = write(&looked.entries) {
        sheet.fail(&list::HINTS, format!("it wants to change the world: {write}"));
        return;
    }
    match looked.answer {
        Err(error) => sheet.fail(&list::HINTS, format!("it breaks: {error}")),
        Ok(Err(failure)) => {
            sheet.fail(&list::HINTS, format!("right after it was made, it says no: {failure}"))
        }
        Ok(Ok(hints)) => {
            let open = hints.iter().filter(|hint| !hint.sensitive);
            let shown = open.filter(|hint| cloud.secret_in(&hint.value).is_some());
            let wrong =
                shown.map(|hint| format!("the hint `{}` shows a token and is not sensitive", hint.label));
            sheet.judge(&list::HINTS, wrong.collect());
        }
    }
}

/// The first call that would have changed something, whether it was let through or not.
fn write(entries: &[Entry]) -> Option<String> {
    let is_write = |entry: &&Entry| {
        let refused = entry.outcome.as_ref().is_none_or(|outcome| outcome.denial().is_some());
        matches!(entry.call.access(), Access::Write | Access::Keep) && refused
    };
    entries.iter().find(is_write).map(|entry| crate::harness::world::words(&entry.call))
}
