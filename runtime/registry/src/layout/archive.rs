//! A layout in one `.tar` file. It is read in place: no name in it becomes a path on disk but the three that a layout
//! has, and those only when it is opened to be written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use innominatus_model::Digest;
use tempfile::NamedTempFile;

use super::files::{failed, parent};
use super::{INDEX, MARK};
use crate::RegistryError;

/// More entries than any layout of platforms has.
const ENTRIES: usize = 100_000;

/// An archive that is open.
pub(super) struct Archive {
    path: PathBuf,
    file: Mutex<File>,
    /// Where each file's bytes begin, and how many there are.
    entries: BTreeMap<String, (u64, u64)>,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, RegistryError> {
        let cannot = |error| failed(path, "cannot be read as a `.tar` file", error);
        let file = File::open(path).map_err(cannot)?;
        let length = file.metadata().map_err(cannot)?.len();
        let mut entries = BTreeMap::new();
        let mut archive = tar::Archive::new(&file);
        for (count, entry) in archive.entries_with_seek().map_err(cannot)?.enumerate() {
            if count >= ENTRIES {
                let what = format!("files in `{}`", super::shown(path));
                return Err(RegistryError::Limit { what, limit: ENTRIES.to_string() });
            }
            // What a library says of it may quote the file, whatever that is.
            let entry = entry
                .map_err(|_| cannot(io::Error::other("it is no archive of the form that layouts have")))?;
            let Some(name) = std::str::from_utf8(&entry.path_bytes()).ok().and_then(known) else { continue };
            let wrong =
                |problem: String| RegistryError::Layout { path: path.to_path_buf(), problem, source: None };
            if !entry.header().entry_type().is_file() {
                return Err(wrong(format!("has a `{name}` that is no plain file")));
            }
            let (at, size) = (entry.raw_file_position(), entry.size());
            if at.checked_add(size).is_none_or(|end| end > length) {
                return Err(wrong(format!("is cut off within `{name}`")));
            }
            if entries.insert(name.clone(), (at, size)).is_some() {
                return Err(wrong(format!("has `{name}` twice")));
            }
        }
        Ok(Self { path: path.to_path_buf(), file: Mutex::new(file), entries })
    }

    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.entries.get(name).map(|(_, size)| *size)
    }

    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let (at, size) = self.entries.get(name).ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; usize::try_from(*size).map_err(io::Error::other)?];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(*at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Copies every file into a folder that has the layout's folders already.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<(), RegistryError> {
        let cannot = |error| failed(&self.path, "cannot be copied", error);
        for (name, (at, size)) in &self.entries {
            let mut to = File::create(folder.join(name)).map_err(cannot)?;
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(*at)).map_err(cannot)?;
            io::copy(&mut (&*file).take(*size), &mut to).map_err(cannot)?;
        }
        Ok(())
    }
}

/// A name that a layout has; no other is looked at.
fn known(name: &str) -> Option<String> {
    let name = name.strip_prefix("./").unwrap_or(name);
    if [MARK, INDEX].contains(&name) {
        return Some(name.to_owned());
    }
    let hex = name.strip_prefix("blobs/sha256/")?;
    format!("sha256:{hex}").parse::<Digest>().ok()?;
    Some(name.to_owned())
}

/// Writes a folder that is a layout as an archive: names in order, nothing of who made it and when.
pub(super) fn write(folder: &Path, path: &Path) -> Result<(), RegistryError> {
    let cannot = |error| failed(path, "cannot be written", error);
    let mut file = NamedTempFile::new_in(parent(path)).map_err(cannot)?;
    {
        let mut archive = tar::Builder::new(io::BufWriter::new(file.as_file_mut()));
        // The mark first, by which tools know what it is before they have read all of it.
        let mut names = vec![MARK.to_owned(), INDEX.to_owned()];
        let mut blobs: Vec<String> = fs::read_dir(folder.join("blobs/sha256"))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(cannot)?
            .iter()
            .filter_map(|entry| known(&format!("blobs/sha256/{}", entry.file_name().to_str()?)))
            .collect();
        blobs.sort_unstable();
        names.extend(blobs);
        for name in names {
            let from = File::open(folder.join(&name)).map_err(cannot)?;
            let mut header = tar::Header::new_ustar();
            header.set_size(from.metadata().map_err(cannot)?.len());
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_cksum();
            archive.append_data(&mut header, &name, from).map_err(cannot)?;
        }
        archive.into_inner().and_then(|mut out| out.flush()).map_err(cannot)?;
    }
    file.as_file().sync_all().map_err(cannot)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(mode).map_err(cannot)?;
    file.persist(path).map_err(|error| cannot(error.error))?;
    Ok(())
}
