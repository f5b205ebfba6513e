//! Authorised requests, taken to the world.
//!
//! What the authoriser let through comes here as a request and a permit. [`Egress::send`] puts secrets in where
//! tokens stand, signs, connects only to addresses that may be reached, sends, sends again what may be sent again,
//! takes secrets out of the answer, and says plainly whether it is known what became of the request.
//!
//! **Absent on purpose:** who may ask for what (`effect`), where secrets are kept (a [`Vault`] is handed in), and
//! what is written down of it (whoever calls). Nothing here follows a redirect, keeps a cookie, or reads the
//! environment.

#![forbid(unsafe_code)]

mod answer;
mod attempt;
mod client;
mod error;
mod line;
mod prepare;
mod resolve;
mod send;
mod vault;
mod words;

pub use error::{EgressError, OpenError};
pub use resolve::{Resolver, SystemResolver};
pub use send::{Egress, EgressConfig};
pub use vault::{Escape, Vault, VaultError, Withheld};
