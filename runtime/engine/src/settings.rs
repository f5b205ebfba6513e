//! What operators configure for platforms: a JSON file for each, beside the store.
//!
//! **Absent on purpose:** what a setting means. Components read theirs; here a wanted URL is looked up in them, no more.

use std::path::Path;

use innominatus_effect::http;
use innominatus_model::{Code, HttpDestination, Json, Name};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::{EngineConfig, EngineError};

/// Bytes of one file: a component is handed no longer text.
const LARGEST: u64 = 256 * 1024;

/// The settings of one platform.
#[derive(Debug, Clone)]
pub(crate) struct Settings(Json);

impl Settings {
    /// Of a platform; nothing where there is no file.
    pub(crate) async fn read(config: &EngineConfig, platform: &Name) -> Result<Self, EngineError> {
        let path = config.settings.join(format!("{platform}.json"));
        let refused = |problem: String| {
            let shown = path.display();
            let message =
                format!("the settings of platform `{platform}` cannot be used: `{shown}` {problem}");
            let hint = "correct the file, then run the same command again".to_owned();
            EngineError::refused(Code::SettingsInvalid, message, Some(hint))
        };
        let bytes = match bounded(&path).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Self(json!({}))),
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        if bytes.len() as u64 > LARGEST {
            return Err(refused(format!("has more than {} KiB", LARGEST / 1024)));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| refused(format!("is not JSON: {error}")))
    }

    /// Where the URL in a setting leads.
    pub(crate) fn destination(&self, name: &str) -> Option<HttpDestination> {
        http::destination(self.0.get(name)?.as_str()?).ok().map(|(_, to)| to)
    }

    /// As the component reads them.
    pub(crate) fn into_json(self) -> Json {
        self.0
    }
}

/// No more than a byte beyond the limit; none if there is no such file.
async fn bounded(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let kind = match tokio::fs::metadata(path).await {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Opening a pipe would wait for whoever writes into it.
    if !kind.is_file() {
        return Err(std::io::Error::other("it is not a plain file"));
    }
    let mut bytes = Vec::new();
    tokio::fs::File::open(path).await?.take(LARGEST + 1).read_to_end(&mut bytes).await?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use innominatus_model::Coded as _;

    use super::*;

    #[tokio::test]
    async fn a_file_that_cannot_be_used_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let config = EngineConfig::new(folder.path().to_path_buf());
        let platform = Name::new("acme").unwrap();
        let path = folder.path().join("acme.json");
        let read = || Settings::read(&config, &platform);
        assert_eq!(read().await.unwrap().into_json(), json!({}));
        for (bytes, expected) in
            [(b"{\"a\": ".to_vec(), "is not JSON"), (vec![b' '; 256 * 1024 + 1], "has more than 256 KiB")]
        {
            std::fs::write(&path, bytes).unwrap();
            let error = read().await.unwrap_err();
            assert_eq!(error.code(), Code::SettingsInvalid);
            assert!(error.to_string().contains(expected), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(read().await.unwrap_err().to_string().contains("not a plain file"));
    }
}
