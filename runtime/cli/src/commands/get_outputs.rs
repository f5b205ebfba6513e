//! `get-outputs`: what a resource gives to those who refer to it.

use innominatus_api::wire::OutputView;
use innominatus_model::Code;

use crate::args::{Environment, Format};
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::target::{Place, Target};
use crate::ui::resource;

/// Show a resource's outputs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A resource's id, `<application>/<type>.<class>#<id>`, or with `--application` the part after the slash
    #[arg(value_name = "RESOURCE")]
    resource: String,

    /// The application whose resource is meant
    #[arg(long, value_name = "NAME")]
    application: Option<String>,

    /// Show secret values in clear; an event will tell of it
    #[arg(long)]
    reveal: bool,

    /// Print only the value of this output, as it is
    #[arg(long, value_name = "NAME")]
    output_name: Option<String>,

    #[command(flatten)]
    environment: Environment,
}

/// Prints a table, one raw value, or the list as the API gives it.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let place = Place {
        environment: args.environment.environment.as_deref(),
        application: args.application.as_deref(),
    };
    let id = Target::find_resource(&server, &args.resource, place).await?;
    let mut list = server.outputs(&id, args.reveal).await?;
    let Some(name) = &args.output_name else {
        let names = || list.outputs.iter().map(|output| output.name.clone()).collect();
        session.ui.answer("OutputList", &list, |view| resource::outputs(view, &list.outputs), names)?;
        if list.outputs.is_empty() {
            session.ui.remark("no outputs");
        }
        if list.outputs.iter().any(|output| output.redacted) {
            session.ui.remark("sensitive values are withheld; see them with `--reveal`");
        }
        return Ok(Exit::OK);
    };
    let Some(output) = list.outputs.iter().find(|output| &output.name == name).cloned() else {
        let known: Vec<_> = list.outputs.iter().map(|output| output.name.as_str()).collect();
        let detail = format!("`{}` has no output `{}`", list.uid, name.escape_debug());
        let hint = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has: {}", known.join(", ")),
        };
        return Err(Failure::new(Code::OutputNotFound, detail).hint(hint));
    };
    if output.redacted {
        let detail = format!("output `{name}` of `{}` is sensitive", list.uid);
        return Err(Failure::usage(detail, "add `--reveal` to see it in clear"));
    }
    if matches!(session.ui.format(), Format::Table | Format::Name) {
        session.ui.raw(format!("{}\n", plain(&output)).as_bytes());
    } else {
        list.outputs = vec![output];
        session.ui.answer("OutputList", &list, |_| String::new(), Vec::new)?;
    }
    Ok(Exit::OK)
}

/// As a program wants it: a text without quotes, everything else as JSON.
fn plain(output: &OutputView) -> String {
    output.value.as_str().map_or_else(|| output.value.to_string(), str::to_owned)
}
