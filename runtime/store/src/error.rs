//! What can go wrong, sorted by what the caller can do about it.

use std::fmt;
use std::path::PathBuf;

/// Why the store did not do what it was asked to.
///
/// A compare that does not hold is no error: see [`Committed::Refused`](crate::Committed::Refused).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Over a limit of [`limits`](crate::limits). Nothing was done.
    #[error("{what} of {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: Part,
        /// Its size, in bytes or pieces.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The request contradicts itself. Nothing was done.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// Another process holds the store.
    #[error("the store `{}` is held by {}", .path.display(), Holder(*.holder))]
    Locked {
        /// The store's folder.
        path: PathBuf,
        /// The process that holds it, if it could be read.
        holder: Option<u32>,
    },
    /// What is stored is not what was written.
    #[error("the store `{}` is damaged: {what}", .path.display())]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// What a person can do.
        remedy: String,
    },
    /// The store was written in a format that is not known.
    #[error("the store `{}` has format {found}, this version knows {known}", .path.display())]
    Format {
        /// The store's folder.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The only one known.
        known: u32,
    },
    /// The disk is full.
    #[error("the disk of the store is full: {reason}")]
    Full {
        /// Whether the transaction may nevertheless be there when the store is opened again.
        maybe_applied: bool,
        /// What the system said.
        reason: String,
    },
    /// The store cannot be read or written.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// Whether the transaction may nevertheless be there: its outcome is unknown.
        maybe_applied: bool,
        /// What the system said.
        reason: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Whether the same call can succeed later, on this store or on the store opened again.
    ///
    /// Where [`maybe_applied`](Self::maybe_applied) says so too, read first: a blind repetition may do it twice.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Full { .. } | Self::Unavailable { .. })
    }

    /// Whether the transaction's outcome is unknown: it is there whole, or not at all.
    pub fn maybe_applied(&self) -> bool {
        matches!(self, Self::Full { maybe_applied: true, .. } | Self::Unavailable { maybe_applied: true, .. })
    }

    /// What a person can do, where there is something to be done.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Locked { holder: Some(pid), .. } => {
                Some(format!("wait until process {pid} ends, or stop it; or use another folder"))
            }
            Self::Locked { .. } => Some("wait until that process ends, or use another folder".into()),
            Self::Damaged { remedy, .. } => Some(remedy.clone()),
            Self::Format { found, known, .. } if found > known => {
                Some("open it with the newer version of the program that wrote it".into())
            }
            Self::Format { .. } => Some("open it with the version of the program that wrote it".into()),
            Self::Full { .. } => Some("make space on the store's disk, then start again".into()),
            Self::Unavailable { .. } => Some("check the disk and the system's log, then start again".into()),
            Self::TooLarge { .. } | Self::Invalid(_) | Self::Closed => None,
        }
    }

    /// The same error as seen by someone whose own transaction it did not meet half-way.
    pub(crate) fn not_applied(mut self) -> Self {
        if let Self::Full { maybe_applied, .. } | Self::Unavailable { maybe_applied, .. } = &mut self {
            *maybe_applied = false;
        }
        self
    }

    pub(crate) fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable { maybe_applied: false, reason: reason.to_string() }
    }
}

/// What a limit is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A key or a bound of a range, in bytes.
    Key,
    /// A value, in bytes.
    Value,
    /// The compares of a transaction, in pieces.
    Compares,
    /// The operations of a transaction, in pieces.
    Operations,
    /// All keys and values of a transaction, in bytes.
    Request,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Key => "a key size in bytes",
            Self::Value => "a value size in bytes",
            Self::Compares => "a number of compares",
            Self::Operations => "a number of operations",
            Self::Request => "a transaction size in bytes",
        })
    }
}

struct Holder(Option<u32>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => f.write_str("another process"),
        }
    }
}
