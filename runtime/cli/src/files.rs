//! Reads Score files, and those files beside them that they name and the server asks for.
//!
//! A Score file may come from anybody: what it names is opened below its own folder only, and only plain files
//! of at most 1 MiB.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use innominatus_api::wire::{DiagnosticView, ScoreFile, SourcesRequest};
use innominatus_model::{Code, Severity};

use crate::problem::Failure;
use crate::server::Server;

/// No Score file and no file that one names is larger.
const LARGEST: u64 = 1024 * 1024;

/// What is sent, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The Score files with their sources.
    pub(crate) files: Vec<ScoreFile>,
    /// Sources that could not be taken.
    pub(crate) refused: Vec<DiagnosticView>,
}

struct Score {
    name: String,
    text: Vec<u8>,
    folder: PathBuf,
}

/// Reads the Score files (`-` is standard input) and the files they name.
pub(crate) async fn gather(server: &Server<'_>, paths: &[PathBuf]) -> Result<Gathered, Failure> {
    if paths.iter().filter(|path| is_standard_input(path)).count() > 1 {
        return Err(Failure::usage("`-` stands twice", "standard input holds one file: name it once"));
    }
    let mut scores = Vec::new();
    for path in paths {
        let path = path.clone();
        scores.push(aside(move || read_score(&path)).await??);
    }
    let files = scores.iter().map(|score| ScoreFile {
        name: score.name.clone(),
        text: BASE64.encode(&score.text),
        sources: Default::default(),
    });
    let mut gathered = Gathered { files: files.collect(), refused: Vec::new() };
    let answer = server.sources(&SourcesRequest { files: gathered.files.clone() }).await?;
    // Answers stand in the order of the questions; two files may bear one name.
    for ((score, file), wanted) in scores.iter().zip(&mut gathered.files).zip(answer.files) {
        for path in wanted.paths {
            match read_source(&score.folder, &path) {
                Ok(bytes) => {
                    file.sources.insert(path, BASE64.encode(bytes));
                }
                Err(reason) => gathered.refused.push(refusal(score, &path, &reason)),
            }
        }
    }
    Ok(gathered)
}

/// Does what may wait for somebody else (the writer of a pipe, a person who types) apart from the command, so that
/// a signal ends that all the same.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::internal(format!("reading or writing broke off: {error}")))
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whatever can be read: a file, a pipe, what a shell makes of `<(command)`.
fn read_score(path: &Path) -> Result<Score, Failure> {
    let standard_input = is_standard_input(path);
    let name = if standard_input { "<stdin>".to_owned() } else { path.display().to_string() };
    let shown = name.escape_debug();
    let unreadable = |error: io::Error| unreadable(&name, &error);
    let text = if standard_input {
        read_bounded(io::stdin().lock(), LARGEST).map_err(unreadable)?
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            let failure = Failure::new(Code::FileUnreadable, format!("`{shown}` is a folder"));
            return Err(failure.hint(format!("name the Score files in it: {shown}/*.yaml")));
        }
        read_bounded(file, LARGEST).map_err(unreadable)?
    };
    let Some(text) = text else {
        let message = format!("`{shown}` is larger than 1 MiB");
        let finding = finding(&name, (0, 0), Code::ScoreTooLarge, message.clone())
            .with_hint("a Score file describes one workload; put contents into files beside it");
        return Err(Failure::new(Code::ScoreTooLarge, message).diagnostics(vec![finding]));
    };
    let folder = match path.parent() {
        Some(parent) if !standard_input && parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    Ok(Score { name, text, folder })
}

/// Reads a file named on the command line that is no Score file; at most so many MiB of it. Pipes are read, too.
pub(crate) async fn read_bytes(path: &Path, mebibytes: u64) -> Result<Vec<u8>, Failure> {
    let (name, path) = (path.display().to_string(), path.to_path_buf());
    let limit = mebibytes << 20;
    let bytes = aside(move || std::fs::File::open(path).and_then(|file| read_bounded(file, limit))).await?;
    let bytes = bytes.map_err(|error| unreadable(&name, &error))?;
    bytes.ok_or_else(|| {
        let detail = format!("`{}` is larger than {mebibytes} MiB", name.escape_debug());
        Failure::new(Code::FileUnreadable, detail)
    })
}

/// The same for a text.
pub(crate) async fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read_bytes(path, 1).await?).map_err(|_| {
        let detail = format!("`{}` is not text in UTF-8", path.display().to_string().escape_debug());
        Failure::new(Code::FileUnreadable, detail)
    })
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    let shown = name.escape_debug();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(Code::FileNotFound, format!("there is no file `{shown}`"))
            .hint("check the path; it is seen from the current folder"),
        _ => Failure::new(Code::FileUnreadable, format!("cannot read `{shown}`: {error}")),
    }
}

/// Reads a file below a folder. The error is a fragment that says why not.
fn read_source(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let reason = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "leads out of the Score file's folder, or may not be read".to_owned()
        }
        _ => format!("cannot be read: {error}"),
    };
    let folder = Dir::open_ambient_dir(folder, ambient_authority()).map_err(reason)?;
    // Before it is opened: opening a pipe would wait for its writer.
    if !folder.metadata(path).map_err(reason)?.is_file() {
        return Err("is not a plain file".into());
    }
    let file = folder.open(path).map_err(reason)?;
    if !file.metadata().map_err(reason)?.is_file() {
        return Err("is not a plain file".into());
    }
    read_bounded(file, LARGEST).map_err(reason)?.ok_or_else(|| "is larger than 1 MiB".into())
}

/// All of it, or none when it is too large.
fn read_bounded(reader: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

fn refusal(score: &Score, path: &str, reason: &str) -> DiagnosticView {
    let message = format!("`source: {}` {reason}", path.escape_debug());
    finding(&score.name, place(&score.text, path), Code::FileSource, message)
        .with_hint("name a plain file of at most 1 MiB below the folder of the Score file")
}

/// Where the text says `source: <path>`; the whole file when that cannot be found by looking at its lines.
fn place(text: &[u8], path: &str) -> (u32, u32) {
    let text = String::from_utf8_lossy(text);
    for (index, line) in text.lines().enumerate() {
        if let Some(key) = line.find("source:")
            && let Some(value) = line[key..].find(path)
        {
            let column = line[..key + value].chars().count() + 1;
            return (number(index + 1), number(column));
        }
    }
    (0, 0)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn finding(file: &str, (line, column): (u32, u32), code: Code, message: String) -> DiagnosticView {
    DiagnosticView {
        file: file.to_owned(),
        line,
        column,
        severity: Severity::Error.as_str().to_owned(),
        code: code.to_string(),
        message,
        hint: None,
    }
}

trait WithHint {
    fn with_hint(self, hint: &str) -> Self;
}

impl WithHint for DiagnosticView {
    fn with_hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn sources_are_read_below_the_folder_only() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("conf")).unwrap();
        fs::write(at("conf/a.txt"), "a").unwrap();
        symlink("conf/a.txt", at("inner")).unwrap();
        symlink(outside.path().join("secret"), at("outer")).unwrap();
        symlink(outside.path(), at("way-out")).unwrap();
        fs::write(at("large"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
        fs::write(at("largest"), vec![b'x'; 1024 * 1024]).unwrap();

        let read = |path: &str| read_source(folder.path(), path);
        for good in ["conf/a.txt", "./conf/a.txt", "conf/../inner"] {
            assert_eq!(read(good).unwrap(), b"a", "{good}");
        }
        assert_eq!(read("largest").unwrap().len(), 1024 * 1024);
        let absolute = outside.path().join("secret").display().to_string();
        for bad in ["outer", "way-out/secret", "../x", "conf/../../x", "/etc/hostname", &absolute] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("large").unwrap_err(), "is larger than 1 MiB");
        assert_eq!(read("conf").unwrap_err(), "is not a plain file");
        assert_eq!(read("none").unwrap_err(), "does not exist");
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_its_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(read_source(folder.path(), "pipe").unwrap_err(), "is not a plain file");
    }

    #[test]
    fn a_refusal_points_at_the_line() {
        let text = b"containers:\n  web:\n    files:\n      /a:\n        source: conf/a.txt\n";
        assert_eq!(place(text, "conf/a.txt"), (5, 17));
        assert_eq!(place(text, "other"), (0, 0));
    }

    #[test]
    fn score_files_that_cannot_be_read_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_score(&folder.path().join("none.yaml")).err().unwrap();
        assert!(missing.is(Code::FileNotFound));
        assert!(read_score(folder.path()).err().unwrap().is(Code::FileUnreadable));
        let large = folder.path().join("large.yaml");
        fs::write(&large, vec![b'#'; 1024 * 1024 + 1]).unwrap();
        let failure = read_score(&large).err().unwrap();
        assert!(failure.is(Code::ScoreTooLarge));
        assert_eq!(failure.problem().diagnostics.len(), 1);
    }
}
