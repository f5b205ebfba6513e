//! How a run's end becomes the end of a command.

use innominatus_api::wire::{ErrorView, Problem, RunDetail, RunState, StepView};
use innominatus_model::{Code, ExitClass};

use crate::problem::Failure;
use crate::session::Session;
use crate::ui::run;
use crate::ui::{self, text};

/// Why the command fails because of how the run ended; none when it ended well.
pub(super) fn failure(run: &RunDetail) -> Option<Failure> {
    match run.state {
        RunState::Succeeded | RunState::Running | RunState::Interrupted => None,
        RunState::Superseded => {
            let detail = format!("{} gave way to a newer plan of application `{}`", run.id, run.application);
            let hint = format!("see what is wanted now: `innominatus describe {}`", run.application);
            Some(Failure::new(Code::RunSuperseded, detail).hint(hint))
        }
        RunState::Failed => Some(failed(run)),
    }
}

/// Shows the failed steps to a person, above the error.
pub(super) fn explain(session: &Session, outcome: Option<&RunDetail>) {
    if let Some(outcome) = outcome.filter(|_| session.ui.is_for_people()) {
        ui::stderr(&run::failures(outcome, |_| true));
    }
}

fn failed(outcome: &RunDetail) -> Failure {
    let steps: Vec<_> = outcome.steps.iter().filter_map(failed_step).collect();
    let headline = format!(
        "{} of application `{}` failed: {}",
        outcome.id,
        outcome.application,
        run::failed_steps(outcome)
    );
    let mut detail = headline.clone();
    match (steps.as_slice(), &outcome.error) {
        ([(step, error)], _) => {
            let what = step.uid.as_ref().unwrap_or(&step.name);
            detail.push_str(&format!("; `{what}`: {}", error.message));
        }
        ([], Some(error)) => detail.push_str(&format!("; {}", error.message)),
        _ => {}
    }
    let (code, exit) = verdict(outcome, &steps);
    let hint = format!(
        "innominatus describe {}\ninnominatus events list --run {}",
        text::shell(&outcome.application),
        outcome.id
    );
    let mut problem = Problem { hint: Some(hint), ..Problem::new(Code::RunFailed, detail) };
    problem.code = code.to_owned();
    problem.exit_code = exit.number();
    if let Some(code) = Code::parse(code) {
        problem = Problem {
            kind: Problem::new(code, "").kind,
            title: code.summary().into(),
            status: code.status(),
            ..problem
        };
    }
    // The steps are explained above it.
    Failure::of(problem).headline(headline)
}

fn failed_step(step: &StepView) -> Option<(&StepView, &ErrorView)> {
    step.error.as_ref().filter(|_| step.state == "failed").map(|error| (step, error))
}

/// The run's own code. Where that only says that steps failed, and every one of them failed by a guest that
/// broke, the guests' code: a broken component is not a refused one.
fn verdict<'a>(outcome: &'a RunDetail, steps: &[(&'a StepView, &'a ErrorView)]) -> (&'a str, ExitClass) {
    let own = outcome.error.as_ref().map_or(Code::RunFailed.as_str(), |error| error.code.as_str());
    let class = |code: &str| Code::parse(code).map_or(ExitClass::Failed, Code::exit);
    if own == Code::RunFailed.as_str()
        && let Some((_, first)) = steps.first()
        && steps.iter().all(|(_, error)| class(&error.code) == ExitClass::Guest)
    {
        return (&first.code, ExitClass::Guest);
    }
    (own, class(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> ErrorView {
        ErrorView {
            code: code.into(),
            reason: None,
            message: "it broke".into(),
            hint: None,
            at: "2026-11-20T12:00:00Z".into(),
        }
    }

    fn outcome(own: Option<&str>, steps: &[&str]) -> RunDetail {
        let steps = steps.iter().map(|code| StepView {
            name: "make".into(),
            kind: "provisioner".into(),
            state: "failed".into(),
            resource: None,
            uid: Some("redis.default#a.b".into()),
            message: None,
            error: Some(error(code)),
        });
        RunDetail {
            id: "run_1".into(),
            application: "shop".into(),
            environment: "default".into(),
            plan: "plan_1".into(),
            state: RunState::Failed,
            started_at: String::new(),
            ended_at: None,
            steps: steps.collect(),
            artifacts: vec![],
            error: own.map(error),
        }
    }

    #[test]
    fn the_runs_own_code_decides_how_the_command_ends() {
        for (own, steps, code, exit) in [
            (Some("provision-failed"), &["provision-failed"][..], "provision-failed", 9),
            (Some("guest-trap"), &["guest-trap"], "guest-trap", 12),
            (Some("run-failed"), &["guest-fuel", "guest-trap"], "guest-fuel", 12),
            (Some("run-failed"), &["guest-fuel", "provision-failed"], "run-failed", 9),
            (Some("run-failed"), &[], "run-failed", 9),
            (None, &["guest-trap"], "guest-trap", 12),
            (None, &[], "run-failed", 9),
            // However the guest calls it: what could be tried again has been, and the run has ended.
            (Some("golden-path-failed"), &["golden-path-failed"], "golden-path-failed", 9),
            (Some("from-tomorrow"), &[], "from-tomorrow", 9),
        ] {
            let failure = failure(&outcome(own, steps)).unwrap();
            let problem = failure.problem();
            assert_eq!((problem.code.as_str(), problem.exit().number()), (code, exit), "{own:?} {steps:?}");
        }
    }

    #[test]
    fn a_single_failed_step_is_named_at_once() {
        let failure = failure(&outcome(None, &["provision-failed"])).unwrap();
        assert!(
            failure.problem().detail.ends_with("1 of 1 step failed; `redis.default#a.b`: it broke"),
            "{failure:?}"
        );
        assert!(failure.problem().hint.as_deref().unwrap().contains("describe shop"));
    }

    #[test]
    fn a_superseded_run_is_a_conflict() {
        let superseded = RunDetail { state: RunState::Superseded, ..outcome(None, &[]) };
        assert_eq!(failure(&superseded).unwrap().problem().exit_code, 6);
        let succeeded = RunDetail { state: RunState::Succeeded, ..outcome(None, &[]) };
        assert_eq!(failure(&succeeded), None);
    }
}
