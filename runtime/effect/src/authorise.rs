//! The one authoriser: every call of every contract version is judged here, and nowhere else.

use innominatus_model::{Denial, Grant};

use crate::{Call, Export, Outcome};

/// What the authoriser says of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// No; the guest sees this outcome.
    Deny(Outcome),
    /// The contract forbids this call here, and its answer has no way to say no: a fault of the guest.
    Breach(String),
}

/// Judges the calls of one execution: what the export may do, and what the operator granted.
#[derive(Debug, Clone)]
pub struct Authoriser {
    export: Export,
    entry: String,
    grant: Grant,
}

impl Authoriser {
    /// For one export of one manifest entry (`<platform>/<entry>`, for the remedy) under this grant.
    pub fn new(export: Export, entry: impl Into<String>, grant: Grant) -> Self {
        Self { export, entry: entry.into(), grant }
    }

    /// Judges one call.
    pub fn judge(&self, call: &Call) -> Verdict {
        let capability = call.capability();
        let denial = if !self.export.may(call.access()) {
            Denial {
                capability: capability.to_string(),
                wanted: call.name().to_owned(),
                remedy: format!(
                    "`{}` may not be called from `{}`; do it in `provision`",
                    call.name(),
                    self.export.as_str()
                ),
            }
        } else if !self.grant.allows(capability) {
            Denial {
                capability: capability.to_string(),
                wanted: call.name().to_owned(),
                remedy: format!(
                    "ask for `{capability}` under `capabilities:` of `{}` in platform.yaml and install it again",
                    self.entry
                ),
            }
        } else {
            return Verdict::Allow;
        };
        let remedy = denial.remedy.clone();
        match Outcome::denied(call, denial) {
            Some(outcome) => Verdict::Deny(outcome),
            None => Verdict::Breach(remedy),
        }
    }
}

#[cfg(test)]
mod tests {
    use innominatus_model::{Capability, Json, State};

    use super::*;
    use crate::LogLevel;

    fn calls() -> Vec<Call> {
        vec![
            Call::Log { level: LogLevel::Info, message: String::new(), fields: vec![] },
            Call::ClockNow,
            Call::ClockRemaining,
            Call::RandomBytes { count: 1 },
            Call::SettingsGet,
            Call::Checkpoint { state: State::default() },
            Call::Progress { message: String::new(), percent: None },
            Call::SecretReference { name: "a".into() },
            Call::SecretGenerate { name: "a".into(), recipe: "password".into(), options: Json::Null },
        ]
    }

    /// Every call × every export × with and without the grant.
    #[test]
    fn the_deny_matrix() {
        for export in Export::ALL {
            for call in calls() {
                let granted = Authoriser::new(export, "p/e", Grant::new(Capability::ALL)).judge(&call);
                assert_eq!(
                    granted == Verdict::Allow,
                    export.may(call.access()),
                    "{export:?} {}",
                    call.name()
                );
                let bare = Authoriser::new(export, "p/e", Grant::default()).judge(&call);
                let allowed = export.may(call.access()) && call.capability().is_always_granted();
                assert_eq!(bare == Verdict::Allow, allowed, "{export:?} {}", call.name());
            }
        }
    }
}
