//! From the guest's values to the host's. Nothing gets past here unbounded, unnamed or unprintable.

use std::collections::BTreeSet;

use innominatus_model::{
    Artifact, Cause, Class, Denial, Difference, Failure, Health, Hint, Info, Kind, Offer, Output, OutputSpec,
    Pending, Progress, Removal, State, Status, Step, StepKind, Verb, Violation,
};

use super::wit::{generator, types};
use super::{OPEN_OUTPUTS, size};
use crate::bounds::{self, Breach, Checked, LABEL, MESSAGE, list};
use crate::text::clean;

pub(super) fn info(info: types::Info) -> Checked<Info> {
    bounds::object("`info.ext`", &info.ext)?;
    Ok(Info {
        name: bounds::token("the component's name", LABEL, info.name)?,
        version: bounds::token("the component's version", LABEL, info.version)?,
        offers: list("offers", bounds::OFFERS, info.offers, offer)?,
    })
}

fn offer(offer: types::Offer) -> Checked<Offer> {
    let bytes = size::offer(&offer);
    let kind = Kind::new(offer.kind).map_err(|error| Breach::contract(error.to_string()))?;
    if bytes > bounds::OFFER_BYTES {
        let max = bounds::OFFER_BYTES;
        return Err(Breach::size(format!("the offer `{kind}` has {bytes} bytes, more than {max}")));
    }
    let ext = bounds::object(&format!("`ext` of the offer `{kind}`"), &offer.ext)?;
    let open_outputs = match ext.get(OPEN_OUTPUTS) {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| {
            Breach::contract(format!(
                "`{OPEN_OUTPUTS}` in `ext` of the offer `{kind}` is neither true nor false"
            ))
        })?,
    };
    Ok(Offer {
        classes: list("classes", bounds::WORDS, offer.classes, |class| {
            Class::new(class).map_err(|error| Breach::contract(error.to_string()))
        })?,
        outputs: list("outputs of an offer", bounds::OUTPUTS, offer.outputs, |spec| {
            Ok(OutputSpec {
                schema: bounds::json("the schema of an output", &spec.schema)?,
                name: bounds::name("the output", spec.name)?,
                sensitive: spec.sensitive,
                required: spec.required,
            })
        })?,
        open_outputs,
        verbs: list("verbs", bounds::WORDS, offer.verbs, |verb| {
            Ok(Verb::parse(&bounds::word("the verb", verb)?))
        })?,
        kind,
    })
}

pub(super) fn violations(violations: Vec<types::Violation>) -> Checked<Vec<Violation>> {
    list("violations", bounds::VIOLATIONS, violations, |violation| {
        Ok(Violation {
            pointer: bounds::pointer("the pointer of a violation", violation.pointer)?,
            message: clean(&violation.message, MESSAGE),
            remedy: violation.remedy.map(|remedy| clean(&remedy, MESSAGE)),
        })
    })
}

pub(super) fn progress(progress: types::Progress) -> Checked<Progress> {
    Ok(match progress {
        types::Progress::Ready(ready) => Progress::Ready(state(ready)?),
        types::Progress::Pending(waiting) => Progress::Pending(pending(waiting)?),
    })
}

pub(super) fn removal(removal: types::Removal) -> Checked<Removal> {
    Ok(match removal {
        types::Removal::Gone => Removal::Gone,
        types::Removal::Pending(waiting) => Removal::Pending(pending(waiting)?),
    })
}

fn pending(pending: types::Pending) -> Checked<Pending> {
    Ok(Pending {
        state: state(pending.state)?,
        after_ms: pending.after_ms.min(bounds::WAIT_MS),
        reason: clean(&pending.reason, MESSAGE),
        percent: bounds::percent(pending.percent)?,
    })
}

/// Also for `report.checkpoint`.
pub(crate) fn state(state: types::State) -> Checked<State> {
    let mut seen = BTreeSet::new();
    Ok(State {
        handle: bounds::json("the handle", &state.handle)?,
        outputs: list("outputs", bounds::OUTPUTS, state.outputs, |output| {
            let name = bounds::name("the output", output.name)?;
            if !seen.insert(name.clone()) {
                return Err(Breach::contract(format!("the output `{name}` stands twice")));
            }
            let value = bounds::json(&format!("the output `{name}`"), &output.value)?;
            Ok(Output { name, value, sensitive: output.sensitive })
        })?,
        artifacts: list("artifacts", bounds::ARTIFACTS, state.artifacts, |artifact| {
            let name = bounds::token("the artifact", bounds::PATH, artifact.name)?;
            read_artifact(
                name,
                artifact.media_type,
                artifact.content,
                artifact.sensitive,
                bounds::ARTIFACT_BYTES,
            )
        })?,
    })
}

/// The answer of `render`: files, so names are paths and stand once.
pub(super) fn files(files: Vec<types::Artifact>) -> Checked<Vec<Artifact>> {
    let mut seen = BTreeSet::new();
    list("files", bounds::ARTIFACTS, files, |file| {
        let name = bounds::path("the file", file.name)?;
        if !seen.insert(name.clone()) {
            return Err(Breach::contract(format!("the file `{name}` stands twice")));
        }
        read_artifact(name, file.media_type, file.content, file.sensitive, bounds::FILE_BYTES)
    })
}

fn read_artifact(
    name: String,
    media: String,
    content: String,
    sensitive: bool,
    max: usize,
) -> Checked<Artifact> {
    Ok(Artifact {
        media_type: bounds::media_type(&format!("the media type of `{name}`"), media)?,
        content: bounds::content(&format!("the content of `{name}`"), max, content)?,
        name,
        sensitive,
    })
}

pub(super) fn status(status: types::Status) -> Checked<Status> {
    Ok(Status {
        health: match status.health {
            types::Health::Ready => Health::Ready,
            types::Health::Progressing => Health::Progressing,
            types::Health::Degraded => Health::Degraded,
            types::Health::Missing => Health::Missing,
            types::Health::Unknown => Health::Unknown,
        },
        reason: clean(&status.reason, LABEL),
        message: clean(&status.message, MESSAGE),
        drift: list("differences", bounds::DRIFT, status.drift, |difference| {
            Ok(Difference {
                pointer: bounds::pointer("the pointer of a difference", difference.pointer)?,
                desired: bounds::json("the desired value", &difference.desired)?,
                observed: bounds::json("the observed value", &difference.observed)?,
            })
        })?,
        state: status.state.map(state).transpose()?,
    })
}

pub(super) fn hints(hints: Vec<types::Hint>) -> Checked<Vec<Hint>> {
    list("hints", bounds::HINTS, hints, |hint| {
        Ok(Hint {
            kind: bounds::word("the kind of a hint", hint.kind)?,
            label: clean(&hint.label, LABEL),
            value: clean(&hint.value, bounds::HINT_VALUE),
            icon: hint.icon.map(|icon| bounds::word("the icon of a hint", icon)).transpose()?,
            sensitive: hint.sensitive,
        })
    })
}

pub(super) fn steps(steps: Vec<generator::Step>) -> Checked<Vec<Step>> {
    list("steps", bounds::STEPS, steps, |step| {
        let name = bounds::token("the step", LABEL, step.name)?;
        Ok(Step {
            kind: StepKind::parse(&bounds::word("the kind of a step", step.kind)?),
            subject: step
                .subject
                .map(|subject| bounds::token("the subject of a step", LABEL, subject))
                .transpose()?,
            config: bounds::json(&format!("the config of the step `{name}`"), &step.config)?,
            depends_on: list("steps that come first", bounds::STEPS, step.depends_on, |name| {
                bounds::token("the step that comes first", LABEL, name)
            })?,
            name,
        })
    })
}

pub(super) fn failure(failure: types::Failure) -> Checked<Failure> {
    Ok(Failure {
        cause: match failure.cause {
            types::Cause::Invalid(list) => Cause::Invalid(violations(list)?),
            types::Cause::Transient(after) => Cause::Transient(after.map(|ms| ms.min(bounds::WAIT_MS))),
            types::Cause::Permanent => Cause::Permanent,
            types::Cause::Conflict => Cause::Conflict,
            types::Cause::Denied(denial) => Cause::Denied(Denial {
                capability: clean(&denial.capability, LABEL),
                wanted: clean(&denial.wanted, LABEL),
                remedy: clean(&denial.remedy, MESSAGE),
            }),
            types::Cause::Unsupported => Cause::Unsupported,
        },
        code: clean(&failure.code, LABEL),
        message: clean(&failure.message, MESSAGE),
        partial: failure.partial.map(state).transpose()?,
    })
}
