//! The export `lifecycle`: what crosses in and out, and who answers.

use super::{failure_out, info_out, json_in, millis, object_in, state_in, state_out, types, violation_out};
use crate::bindings::provisioner::exports::innominatus::platform::lifecycle::Guest;
use crate::component::ListsProvisioners;
use crate::{Health, Hint, Json, Pending, Prior, Progress, Removal, Status, Target, Unsettled};

impl<L: ListsProvisioners> Guest for L {
    fn metadata() -> types::Info {
        info_out(L::with(|component| component.metadata()))
    }

    fn config_schema(kind: String, class: String) -> String {
        L::with(|component| component.config_schema(&kind, &class)).to_string()
    }

    fn validate_config(target: types::Target) -> Vec<types::Violation> {
        let violations = L::with(|component| component.validate_config(L::host(), target_in(target)));
        violations.into_iter().map(violation_out).collect()
    }

    fn provision(target: types::Target) -> Result<types::Progress, types::Failure> {
        L::with(|component| component.provision(L::host(), target_in(target)))
            .map(progress_out)
            .map_err(failure_out)
    }

    fn deprovision(target: types::Target) -> Result<types::Removal, types::Failure> {
        L::with(|component| component.deprovision(L::host(), target_in(target)))
            .map(removal_out)
            .map_err(failure_out)
    }

    fn get_status(target: types::Target) -> Result<types::Status, types::Failure> {
        L::with(|component| component.get_status(L::host(), target_in(target)))
            .map(status_out)
            .map_err(failure_out)
    }

    fn get_hints(target: types::Target) -> Result<Vec<types::Hint>, types::Failure> {
        L::with(|component| component.get_hints(L::host(), target_in(target)))
            .map(|hints| hints.into_iter().map(hint_out).collect())
            .map_err(failure_out)
    }

    fn adopt(target: types::Target, reference: String) -> Result<types::Progress, types::Failure> {
        L::with(|component| component.adopt(L::host(), target_in(target), &reference))
            .map(progress_out)
            .map_err(failure_out)
    }

    fn upgrade_state(target: types::Target) -> Result<types::State, types::Failure> {
        L::with(|component| component.upgrade_state(L::host(), target_in(target)))
            .map(state_out)
            .map_err(failure_out)
    }
}

pub(super) fn target_in(target: types::Target) -> Target<Json> {
    let prior = |prior: types::Prior| Prior {
        state: state_in(prior.state),
        version: prior.version,
        generation: prior.generation,
        params: json_in(&prior.params),
    };
    let unsettled = |unsettled: types::Unsettled| Unsettled {
        purpose: unsettled.purpose,
        sent_ms: unsettled.sent_ms,
        request: json_in(&unsettled.request),
    };
    Target {
        tenant: target.tenant,
        environment: target.environment,
        application: target.application,
        id: target.id,
        name: target.name,
        kind: target.kind,
        class: target.class,
        workloads: target.workloads,
        labels: target.labels.into_iter().map(|label| (label.key, label.value)).collect(),
        params: json_in(&target.params),
        generation: target.generation,
        attempt: target.attempt,
        prior: target.prior.map(prior),
        unsettled: target.unsettled.into_iter().map(unsettled).collect(),
        ext: object_in(&target.ext),
    }
}

pub(super) fn progress_out(progress: Progress) -> types::Progress {
    match progress {
        Progress::Ready(state) => types::Progress::Ready(state_out(state)),
        Progress::Pending(pending) => types::Progress::Pending(pending_out(pending)),
    }
}

fn removal_out(removal: Removal) -> types::Removal {
    match removal {
        Removal::Gone => types::Removal::Gone,
        Removal::Pending(pending) => types::Removal::Pending(pending_out(pending)),
    }
}

fn pending_out(pending: Pending) -> types::Pending {
    types::Pending {
        state: state_out(pending.state),
        after_ms: millis(pending.after),
        reason: pending.reason,
        percent: pending.percent,
    }
}

fn status_out(status: Status) -> types::Status {
    let health = match status.health {
        Health::Ready => types::Health::Ready,
        Health::Progressing => types::Health::Progressing,
        Health::Degraded => types::Health::Degraded,
        Health::Missing => types::Health::Missing,
        Health::Unknown => types::Health::Unknown,
    };
    let drift = status.drift.into_iter().map(|difference| types::Difference {
        pointer: difference.pointer,
        desired: difference.desired.to_string(),
        observed: difference.observed.to_string(),
    });
    types::Status {
        health,
        reason: status.reason,
        message: status.message,
        drift: drift.collect(),
        state: status.state.map(state_out),
    }
}

fn hint_out(hint: Hint) -> types::Hint {
    types::Hint {
        kind: hint.kind,
        label: hint.label,
        value: hint.value,
        icon: hint.icon,
        sensitive: hint.sensitive,
    }
}
