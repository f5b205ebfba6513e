//! The second way: rustup adds the target to the toolchain in use.

use super::{Attempt, TARGET, Toolchain, library_folder};
use crate::process::{Command, ProcessError, find};
use crate::{Progress, Tell};

pub(super) async fn attempt(tell: &mut Tell<'_>) -> Result<Attempt, ProcessError> {
    let Some(rustup) = find("rustup") else {
        return Ok(Attempt::Unavailable("`rustup` is not installed".to_owned()));
    };
    tell(Progress::Installing { what: TARGET.to_owned(), by: "rustup" });
    if let Err(error) = Command::new(rustup).args(["target", "add", TARGET]).run().await {
        return Ok(Attempt::Unavailable(error.to_string()));
    }
    // rustup may look after another toolchain than the one that compiles here.
    Ok(match library_folder().await? {
        Some(_) => Attempt::Ready(Toolchain::plain(format!("`rustup target add {TARGET}`"))),
        None => Attempt::Unavailable("the compiler in use does not belong to rustup".to_owned()),
    })
}
