//! Store keys: length-safe tuples that sort like their parts.
//!
//! Each part ends with `00 01`, and a zero byte inside a part is written `00 ff`, so no part can run into
//! the next, whatever people call things.

use innominatus_model::{Name, ResourceId, RunId, Scope};

/// Builds one key.
#[derive(Debug, Clone)]
pub(crate) struct KeyBuilder(Vec<u8>);

impl KeyBuilder {
    /// Of this family: `app`, `res`, …
    pub(crate) fn new(family: &str) -> Self {
        Self(Vec::with_capacity(96)).part(family)
    }

    /// Of this family, in this tenant and environment.
    pub(crate) fn scoped(family: &str, scope: &Scope) -> Self {
        Self::new(family).part(scope.tenant.as_str()).part(scope.environment.as_str())
    }

    pub(crate) fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        for &byte in part.as_ref() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend([0, 1]);
        self
    }

    pub(crate) fn build(self) -> Vec<u8> {
        self.0
    }
}

pub(crate) fn application(scope: &Scope, application: &Name) -> Vec<u8> {
    KeyBuilder::scoped("app", scope).part(application.as_str()).build()
}

pub(crate) fn plan(scope: &Scope, application: &Name, plan: &innominatus_model::PlanId) -> Vec<u8> {
    KeyBuilder::scoped("plan", scope).part(application.as_str()).part(plan.as_bytes()).build()
}

pub(crate) fn resource(scope: &Scope, application: &Name, id: ResourceId) -> Vec<u8> {
    KeyBuilder::scoped("res", scope).part(application.as_str()).part(id.as_bytes()).build()
}

pub(crate) fn run(scope: &Scope, application: &Name, id: RunId) -> Vec<u8> {
    KeyBuilder::scoped("run", scope).part(application.as_str()).part(id.as_bytes()).build()
}

/// Where a resource or run is, by id alone.
pub(crate) fn index(id: &[u8; 16]) -> Vec<u8> {
    KeyBuilder::new("id").part(id).build()
}

pub(crate) fn event(scope: &Scope, id: &innominatus_model::EventId) -> Vec<u8> {
    KeyBuilder::scoped("evt", scope).part(id.as_bytes()).build()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tuple(parts: &[Vec<u8>]) -> Vec<u8> {
        parts.iter().fold(KeyBuilder::new("x"), |key, part| key.part(part)).build()
    }

    proptest! {
        #[test]
        fn tuples_are_injective_and_ordered(
            a in prop::collection::vec(prop::collection::vec(0_u8..4, 0..4), 0..4),
            b in prop::collection::vec(prop::collection::vec(0_u8..4, 0..4), 0..4),
        ) {
            prop_assert_eq!(tuple(&a).cmp(&tuple(&b)), a.cmp(&b));
        }
    }
}
