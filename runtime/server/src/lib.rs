//! Serves the HTTP API: wiring, routes, errors to problems, event streams.
//!
//! So far only the door through which the command line comes in; opening it says so.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use innominatus_model::{Code, Coded};

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Holds store, caches, installed platforms and the socket.
    pub home: PathBuf,
    /// The program and its arguments that compile a component in a process of their own.
    pub compiler: (PathBuf, Vec<OsString>),
    /// Also listens here; loopback only.
    pub tcp: Option<SocketAddr>,
}

/// A server at work.
#[derive(Debug)]
pub struct Running {
    socket: PathBuf,
    tcp: Option<SocketAddr>,
}

impl Running {
    /// The Unix socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The address, if it listens on one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// Takes no more calls, finishes those in flight, closes the store.
    pub async fn stop(self) {}
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is none yet.
    #[error("this build has no server")]
    Absent,
}

impl Coded for StartError {
    fn code(&self) -> Code {
        Code::Unavailable
    }

    fn remedy(&self) -> Option<String> {
        Some("name a server with `--server`".into())
    }
}

/// Starts serving.
pub async fn start(_options: Options) -> Result<Running, StartError> {
    Err(StartError::Absent)
}

/// What the hidden `compile-component` command does.
pub fn compile_child_main() -> ExitCode {
    ExitCode::FAILURE
}
