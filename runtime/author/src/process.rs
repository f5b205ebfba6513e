//! Running other programs: in the open, with what they say on our error stream, or for what they print. Standard output
//! is for data and stays ours.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

/// Another program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It is not there, or may not be started.
    #[error("cannot start `{command}`")]
    Start {
        /// As a person would type it.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It ended badly. What it said of it stands above, or in `said`.
    #[error("`{command}` ended with {status}{}", colon(.said))]
    Failed {
        /// As a person would type it.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said on its error stream, where that was not shown.
        said: String,
    },
    /// What it printed is not what it should be.
    #[error("`{command}` printed something else than expected: {reason}")]
    Answer {
        /// As a person would type it.
        command: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// The cargo that runs this program, if one does, so that one toolchain is used throughout.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// The compiler that cargo uses.
pub(crate) fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"))
}

/// The file a program's name stands for, searched like a shell would.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A program with its arguments, standing input closed. It ends with us.
pub(crate) struct Command {
    inner: tokio::process::Command,
}

impl Command {
    /// A program, without arguments yet.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut inner = tokio::process::Command::new(program);
        inner.stdin(Stdio::null()).kill_on_drop(true);
        Self { inner }
    }

    /// A line for the shell, as it stands in a manifest.
    pub(crate) fn shell(line: &str) -> Self {
        Self::new("sh").args(["-c", line])
    }

    /// One more argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.inner.arg(argument);
        self
    }

    /// More arguments.
    pub(crate) fn args<I, S>(mut self, arguments: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.inner.args(arguments);
        self
    }

    /// Sets a variable, or takes it away.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.inner.env(name, value),
            None => self.inner.env_remove(name),
        };
        self
    }

    /// The folder it runs in.
    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.inner.current_dir(folder);
        self
    }

    /// Runs it; everything it says goes to our error stream.
    pub(crate) async fn run(mut self) -> Result<(), ProcessError> {
        let command = self.to_string();
        self.inner.stdout(io::stderr());
        let status = self.inner.status().await;
        let status = status.map_err(|source| ProcessError::Start { command: command.clone(), source })?;
        if status.success() {
            Ok(())
        } else {
            Err(ProcessError::Failed { command, status, said: String::new() })
        }
    }

    /// Runs it and hands over what it printed.
    pub(crate) async fn output(mut self) -> Result<String, ProcessError> {
        let command = self.to_string();
        let output = self.inner.output().await;
        let output = output.map_err(|source| ProcessError::Start { command: command.clone(), source })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(ProcessError::Failed { command, status: output.status, said });
        }
        String::from_utf8(output.stdout)
            .map_err(|_| ProcessError::Answer { command, reason: "it is not text".to_owned() })
    }

    /// A variable that was set for it.
    #[cfg(test)]
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        let mut set = self.inner.as_std().get_envs().filter(|(known, _)| *known == name);
        set.next().and_then(|(_, value)| value.map(OsStr::to_owned))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.as_std();
        let program = Path::new(inner.get_program());
        write!(formatter, "{}", program.file_name().unwrap_or(program.as_os_str()).display())?;
        inner.get_args().try_for_each(|argument| write!(formatter, " {}", argument.display()))
    }
}
