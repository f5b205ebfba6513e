//! `platform build`: from sources to a folder that can be installed.

use std::path::PathBuf;

use clap::ValueEnum;
use innominatus_api::wire::DiagnosticView;
use innominatus_author::{BuildOptions, Built, Maker, Project, ToolchainChoice, build};
use serde::Serialize;

use super::author;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::{build as ui_build, text};

/// Build platforms: compile their components and lay them out as they are installed
///
/// Packages with `[package.metadata.innominatus] component = "x.wasm"` are compiled by cargo, all in one call; other
/// components stand where `build:` of the manifest leaves them. The result is checked as an installation would, and each
/// component's config schema is written to the file that `schema:` names. Nothing is installed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Source folders, each with `platform.yaml`
    #[arg(value_name = "FOLDER", default_value = ".")]
    folders: Vec<PathBuf>,

    /// The folder to write; for several platforms, one below it for each (default: `platforms/<name>` in cargo's target
    /// folder, or `dist`)
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    #[command(flatten)]
    how: How,
}

/// How guests are compiled.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct How {
    /// Where the guests' standard library comes from; without it the first way that works is taken
    #[arg(long, value_enum, value_name = "WAY")]
    toolchain: Option<Toolchain>,

    /// Let cargo use only what is on this machine
    #[arg(long)]
    offline: bool,

    /// Let cargo keep to `Cargo.lock` as it is
    #[arg(long)]
    locked: bool,
}

/// Where the guests' standard library comes from.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Toolchain {
    /// The target is there already
    Installed,
    /// rustup adds the target
    Rustup,
    /// Debian's compiler builds the standard library from Debian's source package
    Debian,
}

impl How {
    pub(crate) fn options(&self, session: &Session, output: Option<PathBuf>) -> BuildOptions {
        let toolchain = self.toolchain.map(|way| match way {
            Toolchain::Installed => ToolchainChoice::Installed,
            Toolchain::Rustup => ToolchainChoice::Rustup,
            Toolchain::Debian => ToolchainChoice::Debian,
        });
        let quiet = !session.ui.tells();
        BuildOptions { output, toolchain, offline: self.offline, locked: self.locked, quiet }
    }
}

/// What was built.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildReport {
    pub(crate) platforms: Vec<BuiltView>,
}

/// One platform.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuiltView {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) label: String,
    pub(crate) folder: String,
    pub(crate) digest: String,
    pub(crate) changed: bool,
    pub(crate) components: Vec<ComponentView>,
    pub(crate) schemas_written: Vec<String>,
    pub(crate) warnings: Vec<DiagnosticView>,
}

/// One component.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ComponentView {
    pub(crate) path: String,
    pub(crate) bytes: usize,
    pub(crate) digest: String,
    /// The cargo package that made it.
    pub(crate) package: Option<String>,
}

/// Builds, and prints what came of it.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let mut projects = Vec::new();
    for folder in &args.folders {
        projects.push(Project::open(folder).await?);
    }
    built(session, &projects, &args.how.options(session, args.output)).await?;
    Ok(Exit::OK)
}

/// Builds these, and prints it.
pub(crate) async fn built(
    session: &Session,
    projects: &[Project],
    options: &BuildOptions,
) -> Result<(), Failure> {
    let workshop = author::workshop(session)?;
    let built = build(projects, options, &workshop, &mut author::tell(session)).await?;
    built.iter().for_each(|built| author::warn(session, &built.warnings));
    let report = BuildReport { platforms: built.iter().map(view).collect() };
    let names = || report.platforms.iter().map(|built| built.folder.clone()).collect();
    session.ui.done("BuildReport", &report, |view| ui_build::text(view, &report), names)?;
    if let [one] = built.as_slice() {
        let folder = text::shell(&one.folder.display().to_string());
        session.ui.remark(&format!("next: innominatus platform install {folder}"));
    }
    Ok(())
}

/// Builds one before something else is done with it; only its warnings are told.
pub(crate) async fn quietly(
    session: &Session,
    project: &Project,
    options: &BuildOptions,
) -> Result<(), Failure> {
    let workshop = author::workshop(session)?;
    let projects = std::slice::from_ref(project);
    let built = build(projects, options, &workshop, &mut author::tell(session)).await?;
    built.iter().for_each(|built| author::warn(session, &built.warnings));
    Ok(())
}

fn view(built: &Built) -> BuiltView {
    BuiltView {
        name: built.name.to_string(),
        version: built.version.to_string(),
        label: built.label.clone(),
        folder: built.folder.display().to_string(),
        digest: built.digest.to_string(),
        changed: built.changed,
        components: built
            .components
            .iter()
            .map(|component| ComponentView {
                path: component.path.clone(),
                bytes: component.size,
                digest: component.digest.to_string(),
                package: match &component.maker {
                    Maker::Cargo(package) => Some(package.clone()),
                    Maker::File => None,
                },
            })
            .collect(),
        schemas_written: built.schemas.clone(),
        warnings: built.warnings.iter().map(DiagnosticView::from).collect(),
    }
}
