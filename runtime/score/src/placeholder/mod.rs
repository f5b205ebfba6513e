//! Placeholders: `${metadata.…}` and `${resources.…}`, with `$$` for a dollar sign and `$${…}` for text that
//! only looks like a placeholder. A `$` before anything else is itself.

mod fill;
mod reference;
mod scan;

use innominatus_model::Json;

pub use fill::{FillError, fill, fill_json};
pub use reference::{InvalidPlaceholder, Reference, Root};
pub(crate) use scan::{Piece, pieces};

/// Whether the text has a placeholder; an escaped one (`$${…}`) is none.
pub fn contains(value: &str) -> bool {
    pieces(value).any(|(_, piece)| matches!(piece, Piece::Placeholder(_)))
}

/// Every placeholder in every string of the value, in order; keys are not looked at.
pub fn references(value: &Json) -> Result<Vec<Reference>, InvalidPlaceholder> {
    let mut found = Vec::new();
    collect(value, &mut found)?;
    Ok(found)
}

fn collect(value: &Json, found: &mut Vec<Reference>) -> Result<(), InvalidPlaceholder> {
    match value {
        Json::String(text) => {
            for (_, piece) in pieces(text) {
                match piece {
                    Piece::Placeholder(inner) => found.push(Reference::parse(inner)?),
                    Piece::Unclosed(rest) => return Err(InvalidPlaceholder::Unclosed(rest.to_owned())),
                    Piece::Text(_) => {}
                }
            }
            Ok(())
        }
        Json::Array(items) => items.iter().try_for_each(|item| collect(item, found)),
        Json::Object(entries) => entries.values().try_for_each(|item| collect(item, found)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
