//! What a person grants, by flags or by a file.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::GrantsFile;

use crate::files;
use crate::problem::Failure;

/// The answer to what a platform asks for.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Grants")]
pub(super) struct Grants {
    /// Grant this as asked for: `<platform>/<entry>:<capability>`, `all` or `none`; may be repeated
    #[arg(long, value_name = "WHAT")]
    grant: Vec<String>,

    /// Grant what this file says
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
}

impl Grants {
    /// As the server is told: choices and a file, each only where something was said.
    pub(super) async fn read(&self) -> Result<(Option<Vec<String>>, Option<GrantsFile>), Failure> {
        let file = match &self.grants {
            Some(path) => Some(file(path).await?),
            None => None,
        };
        Ok(((!self.grant.is_empty()).then(|| self.grant.clone()), file))
    }
}

async fn file(path: &Path) -> Result<GrantsFile, Failure> {
    let text = BASE64.encode(files::read_bytes(path, 1).await?);
    Ok(GrantsFile { name: path.display().to_string(), text })
}
