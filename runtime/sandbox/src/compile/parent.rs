//! The parent: starts the child, feeds it, waits, and never waits for ever.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::protocol::{self, EXIT_OK, EXIT_REFUSED};
use super::{CompileLimits, CompilerCommand};
use crate::text::clean;

/// Bytes of the child's standard error that are kept.
const REASON: u64 = 4 << 10;
/// Threads of the child. Each brings a stack and an arena into its address space.
const THREADS: &str = "4";

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    /// The component cannot be compiled within limits, and never will.
    #[error("{0}")]
    Refused(String),
    /// It took too long by the clock; on a less busy machine it may not.
    #[error("the compiler took longer than {0} seconds")]
    Slow(u64),
    /// The child could not be run or did not do its work.
    #[error("the compiler child failed: {0}")]
    Broken(String),
}

/// Compiles in a child.
pub(crate) async fn compile(
    command: &CompilerCommand,
    limits: &CompileLimits,
    component: &[u8],
) -> Result<Vec<u8>, CompileError> {
    let mut child = spawn(command).map_err(|error| {
        CompileError::Broken(format!("cannot start `{}`: {error}", command.program.display()))
    })?;
    // `kill_on_drop` ends the child when the clock, or whoever asked, has given up.
    match tokio::time::timeout(limits.wall, talk(&mut child, limits, component)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(CompileError::Slow(limits.wall.as_secs())),
    }
}

fn spawn(command: &CompilerCommand) -> io::Result<Child> {
    Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .env("RAYON_NUM_THREADS", THREADS)
        // glibc reserves 64 MiB of address space per arena, which the limit would count.
        .env("MALLOC_ARENA_MAX", "2")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

async fn talk(child: &mut Child, limits: &CompileLimits, component: &[u8]) -> Result<Vec<u8>, CompileError> {
    let mut stdin = child.stdin.take().expect("the child's input is a pipe");
    let stdout = child.stdout.take().expect("the child's output is a pipe");
    let stderr = child.stderr.take().expect("the child's error output is a pipe");
    let feed = async move {
        // A child that ends early closes its input; its exit status says why.
        let _ = stdin.write_all(&protocol::write_header(limits)).await;
        let _ = stdin.write_all(component).await;
    };
    let (_, code, reason) = tokio::join!(feed, drain(stdout, limits.output), drain(stderr, REASON));
    let status = child.wait().await.map_err(|error| CompileError::Broken(error.to_string()))?;
    let reason = clean(&String::from_utf8_lossy(&reason.unwrap_or_default()), 1 << 10);
    if status.code() == Some(EXIT_OK.into()) {
        let code = code.map_err(|error| CompileError::Broken(error.to_string()))?;
        if code.len() as u64 > limits.output {
            return Err(CompileError::Refused(format!(
                "the compiled code has more than {} bytes",
                limits.output
            )));
        }
        return Ok(code);
    }
    Err(ending(status, reason))
}

/// Reads to the end, keeps one byte more than the limit (so that too much can be told from just enough), and
/// lets the rest go by so that the child does not hang on a full pipe.
async fn drain(mut from: impl AsyncRead + Unpin, limit: u64) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    (&mut from).take(limit + 1).read_to_end(&mut kept).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(kept)
}

fn ending(status: ExitStatus, reason: String) -> CompileError {
    if status.code() == Some(EXIT_REFUSED.into()) {
        return CompileError::Refused(reason);
    }
    let why = match status.signal().and_then(Signal::from_named_raw) {
        // Out of address space or processor time: the component asked for more than a sound one does.
        Some(Signal::ABORT) => "it needed more memory than allowed",
        Some(Signal::XCPU) => "it needed more processor time than allowed",
        Some(Signal::SEGV | Signal::BUS | Signal::ILL) => "it crashed the compiler",
        // Someone else ended the child, or the child is not what it should be.
        _ => return CompileError::Broken(format!("{status}: {reason}")),
    };
    CompileError::Refused(if reason.is_empty() { why.to_owned() } else { format!("{why} ({reason})") })
}
