//! The files of a run on their way out: names checked, tokens completed, base64 undone.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_ledger::{Holder, Ledger, LedgerError, RenderedFile, Run};
use innominatus_model::Code;
use innominatus_plan::Plan;
use zeroize::Zeroizing;

use crate::EngineError;

/// A file ready to be written.
pub struct RunFile {
    /// Name, media type, sensitivity.
    pub file: RenderedFile,
    /// The bytes; secrets are in them.
    pub content: Zeroizing<Vec<u8>>,
}

/// Whether every name is a relative path that stays below its folder, and stands once. The error is a
/// fragment.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        let fine = !name.is_empty()
            && name.len() <= 255
            && !name.contains(['\\', ':'])
            && !name.chars().any(char::is_control)
            && name.split('/').all(|segment| !segment.is_empty() && segment != "." && segment != "..");
        if !fine {
            return Err(format!("`{}` is not a relative file name", name.escape_debug()));
        }
        if !seen.insert(name) {
            return Err(format!("two files are named `{name}`"));
        }
    }
    Ok(())
}

/// What a run rendered, with secrets in place. For whoever asked for the run, and nobody else.
pub async fn complete_files(ledger: &Ledger, plan: &Plan, run: &Run) -> Result<Vec<RunFile>, EngineError> {
    let label = plan.golden_path.as_ref().map(|golden_path| golden_path.label()).unwrap_or_default();
    let holder = Holder { scope: &plan.scope, application: &plan.application, component: &label };
    let mut files = Vec::new();
    for (artifact, file) in ledger.files(run).await?.into_iter().zip(&run.files) {
        let text = if !artifact.sensitive {
            Zeroizing::new(artifact.content)
        } else if is_type(&artifact.media_type, "text/x-dotenv") {
            dotenv(ledger, holder, &artifact.content).await?
        } else {
            let escape = escape_for(&artifact.media_type);
            let completed = ledger.complete(holder, &artifact.content, &escape).await?;
            Zeroizing::new(completed.expose().to_owned())
        };
        let content = if artifact.media_type.ends_with(";base64") {
            Zeroizing::new(BASE64.decode(text.trim()).map_err(|_| {
                EngineError::refused(
                    Code::GoldenPathContract,
                    format!("the file `{}` is not base64, though its media type says so", file.name),
                    Some("report this to the platform's author".to_owned()),
                )
            })?)
        } else {
            Zeroizing::new(text.as_bytes().to_vec())
        };
        files.push(RunFile { file: file.clone(), content });
    }
    Ok(files)
}

fn is_type(media_type: &str, expected: &str) -> bool {
    media_type.split(';').next().is_some_and(|found| found.trim() == expected)
}

/// In JSON and YAML, tokens stand inside double quotes.
fn escape_for(media_type: &str) -> fn(&str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.ends_with("json") || essence.ends_with("yaml") { json_inner } else { str::to_owned }
}

fn json_inner(text: &str) -> String {
    let quoted = innominatus_model::Json::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// `KEY=<raw text with tokens>` lines: completed, then quoted as the value needs it.
async fn dotenv(
    ledger: &Ledger,
    holder: Holder<'_>,
    content: &str,
) -> Result<Zeroizing<String>, LedgerError> {
    let mut out = Zeroizing::new(String::with_capacity(content.len() * 2));
    for line in content.lines() {
        match line.split_once('=') {
            Some((key, raw)) if !line.trim_start().starts_with('#') => {
                let value = ledger.complete(holder, raw, &str::to_owned).await?;
                out.push_str(key);
                out.push('=');
                out.push_str(&quote(value.expose()));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    Ok(out)
}

/// As Compose reads it: plain when nothing is special; in single quotes nothing is expanded; in double
/// quotes backslash, quote, dollar and line breaks are escaped.
fn quote(value: &str) -> Zeroizing<String> {
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c));
    if plain {
        return Zeroizing::new(value.to_owned());
    }
    if !value.contains(['\'', '\n', '\r', '\\']) {
        return Zeroizing::new(format!("'{value}'"));
    }
    let mut out = Zeroizing::new(String::from("\""));
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '$' => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_their_folder() {
        assert!(check_names(["compose.yaml", ".env", "files/a.bin"].into_iter()).is_ok());
        for bad in ["", "/etc/passwd", "../x", "a/../../b", "a//b", "a\\b", "C:x", "a\nb", "."] {
            assert!(check_names([bad].into_iter()).is_err(), "{bad:?}");
        }
        assert!(check_names(["a", "a"].into_iter()).is_err());
    }

    #[test]
    fn values_are_quoted_as_they_need() {
        assert_eq!(*quote("abc-1.2"), "abc-1.2");
        assert_eq!(*quote("a b$c\"#"), "'a b$c\"#'");
        assert_eq!(*quote("it's $1\n\\"), "\"it's \\$1\\n\\\\\"");
    }

    #[test]
    fn json_escapes_fit_between_quotes() {
        assert_eq!(json_inner("a\"b\\\n"), "a\\\"b\\\\\\n");
    }
}
