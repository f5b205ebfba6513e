//! The limits, the same for every backend, checked before a backend is asked.
//!
//! They are those of the strictest backend planned (etcd with its defaults), and small enough that one
//! value never leaves sled's own log.

use std::collections::BTreeSet;

use crate::error::Part;
use crate::{Compare, Error, Op, Range, Txn};

/// Bytes of a key, at most.
pub const MAX_KEY: usize = 1024;
/// Bytes of a value, at most.
pub const MAX_VALUE: usize = 32 * 1024;
/// Compares of one transaction, at most.
pub const MAX_COMPARES: usize = 128;
/// Operations of one transaction, at most.
pub const MAX_OPS: usize = 128;
/// Bytes of all keys and values of one transaction together, at most.
pub const MAX_REQUEST: usize = 1024 * 1024;
/// Items of one page, at most.
pub const MAX_PAGE_ITEMS: usize = 1000;
/// A page ends with the item that makes it reach so many bytes.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn check_key(key: &[u8]) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::Invalid("a key is empty".into()));
    }
    check(Part::Key, key.len(), MAX_KEY)
}

/// A prefix may be empty: everything.
pub(crate) fn check_prefix(prefix: &[u8]) -> Result<(), Error> {
    check(Part::Key, prefix.len(), MAX_KEY)
}

pub(crate) fn check_range(range: &Range) -> Result<(), Error> {
    if range.limit == 0 {
        return Err(Error::Invalid("a range asks for no items".into()));
    }
    // One byte more than a key: the bound behind the longest key.
    check(Part::Key, range.start.len(), MAX_KEY + 1)?;
    check(Part::Key, range.end.len(), MAX_KEY + 1)
}

pub(crate) fn check_txn(txn: &Txn) -> Result<(), Error> {
    check(Part::Compares, txn.compares.len(), MAX_COMPARES)?;
    check(Part::Operations, txn.then.len(), MAX_OPS)?;
    for compare in &txn.compares {
        check_key(compare.key())?;
        if let Compare::Value(_, value) = compare {
            check(Part::Value, value.len(), MAX_VALUE)?;
        }
    }
    let mut changed = BTreeSet::new();
    for op in &txn.then {
        check_key(op.key())?;
        if let Op::Put { value, .. } = op {
            check(Part::Value, value.len(), MAX_VALUE)?;
        }
        if !changed.insert(op.key()) {
            let key = op.key().escape_ascii();
            return Err(Error::Invalid(format!("key `{key}` is changed twice in one transaction")));
        }
    }
    check(Part::Request, txn.size(), MAX_REQUEST)
}

fn check(what: Part, size: usize, limit: usize) -> Result<(), Error> {
    if size > limit { Err(Error::TooLarge { what, size, limit }) } else { Ok(()) }
}
