//! Exit classes: the published numbers. They never grow; codes carry the detail.

/// What a caller's script can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitClass {
    /// 0: it worked, or nothing had to be done.
    Ok,
    /// 1: a bug of ours, or damage that only a person can judge.
    Internal,
    /// 2: the command line was wrong.
    Usage,
    /// 3: what was handed in is not valid.
    Validation,
    /// 4: who are you, or you may not.
    Auth,
    /// 5: no such thing.
    NotFound,
    /// 6: something else is in the way.
    Conflict,
    /// 7: try again later; the only class for which that is sane.
    Transient,
    /// 8: not converged in time; the work goes on.
    NotConverged,
    /// 9: the operation ended failed.
    Failed,
    /// 10: changes are present (only with `--detailed-exitcode`).
    Changes,
    /// 11: trust refused: signature, digest, capability not granted.
    Trust,
    /// 12: a guest broke: trap, limit, contract.
    Guest,
}

impl ExitClass {
    /// Every class.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Internal,
        Self::Usage,
        Self::Validation,
        Self::Auth,
        Self::NotFound,
        Self::Conflict,
        Self::Transient,
        Self::NotConverged,
        Self::Failed,
        Self::Changes,
        Self::Trust,
        Self::Guest,
    ];

    /// The process exit code.
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Validation => 3,
            Self::Auth => 4,
            Self::NotFound => 5,
            Self::Conflict => 6,
            Self::Transient => 7,
            Self::NotConverged => 8,
            Self::Failed => 9,
            Self::Changes => 10,
            Self::Trust => 11,
            Self::Guest => 12,
        }
    }

    /// From a process exit code.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }

    /// A few words for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Internal => "our bug, or damage that a person has to judge",
            Self::Usage => "usage",
            Self::Validation => "validation",
            Self::Auth => "authentication or authorisation",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Transient => "transient: retry is sane",
            Self::NotConverged => "not converged in time",
            Self::Failed => "the operation ended failed",
            Self::Changes => "changes present",
            Self::Trust => "trust refused",
            Self::Guest => "guest fault: trap, limit, contract",
        }
    }
}
