//! Where "durable" is decided: the sync of the database file.

use std::fs::File;
use std::io;

/// Makes written data survive a loss of power. Something else than [`RealDisk`] belongs into tests only.
pub trait Disk: Send + Sync + 'static {
    /// Comes back when everything written to the file is on the medium.
    ///
    /// # Errors
    /// After an error nothing is known about what was written; the store does not try again.
    fn sync(&self, database: &File) -> io::Result<()>;
}

/// The operating system's `fdatasync`.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn sync(&self, database: &File) -> io::Result<()> {
        database.sync_data()
    }
}
