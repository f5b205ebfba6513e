//! Three kinds of bad that are never confused: a guest's *failure* (it said no), a guest's *fault* (it
//! trapped, ran out, broke the contract), and our own errors (each room's `Error`).

use std::fmt;

use crate::{Code, State};

/// One thing wrong with params or parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// RFC 6901 JSON Pointer into the value.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: Option<String>,
}

/// The host said no to an effect. An ordinary outcome that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Which capability.
    pub capability: String,
    /// What was asked for.
    pub wanted: String,
    /// What would allow it.
    pub remedy: String,
}

/// Why a guest says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The params cannot be made.
    Invalid(Vec<Violation>),
    /// Try again; after so many milliseconds when the other side said so.
    Transient(Option<u64>),
    /// Trying again will not help.
    Permanent,
    /// Something else is in the way.
    Conflict,
    /// A capability was missing.
    Denied(Denial),
    /// The component does not do this.
    Unsupported,
}

impl Cause {
    /// The stable word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Transient(_) => "transient",
            Self::Permanent => "permanent",
            Self::Conflict => "conflict",
            Self::Denied(_) => "denied",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether the engine tries again by itself.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

/// The guest says no.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// The component's own stable code.
    pub code: String,
    /// For people.
    pub message: String,
    /// What was already made, for the next try and for deprovision.
    pub partial: Option<State>,
}

/// In which way a guest broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// `unreachable`, a division by zero, an access out of bounds, a stack overflow.
    Trap,
    /// It computed for too long.
    Fuel,
    /// It took too long by the wall clock.
    Time,
    /// It asked for more memory, tables or instances than it may have.
    Memory,
    /// It called the host too often.
    HostCalls,
    /// What it returned or passed is too big.
    Size,
    /// What it returned or passed breaks the contract.
    Contract,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Trap, Self::Fuel, Self::Time, Self::Memory, Self::HostCalls, Self::Size, Self::Contract];

    /// The code shown to people.
    pub fn code(self) -> Code {
        match self {
            Self::Trap => Code::GuestTrap,
            Self::Fuel => Code::GuestFuel,
            Self::Time => Code::GuestTime,
            Self::Memory => Code::GuestMemory,
            Self::HostCalls => Code::GuestHostCalls,
            Self::Size => Code::GuestSize,
            Self::Contract => Code::GuestContract,
        }
    }
}

/// The guest broke. Says nothing about the world: effects it had before may have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// In which way.
    pub kind: FaultKind,
    /// The export that was called, as in the contract: `provision`.
    pub export: String,
    /// What happened, for people; guest text is escaped.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest fault in `{}`: {}", self.export, self.message)
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.cause.as_str(), self.message)
    }
}

impl std::error::Error for Failure {}
