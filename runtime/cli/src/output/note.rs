//! What we wrote into a folder, as we remember it there.

use std::collections::BTreeMap;
use std::io;

use innominatus_model::Digest;
use serde::{Deserialize, Serialize};

use super::folder::{Folder, Found};
use super::{NOTES, Output, OutputError};

/// The note of one application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Of this shape: 1.
    format: u32,
    application: String,
    environment: String,
    /// By name: digests of what we wrote. More than one while a run's files are being replaced.
    pub(super) files: BTreeMap<String, Vec<String>>,
}

impl Note {
    pub(super) fn of(output: &Output, files: BTreeMap<String, Digest>) -> Self {
        Self {
            format: 1,
            application: output.application.clone(),
            environment: output.environment.clone(),
            files: files.into_iter().map(|(name, digest)| (name, vec![digest.to_string()])).collect(),
        }
    }

    /// Whose the files are, if they are of another environment of the application.
    pub(super) fn other_environment(&self, output: &Output) -> Option<String> {
        (self.environment != output.environment)
            .then(|| format!("environment `{}` of application `{}`", self.environment, self.application))
    }

    /// With what another note knows.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (name, digests) in &other.files {
            let known = self.files.entry(name.clone()).or_default();
            for digest in digests {
                if !known.contains(digest) {
                    known.push(digest.clone());
                }
            }
        }
        self
    }

    /// Whether these bytes are what we wrote under this name.
    pub(super) fn knows(&self, name: &str, bytes: &[u8]) -> bool {
        let digest = Digest::of(bytes).to_string();
        self.files.get(name).is_some_and(|known| known.contains(&digest))
    }

    /// An unreadable note knows nothing: then everything is a stranger's, which is the safe side.
    pub(super) fn read(folder: &Folder<'_>, application: &str) -> Result<Self, OutputError> {
        match folder.read(&path(application))? {
            Found::File(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            _ => Ok(Self::default()),
        }
    }

    pub(super) fn write(&self, folder: &Folder<'_>) -> Result<(), OutputError> {
        let mut text = serde_json::to_vec_pretty(self).expect("texts, a number and maps of texts");
        text.push(b'\n');
        // Digests of files that hold secrets are nobody else's business.
        folder.replace(&path(&self.application), &text, true)
    }
}

/// For whom these bytes were written under this name, by any note of the folder.
pub(super) fn owner(folder: &Folder<'_>, name: &str, bytes: &[u8]) -> Result<Option<String>, OutputError> {
    let failed = folder.failed(NOTES);
    let entries = match folder.dir.read_dir(NOTES) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let file = entry.map_err(&failed)?.file_name();
        if let Some(application) = file.to_str().and_then(|file| file.strip_suffix(".json"))
            && Note::read(folder, application)?.knows(name, bytes)
        {
            return Ok(Some(format!("application `{application}`")));
        }
    }
    Ok(None)
}

fn path(application: &str) -> String {
    format!("{NOTES}/{application}.json")
}
