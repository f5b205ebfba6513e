//! `platform uninstall`: only when nothing needs it.

use clap::builder::NonEmptyStringValueParser;
use innominatus_api::wire::PlatformList;

use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::receipt;

/// Uninstall a platform that no live resource needs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `name` or `name@version`
    #[arg(value_name = "PLATFORM", value_parser = NonEmptyStringValueParser::new())]
    name: String,
}

/// Prints the receipt.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let server = session.connect().await?;
    let text = args.name.strip_prefix("platform/").unwrap_or(&args.name);
    let name = text.split('@').next().unwrap_or(text);
    let before = serving(&server.platforms().await?, name);
    let receipt = server.uninstall(text).await?;
    let names = || vec![receipt.requested.name.clone()];
    session.ui.done("Receipt", &receipt, |view| receipt::text(view, &receipt), names)?;
    // Another version may have taken over, maybe a newer one that somebody had gone back from. It is done: that this cannot
    // be told is no failure.
    let now = server.platforms().await.ok().and_then(|list| serving(&list, name));
    if let Some(version) = now.filter(|version| before.as_ref() != Some(version)) {
        session.ui.remark(&format!("{name}@{version} serves what is new now"));
    }
    Ok(Exit::OK)
}

fn serving(list: &PlatformList, name: &str) -> Option<String> {
    list.items.iter().find(|item| item.name == name && item.serving).map(|item| item.version.clone())
}
