//! The export `generator`: what crosses in and out, and who answers.

use super::{
    artifact_in, artifact_out, failure_out, info_out, json_in, object_in, offer_in, output_in, types,
    violation_out,
};
use crate::bindings::golden_path::exports::innominatus::platform::generator::{self, Guest};
use crate::component::ListsGoldenPath;
use crate::{Candidate, Json, Made, Need, Request, Step, Workload};

impl<L: ListsGoldenPath> Guest for L {
    fn metadata() -> types::Info {
        info_out(L::with(|component| component.metadata()))
    }

    fn parameter_schema() -> String {
        L::with(|component| component.parameter_schema()).to_string()
    }

    fn validate(request: generator::Request) -> Vec<types::Violation> {
        let violations = L::with(|component| component.validate(L::host(), request_in(request)));
        violations.into_iter().map(violation_out).collect()
    }

    fn generate_steps(request: generator::Request) -> Result<Vec<generator::Step>, types::Failure> {
        L::with(|component| component.generate_steps(L::host(), request_in(request)))
            .map(|steps| steps.into_iter().map(step_out).collect())
            .map_err(failure_out)
    }

    fn render(
        request: generator::Request,
        step: generator::Step,
        made: Vec<generator::Made>,
    ) -> Result<Vec<types::Artifact>, types::Failure> {
        let made: Vec<_> = made.into_iter().map(made_in).collect();
        L::with(|component| component.render(L::host(), request_in(request), &step_in(step), &made))
            .map(|artifacts| artifacts.into_iter().map(artifact_out).collect())
            .map_err(failure_out)
    }
}

pub(super) fn request_in(request: generator::Request) -> Request<Json> {
    let workload =
        |workload: generator::Workload| Workload { name: workload.name, spec: json_in(&workload.spec) };
    Request {
        tenant: request.tenant,
        environment: request.environment,
        application: request.application,
        workloads: request.workloads.into_iter().map(workload).collect(),
        needs: request.needs.into_iter().map(need_in).collect(),
        parameters: json_in(&request.parameters),
        ext: object_in(&request.ext),
    }
}

fn need_in(need: generator::Need) -> Need {
    let candidate = |candidate: generator::Candidate| Candidate {
        provisioner: candidate.provisioner,
        offer: offer_in(candidate.offer),
    };
    Need {
        id: need.id,
        name: need.name,
        kind: need.kind,
        class: need.class,
        workloads: need.workloads,
        params: json_in(&need.params),
        depends_on: need.depends_on,
        candidates: need.candidates.into_iter().map(candidate).collect(),
    }
}

pub(super) fn made_in(made: generator::Made) -> Made {
    Made {
        need: made.need,
        outputs: made.outputs.into_iter().map(output_in).collect(),
        artifacts: made.artifacts.into_iter().map(artifact_in).collect(),
    }
}

fn step_in(step: generator::Step) -> Step {
    Step {
        name: step.name,
        kind: step.kind,
        subject: step.subject,
        config: json_in(&step.config),
        depends_on: step.depends_on,
    }
}

pub(super) fn step_out(step: Step) -> generator::Step {
    generator::Step {
        name: step.name,
        kind: step.kind,
        subject: step.subject,
        config: step.config.to_string(),
        depends_on: step.depends_on,
    }
}
