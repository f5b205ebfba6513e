//! `plan`: what would `apply` do?

use innominatus_api::wire::PlanView;
use innominatus_model::Code;

use super::request::Wish;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::plan;

/// Show what `apply` would do, and do nothing
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    wish: Wish,

    /// The golden path [default: the application's, or the only one installed]
    #[arg(long, value_name = "NAME")]
    golden_path: Option<String>,

    /// Exit with 10 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
}

/// Exits with 10 when there are changes and this was asked for.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let plan = show(session, &args.wish, args.golden_path).await?;
    let tell = args.detailed_exitcode && plan::has_changes(&plan);
    Ok(if tell { Code::ChangesPresent.exit().into() } else { Exit::OK })
}

/// Asks for the plan and prints it.
pub(super) async fn show(
    session: &Session,
    wish: &Wish,
    golden_path: Option<String>,
) -> Result<PlanView, Failure> {
    let server = session.connect().await?;
    let request = wish.request(&server, golden_path).await?;
    let plan = server.plan(&request).await?;
    let names = || plan.resources.iter().map(|resource| resource.uid.clone()).collect();
    session.ui.answer("PlanView", &plan, |view| plan::text(view, &plan), names)?;
    Ok(plan)
}
