//! Running other programs: in the open, with their output on the terminal, or for what they print.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that runs this task, so that a task uses the toolchain it was called with.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// The file a program's name stands for, searched like a shell would.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A program with its arguments, standing input closed.
pub(crate) struct Command {
    inner: std::process::Command,
}

impl Command {
    /// A program, without arguments yet.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut inner = std::process::Command::new(program);
        inner.stdin(Stdio::null());
        Self { inner }
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

    /// Runs it with its output on the terminal; fails if it does.
    pub(crate) fn run(mut self) -> Result<()> {
        let shown = self.to_string();
        let status = self.inner.status().with_context(|| format!("cannot start `{shown}`"))?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }

    /// Starts it, its standard input and output in our hands, what it says of errors in a file.
    pub(crate) fn start(mut self, errors: File) -> Result<Child> {
        let shown = self.to_string();
        self.inner.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        self.inner.spawn().with_context(|| format!("cannot start `{shown}`"))
    }

    /// Runs it and hands over what it printed; what it says on its error stream goes into the failure.
    pub(crate) fn output(mut self) -> Result<String> {
        let shown = self.to_string();
        let Output { status, stdout, stderr } =
            self.inner.output().with_context(|| format!("cannot start `{shown}`"))?;
        if !status.success() {
            bail!("`{shown}` ended with {status}: {}", String::from_utf8_lossy(&stderr).trim());
        }
        String::from_utf8(stdout).with_context(|| format!("`{shown}` printed something that is not text"))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = Path::new(self.inner.get_program());
        write!(formatter, "{}", program.file_name().unwrap_or(program.as_os_str()).display())?;
        self.inner.get_args().try_for_each(|argument| write!(formatter, " {}", argument.display()))
    }
}
