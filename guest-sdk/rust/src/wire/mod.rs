//! Between the author's values and those that cross the sandbox.

mod golden_path;
mod provisioner;

use std::time::Duration;

use serde_json::Map;

use crate::{Artifact, Cause, Denial, Failure, Info, Json, Offer, Output, OutputSpec, State, Violation};

pub(crate) use crate::bindings::provisioner::innominatus::platform::types;

/// JSON text of the host; the host has checked it, so a text that is none is a fault of the host.
fn json_in(text: &str) -> Json {
    serde_json::from_str(text).expect("the host sends JSON")
}

fn object_in(text: &str) -> Map<String, Json> {
    match json_in(text) {
        Json::Object(object) => object,
        _ => Map::new(),
    }
}

fn object_out(object: Map<String, Json>) -> String {
    Json::Object(object).to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn state_out(state: State) -> types::State {
    types::State {
        handle: state.handle.to_string(),
        outputs: state.outputs.into_iter().map(output_out).collect(),
        artifacts: state.artifacts.into_iter().map(artifact_out).collect(),
    }
}

fn state_in(state: types::State) -> State {
    State {
        handle: json_in(&state.handle),
        outputs: state.outputs.into_iter().map(output_in).collect(),
        artifacts: state.artifacts.into_iter().map(artifact_in).collect(),
    }
}

fn output_out(output: Output) -> types::Output {
    types::Output { name: output.name, value: output.value.to_string(), sensitive: output.sensitive }
}

fn output_in(output: types::Output) -> Output {
    Output { name: output.name, value: json_in(&output.value), sensitive: output.sensitive }
}

fn artifact_out(artifact: Artifact) -> types::Artifact {
    types::Artifact {
        name: artifact.name,
        media_type: artifact.media_type,
        content: artifact.content,
        sensitive: artifact.sensitive,
    }
}

fn artifact_in(artifact: types::Artifact) -> Artifact {
    Artifact {
        name: artifact.name,
        media_type: artifact.media_type,
        content: artifact.content,
        sensitive: artifact.sensitive,
    }
}

fn violation_out(violation: Violation) -> types::Violation {
    types::Violation { pointer: violation.pointer, message: violation.message, remedy: violation.remedy }
}

fn failure_out(failure: Failure) -> types::Failure {
    types::Failure {
        cause: cause_out(failure.cause),
        code: failure.code,
        message: failure.message,
        partial: failure.partial.map(|state| state_out(*state)),
    }
}

fn cause_out(cause: Cause) -> types::Cause {
    match cause {
        Cause::Invalid(violations) => {
            types::Cause::Invalid(violations.into_iter().map(violation_out).collect())
        }
        Cause::Transient(after) => types::Cause::Transient(after.map(millis)),
        Cause::Permanent => types::Cause::Permanent,
        Cause::Conflict => types::Cause::Conflict,
        Cause::Denied(denial) => types::Cause::Denied(denial_out(*denial)),
        Cause::Unsupported => types::Cause::Unsupported,
    }
}

fn denial_out(denial: Denial) -> types::Denial {
    types::Denial { capability: denial.capability, wanted: denial.wanted, remedy: denial.remedy }
}

fn info_out(info: Info) -> types::Info {
    types::Info {
        name: info.name,
        version: info.version,
        offers: info.offers.into_iter().map(offer_out).collect(),
        ext: object_out(info.ext),
    }
}

fn offer_out(offer: Offer) -> types::Offer {
    let spec = |output: OutputSpec| types::OutputSpec {
        name: output.name,
        schema: output.schema.to_string(),
        sensitive: output.sensitive,
        required: output.required,
    };
    types::Offer {
        kind: offer.kind,
        classes: offer.classes,
        outputs: offer.outputs.into_iter().map(spec).collect(),
        verbs: offer.verbs,
        ext: object_out(offer.ext),
    }
}

fn offer_in(offer: types::Offer) -> Offer {
    let spec = |output: types::OutputSpec| OutputSpec {
        name: output.name,
        schema: json_in(&output.schema),
        sensitive: output.sensitive,
        required: output.required,
    };
    Offer {
        kind: offer.kind,
        classes: offer.classes,
        outputs: offer.outputs.into_iter().map(spec).collect(),
        verbs: offer.verbs,
        ext: object_in(&offer.ext),
    }
}

#[cfg(test)]
mod tests;
