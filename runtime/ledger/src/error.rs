//! Why the ledger could not read or write.

use innominatus_model::{Code, Coded};
use innominatus_store::{Error as StoreError, Revision};

use crate::record::RecordError;
use crate::seal::{KeyError, NEXT_FILE, SealError};

/// Why the ledger could not read or write.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store said no.
    #[error("the store could not {doing}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// Something else changed first. Nothing was written.
    #[error("{what} changed in the meantime")]
    Conflict {
        /// What.
        what: String,
    },
    /// A record is not readable.
    #[error("the record of {what} cannot be used")]
    Record {
        /// Of what.
        what: String,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// Chunks of a big record are missing or not what was written.
    #[error("the record of {what} is incomplete: {reason}")]
    Chunks {
        /// Of what.
        what: String,
        /// Why.
        reason: String,
    },
    /// Something sealed cannot be opened.
    #[error("what is sealed of {what} cannot be opened")]
    Seal {
        /// Of what.
        what: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// The key cannot be had.
    #[error("the encryption key cannot be used")]
    Key(#[from] KeyError),
    /// The store was sealed with another key.
    #[error("the store was sealed with key {expected}, but the key at hand is {found}")]
    OtherKey {
        /// Id of the store's key.
        expected: String,
        /// Id of the key at hand.
        found: String,
    },
    /// The key was being replaced, and the one that was to come is not at hand.
    #[error("the store's key is being replaced by {expected}, but the new key at hand is {found}")]
    NextKey {
        /// Id of the key that was to come.
        expected: String,
        /// Id of the new key at hand.
        found: String,
    },
    /// A secret of the operator that was there is gone.
    #[error("the secret `{0}` is not kept any more")]
    SecretGone(innominatus_model::SecretName),
    /// The store was written by a newer runtime.
    #[error("the store has format {found}, this runtime knows up to {known}")]
    Format {
        /// Found.
        found: u32,
        /// Known.
        known: u32,
    },
    /// Something is longer than it may be. Nothing was written.
    #[error("{what} has {size} bytes, more than {limit}")]
    TooBig {
        /// What.
        what: String,
        /// Its bytes, or how many there were when counting stopped.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A feed of events fell so far behind that it cannot go on.
    #[error("the events before revision {oldest} can no longer be followed")]
    EventsGone {
        /// Where one can begin anew.
        oldest: Revision,
    },
}

impl LedgerError {
    pub(crate) fn store(doing: &'static str) -> impl FnOnce(StoreError) -> Self {
        move |source| Self::Store { doing, source }
    }

    pub(crate) fn record(what: impl ToString) -> impl FnOnce(RecordError) -> Self {
        move |source| Self::Record { what: what.to_string(), source }
    }

    /// Whether trying the same again may work.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store { source, .. } if source.retryable())
    }
}

impl Coded for LedgerError {
    fn code(&self) -> Code {
        match self {
            Self::Store { source, .. } => store_code(source),
            Self::Conflict { .. } => Code::PlanStale,
            Self::Record { source: RecordError::Format(_), .. } | Self::Format { .. } => Code::StoreFormat,
            Self::Record { .. } | Self::Chunks { .. } | Self::Seal { .. } => Code::StoreIntegrity,
            Self::Key(_) | Self::OtherKey { .. } | Self::NextKey { .. } => Code::StoreKey,
            Self::SecretGone(_) => Code::SecretNotFound,
            Self::TooBig { .. } => Code::GuestSize,
            Self::EventsGone { .. } => Code::EventsCompacted,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::Store { source, .. } => source.remedy(),
            Self::Conflict { .. } => Some("run the command again".into()),
            Self::Key(error) => error.remedy(),
            Self::TooBig { .. } => Some("report this to the platform's author".into()),
            Self::EventsGone { .. } => Some("list the events and follow from the last one".into()),
            Self::NextKey { .. } => Some(format!("put the new key back in place as `{NEXT_FILE}`")),
            Self::SecretGone(name) => Some(format!("put it in again: `innominatus secret set {name}`")),
            Self::OtherKey { .. } => Some("put the key file that belongs to this store back in place".into()),
            Self::Format { .. } | Self::Record { source: RecordError::Format(_), .. } => {
                Some("use the runtime version that wrote this store, or a newer one".into())
            }
            Self::Record { .. } | Self::Chunks { .. } | Self::Seal { .. } => {
                Some("restore the store from a backup; see `innominatus explain store-integrity`".into())
            }
        }
    }
}

/// The code of a store's error: the store itself knows nothing of codes.
pub fn store_code(error: &StoreError) -> Code {
    match error {
        StoreError::Locked { .. } => Code::StoreLocked,
        StoreError::Damaged { .. } => Code::StoreDamaged,
        StoreError::Format { .. } => Code::StoreFormat,
        StoreError::Full { .. } => Code::StoreFull,
        StoreError::TooLarge { .. } | StoreError::Invalid(_) => Code::Internal,
        _ => Code::StoreFailed,
    }
}
