//! What the parent writes to the child's standard input: a header, then the component to the end.
//!
//! The limits travel in the header and not as arguments, so that any program with any command line can be
//! the child.

use std::io::{self, Read};

use super::CompileLimits;

const MAGIC: [u8; 8] = *b"innocmp1";

/// Bytes of the header.
pub(super) const HEADER: usize = 24;

/// The child compiled; the code is on its standard output.
pub(super) const EXIT_OK: u8 = 0;
/// The component cannot be compiled; the reason is on standard error.
pub(super) const EXIT_REFUSED: u8 = 65;

/// The limits that the child sets for itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChildLimits {
    pub(super) address_space: u64,
    pub(super) cpu_seconds: u64,
}

pub(super) fn write_header(limits: &CompileLimits) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&limits.address_space.to_le_bytes());
    header[16..].copy_from_slice(&limits.cpu_seconds.to_le_bytes());
    header
}

pub(super) fn read_header(input: &mut impl Read) -> io::Result<ChildLimits> {
    let mut header = [0; HEADER];
    input.read_exact(&mut header)?;
    let [magic, address_space, cpu_seconds] =
        [0, 8, 16].map(|at| <[u8; 8]>::try_from(&header[at..at + 8]).expect("the slice has eight bytes"));
    if magic != MAGIC {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not started by a runtime of this version"));
    }
    Ok(ChildLimits {
        address_space: u64::from_le_bytes(address_space),
        cpu_seconds: u64::from_le_bytes(cpu_seconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_reads_the_limits_the_parent_wrote() {
        let limits = CompileLimits { address_space: 1 << 31, cpu_seconds: 7, ..CompileLimits::default() };
        let read = read_header(&mut write_header(&limits).as_slice()).unwrap();
        assert_eq!(read, ChildLimits { address_space: 1 << 31, cpu_seconds: 7 });
        assert!(read_header(&mut [0; HEADER].as_slice()).is_err());
        assert!(read_header(&mut [0; 3].as_slice()).is_err());
    }
}
