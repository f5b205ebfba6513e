//! What a machine must have before building makes sense, and what can be fetched where it is missing.

use std::path::Path;

use anyhow::{Result, bail};

use crate::debian;
use crate::process::{Command, cargo, find};

/// A part of the toolchain that a minimal installation leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `cargo fmt`
    Rustfmt,
    /// `cargo clippy`
    Clippy,
}

/// Some libraries hold a little C and assembly; without a C compiler they do not build.
pub(crate) fn c_compiler() -> Result<()> {
    let named = std::env::var("CC").ok().filter(|name| !name.is_empty());
    let name = named.as_deref().unwrap_or("cc");
    if find(name).is_none() && !Path::new(name).is_file() {
        bail!("no C compiler `{name}` on this machine; remedy: on Debian, `apt-get install gcc libc6-dev`");
    }
    println!("C compiler: {name}");
    Ok(())
}

impl Part {
    /// Makes sure it is there; otherwise says why it is not.
    pub(crate) fn obtain(self) -> Result<(), String> {
        if self.answers() {
            return Ok(());
        }
        let (component, package) = self.names();
        println!("`cargo {}` is not installed, fetching it", self.command());
        if let Some(rustup) = find("rustup") {
            let added = Command::new(rustup).args(["component", "add", component]).run();
            added.map_err(|error| format!("{error:#}"))?;
        } else if Path::new(&cargo()) == Path::new(debian::CARGO) {
            debian::install(&[package])?;
        }
        if self.answers() { Ok(()) } else { Err(format!("`cargo {}` is not installed", self.command())) }
    }

    fn answers(self) -> bool {
        Command::new(cargo()).args([self.command(), "--version"]).output().is_ok()
    }

    fn command(self) -> &'static str {
        match self {
            Self::Rustfmt => "fmt",
            Self::Clippy => "clippy",
        }
    }

    /// What rustup calls it, and what Debian does.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Rustfmt => ("rustfmt", "rustfmt-web"),
            Self::Clippy => ("clippy", "rust-web-clippy"),
        }
    }
}
