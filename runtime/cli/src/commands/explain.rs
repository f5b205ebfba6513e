//! `explain`: what a code means. Needs no server.

use innominatus_api::wire::{ExitCodeList, ExitCodeView, Explanation, ExplanationList};
use innominatus_model::{Code, ExitClass};

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::View;
use crate::ui::style::{BOLD, paint};
use crate::ui::table::{cell, render};

/// The word for the table of exit codes.
const EXIT_CODES: &str = "exit-codes";

/// Explain an error code, or the exit codes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An error code as in `error[score-syntax]`, or `exit-codes`
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,

    /// List every error code
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// Prints a page, a table of exit codes, or all codes.
pub(crate) fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let ui = &session.ui;
    match args.code.as_deref() {
        None => {
            let list = ExplanationList { items: Code::ALL.iter().copied().map(explanation).collect() };
            let names = || list.items.iter().map(|item| item.code.clone()).collect();
            ui.answer("ExplanationList", &list, |view| codes(view, &list), names)?;
        }
        Some(EXIT_CODES) => {
            let list = ExitCodeList { items: ExitClass::ALL.into_iter().map(exit_code).collect() };
            let names = || list.items.iter().map(|item| item.number.to_string()).collect();
            ui.answer("ExitCodeList", &list, |view| exit_codes(view, &list), names)?;
        }
        Some(word) => {
            let explanation = explanation(find(word)?);
            let page = |_: &_| page(&explanation);
            ui.answer("Explanation", &explanation, page, || vec![explanation.code.clone()])?;
        }
    }
    Ok(Exit::OK)
}

/// By the word, also as it stands in a message: `error[score-syntax]`.
fn find(word: &str) -> Result<Code, Failure> {
    let bare = word.split_once('[').map_or(word, |(_, rest)| rest.trim_end_matches([']', ':']));
    if let Some(code) = Code::parse(bare) {
        return Ok(code);
    }
    let likeness = |code: Code| strsim::normalized_damerau_levenshtein(code.as_str(), bare);
    let nearest = Code::ALL.iter().copied().max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)));
    let failure = Failure::new(Code::NotFound, format!("there is no error code `{}`", word.escape_debug()));
    Err(match nearest {
        Some(code) if likeness(code) > 0.6 => failure.hint(format!("did you mean `{code}`?")),
        _ => failure.hint("see all of them with `innominatus explain --list`"),
    })
}

fn explanation(code: Code) -> Explanation {
    Explanation {
        code: code.to_string(),
        summary: code.summary().to_owned(),
        exit_code: code.exit().number(),
        status: code.status(),
        page: code.page().to_owned(),
    }
}

fn exit_code(class: ExitClass) -> ExitCodeView {
    ExitCodeView { number: class.number(), meaning: class.meaning().to_owned() }
}

fn page(explanation: &Explanation) -> String {
    let Explanation { page, exit_code, status, .. } = explanation;
    let mut text: String = page
        .trim_end()
        .lines()
        .map(
            |line| {
                if line.starts_with('#') { format!("{}\n", paint(BOLD, line)) } else { format!("{line}\n") }
            },
        )
        .collect();
    text.push_str(&format!(
        "\nA command that ends with it exits with {exit_code}; over HTTP it is status {status}.\n"
    ));
    text
}

fn codes(view: &View, list: &ExplanationList) -> String {
    let rows = list
        .items
        .iter()
        .map(|item| vec![cell(&item.code), cell(item.exit_code.to_string()), cell(&item.summary)]);
    render(view, &["CODE", "EXIT", "MEANING"], rows.collect())
}

fn exit_codes(view: &View, list: &ExitCodeList) -> String {
    let rows = list.items.iter().map(|item| vec![cell(item.number.to_string()), cell(&item.meaning)]);
    render(view, &["EXIT", "MEANING"], rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_as_a_person_copies_it() {
        for word in ["score-syntax", "error[score-syntax]", "error[score-syntax]:", "warning[score-syntax]"] {
            assert_eq!(find(word).unwrap(), Code::ScoreSyntax, "{word}");
        }
    }

    #[test]
    fn a_misspelt_code_finds_its_neighbour() {
        let failure = find("score-sytnax").unwrap_err();
        assert!(failure.is(Code::NotFound));
        assert_eq!(failure.problem().hint.as_deref(), Some("did you mean `score-syntax`?"));
        assert!(find("\u{1b}").unwrap_err().problem().detail.is_ascii());
    }
}
