//! Fetches, publishes, signs and verifies platforms as OCI artifacts.
//!
//! [`Registry`] is the port: [`Remote`] stands behind it for registries, [`Layout`] for folders and files of artifacts.
//! [`pull`], [`push`] and [`copy`] are made of it and know of neither.
//!
//! **Absent on purpose:** what a platform's files mean (`package`), what is inside a component (`sandbox`), what is
//! installed (`ledger`), and who decides what may be (`engine`).

#![forbid(unsafe_code)]

mod connect;
mod credentials;
mod error;
mod index;
mod layout;
mod limits;
mod referrers;
mod registry;
mod remote;
mod transfer;

pub use connect::{ConnectError, Connected, connect};
pub use credentials::{Credential, CredentialError, Credentials, Keychain, Login, Nobody, Secrets};
pub use error::RegistryError;
pub use layout::{Layout, layout_repository};
pub use registry::{Referrer, Registry};
pub use remote::{Patience, Remote, RemoteConfig};
pub use transfer::{
    Cache, Copied, DocumentKind, INDEX, NewReferrer, NoCache, Part, Pulled, PushPlan, Pushed, Tagging,
    TransferError, copy, document, inspect, plan_push, pull, push, put_document,
};
pub mod trust;
