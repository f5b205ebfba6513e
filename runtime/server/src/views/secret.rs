//! Secrets of the operator, without their values, and receipts about them.

use innominatus_api::wire::{Change, NextStep, Observed, Receipt, Requested, SecretSummary};
use innominatus_engine::SecretSet;
use innominatus_ledger::{KeyRotation, OperatorSecret};
use innominatus_model::SecretName;

use super::receipt::now;
use super::time;

pub(crate) fn secret(secret: &OperatorSecret, users: Vec<String>) -> SecretSummary {
    SecretSummary {
        name: secret.name.to_string(),
        versions: secret.versions(),
        created_at: time(secret.created_ms),
        set_at: time(secret.set_ms),
        used_by: users,
    }
}

fn receipt(
    operation: &str,
    subject: &str,
    name: &str,
    changes: Vec<Change>,
    observed: (&str, String),
) -> Receipt {
    let (phase, message) = observed;
    Receipt {
        requested: Requested {
            operation: operation.into(),
            subject: subject.into(),
            name: name.into(),
            generation: None,
            changes,
        },
        observed: Observed { phase: phase.into(), message, at: now() },
        run: None,
        plan: None,
        diagnostics: Vec::new(),
        next: Vec::new(),
    }
}

fn step(purpose: &str, command: &str) -> NextStep {
    NextStep { purpose: purpose.into(), command: command.into() }
}

/// `set` and `rotate`.
pub(crate) fn secret_set(operation: &str, name: &SecretName, set: &SecretSet) -> Receipt {
    let action = if set.versions == 1 { "create" } else { "update" };
    let reason = match set.users.as_slice() {
        [] => "no installed platform uses it yet".to_owned(),
        users => format!("used by {}, from the next request on", users.join(", ")),
    };
    let change = Change { action: action.into(), subject: format!("secret {name}"), reason };
    let message = format!("version {}", set.versions);
    let mut receipt = receipt(operation, "secret", name.as_str(), vec![change], ("set", message));
    receipt.next.push(step("see the secrets there are", "secret list"));
    receipt
}

pub(crate) fn secret_removed(name: &SecretName, users: &[String]) -> Receipt {
    let reason = match users {
        [] => String::new(),
        users => format!("requests of {} that need it fail from now on", users.join(", ")),
    };
    let change = Change { action: "delete".into(), subject: format!("secret {name}"), reason };
    receipt("remove", "secret", name.as_str(), vec![change], ("absent", "the secret is gone".into()))
}

pub(crate) fn key_rotated(rotation: &KeyRotation) -> Receipt {
    let KeyRotation { from, to, records } = rotation;
    let change = Change {
        action: "update".into(),
        subject: "key of the store".into(),
        reason: format!("{from} is replaced by {to}"),
    };
    let message = format!("{records} records are sealed anew");
    receipt("rotate", "key", &to.to_string(), vec![change], ("replaced", message))
}
