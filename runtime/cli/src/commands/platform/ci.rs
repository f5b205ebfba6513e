//! `platform ci`: what has to hold before a platform is published, in one command; and publishing it, where that is asked
//! for.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Instant;

use innominatus_author::publish::{PrivateKey, SignInput, Stage};
use innominatus_author::{BuildOptions, Project};
use innominatus_model::Code;
use serde::Serialize;

use super::author::Source;
use super::publishing::{StageArg, key};
use super::{build, pack, push, sign, sync, test, validate};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::View;
use crate::ui::style::{BOLD, GOOD, paint};
use crate::ui::table::{cell, render, styled};
use crate::ui::text::show;

/// Do all that has to hold before a platform is published, in order, up to the first failure
///
/// `platform sync --check`, `validate`, `build`, `test` (what the manifest names, then `test-platform`) and `pack`. With
/// `--push` it goes on: `push` to where `publish:` of the manifest says, and with `--key` `sign`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,

    /// At the end, push it to where `publish:` of platform.yaml says
    #[arg(long)]
    push: bool,

    /// Sign what was pushed with this private key, as `platform sign` does
    #[arg(long, value_name = "FILE", requires = "push")]
    key: Option<PathBuf>,

    #[command(flatten)]
    stage: StageArg,

    #[command(flatten)]
    how: build::How,
}

/// One step: its name, and the work.
struct Step {
    name: &'static str,
    work: Work,
}

type Work = for<'a> fn(&'a Session, &'a Platform) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// What every step is handed.
struct Platform {
    project: Project,
    options: BuildOptions,
    stage: Stage,
}

/// In the order in which they are done. A verb of its own stands behind each.
const STEPS: &[Step] = &[
    Step {
        name: "sync",
        work: |session, platform| Box::pin(async move { sync::checked(session, &platform.project) }),
    },
    Step {
        name: "validate",
        work: |session, platform| Box::pin(validate::checked(session, &platform.project)),
    },
    Step {
        name: "build",
        work: |session, platform| {
            let projects = std::slice::from_ref(&platform.project);
            Box::pin(build::built(session, projects, &platform.options))
        },
    },
    Step {
        name: "test",
        work: |session, platform| {
            Box::pin(async move {
                test::own(session, &platform.project).await?;
                match test::harness(session, &platform.project, None).await? {
                    Exit::OK => Ok(()),
                    _ => Err(Failure::new(Code::PlatformTestFailed, "a check of the platform failed")
                        .hint("`innominatus platform test` shows which")),
                }
            })
        },
    },
    Step {
        name: "pack",
        work: |session, platform| Box::pin(pack::packed(session, &platform.project.folder, platform.stage)),
    },
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CiReport {
    steps: Vec<StepView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepView {
    name: &'static str,
    seconds: f64,
}

/// Ends as the first step that fails does.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let project = args.source.open().await?;
    let key = may_be_published(&args, &project).await?;
    let (options, stage) = (args.how.options(session, None), args.stage.stage());
    let platform = Platform { project, options, stage };
    let mut steps = Vec::new();
    for Step { name, work } in STEPS {
        timed(session, &mut steps, name, work(session, &platform)).await?;
    }
    let mut pushed = None;
    if args.push {
        let work = Box::pin(push::pushed(session, &platform.project.folder, stage));
        pushed = Some(timed(session, &mut steps, "push", work).await?);
    }
    if let (Some(pinned), Some(key)) = (&pushed, &key) {
        let (reference, key, project) = (pinned.clone(), key.clone(), platform.project.folder.clone());
        let input = SignInput { reference, key, project, provenance: false };
        timed(session, &mut steps, "sign", Box::pin(sign::signed(session, &input))).await?;
    }
    let report = CiReport { steps };
    let names = || report.steps.iter().map(|step| step.name.to_owned()).collect();
    session.ui.done("CiReport", &report, |view| table(view, &report), names)?;
    let registry = platform.project.manifest.publish.as_ref().map(|publish| publish.registry.as_str());
    session.ui.remark(&next(registry, pushed.as_deref(), args.key.is_some()));
    Ok(Exit::OK)
}

/// What would come out at the end is said before anything is done.
async fn may_be_published(args: &Args, project: &Project) -> Result<Option<PrivateKey>, Failure> {
    if args.push && project.manifest.publish.is_none() {
        let hint = "write `publish:` with `registry:` into platform.yaml";
        return Err(Failure::usage("nothing says where to publish to", hint));
    }
    match args.key.as_deref() {
        Some(file) => key(file).await.map(Some),
        None => Ok(None),
    }
}

/// Does one step, and keeps how long it took.
async fn timed<T>(
    session: &Session,
    steps: &mut Vec<StepView>,
    name: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    session.ui.talk(&paint(BOLD, format!("== {name}")));
    let begin = Instant::now();
    let done = work.await.map_err(|failure| failure.and(&format!("the step `{name}` failed")))?;
    steps.push(StepView { name, seconds: (begin.elapsed().as_secs_f64() * 10.0).round() / 10.0 });
    Ok(done)
}

/// What is left to do.
fn next(registry: Option<&str>, pushed: Option<&str>, signed: bool) -> String {
    match (pushed, registry) {
        (Some(pinned), _) if signed => {
            format!("next: innominatus platform install {} --key <public key>", show(pinned))
        }
        (Some(pinned), _) => format!("next: innominatus platform sign {} --key <file>", show(pinned)),
        (None, Some(registry)) => {
            format!("next: `--push` pushes it to {}, and `--key <file>` signs it there", show(registry))
        }
        (None, None) => "next: innominatus platform push --to <repository>".to_owned(),
    }
}

fn table(view: &View, report: &CiReport) -> String {
    let row = |step: &StepView| {
        vec![cell(step.name), styled(GOOD, "succeeded"), cell(format!("{:.1} s", step.seconds))]
    };
    render(view, &["STEP", "STATE", "TIME"], report.steps.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_is_what_was_not_done() {
        let (to, at) = (Some("r.example/acme"), Some("r.example/acme@sha256:0"));
        for (registry, pushed, signed, word) in [
            (None, None, false, "push --to"),
            (to, None, false, "`--push` pushes it to r.example/acme,"),
            (to, at, false, "sign r.example/acme@sha256:0"),
            (to, at, true, "install r.example/acme@sha256:0"),
        ] {
            let text = next(registry, pushed, signed);
            assert!(text.contains(word), "`{text}` has no `{word}`");
        }
    }
}
