//! Errors: what happened, where, and what to do next.

use innominatus_api::wire::Problem;

use super::diagnostic;
use super::style::{BAD, paint};
use super::text::{count, escape_json, show};

/// The first line, without its end.
pub(crate) fn head(problem: &Problem) -> String {
    format!("{}: {}", paint(BAD, format!("error[{}]", show(&problem.code))), show(&problem.detail))
}

/// For people, every line ended. What a finding says with its place is not said before without it.
pub(crate) fn text(problem: &Problem, headline: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(headline) = headline {
        text.push_str(&format!("{}\n", head(&Problem { detail: headline.to_owned(), ..problem.clone() })));
    } else if !is_told_by_a_finding(problem) {
        text.push_str(&format!("{}\n", head(problem)));
    }
    if let Some(hint) = &problem.hint {
        text.push_str(&diagnostic::hint_lines("  ", hint));
    }
    for finding in &problem.diagnostics {
        text.push_str(&diagnostic::text(finding));
    }
    if problem.diagnostics.len() > 1 {
        let errors = problem.diagnostics.iter().filter(|finding| finding.severity == "error").count();
        text.push_str(&format!("{}\n", count(errors, "error")));
    }
    text
}

/// A server's summary of findings is the first one's message, perhaps behind its file.
fn is_told_by_a_finding(problem: &Problem) -> bool {
    problem.hint.is_none()
        && problem.diagnostics.iter().any(|finding| {
            let detail =
                problem.detail.strip_prefix(&format!("{}: ", finding.file)).unwrap_or(&problem.detail);
            detail.starts_with(&finding.message)
        })
}

/// For programs, on one line.
pub(crate) fn json(problem: &Problem) -> String {
    let json = serde_json::to_string(problem).expect("a problem holds only texts, numbers and lists of them");
    escape_json(&json)
}

#[cfg(test)]
mod tests {
    use innominatus_api::wire::DiagnosticView;
    use innominatus_model::Code;
    use innominatus_testkit::golden;

    use super::*;

    fn problem() -> Problem {
        let finding = |line, severity: &str, code: Code, message: &str, hint: Option<&str>| DiagnosticView {
            file: "score.yaml".into(),
            line,
            column: line.min(5),
            severity: severity.into(),
            code: code.to_string(),
            message: message.into(),
            hint: hint.map(str::to_owned),
        };
        let mut problem = Problem::new(Code::ScoreProperties, "2 errors in 1 file");
        problem.hint = Some("mend the file and run the command again\nor see innominatus explain".into());
        problem.diagnostics = vec![
            finding(
                7,
                "error",
                Code::ScoreProperties,
                "resource `db` says `properties`",
                Some("write `params:`"),
            ),
            finding(9, "error", Code::ScoreUnknownField, "unknown field `a\u{1b}[31m\u{202e}b`", None),
            finding(
                0,
                "warning",
                Code::ScoreDialect,
                "the file is in the older dialect",
                Some("write `score.dev/v1b1`"),
            ),
        ];
        problem
    }

    #[test]
    fn a_problem_names_what_where_and_what_to_do() {
        let text = anstream::adapter::strip_str(&text(&problem(), None)).to_string();
        golden::check("tests/golden/problem.txt", &text);
    }

    #[test]
    fn what_a_finding_says_is_said_once() {
        let problem = |detail: &str| Problem {
            hint: None,
            detail: detail.into(),
            diagnostics: problem().diagnostics[..1].to_vec(),
            ..problem()
        };
        let told = |problem: &Problem| anstream::adapter::strip_str(&text(problem, None)).to_string();
        let line = "score.yaml:7:5: error[score-properties]: resource `db` says `properties`\n  hint: write `params:`\n";
        for detail in [
            "resource `db` says `properties`",
            "resource `db` says `properties` (and 2 more)",
            "score.yaml: resource `db` says `properties`",
        ] {
            assert_eq!(told(&problem(detail)), line, "{detail}");
        }
        assert_eq!(told(&problem("it is late")), format!("error[score-properties]: it is late\n{line}"));
    }

    #[test]
    fn a_person_who_was_told_the_rest_hears_the_headline() {
        let told = text(&Problem { diagnostics: vec![], hint: None, ..problem() }, Some("it failed"));
        assert_eq!(anstream::adapter::strip_str(&told).to_string(), "error[score-properties]: it failed\n");
    }

    #[test]
    fn for_programs_it_is_one_line_of_json() {
        let line = json(&problem());
        assert!(!line.contains('\n') && line.is_ascii(), "{line}");
        let back: Problem = serde_json::from_str(&line).unwrap();
        assert_eq!(back, problem());
    }
}
