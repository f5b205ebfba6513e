//! What requests about platforms say, as the engine wants it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{GrantsFile, TrustTerms};
use innominatus_engine::{Answer, Choice, Terms, Wanted};
use innominatus_model::{Code, Diagnostic, Digest, Version};
use innominatus_package::read_grants;

use crate::problem::ApiError;

/// One of the two.
pub(super) fn wanted(folder: Option<&str>, reference: Option<&str>) -> Result<Wanted, ApiError> {
    from(folder, reference)?
        .ok_or_else(|| ApiError::new(Code::BadRequest, "neither a folder nor a reference was named"))
}

/// One of the two, or none.
pub(super) fn from(folder: Option<&str>, reference: Option<&str>) -> Result<Option<Wanted>, ApiError> {
    match (folder, reference) {
        (Some(_), Some(_)) => {
            Err(ApiError::new(Code::BadRequest, "both a folder and a reference were named"))
        }
        (None, None) => Ok(None),
        (None, Some(reference)) => Ok(Some(Wanted::Reference(reference.to_owned()))),
        (Some(folder), None) => {
            let folder = PathBuf::from(folder);
            match folder.is_absolute() {
                true => Ok(Some(Wanted::Folder(folder))),
                false => Err(ApiError::new(Code::BadRequest, "the folder is not an absolute path")),
            }
        }
    }
}

/// What the operator says, with the warnings about his file; none if nothing was said.
pub(super) fn answer(
    grant: Option<&[String]>,
    grants: Option<&GrantsFile>,
) -> Result<(Option<Answer>, Vec<Diagnostic>), ApiError> {
    if grant.is_none() && grants.is_none() {
        return Ok((None, Vec::new()));
    }
    let choice = |text: &String| {
        text.parse::<Choice>().map_err(|error| {
            ApiError::new(Code::GrantsInvalid, error.to_string())
                .hint("`innominatus platform install <folder>` without flags says what a platform asks for")
        })
    };
    let choices = grant.into_iter().flatten().map(choice).collect::<Result<_, _>>()?;
    let (file, warnings) = match grants {
        Some(file) => {
            let text = BASE64
                .decode(&file.text)
                .map_err(|_| ApiError::new(Code::BadRequest, "the text of the grants file is not base64"))?;
            let (grants, warnings) = read_grants(&file.name, &text)?;
            (Some((file.name.clone(), grants)), warnings)
        }
        None => (None, Vec::new()),
    };
    Ok((Some(Answer { choices, file }), warnings))
}

/// Exactly these bytes.
pub(super) fn digest(text: Option<&str>) -> Result<Option<Digest>, ApiError> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            ApiError::new(Code::BadRequest, "the digest is none")
                .hint("write `sha256:` and 64 digits of 0-9a-f")
        })
    };
    text.map(parse).transpose()
}

/// Which bytes will do.
pub(super) fn terms(trust: &TrustTerms) -> Result<Terms, ApiError> {
    Ok(Terms {
        digest: digest(trust.digest.as_deref())?,
        keys: trust.keys.iter().map(|key| (key.name.clone(), key.pem.clone().into_bytes())).collect(),
        allow_unsigned: trust.allow_unsigned,
        allow_downgrade: trust.allow_downgrade,
        access: None,
    })
}

/// A whole version.
pub(super) fn version(text: Option<&str>) -> Result<Option<Version>, ApiError> {
    let parse = |text: &str| {
        text.trim_start_matches('v').parse().map_err(|error| {
            ApiError::new(Code::IdInvalid, format!("`{}` is not a version: {error}", text.escape_debug()))
        })
    };
    text.map(parse).transpose()
}
