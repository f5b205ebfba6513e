//! The child: takes its own rights away, reads a component, writes machine code, ends.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::protocol::{self, ChildLimits, EXIT_OK, EXIT_REFUSED};
use crate::{MAX_COMPONENT_BYTES, engine};

/// Why the child has nothing to hand over.
enum Ending {
    /// The component's doing.
    Refused(String),
    /// Ours.
    Broken(String),
}

/// Runs as the compiler child: a component from standard input, compiled code to standard output, a reason to
/// standard error. The process must not have done anything else before, and ends with the returned code.
pub fn child_main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::from(EXIT_OK),
        Err(ending) => {
            let (code, reason) = match ending {
                Ending::Refused(reason) => (EXIT_REFUSED, reason),
                Ending::Broken(reason) => (1, reason),
            };
            // Nobody is left to tell if this fails; the exit code says the rest.
            let _ = io::stderr().write_all(reason.as_bytes());
            ExitCode::from(code)
        }
    }
}

fn work() -> Result<(), Ending> {
    let broken = |what: &str, error: &dyn std::fmt::Display| Ending::Broken(format!("{what}: {error}"));
    let mut input = io::stdin().lock();
    let limits =
        protocol::read_header(&mut input).map_err(|error| broken("cannot read the header", &error))?;
    restrict(&limits).map_err(|error| broken("cannot set limits", &error))?;

    let mut component = Vec::new();
    input
        .take(MAX_COMPONENT_BYTES + 1)
        .read_to_end(&mut component)
        .map_err(|error| broken("cannot read the component", &error))?;
    if component.len() as u64 > MAX_COMPONENT_BYTES {
        return Err(Ending::Refused(format!("more than {MAX_COMPONENT_BYTES} bytes")));
    }
    let engine = engine::shared().map_err(|error| broken("cannot make the engine", &error))?;
    let code =
        engine.precompile_component(&component).map_err(|error| Ending::Refused(format!("{error:#}")))?;
    io::stdout().write_all(&code).map_err(|error| broken("cannot hand over the code", &error))
}

/// Limits for this process, which it cannot raise again.
fn restrict(limits: &ChildLimits) -> rustix::io::Result<()> {
    for (resource, soft, hard) in [
        (Resource::As, limits.address_space, limits.address_space),
        // Room between the two, so that the end comes as SIGXCPU and can be told from other ends.
        (Resource::Cpu, limits.cpu_seconds, limits.cpu_seconds.saturating_add(5)),
        // No core dump, and nothing written to any file: the answer goes through a pipe.
        (Resource::Core, 0, 0),
        (Resource::Fsize, 0, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?;
    }
    Ok(())
}
