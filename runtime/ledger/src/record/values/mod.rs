//! Shapes of the vocabulary.

mod component;
mod effect;
mod event;
mod grant;
mod resource;
mod state;
mod target;

pub(crate) use component::{ComponentRecord, OfferRecord};
pub(crate) use effect::{BadEffect, NoteRecord, UnsettledRecord};
pub(crate) use event::EventRecord;
pub(crate) use grant::{GrantRecord, WantRecord};
pub(crate) use resource::{ConditionRecord, PhaseWord, ReferenceRecord, UidRecord};
pub(crate) use state::{ArtifactRecord, HintRecord, PriorRecord};
pub(crate) use target::TargetRecord;
