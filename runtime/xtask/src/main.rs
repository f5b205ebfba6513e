//! Project tasks, as `cargo xtask <task>`: what a person would otherwise have to remember.
//!
//! **Absent on purpose:** nothing of the runtime is linked in, so that the tasks that build it, check it and
//! explain what is missing work while it does not compile. Guests are built by the program, which they need for it.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the terminal")]

mod bench;
mod debian;
mod guests;
mod moto;
mod preflight;
mod process;
mod quickstart;
mod registry;
mod stage;
mod suite;
mod tidy;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::guests::Toolchain;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Tasks of the innominatus project")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, install the platform and run a Score file through it.
    Quickstart {
        /// Keep the runtime's data in this folder; without it a fresh one under the target folder is used.
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
    },
    /// Run every check: format, tidy, guests, clippy, tests, docs.
    Test {
        /// Run the remaining stages after one has failed.
        #[arg(long)]
        keep_going: bool,
    },
    /// Build the guests and assemble the platforms under the target folder.
    Guests {
        /// Only these platforms (`compose`, `fixtures`); without a name, all.
        platforms: Vec<String>,
        /// Where the guests' standard library comes from; without it the first way that works is taken.
        #[arg(long, value_enum)]
        toolchain: Option<Toolchain>,
    },
    /// Start an account of AWS in memory for tests, in the foreground, and print the variables that name it.
    Moto,
    /// Start two registries for tests, in the foreground, and print the variables that name them.
    Registry,
    /// Check the house rules: edges between rooms, owners of libraries, lengths, words, links.
    Tidy,
    /// Take the measurements and hold them against their goals.
    Bench {
        /// One JSON object per line and figure.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let workspace = Workspace::read()?;
    match task {
        Task::Quickstart { home } => quickstart::run(&workspace, home),
        Task::Test { keep_going } => suite::run(&workspace, keep_going),
        Task::Guests { platforms, toolchain } => guests::run(&workspace, &platforms, toolchain),
        Task::Moto => moto::run(&workspace),
        Task::Registry => registry::run(&workspace),
        Task::Tidy => tidy::run(&workspace),
        Task::Bench { json } => bench::run(&workspace, json),
    }
}
