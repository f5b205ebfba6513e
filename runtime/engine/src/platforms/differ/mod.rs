//! Two versions of a platform side by side: what changes for who grants, for who writes Score files, and for the disk.
//!
//! `profile` looks at each side, `entries` at what became of each entry, `offer` at what an entry takes and gives,
//! `makers` at who makes what is new.

mod entries;
mod makers;
mod offer;
mod profile;
#[cfg(test)]
mod tests;

use innominatus_model::{Kind, Name};
use innominatus_plan::params::SchemaChange;

pub use profile::{Contents, Profile, Side};

use super::source::Terms;
use crate::{Engine, InstallError};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there still.
    Changed,
}

impl Fate {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One entry that differs. One whose type is another is there twice: removed, and added.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryChange {
    /// The entry.
    pub entry: Name,
    /// What became of it.
    pub fate: Fate,
    /// What it makes or made, of one that came or went.
    pub kind: Option<String>,
    /// Its version before and now, where they differ.
    pub versions: Option<(String, String)>,
    /// What it asks for beyond what it asked for before, in words.
    pub wider: Vec<String>,
    /// What it asked for and asks for no more.
    pub narrower: Vec<String>,
    /// Capabilities that its component can call now and could not before, and those that it can call no more. Empty
    /// where that is not known of both sides.
    pub imports: (Vec<String>, Vec<String>),
    /// What it takes and gives.
    pub offer: OfferChange,
    /// Whether its component is another.
    pub component: bool,
}

impl EntryChange {
    fn new(entry: &Name, fate: Fate) -> Self {
        Self {
            entry: entry.clone(),
            fate,
            kind: None,
            versions: None,
            wider: Vec::new(),
            narrower: Vec::new(),
            imports: Default::default(),
            offer: OfferChange::default(),
            component: false,
        }
    }

    /// Whether there is anything to tell.
    fn says(&self) -> bool {
        *self != Self::new(&self.entry, Fate::Changed)
    }
}

/// New resources of a type are made by another entry.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeChange {
    /// The type.
    pub kind: Kind,
    /// Of these classes; empty for all of them.
    pub classes: Vec<String>,
    /// Who made them.
    pub before: Name,
    /// Who makes them.
    pub now: Name,
    /// What that one takes and gives that the other did not.
    pub offer: OfferChange,
}

/// What differs in what is taken and given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OfferChange {
    /// In the params.
    pub params: Vec<ParamChange>,
    /// In everything else, what breaks first.
    pub remarks: Vec<Remark>,
    /// Outputs that are new, and that are gone; there is a remark about each.
    pub outputs: (Vec<String>, Vec<String>),
}

impl OfferChange {
    /// Of one thing.
    fn remark(breaks: bool, words: impl Into<String>) -> Self {
        Self { remarks: vec![Remark { breaks, words: words.into() }], ..Self::default() }
    }

    fn breaks(&self) -> bool {
        self.params.iter().any(|it| it.change.breaks) || self.remarks.iter().any(|it| it.breaks)
    }
}

/// What differs in the params of some classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamChange {
    /// Which classes; empty for all that are there before and now.
    pub classes: Vec<String>,
    /// What differs.
    pub change: SchemaChange,
}

/// One thing that differs, and why that breaks somebody if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Whether somebody may be let down.
    pub breaks: bool,
    /// What it is.
    pub words: String,
}

/// What differs.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The first side.
    pub before: Profile,
    /// The second.
    pub now: Profile,
    /// By entry; what is the same is left out.
    pub provisioners: Vec<EntryChange>,
    /// By golden path; what is the same is left out.
    pub golden_paths: Vec<EntryChange>,
    /// Types of which other entries make what is new.
    pub types: Vec<TypeChange>,
}

impl Difference {
    fn of(before: Profile, now: Profile) -> Self {
        Self {
            provisioners: entries::provisioners(&before, &now),
            golden_paths: entries::golden_paths(&before.platform, &now.platform),
            types: makers::types(&before.platform, &now.platform),
            before,
            now,
        }
    }

    /// Whether a Score file, or somebody who relies on an output, may be let down.
    pub fn breaks(&self) -> bool {
        let mut entries = self.provisioners.iter().chain(&self.golden_paths);
        entries.any(|it| it.offer.breaks()) || self.types.iter().any(|it| it.offer.breaks())
    }

    /// Whether it asks for more than before. What a component could not call was no question, though it was declared.
    pub fn widens(&self) -> bool {
        self.provisioners.iter().any(|it| !it.wider.is_empty() || !it.imports.0.is_empty())
    }
}

impl Engine {
    /// Compares two versions. Nothing is changed; components are compiled to be asked for their schemas.
    pub async fn differ(
        &self,
        tenant: &Name,
        before: &Side,
        now: &Side,
        terms: &Terms,
    ) -> Result<Difference, InstallError> {
        let before = self.profile(tenant, before, terms).await?;
        let now = self.profile(tenant, now, terms).await?;
        Ok(Difference::of(before, now))
    }
}
