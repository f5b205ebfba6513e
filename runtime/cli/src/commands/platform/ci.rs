//! `platform ci`: what has to hold before a platform is published, in one command.

use std::pin::Pin;
use std::time::Instant;

use innominatus_author::{BuildOptions, Project};
use innominatus_model::Code;
use serde::Serialize;

use super::author::Source;
use super::{build, pack, sync, test, validate};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::View;
use crate::ui::style::{BOLD, GOOD, paint};
use crate::ui::table::{cell, render, styled};

/// Do all that has to hold before a platform is published, in order, up to the first failure
///
/// `platform sync --check`, `validate`, `build`, `test` (what the manifest names, then `test-platform`) and `pack`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,

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
        work: |session, platform| Box::pin(pack::packed(session, &platform.project.folder)),
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
    let platform = Platform { project, options: args.how.options(session, None) };
    let mut steps = Vec::new();
    for Step { name, work } in STEPS {
        session.ui.talk(&paint(BOLD, format!("== {name}")));
        let begin = Instant::now();
        work(session, &platform)
            .await
            .map_err(|failure| failure.and(&format!("the step `{name}` failed")))?;
        steps.push(StepView { name, seconds: (begin.elapsed().as_secs_f64() * 10.0).round() / 10.0 });
    }
    let report = CiReport { steps };
    let names = || report.steps.iter().map(|step| step.name.to_owned()).collect();
    session.ui.done("CiReport", &report, |view| table(view, &report), names)?;
    Ok(Exit::OK)
}

fn table(view: &View, report: &CiReport) -> String {
    let row = |step: &StepView| {
        vec![cell(step.name), styled(GOOD, "succeeded"), cell(format!("{:.1} s", step.seconds))]
    };
    render(view, &["STEP", "STATE", "TIME"], report.steps.iter().map(row).collect())
}
