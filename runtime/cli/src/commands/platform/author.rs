//! What the verbs of platform authors share: the folder they work in, the workshop, and telling what goes on. None of
//! them needs a server or a home.

use std::path::PathBuf;

use innominatus_api::wire::DiagnosticView;
use innominatus_author::{CompilerCommand, Progress, Project, Workshop};
use innominatus_model::Diagnostic;

use crate::connect::compiler;
use crate::problem::Failure;
use crate::session::Session;
use crate::ui::{self, diagnostic};

/// Which platform an author works on.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Source {
    /// The platform's source folder, the one with `platform.yaml`
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
}

impl Source {
    pub(crate) async fn open(&self) -> Result<Project, Failure> {
        Ok(Project::open(&self.folder).await?)
    }
}

/// Where components are asked.
pub(crate) fn workshop(session: &Session) -> Result<Workshop, Failure> {
    let (program, args) = compiler()?;
    Ok(Workshop::open(session.connector.workshop()?, CompilerCommand { program, args })?)
}

/// Tells what goes on, to people.
pub(crate) fn tell(session: &Session) -> impl FnMut(Progress) + Send + '_ {
    |progress| {
        let text = match progress {
            Progress::Installing { what, by } => format!("installing {what} with {by}"),
            Progress::Toolchain { name } => format!("guest toolchain: {name}"),
            Progress::Running { command } => format!("running `{command}`"),
            Progress::Asking { component } => format!("asking `{component}` what it is"),
        };
        session.ui.remark(&ui::text::show(&text));
    }
}

/// Shows warnings to people, who see no others.
pub(crate) fn warn(session: &Session, warnings: &[Diagnostic]) {
    if session.ui.tells() {
        for warning in warnings {
            ui::stderr(&diagnostic::text(&DiagnosticView::from(warning)));
        }
    }
}
