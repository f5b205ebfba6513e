//! What an author looks at while writing: each round builds, checks the contract, and shows what the platform does with
//! sample Score files, in worlds without a cloud.
//!
//! A [`Dev`] makes rounds. A round that fails ends nothing: what the last good build does is still shown, and said to be
//! that. A [`Watch`] says when the next one is due.

mod debounce;
mod filling;
mod json;
mod planning;
mod play;
mod ready;
mod redact;
mod report;
mod samples;
mod source;
mod trace;
mod watch;
mod worlds;

use std::path::{Path, PathBuf};
use std::time::Instant;

use innominatus_engine::Recording;
use innominatus_model::{Code, Json};
use innominatus_plan::Snapshot;

use crate::{BuildOptions, Tell, Workshop};

pub use report::{
    Effect, End, File, LogLine, Place, Planned, PlannedResource, Played, Resource, Round, Sample, Trouble,
};
pub use watch::{Watch, WatchError};

use ready::Ready;
use worlds::Worlds;

/// What is worked on.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The platform's source folder, or with `no_build` a folder that was built.
    pub folder: PathBuf,
    /// Score files; none means those beside the platform.
    pub scores: Vec<PathBuf>,
    /// A recording that answers for the entry that it was made of.
    pub recording: Option<PathBuf>,
    /// What was built before is taken as it is.
    pub no_build: bool,
    /// How to build; what is built stays in memory.
    pub build: BuildOptions,
}

/// Makes rounds.
pub struct Dev {
    options: Options,
    workshop: Workshop,
    /// The last good build.
    good: Option<Ready>,
}

impl Dev {
    /// Nothing is looked at yet.
    pub fn new(options: Options, workshop: Workshop) -> Self {
        Self { options, workshop, good: None }
    }

    /// What is worked on.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// One round: whatever is wrong is in it.
    pub async fn round(&mut self, tell: &mut Tell<'_>) -> Round {
        let began = Instant::now();
        let (trouble, warnings) = match Box::pin(source::ready(&self.options, &self.workshop, tell)).await {
            Ok((ready, warnings)) => {
                self.good = Some(ready);
                (None, warnings)
            }
            Err(trouble) => (Some(trouble), Vec::new()),
        };
        let built_in = began.elapsed();
        let mut round = Round {
            platform: None,
            trouble,
            warnings,
            components: Vec::new(),
            samples: Vec::new(),
            remarks: Vec::new(),
            built_in,
            elapsed: built_in,
        };
        if let Some(ready) = &self.good {
            let manifest = &ready.package.manifest;
            round.platform = Some((manifest.name.clone(), manifest.version.clone()));
            let components = ready.package.components();
            round.components = components.map(|(path, blob)| (path.to_owned(), blob.bytes.len())).collect();
            round.remarks.clone_from(&ready.remarks);
            Box::pin(self.samples(ready, &mut round)).await;
        }
        round.elapsed = began.elapsed();
        round
    }

    async fn samples(&self, ready: &Ready, round: &mut Round) {
        let recording = match self.options.recording.as_deref().map(recording).transpose() {
            Ok(recording) => recording,
            Err(trouble) => {
                round.trouble.get_or_insert(trouble);
                None
            }
        };
        let files = match self.options.scores.as_slice() {
            [] => samples::beside(&self.options.folder),
            named => named.to_vec(),
        };
        if files.is_empty() {
            let ending = samples::ENDING;
            round.remarks.push(format!(
                "there is no Score file to try: write `{}/hello{ending}`, or name one with `--score`",
                samples::EXAMPLES
            ));
        }
        let mut unused = None;
        for file in files {
            // `examples/x` reads better than `./examples/x`.
            let file = file.strip_prefix(".").map(Path::to_path_buf).unwrap_or(file);
            let mut worlds = Worlds::new(ready, recording.as_ref());
            let came = Box::pin(play(ready, &file, &mut worlds)).await;
            unused = Some(worlds.unused().cloned());
            round.samples.push(Sample { file: file.display().to_string(), came });
        }
        if let Some(Some(entry)) = unused {
            round.remarks.push(format!("the recording was not used: nothing here is made by `{entry}`"));
        }
    }
}

/// Plans a Score file, carries the plan out, and plans once more.
async fn play(ready: &Ready, file: &Path, worlds: &mut Worlds) -> Result<Played, Trouble> {
    let workload = samples::workload(file)?;
    let wish = planning::Wish::new(ready, workload)?;
    let plan = Box::pin(wish.plan(ready, &Default::default())).await?;
    let mut run = play::Run::new(ready, &plan, &wish.workload);
    let resources = Box::pin(run.resources(worlds)).await;
    let mut played = Played {
        plan: planning::shown(ready, &plan),
        resources,
        files: Vec::new(),
        trouble: None,
        again: None,
    };
    if !run.is_whole() {
        return Ok(played);
    }
    match Box::pin(run.files(worlds)).await {
        Ok(files) => played.files = files,
        Err(trouble) => {
            played.trouble = Some(trouble);
            return Ok(played);
        }
    }
    match Box::pin(wish.plan(ready, &Snapshot::after(&plan))).await {
        Ok(again) => played.again = Some(planning::shown(ready, &again)),
        Err(trouble) => played.trouble = Some(trouble),
    }
    Ok(played)
}

/// As `innominatus journal export` writes it.
fn recording(file: &Path) -> Result<Recording, Trouble> {
    let shown = file.display();
    let wrong = |code: Code, message: String| {
        Trouble::new(code, message, Some("write it with `innominatus journal export`".into()))
    };
    let text = std::fs::read(file).map_err(|error| {
        let code = if file.exists() { Code::FileUnreadable } else { Code::FileNotFound };
        wrong(code, format!("cannot read the recording `{shown}`: {error}"))
    })?;
    let invalid = |why: String| wrong(Code::PlatformTestInvalid, format!("the recording `{shown}` {why}"));
    let document: Json =
        serde_json::from_slice(&text).map_err(|error| invalid(format!("is not JSON: {error}")))?;
    Recording::from_json(document).map_err(|error| invalid(error.to_string()))
}
