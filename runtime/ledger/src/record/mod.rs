//! Stored formats: JSON under a format number. An older format is lifted to the newest one record at a
//! time by an adapter of its own; a newer one than this runtime knows is refused, never guessed at.
//!
//! The ledger's own types carry their stored shape; the vocabulary of `model` and `plan` gets shapes here,
//! so that those rooms stay free of formats.
//!
//! What may change without a new format, so that two versions can read each other's records:
//! * *a new field*: an older reader passes it over, as it does every field that it does not know; a newer reader
//!   finds it missing in older records, so it must have a default (`#[serde(default)]`), and the default must mean
//!   what was true before the field was thought of. An older writer drops it: nothing may depend on its staying;
//! * nothing else. A field that goes, gets another name, type or meaning, a new word of a vocabulary (a phase, an
//!   event kind, an action) and a new form of a key are a new format: an older reader would stumble over them or,
//!   worse, not notice.
//!
//! Until the first release no other reader is out there, so words may still join format 1.
//!
//! `fixtures/records/v1` holds what format 1 wrote; the tests read it, and compare what is written now with it.

mod plans;
mod shape;
mod values;

pub(crate) use plans::PlanRecord;
pub(crate) use shape::{Text, TextOption, TextVec, Via, ViaOption, ViaVec, Word};
pub(crate) use values::{
    ArtifactRecord, BadEffect, ComponentRecord, ConditionRecord, EventRecord, GrantRecord, HintRecord,
    NoteRecord, OfferRecord, PhaseWord, PriorRecord, ReferenceRecord, TargetRecord, UidRecord,
    UnsettledRecord, WantRecord,
};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format this runtime writes.
pub(crate) const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Written<'a, T> {
    format: u32,
    body: &'a T,
}

#[derive(Deserialize)]
struct Header {
    format: u32,
}

#[derive(Deserialize)]
struct Read<T> {
    body: T,
}

/// Why bytes are not a record. A fragment: "it …".
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Written by a newer runtime.
    #[error("has format {0}, which this runtime does not know")]
    Format(u32),
    /// Not what it should be.
    #[error("cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
}

pub(crate) fn encode<T: Serialize>(body: &T) -> Result<Vec<u8>, RecordError> {
    Ok(serde_json::to_vec(&Written { format: FORMAT, body })?)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    let header: Header = serde_json::from_slice(bytes)?;
    match header.format {
        FORMAT => Ok(serde_json::from_slice::<Read<T>>(bytes)?.body),
        other => Err(RecordError::Format(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_refused_by_number() {
        let error = decode::<Vec<u8>>(br#"{"format":7,"body":[]}"#).unwrap_err();
        assert!(matches!(error, RecordError::Format(7)), "{error}");
        assert_eq!(decode::<Vec<u8>>(&encode(&vec![1_u8]).unwrap()).unwrap(), [1]);
    }
}
