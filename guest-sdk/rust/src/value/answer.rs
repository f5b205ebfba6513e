//! What the exports of a provisioner answer.

use std::time::Duration;

use crate::{Json, State};

/// The answer of `provision` and `adopt`.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Done.
    Ready(State),
    /// Not yet: the host calls again, with the state as `prior`.
    Pending(Pending),
}

/// Work that goes on elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// What is known so far.
    pub state: State,
    /// When to look again.
    pub after: Duration,
    /// What is being waited for, for people.
    pub reason: String,
    /// How far, if known.
    pub percent: Option<u8>,
}

impl Progress {
    /// Not yet; look again after this long.
    pub fn pending(state: State, after: Duration, reason: impl Into<String>) -> Self {
        Self::Pending(Pending { state, after, reason: reason.into(), percent: None })
    }
}

impl From<State> for Progress {
    fn from(state: State) -> Self {
        Self::Ready(state)
    }
}

/// The answer of `deprovision`.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// Nothing is left.
    Gone,
    /// Not yet.
    Pending(Pending),
}

/// The answer of `get-status`.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// In one word.
    pub health: Health,
    /// CamelCase, for machines.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Where the thing is not as asked for.
    pub drift: Vec<Difference>,
    /// A newer state, if looking found one.
    pub state: Option<State>,
}

impl Status {
    /// Without drift.
    pub fn new(health: Health, reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { health, reason: reason.into(), message: message.into(), drift: Vec::new(), state: None }
    }

    /// Adds a place where the thing is not as asked for.
    #[must_use]
    pub fn drift(
        mut self,
        pointer: impl Into<String>,
        desired: impl Into<Json>,
        observed: impl Into<Json>,
    ) -> Self {
        let difference =
            Difference { pointer: pointer.into(), desired: desired.into(), observed: observed.into() };
        self.drift.push(difference);
        self
    }
}

/// How a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// As asked for.
    Ready,
    /// On the way.
    Progressing,
    /// There, but not as asked for.
    Degraded,
    /// Not there.
    Missing,
    /// Nobody knows.
    Unknown,
}

/// One place where a resource is not as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// RFC 6901 JSON Pointer into the params.
    pub pointer: String,
    /// As asked for.
    pub desired: Json,
    /// As found.
    pub observed: Json,
}

/// Something a person can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// `url`, `connection_string`, `command`, `dashboard`, `docs`; open on purpose.
    pub kind: String,
    /// For people.
    pub label: String,
    /// The thing itself; may hold tokens if sensitive.
    pub value: String,
    /// A name of an icon.
    pub icon: Option<String>,
    /// Shown redacted.
    pub sensitive: bool,
}

impl Hint {
    /// Without icon, not sensitive.
    pub fn new(kind: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: kind.into(), label: label.into(), value: value.into(), icon: None, sensitive: false }
    }

    /// An address to open.
    pub fn url(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new("url", label, value)
    }

    /// A command to type.
    pub fn command(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new("command", label, value)
    }

    /// Holds tokens; shown redacted.
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// With an icon.
    #[must_use]
    pub fn icon(self, icon: impl Into<String>) -> Self {
        Self { icon: Some(icon.into()), ..self }
    }
}
