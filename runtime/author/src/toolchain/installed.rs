//! The first way: the compiler in use has the target already.

use super::{Attempt, TARGET, Toolchain, library_folder};
use crate::process::ProcessError;

pub(super) async fn attempt() -> Result<Attempt, ProcessError> {
    Ok(match library_folder().await? {
        Some(_) => Attempt::Ready(Toolchain::plain(format!("installed target `{TARGET}`"))),
        None => Attempt::Unavailable(format!("the compiler in use has no `{TARGET}` library")),
    })
}
