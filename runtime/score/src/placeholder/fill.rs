//! Values take the place of placeholders, in one pass: what is filled in is never looked at again.

use innominatus_model::Json;

use super::{InvalidPlaceholder, Piece, Reference, pieces};

/// Why a text could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError<E> {
    /// A placeholder cannot be read.
    #[error(transparent)]
    Invalid(#[from] InvalidPlaceholder),
    /// A placeholder has no value.
    #[error("`{reference}` has no value: {error}")]
    Unresolved {
        /// Which one.
        reference: Reference,
        /// What the resolver said.
        error: E,
    },
}

/// The text with `$$` as `$` and every placeholder replaced. A string stands as it is, any other value as
/// JSON.
pub fn fill<E>(
    text: &str,
    resolve: &mut dyn FnMut(&Reference) -> Result<Json, E>,
) -> Result<String, FillError<E>> {
    let mut filled = String::with_capacity(text.len());
    for (_, piece) in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Unclosed(rest) => return Err(InvalidPlaceholder::Unclosed(rest.to_owned()).into()),
            Piece::Placeholder(inner) => {
                let reference = Reference::parse(inner)?;
                match resolve(&reference) {
                    Ok(Json::String(value)) => filled.push_str(&value),
                    Ok(value) => filled.push_str(&value.to_string()),
                    Err(error) => return Err(FillError::Unresolved { reference, error }),
                }
            }
        }
    }
    Ok(filled)
}

/// The value with [`fill`] done to every string in it; keys stay as they are, and a string stays a string.
pub fn fill_json<E>(
    value: &Json,
    resolve: &mut dyn FnMut(&Reference) -> Result<Json, E>,
) -> Result<Json, FillError<E>> {
    Ok(match value {
        Json::String(text) => Json::String(fill(text, resolve)?),
        Json::Array(items) => {
            Json::Array(items.iter().map(|item| fill_json(item, resolve)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let mut filled = serde_json::Map::with_capacity(entries.len());
            for (key, item) in entries {
                filled.insert(key.clone(), fill_json(item, resolve)?);
            }
            Json::Object(filled)
        }
        other => other.clone(),
    })
}
