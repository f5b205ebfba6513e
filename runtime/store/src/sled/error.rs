//! sled's errors and panics, as ours.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::Error;

/// The remedy for a store whose files cannot be trusted any more.
pub(super) fn restore(path: &Path) -> String {
    let path = path.display();
    format!(
        "move the folder `{path}` away, and put a copy of the whole folder in its place that was made before the \
         damage; or begin with an empty store"
    )
}

pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Error {
    Error::Damaged { path: path.to_path_buf(), what: what.into(), remedy: restore(path) }
}

/// An error of the file system.
pub(super) fn io(what: &str, error: &io::Error) -> Error {
    let reason = format!("{what}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::Full { maybe_applied: false, reason }
        }
        _ => Error::Unavailable { maybe_applied: false, reason },
    }
}

pub(super) fn sled(path: &Path, error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(error) => io("the database cannot be read or written", &error),
        ::sled::Error::Corruption { at: Some(at), .. } => {
            damaged(path, format!("the database is corrupt at {at:?}"))
        }
        ::sled::Error::Corruption { at: None, .. } => damaged(path, "the database is corrupt"),
        ::sled::Error::ReportableBug(what) => {
            damaged(path, format!("the database contradicts itself: {what}"))
        }
        ::sled::Error::Unsupported(what) => damaged(path, format!("the database does not fit: {what}")),
        error @ ::sled::Error::CollectionNotFound(_) => damaged(path, error.to_string()),
    }
}

/// Calls sled. A panic, which is how it meets some damage, becomes an error.
pub(super) fn guarded<T>(path: &Path, call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // The state behind is sled's own; after a panic the store is given up.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(damaged(path, format!("its engine panicked: {text}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let error = guarded::<()>(Path::new("store"), || panic!("tried to read {}", "nothing")).unwrap_err();
        let Error::Damaged { what, remedy, .. } = error else { panic!("{error}") };
        assert_eq!(what, "its engine panicked: tried to read nothing");
        assert!(remedy.contains("`store`"));
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let full = ::sled::Error::Io(io::ErrorKind::StorageFull.into());
        assert!(matches!(sled(Path::new("store"), full), Error::Full { .. }));
        let denied = ::sled::Error::Io(io::ErrorKind::PermissionDenied.into());
        assert!(matches!(sled(Path::new("store"), denied), Error::Unavailable { .. }));
        let corrupt = ::sled::Error::Corruption { at: None, bt: () };
        assert!(matches!(sled(Path::new("store"), corrupt), Error::Damaged { .. }));
    }
}
