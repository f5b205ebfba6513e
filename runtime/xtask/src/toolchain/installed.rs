//! The first way: the compiler in use has the target already.

use anyhow::Result;

use super::{Attempt, TARGET, Toolchain, library_folder};

pub(super) fn attempt() -> Result<Attempt> {
    Ok(match library_folder()? {
        Some(_) => Attempt::Ready(Toolchain::plain(format!("installed target `{TARGET}`"))),
        None => Attempt::Unavailable(format!("the compiler in use has no `{TARGET}` library")),
    })
}
