//! `innominatus`: runs Score files through sandboxed platforms.
//!
//! The command line speaks API v1 and nothing else: to a server that is named, to one that serves the same
//! home, or to one that it starts in its own process for as long as it runs.
//!
//! **Absent on purpose:** any knowledge of Score, plans, stores or components. What a command cannot learn
//! through the API it does not know. The verbs of platform authors work on folders, not on what is installed: they hand
//! everything to the room `author`.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod connect;
mod files;
mod output;
mod problem;
mod server;
mod session;
mod target;
mod ui;

use std::process::ExitCode;

use crate::args::Cli;
use crate::session::Session;

/// The argument with which the server starts this very program to compile a component apart.
const COMPILE_COMPONENT: &str = "compile-component";

/// Bytes of stack for each thread; what is not used costs nothing.
const THREAD_STACK: usize = 8 << 20;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == COMPILE_COMPONENT) {
        return innominatus_server::compile_child_main();
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return problem::usage(&error),
    };
    quiet_store();
    let session = Session::new(cli.global, &cli.command);
    // Unoptimised, what nests deepest needs more than the two MiB that threads have otherwise.
    let threads =
        tokio::runtime::Builder::new_multi_thread().thread_stack_size(THREAD_STACK).enable_all().build();
    let runtime = match threads {
        Ok(runtime) => runtime,
        Err(error) => {
            return session.fail(&problem::Failure::internal(format!("no threads to work with: {error}")));
        }
    };
    let code = runtime.block_on(session.run(cli.command));
    // A thread that still waits for standard input must not hold up the end.
    runtime.shutdown_background();
    code
}

/// A damaged store may make its engine panic while it is opened: that becomes an error, which says it in words.
fn quiet_store() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(innominatus_server::OPENING_THREAD) {
            usual(panic);
        }
    }));
}
