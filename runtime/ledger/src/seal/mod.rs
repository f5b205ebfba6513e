//! Secrets at rest and out of sight: the store's key, sealing, tokens, recipes, scrubbing.
//!
//! Everything a guest must not see passes through here before it is stored, handed out or logged.

mod broken;
mod envelope;
mod keyfile;
mod keyring;
pub mod recipe;
mod scrub;
mod spelling;
mod token;

pub use envelope::SealError;
pub use keyfile::{KEY_FILE, KeyError, NEXT_FILE};
pub use keyring::{KeyId, Keyring};
pub use scrub::{REDACTED, Scrubber};
pub use token::find_tokens;
