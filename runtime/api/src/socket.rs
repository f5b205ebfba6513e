//! Unix sockets with long paths. The kernel takes 107 bytes; a home folder may lie deeper than that, and
//! is then reached through its open folder.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

const MAX_PATH: usize = 100;

/// A path to a socket that the kernel accepts, valid while this value lives.
#[derive(Debug)]
pub struct Reachable {
    path: PathBuf,
    _folder: Option<File>,
}

impl Reachable {
    /// The path to bind or to connect to.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a socket's path short enough.
pub fn reachable(socket: &Path) -> io::Result<Reachable> {
    if socket.as_os_str().len() <= MAX_PATH {
        return Ok(Reachable { path: socket.to_owned(), _folder: None });
    }
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a socket"));
    };
    let folder = File::open(folder)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok(Reachable { path, _folder: Some(folder) })
}
