//! What a guest may ask of the host. In a component each method is one import of the contract; in an
//! author's own tests the same code asks a [`FakeHost`](crate::testing::FakeHost).
//!
//! Not a trait object on purpose: a table of functions would make a component import all of them, and a
//! component must import only what it uses.

mod http;
mod secrets;

#[cfg(not(target_arch = "wasm32"))]
#[path = "native.rs"]
mod backing;
#[cfg(target_arch = "wasm32")]
#[path = "component.rs"]
mod backing;

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{Failure, Json, State};

pub use http::{Http, HttpBody, HttpCall, HttpError, HttpRequest, HttpResponse, Slot};
pub use secrets::{Minted, SecretError, Secrets, Token};

pub(crate) use backing::Backing;

/// The host as a provisioner sees it. What needs a capability that the operator grants stands behind a
/// method named like the capability: [`Host::secrets`], [`Host::http`].
#[derive(Clone, Copy)]
pub struct Host<'a>(Backing<'a>);

/// The host as a golden path sees it: it may log and read its settings, no more.
#[derive(Clone, Copy)]
pub struct PathHost<'a>(Backing<'a>);

/// How urgent a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For the author.
    Debug,
    /// For whoever looks.
    Info,
    /// Someone should look.
    Warn,
    /// Something is wrong.
    Error,
}

macro_rules! logging {
    ($host:ident) => {
        impl<'a> $host<'a> {
            pub(crate) fn new(backing: Backing<'a>) -> Self {
                Self(backing)
            }

            /// Writes a log line with fields.
            pub fn log(&self, level: Level, message: impl Into<String>, fields: &[(&str, &str)]) {
                let fields =
                    fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
                self.0.log(level, message.into(), fields);
            }

            /// A log line for the author.
            pub fn debug(&self, message: impl Into<String>) {
                self.log(Level::Debug, message, &[]);
            }

            /// A log line for whoever looks.
            pub fn info(&self, message: impl Into<String>) {
                self.log(Level::Info, message, &[]);
            }

            /// A log line that someone should look at.
            pub fn warn(&self, message: impl Into<String>) {
                self.log(Level::Warn, message, &[]);
            }

            /// A log line: something is wrong.
            pub fn error(&self, message: impl Into<String>) {
                self.log(Level::Error, message, &[]);
            }

            /// What the operator configured for this platform, read as the author's type. Fails with code
            /// `settings-invalid`.
            pub fn settings<S: DeserializeOwned>(&self) -> Result<S, Failure> {
                serde_json::from_str::<Json>(&self.0.settings())
                    .and_then(serde_json::from_value)
                    .map_err(|error| {
                        let message = format!(
                            "the operator's settings of this platform are not as it needs them: {error}; they are \
                             `settings/<platform>.json` in the runtime's home folder"
                        );
                        Failure::permanent("settings-invalid", message)
                    })
            }
        }

        impl fmt::Debug for $host<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($host))
            }
        }
    };
}

logging!(Host);
logging!(PathHost);

impl<'a> Host<'a> {
    /// Milliseconds since the Unix epoch. Recorded: a replay sees the same time.
    pub fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }

    /// How long this call may still take.
    pub fn remaining(&self) -> Duration {
        Duration::from_millis(self.0.remaining_ms())
    }

    /// Random bytes. Recorded, therefore not for secrets: see [`Host::secrets`].
    pub fn random(&self, count: u32) -> Vec<u8> {
        self.0.random(count)
    }

    /// Has the state kept durably; it becomes `prior` if the call does not end well.
    pub fn checkpoint(&self, state: &State) {
        self.0.checkpoint(state);
    }

    /// Tells people how far the work is.
    pub fn progress(&self, message: impl Into<String>, percent: Option<u8>) {
        self.0.progress(message.into(), percent);
    }

    /// Secrets; the manifest must ask for the capability `secrets`.
    pub fn secrets(&self) -> Secrets<'a> {
        Secrets::new(self.0)
    }

    /// HTTP; the manifest must ask for the capability `http` and say where requests go.
    pub fn http(&self) -> Http<'a> {
        Http::new(self.0)
    }
}
