//! From a built folder to an artifact that others can install: pack, push, sign, and carry over to where no network is.
//!
//! Nothing here judges: who trusts what is the business of whoever installs it.

mod access;
mod before;
mod commit;
mod error;
mod index;
mod mirror;
mod pack;
mod provenance;
mod push;
mod sign;
mod stage;

pub use access::Access;
pub use commit::SourceCommit;
pub use error::PublishError;
pub use index::{Indexed, index};
pub use innominatus_registry::Part;
pub use mirror::{Carried, carry};
pub(crate) use pack::image;
pub use pack::{Packed, image_of, pack};
pub use push::{PushInput, PushOutcome, push};
pub use sign::{Attestation, NewKey, PrivateKey, SignInput, Signed, new_key, sign};
pub use stage::Stage;
