//! Outputs against the offer.

use std::collections::BTreeMap;

use innominatus_model::{Json, State};
use innominatus_plan::params::Schema;
use similar::TextDiff;

use crate::harness::catalogue as list;
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;
use crate::harness::world::Cloud;

/// Lines of a diff that are shown.
const SHOWN: usize = 40;

pub(super) fn check(subject: &Subject, cloud: &Cloud, state: &State, sheet: &mut Sheet<'_>) {
    let (mut wrong, mut doubts) = (Vec::new(), Vec::new());
    for spec in &subject.offer.outputs {
        let Some(output) = state.outputs.iter().find(|output| output.name == spec.name) else {
            if spec.required {
                wrong.push(format!("the output `{}`, which is required, is not there", spec.name));
            }
            continue;
        };
        // The value may hold a token where the schema wants a text: that is one.
        if let Ok(schema) = Schema::new(&spec.schema)
            && let Some(violation) = schema.violations(&output.value).first()
        {
            wrong
                .push(format!("the output `{}` is not as its schema says: {}", spec.name, violation.message));
        }
        if spec.sensitive && cloud.secret_in(&output.value.to_string()).is_none() {
            doubts.push(format!(
                "the sensitive output `{}` holds no token: the component knows the secret itself",
                spec.name
            ));
        }
    }
    let declared = |name: &str| subject.offer.outputs.iter().any(|spec| spec.name == name);
    let strange =
        state.outputs.iter().filter(|output| !subject.offer.open_outputs && !declared(&output.name));
    wrong.extend(strange.map(|output| format!("the output `{}` is not declared", output.name)));
    match (wrong.is_empty(), doubts.first()) {
        (true, Some(doubt)) => sheet.warn(&list::OUTPUTS, doubt.as_str()),
        _ => sheet.judge(&list::OUTPUTS, wrong),
    }
}

/// Outputs by name, for comparing: ids that the generic store gave do not matter.
pub(crate) fn said(cloud: &Cloud, state: &State) -> String {
    let value = |value: &Json| cloud.without_ids(&value.to_string());
    let outputs: BTreeMap<&str, String> = state
        .outputs
        .iter()
        .map(|output| {
            let sensitive = if output.sensitive { " (sensitive)" } else { "" };
            (output.name.as_str(), format!("{}{sensitive}", value(&output.value)))
        })
        .collect();
    outputs.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

/// A unified diff of two lists.
pub(super) fn lists(expected: &[String], found: &[String]) -> String {
    let lines = |list: &[String]| list.iter().map(|line| format!("{line}\n")).collect::<String>();
    diff(&lines(expected), &lines(found))
}

/// A unified diff of two texts, without an end that nobody reads.
pub(crate) fn diff(expected: &str, found: &str) -> String {
    let whole = |text: &str| {
        if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
    };
    let (expected, found) = (whole(expected), whole(found));
    let diff = TextDiff::from_lines(expected.as_str(), found.as_str());
    let text = diff.unified_diff().context_radius(2).header("expected", "found").to_string();
    text.lines().take(SHOWN).map(|line| format!("{line}\n")).collect()
}
