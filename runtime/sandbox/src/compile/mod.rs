//! Compiling third-party code: in a child process with limits, cached on disk, authenticated.
//!
//! `protocol` is what parent and child say to each other, `child` runs in the child, `parent` starts it,
//! `cache` keeps what came back, and `trusted` is the one place that loads it.

mod cache;
mod child;
mod parent;
mod protocol;
mod trusted;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use child::child_main;

pub(crate) use cache::{Cache, CacheError, Sealed};
pub(crate) use parent::{CompileError, compile};
pub(crate) use trusted::load;

/// The program that compiles: any that calls [`child_main`] and nothing else.
#[derive(Debug, Clone)]
pub struct CompilerCommand {
    /// An explicit path; nothing is searched for.
    pub program: PathBuf,
    /// For example a hidden subcommand.
    pub args: Vec<OsString>,
}

/// How much one compilation may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileLimits {
    /// Bytes of address space (`RLIMIT_AS`).
    pub address_space: u64,
    /// Seconds of processor time over all threads (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// Time by the clock, after which the parent kills the child.
    pub wall: Duration,
    /// Bytes of compiled code.
    pub output: u64,
    /// Compilations at one time.
    pub at_once: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            address_space: 2 << 30,
            cpu_seconds: 60,
            wall: Duration::from_secs(120),
            output: 512 << 20,
            at_once: 2,
        }
    }
}
