//! In which order the containers of a workload start, and which of them owns its network.
//!
//! Score's `before` says of a container which others wait for it; Compose's `depends_on` says it the other
//! way round. Containers of a workload share one network: that of the owner, the others join it. A container
//! that runs to its end cannot own a network, and must not wait for one, so it stands apart.

use innominatus_guest::Failure;

use crate::parameters::Parameters;
use crate::score::{Container, Ready, Spec};
use crate::workload::health;

#[derive(Debug)]
pub(crate) struct Order<'a> {
    containers: Vec<(&'a str, &'a Container)>,
    owner: &'a str,
}

impl<'a> Order<'a> {
    /// Fails with code `container-order` where `before` names itself, nobody, or goes round in a circle.
    pub(crate) fn of(workload: &str, spec: &'a Spec) -> Result<Self, Failure> {
        let containers: Vec<_> =
            spec.containers.iter().map(|(name, container)| (name.as_str(), container)).collect();
        let mut order = Self { containers, owner: "" };
        for (name, container) in &order.containers {
            for (later, _) in &container.before {
                if order.container(later).is_none() {
                    let message = format!(
                        "container `{name}` of `{workload}` starts before `{later}`, which is not there"
                    );
                    return Err(Failure::permanent("container-order", message));
                }
            }
        }
        order.check_circle(workload)?;
        let owner = order.containers.iter().map(|(name, _)| *name).find(|name| order.can_own(name));
        order.owner = owner.ok_or_else(|| {
            let message = format!("every container of `{workload}` runs to its end before another starts");
            Failure::permanent("container-order", message)
        })?;
        Ok(order)
    }

    /// The container that owns the network and answers to the workload's name.
    pub(crate) fn owner(&self) -> &'a str {
        self.owner
    }

    /// Whether the container runs to its end before another starts.
    pub(crate) fn runs_once(&self, name: &str) -> bool {
        let before = self.container(name).map(|container| &container.before);
        before.is_some_and(|before| before.iter().any(|(_, before)| before.ready == Ready::Complete))
    }

    /// What the container waits for, with the condition in Compose's words.
    pub(crate) fn waits_for(&self, name: &str, parameters: &Parameters) -> Vec<(&'a str, &'static str)> {
        let condition = |other: &Container, ready| match ready {
            Ready::Complete => "service_completed_successfully",
            // Without a check there is nothing to wait for; it counts as healthy once it runs.
            Ready::Healthy if health::check(other, parameters).is_some() => "service_healthy",
            Ready::Healthy | Ready::Started => "service_started",
        };
        let earlier = self.containers.iter().filter_map(|(other, container)| {
            let before = container.before.iter().find(|(later, _)| later == name);
            before.map(|(_, before)| (*other, condition(container, before.ready)))
        });
        earlier.collect()
    }

    fn container(&self, name: &str) -> Option<&'a Container> {
        self.containers.iter().find(|(known, _)| *known == name).map(|(_, container)| *container)
    }

    fn earlier(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let before = move |container: &Container| container.before.iter().any(|(later, _)| later == name);
        self.containers.iter().filter(move |(_, container)| before(container)).map(|(other, _)| *other)
    }

    /// Runs on, and waits for nobody who would join its network.
    fn can_own(&self, name: &str) -> bool {
        let mut waiting: Vec<_> = self.earlier(name).collect();
        while let Some(other) = waiting.pop() {
            if !self.runs_once(other) {
                return false;
            }
            waiting.extend(self.earlier(other));
        }
        !self.runs_once(name)
    }

    fn check_circle(&self, workload: &str) -> Result<(), Failure> {
        // Take away who waits for nobody, again and again; who is left waits for itself.
        let mut left: Vec<&str> = self.containers.iter().map(|(name, _)| *name).collect();
        loop {
            let (waiting, free): (Vec<_>, Vec<_>) =
                left.iter().partition(|name| self.earlier(name).any(|other| left.contains(&other)));
            if waiting.is_empty() {
                return Ok(());
            }
            if free.is_empty() {
                let message =
                    format!("containers of `{workload}` wait for each other: {}", waiting.join(", "));
                return Err(Failure::permanent("container-order", message));
            }
            left = waiting;
        }
    }
}
