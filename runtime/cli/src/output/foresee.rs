//! What would keep files from being written, looked at before there are any. Leaves no trace, and promises nothing:
//! whoever writes looks again.

use std::io;
use std::path::Path;

use super::folder::{Folder, Found, is_safe};
use super::note::Note;
use super::{NOTES, Output, OutputError, replaceable};

/// Whether files can be made in a folder, or in what will be one. Says whether there is anything in it yet.
pub(crate) fn probe(folder: &Path) -> Result<bool, OutputError> {
    let failed = |source| OutputError::Write { path: folder.to_path_buf(), source };
    for place in folder.ancestors() {
        // The folder in which a relative path begins.
        let place = if place == Path::new("") { Path::new(".") } else { place };
        match std::fs::metadata(place) {
            Ok(found) if !found.is_dir() => return Err(OutputError::NoFolder { path: place.to_path_buf() }),
            Ok(_) => {
                writable(place)?;
                if place != folder {
                    return Ok(false);
                }
                notes(folder)?;
                return Ok(std::fs::read_dir(folder).map_err(failed)?.next().is_some());
            }
            // A link to nothing is in the way as well.
            Err(_) if place.symlink_metadata().is_ok() => {
                return Err(OutputError::NoFolder { path: place.to_path_buf() });
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(false)
}

/// Whether files of these names could be written into a folder that is there.
pub(crate) fn check(output: &Output, names: &[String]) -> Result<(), OutputError> {
    let folder = Folder::existing(&output.folder)?;
    let old = Note::read(&folder, &output.application)?;
    for name in names.iter().filter(|name| is_safe(name)) {
        above(&folder, name)?;
        replaceable(&folder, output, &old, name, &folder.read(name)?)?;
    }
    Ok(())
}

/// The folders that a name leads through are folders, or will be.
fn above(folder: &Folder<'_>, name: &str) -> Result<(), OutputError> {
    let parents = name.match_indices('/').map(|(end, _)| &name[..end]);
    for parent in parents {
        match folder.read(parent)? {
            Found::Folder => writable(&folder.path(parent))?,
            Found::Nothing => return Ok(()),
            // It may lead to a folder here, or out of it: seen when it is followed.
            Found::Other if folder.dir.is_dir(parent) => {}
            _ => return Err(OutputError::NoFolder { path: folder.path(parent) }),
        }
    }
    Ok(())
}

/// Our own folder in it.
fn notes(folder: &Path) -> Result<(), OutputError> {
    let path = folder.join(NOTES);
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => writable(&path),
        Ok(_) => Err(OutputError::NoFolder { path }),
        Err(_) => Ok(()),
    }
}

/// By trying, for permissions do not tell of everything: a file without a name, which is gone when it is closed.
fn writable(folder: &Path) -> Result<(), OutputError> {
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(()),
        Err(source) => Err(OutputError::Write { path: folder.to_path_buf(), source }),
    }
}
