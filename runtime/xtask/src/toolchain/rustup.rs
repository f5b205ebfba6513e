//! The second way: rustup adds the target to the toolchain in use.

use anyhow::Result;

use super::{Attempt, TARGET, Toolchain, library_folder};
use crate::process::{Command, find};

pub(super) fn attempt() -> Result<Attempt> {
    let Some(rustup) = find("rustup") else {
        return Ok(Attempt::Unavailable("`rustup` is not installed".to_owned()));
    };
    println!("adding `{TARGET}` with rustup");
    if let Err(error) = Command::new(rustup).args(["target", "add", TARGET]).run() {
        return Ok(Attempt::Unavailable(format!("{error:#}")));
    }
    // rustup may look after another toolchain than the one that compiles here.
    Ok(match library_folder()? {
        Some(_) => Attempt::Ready(Toolchain::plain(format!("`rustup target add {TARGET}`"))),
        None => Attempt::Unavailable("the compiler in use does not belong to rustup".to_owned()),
    })
}
