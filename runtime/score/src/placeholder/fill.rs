//! Values take the place of placeholders, in one pass: what is filled in is never looked at again.

use innominatus_model::Json;

use super::{InvalidPlaceholder, Piece, Reference, pieces};

/// Bytes that one value may come to when it is filled. Params have far less; without a bound, a short text that
/// refers to a long output often enough would fill the memory.
const MOST_FILLED: usize = 1 << 20;

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
    /// The text grows over all bounds.
    #[error("what is filled in comes to more than {MOST_FILLED} bytes")]
    TooLarge,
}

/// The text with `$$` as `$` and every placeholder replaced. A string stands as it is, any other value as
/// JSON.
pub fn fill<E>(
    text: &str,
    resolve: &mut dyn FnMut(&Reference) -> Result<Json, E>,
) -> Result<String, FillError<E>> {
    Filling { resolve, room: MOST_FILLED }.text(text)
}

/// The value with [`fill`] done to every string in it; keys stay as they are, and a string stays a string.
pub fn fill_json<E>(
    value: &Json,
    resolve: &mut dyn FnMut(&Reference) -> Result<Json, E>,
) -> Result<Json, FillError<E>> {
    Filling { resolve, room: MOST_FILLED }.value(value)
}

struct Filling<'a, E> {
    resolve: &'a mut dyn FnMut(&Reference) -> Result<Json, E>,
    /// Bytes that may still be filled in, over all strings of a value.
    room: usize,
}

impl<E> Filling<'_, E> {
    fn text(&mut self, text: &str) -> Result<String, FillError<E>> {
        let mut filled = String::with_capacity(text.len());
        for (_, piece) in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Unclosed(rest) => return Err(InvalidPlaceholder::Unclosed(rest.to_owned()).into()),
                Piece::Placeholder(inner) => {
                    let reference = Reference::parse(inner)?;
                    match (self.resolve)(&reference) {
                        Ok(Json::String(value)) => filled.push_str(self.fitting(&value)?),
                        Ok(value) => filled.push_str(self.fitting(&value.to_string())?),
                        Err(error) => return Err(FillError::Unresolved { reference, error }),
                    }
                }
            }
        }
        Ok(filled)
    }

    fn fitting<'t>(&mut self, value: &'t str) -> Result<&'t str, FillError<E>> {
        self.room = self.room.checked_sub(value.len()).ok_or(FillError::TooLarge)?;
        Ok(value)
    }

    fn value(&mut self, value: &Json) -> Result<Json, FillError<E>> {
        Ok(match value {
            Json::String(text) => Json::String(self.text(text)?),
            Json::Array(items) => {
                Json::Array(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?)
            }
            Json::Object(entries) => {
                let mut filled = serde_json::Map::with_capacity(entries.len());
                for (key, item) in entries {
                    filled.insert(key.clone(), self.value(item)?);
                }
                Json::Object(filled)
            }
            other => other.clone(),
        })
    }
}
