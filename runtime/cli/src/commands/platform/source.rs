//! What a person names as a platform, and which bytes of it will do.

use std::path::{Path, PathBuf};

use innominatus_api::wire::{TrustTerms, TrustedKey};
use innominatus_model::Code;
use innominatus_package::{HostMap, Reference, folder_of};

use crate::files;
use crate::problem::Failure;

/// A folder or a reference, as the server is asked for it: it does not stand in our folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Folder(String),
    Reference(String),
}

impl Source {
    /// What a text names, seen from here. Names that stand for others are the server's to know, so what is no
    /// reference by itself is left to it.
    pub(super) fn of(text: &str) -> Result<Self, Failure> {
        match Reference::parse_here(text, &HostMap::default()) {
            Ok(Reference::Folder(folder)) => Ok(Self::Folder(absolute(folder_of(&folder))?)),
            Ok(Reference::Layout { path, tag, digest }) => {
                let path = PathBuf::from(absolute(&path)?);
                Ok(Self::Reference(Reference::Layout { path, tag, digest }.to_string()))
            }
            Ok(Reference::Registry { .. }) | Err(_) => Ok(Self::Reference(text.to_owned())),
        }
    }

    /// Folder and reference, one of them.
    pub(super) fn split(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Folder(folder) => (Some(folder), None),
            Self::Reference(reference) => (None, Some(reference)),
        }
    }
}

fn absolute(folder: &Path) -> Result<String, Failure> {
    let shown = folder.display().to_string();
    let folder = std::path::absolute(folder)
        .map_err(|error| Failure::new(Code::FileUnreadable, format!("`{shown}` is no folder: {error}")))?;
    folder.to_str().map(str::to_owned).ok_or_else(|| {
        let detail = format!("the path `{}` is not UTF-8", shown.escape_debug());
        Failure::new(Code::FileUnreadable, detail).hint("rename the folder")
    })
}

/// Which bytes will do, besides what the policy files say.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Trust")]
pub(super) struct Trust {
    /// Only these bytes: `sha256:…` of the artifact's manifest
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,

    /// The holder of this public key (PEM) has to have signed it, where no policy says otherwise; may be repeated
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,

    /// Nobody has to have signed it, where no policy says otherwise
    #[arg(long, conflicts_with = "key")]
    allow_unsigned: bool,

    /// A version older than the highest that was ever installed will do
    #[arg(long)]
    allow_downgrade: bool,
}

impl Trust {
    /// As the server is told.
    pub(super) async fn terms(&self) -> Result<TrustTerms, Failure> {
        let mut keys = Vec::new();
        for path in &self.key {
            let bytes = files::read_bytes(path, 1).await?;
            let name = path.display().to_string();
            let pem = String::from_utf8(bytes).map_err(|_| {
                Failure::new(Code::KeyInvalid, format!("`{name}` is no public key"))
                    .hint("name a file that begins with `-----BEGIN PUBLIC KEY-----`")
            })?;
            keys.push(TrustedKey { name, pem });
        }
        Ok(TrustTerms {
            digest: self.digest.clone(),
            keys,
            allow_unsigned: self.allow_unsigned,
            allow_downgrade: self.allow_downgrade,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_here_becomes_absolute_and_what_is_elsewhere_stays_as_it_is() {
        let here = std::env::current_dir().unwrap().display().to_string();
        for (text, source) in [
            ("./acme", Source::Folder(format!("{here}/acme"))),
            ("./acme/platform.yaml", Source::Folder(format!("{here}/acme"))),
            ("/srv/acme", Source::Folder("/srv/acme".into())),
            ("oci-layout:all.tar:1.0.0", Source::Reference(format!("oci-layout:{here}/all.tar:1.0.0"))),
            ("localhost:5000/acme:1.0.0", Source::Reference("localhost:5000/acme:1.0.0".into())),
            ("github.com/acme/p@v1.0.0", Source::Reference("github.com/acme/p@v1.0.0".into())),
            ("corp/acme@1", Source::Reference("corp/acme@1".into())),
        ] {
            assert_eq!(Source::of(text).unwrap(), source, "{text}");
        }
    }
}
