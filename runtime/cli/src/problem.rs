//! Why a command ends badly: any error with a code becomes a problem, a text on stderr and an exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use innominatus_api::ClientError;
use innominatus_api::wire::{DiagnosticView, Problem};
use innominatus_model::{Code, Coded, ExitClass};

use crate::ui::{self, Ui};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// It worked.
    pub(crate) const OK: Self = Self(0);

    /// A signal ended it, by the shell's convention: 128 and the signal's number.
    pub(crate) fn by_signal(number: u8) -> Self {
        Self(128 + number)
    }
}

impl From<ExitClass> for Exit {
    fn from(class: ExitClass) -> Self {
        Self(class.number())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// A command's bad end. Not an error itself, so that every error with a code turns into one with `?`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    problem: Box<Problem>,
    /// For a person who was told the rest already; programs get the problem's detail.
    headline: Option<String>,
}

impl Failure {
    /// Of this code.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::of(Problem::new(code, detail))
    }

    /// Of a problem as it is.
    pub(crate) fn of(problem: Problem) -> Self {
        Self { problem: Box::new(problem), headline: None }
    }

    /// The command line cannot be followed.
    pub(crate) fn usage(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::Usage, detail).hint(hint)
    }

    /// A bug of ours.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(Code::Internal, detail)
    }

    /// Says what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.problem.hint = Some(hint.into());
        self
    }

    /// Says it in fewer words to a person who was told the rest already.
    pub(crate) fn headline(mut self, text: impl Into<String>) -> Self {
        self.headline = Some(text.into());
        self
    }

    /// Adds to what happened.
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.problem.detail.push_str("; ");
        self.problem.detail.push_str(more);
        self
    }

    /// Names places in files.
    pub(crate) fn diagnostics(mut self, diagnostics: Vec<DiagnosticView>) -> Self {
        self.problem.diagnostics = diagnostics;
        self
    }

    /// What stands behind it.
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Whether it carries this code.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.problem.code == code.as_str()
    }

    /// How the command ends because of it.
    pub(crate) fn exit(&self) -> Exit {
        self.problem.exit().into()
    }
}

impl<E: Coded + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let plain: &(dyn std::error::Error + 'static) = &error;
        if let Some(ClientError::Problem(problem)) = plain.downcast_ref() {
            return Self::of((**problem).clone());
        }
        let mut detail = plain.to_string();
        let mut cause = plain.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // A transparent wrapper says the same as what it wraps.
            if !detail.ends_with(&text) {
                detail.push_str(": ");
                detail.push_str(&text);
            }
            cause = inner.source();
        }
        let mut failure = Self::new(error.code(), detail);
        failure.problem.hint = error.remedy();
        failure.problem.diagnostics = error.diagnostics().iter().map(DiagnosticView::from).collect();
        failure
    }
}

/// Answers a command line that clap refuses (or that asks for help). The options could not be read, so the
/// wish for JSON is looked up in the words themselves.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Help that nobody reads to its end is no failure.
        let _ = error.print();
        return Exit::OK.into();
    }
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    let json = words.iter().any(|word| word == "--json" || word == "-ojson" || word == "--format=json")
        || words
            .windows(2)
            .any(|pair| matches!(pair, [o, form] if (o == "-o" || o == "--format") && form == "json"));
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let detail = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "no command was given".to_owned(),
        _ => first_paragraph(text),
    };
    let failure = Failure::usage(detail, "see `innominatus help`");
    if json {
        ui::stderr(&format!("{}\n", ui::problem::json(failure.problem())));
    } else if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        ui::stderr(text);
    } else {
        // As clap lays it out, under our own heading.
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let head = ui::problem::head(&Problem { detail: first.to_owned(), ..failure.problem().clone() });
        let rest: String = ui::text::show_lines(rest).iter().map(|line| format!("{line}\n")).collect();
        ui::stderr(&format!("{head}\n{rest}"));
    }
    failure.exit().into()
}

/// Of clap's message, on one line.
fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells of a failure and says how to end.
pub(crate) fn report(ui: &Ui, failure: &Failure) -> Exit {
    ui.problem(failure.problem(), failure.headline.as_deref());
    failure.exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the store")]
    struct Outer(#[source] std::io::Error);

    impl Coded for Outer {
        fn code(&self) -> Code {
            Code::StoreLocked
        }

        fn remedy(&self) -> Option<String> {
            Some("stop the other process".into())
        }
    }

    #[test]
    fn an_error_becomes_a_problem_with_its_causes() {
        let failure = Failure::from(Outer(std::io::Error::other("no lock")));
        let problem = failure.problem();
        assert_eq!(problem.detail, "cannot open the store: no lock");
        assert_eq!(problem.hint.as_deref(), Some("stop the other process"));
        assert_eq!((problem.code.as_str(), problem.exit_code), ("store-locked", 6));
        assert_eq!(failure.exit(), Exit(6));
    }

    #[test]
    fn a_servers_problem_is_handed_on_whole() {
        let mut problem = Problem::new(Code::ScoreSyntax, "line 3");
        problem.request_id = Some("req-1".into());
        let failure = Failure::from(ClientError::Problem(Box::new(problem.clone())));
        assert_eq!(failure.problem(), &problem);
    }

    #[test]
    fn a_code_of_a_newer_server_ends_with_the_number_that_came_along() {
        let mut problem = Problem::new(Code::Internal, "new");
        problem.code = "quota-exceeded".into();
        problem.exit_code = 11;
        assert_eq!(Failure::from(ClientError::Problem(Box::new(problem))).exit(), Exit(11));
    }

    #[test]
    fn every_code_ends_with_the_number_of_its_class() {
        for &code in Code::ALL {
            assert_eq!(Failure::new(code, "x").exit(), Exit(code.exit().number()), "{code}");
        }
    }

    #[test]
    fn the_first_paragraph_of_a_usage_error_is_its_detail() {
        let text = "required arguments were not provided:\n  <SCORE>...\n\nUsage: innominatus\n";
        assert_eq!(first_paragraph(text), "required arguments were not provided: <SCORE>...");
    }
}
