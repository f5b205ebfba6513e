//! From the host's values to the guest's. The host keeps the contract too: JSON over its bounds is our error.

use innominatus_model::{
    Artifact, Code, Denial, Json, JsonLimits, Made, Need, Offer, Output, OutputSpec, PathRequest, Prior,
    State, Step, Target, WorkloadSpec,
};

use serde_json::json;

use super::OPEN_OUTPUTS;
use super::size::{self, Room};
use super::wit::{generator, types};
use crate::{HostError, bounds};

type Told<T> = Result<T, HostError>;

pub(super) fn target(target: &Target) -> Told<types::Target> {
    Ok(types::Target {
        tenant: target.scope.tenant.to_string(),
        environment: target.scope.environment.to_string(),
        application: target.application.to_string(),
        id: target.id.to_string(),
        name: target.name.clone(),
        kind: target.kind.to_string(),
        class: target.class.to_string(),
        workloads: target.workloads.iter().map(ToString::to_string).collect(),
        labels: target
            .labels
            .iter()
            .map(|(key, value)| types::Pair { key: key.clone(), value: value.clone() })
            .collect(),
        params: json_text(
            Code::ParamsInvalid,
            || format!("the params of `{}`", target.name),
            &target.params,
        )?,
        generation: target.generation,
        attempt: target.attempt,
        prior: target.prior.as_ref().map(prior).transpose()?,
        unsettled: target
            .unsettled
            .iter()
            .map(|write| {
                Ok(types::Unsettled {
                    purpose: write.purpose.clone(),
                    sent_ms: write.sent_ms,
                    request: json_text(Code::Internal, || "an unsettled request".into(), &write.request)?,
                })
            })
            .collect::<Told<_>>()?,
        ext: "{}".into(),
    })
}

/// Bounded as a whole, because every need carries what could serve it.
pub(super) fn request(request: &PathRequest) -> Told<generator::Request> {
    let mut room = Room::new(bounds::REQUEST_BYTES);
    Ok(generator::Request {
        tenant: request.scope.tenant.to_string(),
        environment: request.scope.environment.to_string(),
        application: request.application.to_string(),
        workloads: request.workloads.iter().map(|spec| workload(spec, &mut room)).collect::<Told<_>>()?,
        needs: request.needs.iter().map(|asked| need(asked, &mut room)).collect::<Told<_>>()?,
        parameters: json_text(Code::ParametersInvalid, || "the parameters".into(), &request.parameters)?,
        ext: "{}".into(),
    })
}

fn take(room: &mut Room, bytes: usize) -> Told<()> {
    if room.take(bytes) {
        return Ok(());
    }
    let message = format!(
        "what the golden path is to be told of the application is more than {} bytes",
        bounds::REQUEST_BYTES
    );
    let remedy = "put fewer or smaller workloads into one application; of every resource also what could make it \
                  counts, so that uninstalling platforms helps whose types are the same";
    Err(HostError::input(Code::ParametersInvalid, message, remedy))
}

fn workload(workload: &WorkloadSpec, room: &mut Room) -> Told<generator::Workload> {
    let what = || format!("the workload `{}` with its files", workload.name);
    let spec = bounded_text(Code::ParametersInvalid, what, &workload.spec, JsonLimits::WORKLOAD)?;
    take(room, spec.len())?;
    Ok(generator::Workload { name: workload.name.to_string(), spec })
}

fn need(need: &Need, room: &mut Room) -> Told<generator::Need> {
    let params = json_text(Code::ParamsInvalid, || format!("the params of `{}`", need.name), &need.params)?;
    let words = need.depends_on.iter().map(String::len).sum::<usize>();
    take(room, need.id.len() + need.name.len() + params.len() + words)?;
    let candidates = need.candidates.iter().map(|candidate| {
        let offer = offer(&candidate.offer)?;
        take(room, candidate.provisioner.len() + size::offer(&offer))?;
        Ok(generator::Candidate { provisioner: candidate.provisioner.clone(), offer })
    });
    Ok(generator::Need {
        id: need.id.clone(),
        name: need.name.clone(),
        kind: need.kind.to_string(),
        class: need.class.to_string(),
        workloads: need.workloads.iter().map(ToString::to_string).collect(),
        params,
        depends_on: need.depends_on.clone(),
        candidates: candidates.collect::<Told<_>>()?,
    })
}

fn offer(offer: &Offer) -> Told<types::Offer> {
    Ok(types::Offer {
        kind: offer.kind.to_string(),
        classes: offer.classes.iter().map(ToString::to_string).collect(),
        outputs: offer.outputs.iter().map(output_spec).collect::<Told<_>>()?,
        verbs: offer.verbs.iter().map(|verb| verb.as_str().to_owned()).collect(),
        ext: if offer.open_outputs { json!({OPEN_OUTPUTS: true}).to_string() } else { "{}".into() },
    })
}

fn output_spec(spec: &OutputSpec) -> Told<types::OutputSpec> {
    Ok(types::OutputSpec {
        name: spec.name.clone(),
        schema: json_text(
            Code::Internal,
            || format!("the schema of the output `{}`", spec.name),
            &spec.schema,
        )?,
        sensitive: spec.sensitive,
        required: spec.required,
    })
}

pub(super) fn step(step: &Step) -> Told<generator::Step> {
    Ok(generator::Step {
        name: step.name.clone(),
        kind: step.kind.as_str().to_owned(),
        subject: step.subject.clone(),
        config: json_text(
            Code::Internal,
            || format!("the config of the step `{}`", step.name),
            &step.config,
        )?,
        depends_on: step.depends_on.clone(),
    })
}

pub(super) fn made(made: &[Made]) -> Told<Vec<generator::Made>> {
    let mut room = Room::new(bounds::MADE_BYTES);
    made.iter()
        .map(|made| {
            let outputs = made.outputs.iter().map(output).collect::<Told<Vec<_>>>()?;
            let bytes = outputs.iter().map(|output| output.name.len() + output.value.len());
            let bytes = bytes.chain(made.artifacts.iter().map(|artifact| artifact.content.len()));
            if !room.take(bytes.sum()) {
                let max = bounds::MADE_BYTES;
                let message = format!("what was made for the application is more than {max} bytes");
                let remedy = "put fewer resources into one application";
                return Err(HostError::input(Code::ParametersInvalid, message, remedy));
            }
            let artifacts = made.artifacts.iter().map(artifact).collect();
            Ok(generator::Made { need: made.need.clone(), outputs, artifacts })
        })
        .collect()
}

fn prior(prior: &Prior) -> Told<types::Prior> {
    Ok(types::Prior {
        state: state(&prior.state)?,
        version: prior.version.clone(),
        generation: prior.generation,
        params: json_text(Code::Internal, || "the earlier params".into(), &prior.params)?,
    })
}

fn state(state: &State) -> Told<types::State> {
    Ok(types::State {
        handle: json_text(Code::Internal, || "the handle".into(), &state.handle)?,
        outputs: state.outputs.iter().map(output).collect::<Told<_>>()?,
        artifacts: state.artifacts.iter().map(artifact).collect(),
    })
}

fn output(output: &Output) -> Told<types::Output> {
    Ok(types::Output {
        name: output.name.clone(),
        value: json_text(Code::Internal, || format!("the output `{}`", output.name), &output.value)?,
        sensitive: output.sensitive,
    })
}

fn artifact(artifact: &Artifact) -> types::Artifact {
    types::Artifact {
        name: artifact.name.clone(),
        media_type: artifact.media_type.clone(),
        content: artifact.content.clone(),
        sensitive: artifact.sensitive,
    }
}

/// The text of a value that the guest may be told.
pub(crate) fn json_text(code: Code, what: impl FnOnce() -> String, value: &Json) -> Told<String> {
    bounded_text(code, what, value, JsonLimits::CONTRACT)
}

fn bounded_text(code: Code, what: impl FnOnce() -> String, value: &Json, limits: JsonLimits) -> Told<String> {
    let text = value.to_string();
    if text.len() > limits.bytes {
        let (found, limit) = (text.len(), limits.bytes);
        let message = format!("{} are {found} bytes as JSON, more than the {limit} of the contract", what());
        return Err(HostError::input(code, message, "let it say less, or put large contents elsewhere"));
    }
    Ok(text)
}

/// The host's own no, which a guest may hand back in a failure.
pub(crate) fn denial(denial: Denial) -> types::Denial {
    types::Denial { capability: denial.capability, wanted: denial.wanted, remedy: denial.remedy }
}
