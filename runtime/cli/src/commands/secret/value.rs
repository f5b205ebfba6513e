//! Where a value comes from: standard input, a file, or a terminal that does not show it. Never an argument: those
//! stand in the list of processes and in the shell's history.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use innominatus_api::wire::SecretValue;
use innominatus_model::Code;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Value;
use crate::problem::Failure;
use crate::session::Session;
use crate::ui;

/// More is no secret; the server says so in its own words.
const MOST: u64 = 1024 * 1024;

/// Reads the value.
pub(super) async fn read(session: &Session, args: &Value) -> Result<SecretValue, Failure> {
    if !args.misplaced.is_empty() {
        return Err(Failure::usage(
            "a value is never an argument: others can read it in the list of processes, and the shell keeps it",
            format!(
                "take it for known and choose another, then: `innominatus secret set {} < file`",
                args.name
            ),
        ));
    }
    let bytes = match &args.from_file {
        Some(file) => from_file(file)?,
        None if io::stdin().is_terminal() && session.ui.is_for_people() => ask(&args.name).await?,
        None => without_line_end(blocking(|| read_all(io::stdin().lock())).await?),
    };
    match String::from_utf8(bytes) {
        Ok(value) => Ok(SecretValue { value }),
        Err(_) => Err(Failure::new(Code::SecretInvalid, "the value is not text in UTF-8")
            .hint("put it in as base64, or mend its encoding")),
    }
}

fn from_file(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display().to_string();
    let opened = std::fs::File::open(file).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let code = if missing { Code::FileNotFound } else { Code::FileUnreadable };
        Failure::new(code, format!("cannot read `{}`: {error}", shown.escape_debug()))
    })?;
    read_all(opened)
}

fn read_all(source: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    source
        .take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(Code::FileUnreadable, format!("the value cannot be read: {error}")))?;
    Ok(bytes)
}

/// One line end, as `echo` and editors leave it.
fn without_line_end(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    bytes
}

/// One line of a terminal, typed unseen.
async fn ask(name: &str) -> Result<Vec<u8>, Failure> {
    let hidden = Hidden::new();
    ui::stderr(&format!("value of `{}` (it is not shown): ", ui::text::show(name)));
    let line = blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(|error| {
            Failure::new(Code::FileUnreadable, format!("the terminal cannot be read: {error}"))
        })?;
        Ok(line.into_bytes())
    })
    .await;
    drop(hidden);
    ui::stderr("\n");
    Ok(without_line_end(line?))
}

/// Reading waits for a person; a signal must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::internal("the thread that reads the value broke"))?
}

/// A terminal that does not echo, for as long as this lives: also a command that is interrupted drops it.
struct Hidden(Option<Termios>);

impl Hidden {
    fn new() -> Self {
        let stdin = io::stdin();
        let Ok(before) = tcgetattr(&stdin) else { return Self(None) };
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        match tcsetattr(&stdin, OptionalActions::Flush, &quiet) {
            Ok(()) => Self(Some(before)),
            Err(_) => Self(None),
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // Nothing can be done about a terminal that does not take its own settings back.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_not_part_of_a_value() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"a\n", b"a"),
            (b"a\r\n", b"a"),
            (b"a\n\n", b"a\n"),
            (b"a", b"a"),
            (b"\n", b""),
            (b" a \n", b" a "),
        ];
        for (text, expected) in cases {
            assert_eq!(without_line_end(text.to_vec()), expected, "{text:?}");
        }
    }
}
