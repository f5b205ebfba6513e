//! A plan carried out in worlds without a cloud: each resource in order, then the files.

use std::sync::{Mutex, PoisonError};

use innominatus_effect::{Call, Entry, Export, HttpError, Outcome};
use innominatus_model::{Artifact, Cause, Code, Failure, Json, Made as Shown, Output, ResourceId, Target};
use innominatus_plan::params::Schema;
use innominatus_plan::{Plan, RenderTask, Task, written};
use innominatus_sandbox::GoldenPath;
use serde_json::json;

use super::filling::Made;
use super::planning::said_no;
use super::ready::{Ready, Way};
use super::redact::{Redactor, SECRET};
use super::report::{Effect, End, File, LogLine, Resource, Trouble};
use super::trace;
use super::worlds::Worlds;
use crate::harness::checks::Declared;
use crate::harness::drive::{Drive, Driven, Ended};
use crate::harness::subject::Subject;
use crate::harness::world::Cloud;

/// One run of a plan.
pub(crate) struct Run<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) plan: &'a Plan,
    pub(crate) workload: &'a innominatus_score::Workload,
    /// What is ready, with its outputs, tokens in them.
    made: Vec<(ResourceId, String, Vec<Output>)>,
    artifacts: Vec<(ResourceId, Vec<Artifact>)>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(ready: &'a Ready, plan: &'a Plan, workload: &'a innominatus_score::Workload) -> Self {
        Self { ready, plan, workload, made: Vec::new(), artifacts: Vec::new() }
    }

    /// Whether every resource is ready.
    pub(crate) fn is_whole(&self) -> bool {
        self.made.len() == self.plan.tasks.len()
    }

    /// Every resource in the order of the plan. What needs one that is not ready is left out.
    pub(crate) async fn resources(&mut self, worlds: &mut Worlds) -> Vec<Resource> {
        let mut resources = Vec::new();
        for task in &self.plan.tasks {
            resources.push(Box::pin(self.resource(task, worlds)).await);
        }
        resources
    }

    async fn resource(&mut self, task: &Task, worlds: &mut Worlds) -> Resource {
        let plain = |end: End| Resource {
            uid: task.uid.to_string(),
            provisioner: task.provisioner.label(),
            end,
            outputs: Vec::new(),
            effects: Vec::new(),
            log: Vec::new(),
            calls: 0,
            fuel: 0,
            memory_peak: 0,
            elapsed: std::time::Duration::ZERO,
        };
        let of_plan = |id: &ResourceId| self.plan.task_of(*id).map(|task| task.uid.to_string());
        let missing = |id: &&ResourceId| !self.made.iter().any(|(known, _, _)| known == *id);
        if let Some(first) = task.references.iter().map(|(_, id)| id).find(missing) {
            let uid = of_plan(first).unwrap_or_default();
            return plain(End::Skipped(format!("it refers to `{uid}`, which is not ready")));
        }
        let Some(declared) = self.ready.entry(&task.provisioner.entry) else {
            let message = format!("the platform has no entry `{}`", task.provisioner.entry);
            return plain(End::Failed(Trouble::new(Code::Internal, message, None)));
        };
        let target = match self.target(task, declared) {
            Ok(target) => target,
            Err(why) => return plain(End::Failed(*why)),
        };
        let mut target = target;
        worlds.dress(&task.provisioner.entry, &mut target);
        let subject = Subject {
            label: declared.subject.label.clone(),
            entry: declared.subject.entry.clone(),
            component: declared.subject.component.clone(),
            offer: declared.subject.offer.clone(),
            is_shared: declared.subject.is_shared,
            figures: Mutex::default(),
        };
        let cloud = worlds.of(&task.provisioner.entry).clone();
        // What it is handed may hold the tokens of others.
        cloud.learn(self.made.iter().flat_map(|(_, _, outputs)| outputs));
        let grant = subject.grant(cloud.settings());
        let drive = Drive { subject: &subject, cloud: &cloud, grant: &grant, export: Export::Provision };
        let driven = Box::pin(drive.run(target)).await;
        let figures = subject.figures.into_inner().unwrap_or_else(PoisonError::into_inner).most();
        let redactor = &worlds.redactor;
        let mut resource = Resource {
            effects: effects(&driven.entries, redactor),
            log: log(&driven.entries, redactor),
            calls: figures.calls,
            fuel: figures.fuel,
            memory_peak: figures.memory_peak,
            elapsed: figures.elapsed,
            ..plain(End::Ready)
        };
        match self.ended(task, driven, redactor) {
            Ok((outputs, artifacts)) => {
                let outputs = marked(outputs, declared, &cloud);
                resource.outputs = outputs.iter().map(|output| shown(output, redactor)).collect();
                self.made.push((task.resource, task.uid.to_string(), outputs));
                self.artifacts.push((task.resource, artifacts));
            }
            Err(trouble) => resource.end = End::Failed(*trouble),
        }
        resource
    }

    /// What the provisioner is told.
    fn target(&self, task: &Task, declared: &Declared) -> Result<Target, Box<Trouble>> {
        let made = Made { workload: self.workload, ready: &self.made };
        let wrong = |why: String| Box::new(Trouble::new(Code::ParamsInvalid, why, None));
        let filled = made.fill(task).map_err(|why| wrong(format!("the params of `{}`: {why}", task.uid)))?;
        let source = declared.schemas.iter().find(|(class, _)| class == task.class());
        let mut params = filled;
        if let Some((_, source)) = source.or(declared.schemas.first())
            && let Ok(schema) = Schema::new(source)
        {
            params = schema.with_defaults(&params);
            if let Some(violation) = schema.violations(&params).first() {
                return Err(wrong(format!(
                    "once filled, `params{}` of `{}` do not satisfy the schema: {}",
                    violation.pointer, task.uid, violation.message
                )));
            }
        }
        let annotations =
            task.annotations.iter().map(|(key, value)| (format!("annotation/{key}"), value.clone()));
        Ok(Target {
            scope: self.plan.scope.clone(),
            application: self.plan.application.clone(),
            id: task.resource,
            name: task.name.clone(),
            kind: task.kind().clone(),
            class: task.class().clone(),
            workloads: task.workloads.clone(),
            labels: std::iter::once(("uid".to_owned(), task.uid.to_string())).chain(annotations).collect(),
            params,
            generation: task.generation,
            attempt: 1,
            prior: None,
            unsettled: Vec::new(),
        })
    }

    fn ended(
        &self,
        task: &Task,
        driven: Driven,
        redactor: &Redactor,
    ) -> Result<(Vec<Output>, Vec<Artifact>), Box<Trouble>> {
        let words = driven.ended.words();
        let denied = || driven.denials.first().map(|denial| redactor.text(&denial.remedy));
        let plain = |code: Code, remedy: Option<String>| {
            Box::new(Trouble::new(code, redactor.text(&format!("`{}`: {words}", task.uid)), remedy))
        };
        Err(match &driven.ended {
            Ended::Ready(state) => return Ok((state.outputs.clone(), state.artifacts.clone())),
            Ended::Broke(_) => match &driven.fault {
                Some(fault) => {
                    let bytes = self.ready.bytes(&task.provisioner.component);
                    let mut trouble = trace::fault(bytes, fault, &driven.entries);
                    trouble.message = redactor.text(&format!("`{}`: {}", task.uid, trouble.message));
                    Box::new(trouble)
                }
                None => plain(Code::GuestTrap, None),
            },
            Ended::GaveUp(failure) => plain(Code::ProvisionFailed, remedy(failure).or_else(denied)),
            Ended::Diverged(_) => plain(
                Code::EffectDiverged,
                Some("let the component do the same when it is told the same: no clock and no chance of its own".into()),
            ),
            Ended::Doubt(_) => plain(
                Code::InDoubt,
                Some("offer `settle`, or send what can be sent twice: PUT, or an idempotency key".into()),
            ),
            Ended::Endless | Ended::Gone => {
                plain(Code::ProvisionFailed, Some("answer `ready` once the thing is there".into()))
            }
            Ended::Host(_) => plain(Code::Unavailable, None),
        })
    }

    /// What the golden path renders of all this.
    pub(crate) async fn files(&self, worlds: &Worlds) -> Result<Vec<File>, Trouble> {
        let mut files = Vec::new();
        for render in &self.plan.renders {
            let rendered = Box::pin(self.render(render, worlds)).await?;
            files.extend(rendered.into_iter().map(|file| File {
                name: worlds.redactor.text(&file.name),
                bytes: file.content.len(),
                sensitive: file.sensitive,
            }));
        }
        Ok(files)
    }

    async fn render(&self, render: &RenderTask, worlds: &Worlds) -> Result<Vec<Artifact>, Trouble> {
        let made: Vec<Shown> = self.before(render);
        let request = &self.plan.request;
        match &self.ready.way {
            Way::Plain { .. } => Ok(Vec::new()),
            Way::Written { path, .. } => {
                written::render(path, request, &render.step, &made).map_err(|error| {
                    let mut trouble = Trouble::of(&error);
                    trouble.message = worlds.redactor.text(&trouble.message);
                    trouble
                })
            }
            Way::Component { reference, path, .. } => {
                let cloud = Cloud::new(json!({})).minted(made.iter().flat_map(|made| &made.outputs)).into();
                let ask = async |guest: GoldenPath| guest.render(request, &render.step, &made).await;
                let (files, entries) = path.ask(Export::Render, &cloud, ask).await;
                let files = files.map_err(|error| {
                    let mut trouble = trace::fault(self.ready.bytes(&reference.component), &error, &entries);
                    trouble.message = worlds.redactor.text(&trouble.message);
                    trouble
                })?;
                files.map_err(|failure| {
                    let mut trouble = said_no(&reference.label(), &failure);
                    trouble.message = worlds.redactor.text(&trouble.message);
                    trouble
                })
            }
        }
    }

    fn before(&self, render: &RenderTask) -> Vec<Shown> {
        let tasks = self.plan.tasks.iter().filter(|task| render.after.contains(&task.step));
        let shown = |task: &Task| {
            let (_, uid, outputs) = self.made.iter().find(|(id, _, _)| *id == task.resource)?;
            let artifacts = self.artifacts.iter().find(|(id, _)| *id == task.resource);
            let artifacts = artifacts.map(|(_, artifacts)| artifacts.clone()).unwrap_or_default();
            Some(Shown { need: uid.clone(), outputs: outputs.clone(), artifacts })
        };
        tasks.filter_map(shown).collect()
    }
}

fn remedy(failure: &Failure) -> Option<String> {
    match &failure.cause {
        Cause::Invalid(violations) => violations.iter().find_map(|violation| violation.remedy.clone()),
        _ => None,
    }
}

/// Outputs are sensitive where the component says so, where its offer does, and where a token stands in them.
fn marked(mut outputs: Vec<Output>, declared: &Declared, cloud: &Cloud) -> Vec<Output> {
    let offer = &declared.subject.offer;
    for output in &mut outputs {
        output.sensitive |= offer.outputs.iter().any(|spec| spec.name == output.name && spec.sensitive)
            || cloud.secret_in(&output.value.to_string()).is_some();
    }
    outputs
}

fn shown(output: &Output, redactor: &Redactor) -> (String, Json) {
    let value = if output.sensitive { json!(SECRET) } else { redactor.value(&output.value) };
    (output.name.clone(), value)
}

/// What it asked of the host, but for what only it itself sees.
fn effects(entries: &[Entry], redactor: &Redactor) -> Vec<Effect> {
    let effect = |entry: &Entry| {
        let (what, on) = match &entry.call {
            Call::Http { request } => (request.method.as_str().to_owned(), request.url.clone()),
            Call::SecretReference { name } | Call::SecretGenerate { name, .. } => {
                (entry.call.name().to_owned(), name.clone())
            }
            _ => return None,
        };
        let came = match &entry.outcome {
            None => "interrupted".to_owned(),
            Some(Outcome::Http(Ok(answer))) => answer.status.to_string(),
            Some(Outcome::Http(Err(error))) => match error {
                HttpError::Denied(denial) => format!("denied: {}", denial.wanted),
                HttpError::NotSent(why) => format!("not sent: {why}"),
                HttpError::OutcomeUnknown(why) => format!("unknown: {why}"),
                HttpError::TooLarge(bytes) => format!("too large: {bytes} bytes"),
            },
            Some(outcome) => match outcome.denial() {
                Some(denial) => format!("denied: {}", denial.wanted),
                None => match outcome {
                    Outcome::Token(Err(_)) | Outcome::Minted(Err(_)) => "refused".to_owned(),
                    _ => SECRET.to_owned(),
                },
            },
        };
        Some(Effect { what, on: redactor.text(&on), came: redactor.text(&came) })
    };
    entries.iter().filter_map(effect).collect()
}

fn log(entries: &[Entry], redactor: &Redactor) -> Vec<LogLine> {
    let line = |entry: &Entry| match &entry.call {
        Call::Log { level, message, fields } => {
            let fields: String = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            Some(LogLine { level: *level, message: redactor.text(&format!("{message}{fields}")) })
        }
        _ => None,
    };
    entries.iter().filter_map(line).collect()
}
