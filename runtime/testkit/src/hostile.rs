//! The attacks that are made on a whole runtime: the table `fixtures/hostile/rows.yaml`.
//!
//! What is expected is in the table as words; what they mean to a runtime is for the test that makes the attacks.

use std::path::PathBuf;

use serde::Deserialize;

use crate::guest::{Parts, hostile};

/// One line of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// The row of `docs/security/coverage.md`.
    pub row: String,
    /// What is tried. A guest says so itself.
    attack: Option<String>,
    /// A component: the name of a file beside the table.
    guest: Option<String>,
    /// Capabilities that its manifest asks for.
    #[serde(default)]
    pub wants: Vec<String>,
    /// Score files, as paths below the fixtures.
    #[serde(default)]
    documents: Vec<String>,
    /// A `platform.yaml`, as a path below the fixtures.
    manifest: Option<String>,
    /// Where it ends.
    pub at: At,
    /// The code it ends with; none where nothing is wrong.
    pub code: Option<String>,
    /// The exit code of a command that ends with it.
    pub exit: u8,
    /// The kind of event that tells of it. What is refused before it is accepted has `platform.refused` or
    /// `plan.refused` without saying so.
    pub event: Option<String>,
}

/// Where an attack ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// The platform is not installed.
    Install,
    /// The application is not accepted.
    Apply,
    /// The run fails.
    Run,
    /// The removal fails.
    Removal,
    /// Nowhere: the run succeeds all the same.
    Nowhere,
}

/// What is handed to the runtime.
#[derive(Debug, Clone)]
pub enum Way {
    /// A component in a platform.
    Guest(Box<Parts>),
    /// Score files.
    Documents(Vec<PathBuf>),
    /// A platform's manifest.
    Manifest(PathBuf),
}

impl Attack {
    /// What is handed to the runtime.
    ///
    /// # Panics
    /// When the line names none or several.
    pub fn way(&self) -> Way {
        let fixture = |path: &String| crate::fixtures::root().join(path);
        match (&self.guest, self.documents.as_slice(), &self.manifest) {
            (Some(guest), [], None) => {
                Way::Guest(Box::new(Parts::read(&hostile().join(format!("{guest}.wat")))))
            }
            (None, [_, ..], None) => Way::Documents(self.documents.iter().map(fixture).collect()),
            (None, [], Some(manifest)) => Way::Manifest(fixture(manifest)),
            _ => panic!("{self:?} names not just one of `guest`, `documents` and `manifest`"),
        }
    }

    /// The row, what is handed over, and what is tried.
    ///
    /// # Panics
    /// When nobody says what is tried, or both the table and the guest.
    pub fn name(&self) -> String {
        let guest = match self.way() {
            Way::Guest(parts) => parts.values("attack").next().map(str::to_owned),
            Way::Documents(_) | Way::Manifest(_) => None,
        };
        let what = match (guest, self.attack.clone()) {
            (Some(what), None) | (None, Some(what)) => what,
            other => panic!("{self:?}: what is tried is said not just once: {other:?}"),
        };
        let by = self.guest.clone().unwrap_or_else(|| format!("{:?} {:?}", self.documents, self.manifest));
        format!("{} {by}: {what}", self.row)
    }
}

/// The table.
///
/// # Panics
/// When it cannot be read.
pub fn attacks() -> Vec<Attack> {
    let path = hostile().join("rows.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_says_what_it_is_and_how_it_ends() {
        for attack in attacks() {
            let name = attack.name();
            assert_eq!(attack.code.is_none(), attack.exit == 0, "{name}");
            let accepted = !matches!(attack.at, At::Install | At::Apply);
            let quiet = matches!(attack.at, At::Nowhere);
            assert!(
                quiet || accepted == attack.event.is_some(),
                "{name}: an event where something was accepted"
            );
        }
    }
}
