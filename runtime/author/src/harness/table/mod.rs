//! Table tests: finds them beside the manifest, makes the world that each gives, calls, and compares.

mod compare;
mod path;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use innominatus_effect::{Entry, Export, Replay};
use innominatus_model::{Class, Diagnostic, Grant, Json, Output, Prior, State, Target, Unsettled};
use innominatus_package::{PlatformTest, TESTS_FOLDER, TestTarget, effective, read_test, sample_of};
use innominatus_plan::params::Schema;

use self::compare::compare;
use super::HarnessError;
use super::catalogue as list;
use super::drive::{Drive, Ended};
use super::sheet::Sheet;
use super::subject::{Subject, setting};
use super::world::{Cloud, Script};

pub(crate) use compare::Observed;
pub(crate) use path::run_path;
pub(crate) use written::{Written, run_written};

/// Every table test of a platform, in the order of their files' names.
pub(crate) fn find(folder: &Path) -> Result<Vec<PlatformTest>, HarnessError> {
    let mut found = Vec::new();
    for path in files(folder)? {
        let text =
            std::fs::read(&path).map_err(|source| HarnessError::Read { path: path.clone(), source })?;
        found.push(read_test(&path.display().to_string(), &text)?);
    }
    Ok(found)
}

/// What is wrong with those that cannot be read as tests.
pub(crate) fn unreadable(folder: &Path) -> Vec<Diagnostic> {
    let wrong = |path: PathBuf| {
        let text = std::fs::read(&path).ok()?;
        Some(read_test(&path.display().to_string(), &text).err()?.diagnostics)
    };
    files(folder).unwrap_or_default().into_iter().filter_map(wrong).flatten().collect()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    let tests = folder.join(TESTS_FOLDER);
    let unread = |source| HarnessError::Read { path: tests.clone(), source };
    let entries = match std::fs::read_dir(&tests) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unread(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The world that a test gives.
pub(crate) fn world(test: &PlatformTest, fallback: Json) -> Cloud {
    let settings = match &test.given.settings {
        Json::Object(fields) if fields.is_empty() => fallback,
        settings => settings.clone(),
    };
    let mut cloud = Cloud::new(settings);
    if !test.given.secrets.is_empty() {
        cloud = cloud.knowing(test.given.secrets.clone());
    }
    match &test.given.answers {
        Some(answers) => cloud.scripted(Script::new(answers)),
        None => cloud,
    }
}

/// The target that a test gives, defaults filled in.
pub(crate) fn target(subject: &Subject, given: &TestTarget, schema: Option<&Json>) -> Target {
    let filled = |params: &Json| match schema.and_then(|schema| Schema::new(schema).ok()) {
        Some(schema) => schema.with_defaults(params),
        None => params.clone(),
    };
    let mut target = subject.target(&given.class, filled(&given.params));
    if let Some(name) = &given.name {
        target.name.clone_from(name);
    }
    if let Some(workloads) = &given.workloads {
        target.workloads.clone_from(workloads);
    }
    target.labels.extend(given.labels.iter().cloned());
    (target.generation, target.attempt) = (given.generation, given.attempt);
    target.prior = given.prior.as_ref().map(|prior| Prior {
        state: State {
            handle: prior.handle.clone(),
            outputs: prior
                .outputs
                .iter()
                .map(|(name, value, sensitive)| Output {
                    name: name.clone(),
                    value: value.clone(),
                    sensitive: *sensitive,
                })
                .collect(),
            artifacts: Vec::new(),
        },
        version: prior.version.clone().unwrap_or_else(|| subject.entry.version.to_string()),
        generation: prior.generation,
        params: prior.params.clone().unwrap_or_else(|| target.params.clone()),
    });
    let text = |request: &Json| request.get("purpose").and_then(Json::as_str).unwrap_or_default().to_owned();
    target.unsettled = given
        .unsettled
        .iter()
        .map(|request| Unsettled { purpose: text(request), sent_ms: 0, request: request.clone() })
        .collect();
    target
}

/// Everything that the entry asks for, but for what the test denies.
pub(crate) fn grant(subject: &Subject, test: &PlatformTest, settings: &Json) -> Grant {
    let leads = |name: &str| setting(settings, name);
    let wants = subject.entry.wants.iter().filter(|want| !test.given.deny.contains(&want.capability));
    let granted = sample_of(wants, &leads);
    effective(&subject.entry.wants, &subject.component.contract().imports, &granted, &leads).grant
}

/// Runs a test of a provisioner and says on the sheet what came of it.
pub(crate) async fn run(
    subject: &Subject,
    schemas: &[(Class, Json)],
    test: &PlatformTest,
    folder: &Path,
    sheet: &mut Sheet<'_>,
) {
    sheet.of(Some(test.name.to_string()));
    if sheet.wants(&list::TEST) {
        let cloud = Arc::new(world(test, subject.settings()));
        let observed = Box::pin(observe(subject, schemas, test, folder, &cloud)).await;
        tell(test, &cloud, observed, sheet);
    }
    sheet.of(None);
}

/// What came of the call, or why it could not be made.
fn tell(test: &PlatformTest, cloud: &Cloud, observed: Result<Observed, String>, sheet: &mut Sheet<'_>) {
    let observed = match observed {
        Ok(observed) => observed,
        Err(why) => {
            sheet.fail(&list::TEST, format!("{}: {why}", test.file));
            return;
        }
    };
    let mut wrong = compare(test, cloud, &observed);
    wrong.extend(
        cloud.unused().into_iter().map(|rule| (format!("an answer was not used: {rule}"), String::new())),
    );
    match wrong.split_first() {
        None => sheet.pass(&list::TEST),
        Some(((first, details), rest)) => {
            let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
            sheet.fail(&list::TEST, format!("{first}{more}"));
            let others: String =
                rest.iter().map(|(message, details)| format!("{message}\n{details}")).collect();
            sheet.detail(format!("{details}{others}"));
        }
    }
}

async fn observe(
    subject: &Subject,
    schemas: &[(Class, Json)],
    test: &PlatformTest,
    folder: &Path,
    cloud: &Arc<Cloud>,
) -> Result<Observed, String> {
    let export = Export::parse(&test.when).ok_or_else(|| format!("there is no export `{}`", test.when))?;
    let grant = grant(subject, test, cloud.settings());
    let schema = schemas.iter().find(|(class, _)| *class == test.given.target.class).or(schemas.first());
    let target = target(subject, &test.given.target, schema.map(|(_, schema)| schema));
    if let Some(path) = &test.given.recording {
        return Box::pin(replay(subject, &folder.join(path), export)).await;
    }
    let mut observed = Observed::default();
    match export {
        Export::Provision | Export::Deprovision => {
            // One call: what comes of it is what is expected, be it pending or a failure that would be tried again.
            let drive = Drive { subject, cloud, grant: &grant, export };
            let driven = Box::pin(drive.once(target)).await;
            observed.entries = driven.entries;
            observed.failure = driven.failures.into_iter().next();
            if let Some(pending) = driven.pending.into_iter().next() {
                observed.progress = Some("pending");
                observed.state = Some(pending.state);
            }
            match driven.ended {
                Ended::Ready(state) => {
                    observed.progress = Some("ready");
                    observed.state = Some(state);
                }
                Ended::Gone => observed.progress = Some("gone"),
                ended @ (Ended::Broke(_) | Ended::Diverged(_) | Ended::Host(_)) => return Err(ended.words()),
                Ended::GaveUp(_) | Ended::Doubt(_) | Ended::Endless => {}
            }
        }
        _ => {
            let words = |error: innominatus_sandbox::CallError| error.to_string();
            match export {
                Export::ValidateConfig => {
                    let call =
                        async |guest: innominatus_sandbox::Provisioner| guest.validate_config(&target).await;
                    let looked = subject.look(export, &grant, cloud, call).await;
                    observed.entries = looked.entries;
                    observed.violations = looked.answer.map_err(words)?;
                }
                Export::GetStatus => {
                    let call =
                        async |guest: innominatus_sandbox::Provisioner| guest.get_status(&target).await;
                    let looked = subject.look(export, &grant, cloud, call).await;
                    observed.entries = looked.entries;
                    match looked.answer.map_err(words)? {
                        Ok(status) => {
                            observed.health = Some(status.health);
                            observed.state = status.state;
                        }
                        Err(failure) => observed.failure = Some(failure),
                    }
                }
                Export::GetHints => {
                    let call = async |guest: innominatus_sandbox::Provisioner| guest.get_hints(&target).await;
                    let looked = subject.look(export, &grant, cloud, call).await;
                    observed.entries = looked.entries;
                    match looked.answer.map_err(words)? {
                        Ok(hints) => observed.hints = hints.into_iter().map(|hint| hint.label).collect(),
                        Err(failure) => observed.failure = Some(failure),
                    }
                }
                Export::UpgradeState => {
                    let call =
                        async |guest: innominatus_sandbox::Provisioner| guest.upgrade_state(&target).await;
                    let looked = subject.look(export, &grant, cloud, call).await;
                    observed.entries = looked.entries;
                    match looked.answer.map_err(words)? {
                        Ok(state) => observed.state = Some(state),
                        Err(failure) => observed.failure = Some(failure),
                    }
                }
                _ => return Err(format!("`when: {}` is not run by a table test", test.when)),
            }
        }
    }
    Ok(observed)
}

/// Replays a recording from a file: what `innominatus journal export` writes.
async fn replay(subject: &Subject, path: &Path, export: Export) -> Result<Observed, String> {
    let text = std::fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let document: Json = serde_json::from_slice(&text)
        .map_err(|error| format!("`{}` is not JSON: {error}", path.display()))?;
    let recording = innominatus_engine::Recording::from_json(document)
        .map_err(|error| format!("`{}` {error}", path.display()))?;
    if recording.export != export {
        return Err(format!(
            "the recording is of `{}`, not of `{}`",
            recording.export.as_str(),
            export.as_str()
        ));
    }
    Box::pin(play(subject, &recording)).await
}

/// Replays a recording offline.
pub(crate) async fn play(
    subject: &Subject,
    recording: &innominatus_engine::Recording,
) -> Result<Observed, String> {
    let (target, export) = (recording.target.clone(), recording.export);
    let port = Arc::new(Replay::new(recording.past.clone()));
    let mut observed = Observed::default();
    match export {
        Export::Deprovision => {
            let call = async |guest: innominatus_sandbox::Provisioner| guest.deprovision(&target).await;
            match subject.ask(export, port.clone(), call).await.map_err(|error| error.to_string())? {
                Ok(innominatus_model::Removal::Gone) => observed.progress = Some("gone"),
                Ok(innominatus_model::Removal::Pending(pending)) => observed.pending(pending.state),
                Err(failure) => observed.failure = Some(failure),
            }
        }
        _ => {
            let call = async |guest: innominatus_sandbox::Provisioner| guest.provision(&target).await;
            match subject.ask(export, port.clone(), call).await.map_err(|error| error.to_string())? {
                Ok(innominatus_model::Progress::Ready(state)) => {
                    observed.progress = Some("ready");
                    observed.state = Some(state);
                }
                Ok(innominatus_model::Progress::Pending(pending)) => observed.pending(pending.state),
                Err(failure) => observed.failure = Some(failure),
            }
        }
    }
    port.finished().map_err(|error| error.to_string())?;
    observed.requests = Some(recording.past.iter().filter_map(compare::request_of).collect());
    Ok(observed)
}

/// The requests that were made, for comparing.
fn requests(entries: &[Entry]) -> Vec<compare::Request> {
    entries.iter().filter_map(compare::request).collect()
}
