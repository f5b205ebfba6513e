//! `validate`: are these Score files right?

use innominatus_api::wire::{DiagnosticView, ValidateAnswer};
use innominatus_model::{ExitClass, Severity};
use serde_json::json;

use super::request::{Prepared, Wish};
use crate::args::Format;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::diagnostic;
use crate::ui::text::{count, escape_json};

/// Check Score files: every mistake with file, line, column and what to write instead
///
/// Several files are checked as one application. Where platforms are installed, it is also checked whether they
/// make what the files ask for: types, outputs that placeholders name, params. With `--json`, standard output holds
/// one object per finding and nothing else: file, line, column, severity, code, message, hint.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    wish: Wish,

    /// The golden path the files are meant for
    #[arg(long, value_name = "NAME")]
    golden_path: Option<String>,

    /// Check the files by themselves, whatever is installed
    #[arg(long, conflicts_with_all = ["golden_path", "platform"])]
    schema_only: bool,
}

/// Exits with 3 when there are errors.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let (server, knows_platforms) = session.connect_to_judge(args.schema_only).await?;
    if !knows_platforms && !args.schema_only {
        session
            .ui
            .remark("no home can be looked into: the files are checked by themselves, without platforms");
    }
    let Prepared { request, refused } = args.wish.prepare(&server, args.golden_path).await?;
    let answer = merge(server.validate(&request).await?, refused);
    print(session, &answer)?;
    let errors =
        answer.diagnostics.iter().filter(|finding| finding.severity == Severity::Error.as_str()).count();
    let warnings = answer.diagnostics.len() - errors;
    let files = count(request.files.len(), "file");
    session.ui.remark(&match (answer.valid, warnings) {
        (true, 0) => format!("{files} valid"),
        (true, _) => format!("{files} valid, {}", count(warnings, "warning")),
        (false, 0) => format!("{} in {files}", count(errors, "error")),
        (false, _) => format!("{}, {} in {files}", count(errors, "error"), count(warnings, "warning")),
    });
    Ok(if answer.valid { Exit::OK } else { ExitClass::Validation.into() })
}

/// What could not be read here is an error as well. The server misses those files without knowing why; of two
/// findings at one place this side's is the better one.
fn merge(mut answer: ValidateAnswer, refused: Vec<DiagnosticView>) -> ValidateAnswer {
    let same =
        |a: &DiagnosticView, b: &DiagnosticView| (&a.file, &a.code, a.line) == (&b.file, &b.code, b.line);
    answer.valid &= refused.is_empty();
    answer.diagnostics.retain(|finding| !refused.iter().any(|ours| same(ours, finding)));
    answer.diagnostics.extend(refused);
    answer.diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    answer
}

/// Findings as people and programs read them.
pub(super) fn print(session: &Session, answer: &ValidateAnswer) -> Result<(), Failure> {
    if session.ui.format() != Format::Json {
        let files = || {
            let mut files: Vec<_> = answer.diagnostics.iter().map(|finding| finding.file.clone()).collect();
            files.dedup();
            files
        };
        let table = |_: &_| answer.diagnostics.iter().map(diagnostic::text).collect();
        return session.ui.answer("ValidateAnswer", answer, table, files);
    }
    for finding in &answer.diagnostics {
        session.ui.data(&format!("{}\n", line(finding)));
    }
    Ok(())
}

/// One finding for programs: every key is always there.
fn line(finding: &DiagnosticView) -> String {
    let DiagnosticView { file, line, column, severity, code, message, hint } = finding;
    let object = json!({
        "file": file, "line": line, "column": column, "severity": severity,
        "code": code, "message": message, "hint": hint,
    });
    escape_json(&object.to_string())
}

#[cfg(test)]
mod tests {
    use innominatus_model::Code;

    use super::*;

    fn finding(line: u32, code: Code, message: &str) -> DiagnosticView {
        DiagnosticView {
            file: "score.yaml".into(),
            line,
            column: 3,
            severity: "error".into(),
            code: code.to_string(),
            message: message.into(),
            hint: None,
        }
    }

    #[test]
    fn a_finding_for_programs_has_every_key() {
        let line = line(&finding(7, Code::ScoreEnv, "a\nb\u{202e}"));
        let expected = r#"{"file":"score.yaml","line":7,"column":3,"severity":"error","code":"score-env","message":"a\nb\u202e","hint":null}"#;
        assert_eq!(line, expected);
    }

    #[test]
    fn of_two_findings_about_one_source_the_better_one_stays() {
        let theirs = vec![finding(9, Code::ScoreEnv, "x"), finding(5, Code::FileSource, "was not handed in")];
        let answer = ValidateAnswer { valid: true, diagnostics: theirs };
        let merged = merge(answer, vec![finding(5, Code::FileSource, "is not a plain file")]);
        let messages: Vec<_> = merged.diagnostics.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["is not a plain file", "x"]);
        assert!(!merged.valid);
    }
}
