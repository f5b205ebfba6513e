//! Where tokens stand that must not.

use innominatus_effect::{Call, Entry};
use innominatus_model::{Failure, State};

use crate::harness::drive::{Driven, Ended};
use crate::harness::subject::Subject;
use crate::harness::world::Cloud;

/// Looks through all that a wish said and did.
pub(super) fn scan(subject: &Subject, cloud: &Cloud, driven: &Driven, found: &mut Vec<String>) {
    entries(subject, cloud, &driven.entries, found);
    for one in &driven.failures {
        failure(subject, cloud, one, found);
    }
    for pending in &driven.pending {
        state(subject, cloud, &pending.state, found);
        text(cloud, "why it is pending", &pending.reason, found);
    }
    if let Ended::Ready(ready) = &driven.ended {
        state(subject, cloud, ready, found);
    }
}

/// What was said by calls.
pub(super) fn entries(subject: &Subject, cloud: &Cloud, entries: &[Entry], found: &mut Vec<String>) {
    for entry in entries {
        match &entry.call {
            Call::Log { message, fields, .. } => {
                text(cloud, "a log line", message, found);
                fields.iter().for_each(|(_, value)| text(cloud, "a field of a log line", value, found));
            }
            Call::Progress { message, .. } => text(cloud, "a report of progress", message, found),
            Call::Checkpoint { state: kept } => state(subject, cloud, kept, found),
            Call::Http { request } => {
                text(cloud, "a URL", &request.url, found);
                text(cloud, "the purpose of a request", &request.purpose, found);
            }
            _ => {}
        }
    }
}

pub(super) fn failure(subject: &Subject, cloud: &Cloud, failure: &Failure, found: &mut Vec<String>) {
    text(cloud, "the message of a failure", &failure.message, found);
    if let Some(partial) = &failure.partial {
        state(subject, cloud, partial, found);
    }
}

fn state(subject: &Subject, cloud: &Cloud, state: &State, found: &mut Vec<String>) {
    text(cloud, "the handle", &state.handle.to_string(), found);
    for output in &state.outputs {
        let declared = subject.offer.outputs.iter().any(|spec| spec.name == output.name && spec.sensitive);
        if !output.sensitive && !declared {
            let place = format!("the output `{}`, which is not sensitive", output.name);
            text(cloud, &place, &output.value.to_string(), found);
        }
    }
}

/// One text.
pub(super) fn text(cloud: &Cloud, place: &str, text: &str, found: &mut Vec<String>) {
    if let Some(name) = cloud.secret_in(text) {
        found.push(format!("the token of `{name}` stands in {place}"));
    }
}
