//! Files judged by all that is known: by themselves, by each other, and by what installed platforms make. One pass,
//! so that a type nobody makes is told beside a mistake of spelling.

use innominatus_model::{Code, Coded as _, Diagnostic, Severity};
use innominatus_plan::{PlanError, unmet};
use innominatus_score::{Sketch, Source, demand, survey};

use super::read::{ApplyInput, Validation};
use crate::platforms::Serving;
use crate::{ApplyError, Engine, EngineError};

/// What the files say of themselves.
#[derive(Default)]
struct Survey {
    diagnostics: Vec<Diagnostic>,
    sketches: Vec<Sketch>,
}

impl Engine {
    /// Judges Score files. Where platforms are installed, what they make is part of it; where the golden path can
    /// be asked, its choice is. Changes nothing. A hostile file may take a while to read, as with `plan` and `apply`.
    pub async fn judge(&self, input: &ApplyInput) -> Result<Validation, EngineError> {
        let serving = Serving::read(self.ledger(), &input.scope.tenant).await?;
        let catalogue = serving.catalogue();
        let survey = surveyed(&input.sources);
        let unmet = unmet(&survey.sketches, &catalogue);
        let mut validation = Validation { diagnostics: survey.diagnostics };
        if serving.platforms().next().is_none() {
            return Ok(validation);
        }
        let judged = if validation.is_valid() { self.by_golden_path(input, unmet).await } else { unmet };
        let is_told = |finding: &Diagnostic, told: &[Diagnostic]| {
            let place = |it: &Diagnostic| (it.line, it.column);
            told.iter().any(|known| known.file == finding.file && place(known) == place(finding))
        };
        let own = validation.diagnostics.len();
        for finding in judged {
            // Of two findings at one place the file's own is the cause.
            if !is_told(&finding, &validation.diagnostics[..own]) {
                validation.diagnostics.push(finding);
            }
        }
        validation.diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Ok(validation)
    }

    /// The golden path chooses who makes what, and may bring params of its own: where it gives an answer, that
    /// goes before what could be said without it.
    async fn by_golden_path(&self, input: &ApplyInput, unmet: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let of_these = |found: Vec<Diagnostic>| {
            let is_given = |it: &Diagnostic| input.sources.iter().any(|source| source.name == it.file);
            found.into_iter().filter(is_given).collect::<Vec<_>>()
        };
        match self.plan(input).await {
            Ok(_) => Vec::new(),
            Err(ApplyError::Plan(PlanError::Files { diagnostics }))
                if diagnostics.iter().any(|finding| finding.code != Code::NoProvisioner) =>
            {
                of_these(diagnostics)
            }
            // Whoever says how it is to be made wants the word of who makes it as well. To others a file is right that
            // is only not whole yet: an image may be named later.
            Err(
                error @ (ApplyError::Path { .. }
                | ApplyError::Plan(PlanError::Definition { .. })
                | ApplyError::Engine(EngineError::Refused { .. })),
            ) if says_how(input) => {
                let file = input.sources.first().map(|source| source.name.clone()).unwrap_or_default();
                let refusal = Diagnostic {
                    file,
                    line: 0,
                    column: 0,
                    severity: Severity::Error,
                    code: error.code(),
                    message: error.to_string(),
                    hint: error.remedy(),
                };
                std::iter::once(refusal).chain(unmet).collect()
            }
            Err(_) => unmet,
        }
    }
}

fn says_how(input: &ApplyInput) -> bool {
    input.golden_path.is_some()
        || input.platform.is_some()
        || input.parameters.is_some()
        || input.set_parameters.is_some()
        || !input.images.is_empty()
}

fn surveyed(sources: &[Source]) -> Survey {
    let mut found = Survey::default();
    let mut workloads = Vec::new();
    for source in sources {
        let (reading, sketch) = survey(source);
        workloads.extend(reading.workload);
        found.diagnostics.extend(reading.diagnostics);
        found.sketches.extend(sketch);
    }
    if workloads.len() == sources.len()
        && let Err(conflicts) = demand(&workloads)
    {
        found.diagnostics.extend(conflicts);
    }
    found
}
