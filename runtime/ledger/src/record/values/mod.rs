//! Shapes of the vocabulary.

mod component;
mod event;
mod resource;
mod state;

pub(crate) use component::{ComponentRecord, OfferRecord};
pub(crate) use event::EventRecord;
pub(crate) use resource::{ConditionRecord, PhaseWord, ReferenceRecord, UidRecord};
pub(crate) use state::{ArtifactRecord, HintRecord, PriorRecord};
