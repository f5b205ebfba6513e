//! The bytes of the store's records: how they are written, and refused when they are not as they were written.
//!
//! Every record begins with a CRC-32C over the key it lies under and all that follows, so a record that was
//! changed, cut or put under another key is noticed. Numbers are big-endian.

use bytes::Bytes;

use super::layout::Place;
use crate::stamp::Stamp;
use crate::{Change, ChangeKind, Key, Revision};

/// A record is not as it was written; what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

/// What is known of a key without its value: `created, modified, version, number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) stamp: Stamp,
    /// Which change of its revision put it.
    pub(super) number: u16,
}

impl Entry {
    /// Where its value is.
    pub(super) fn place(&self) -> Place {
        Place { revision: self.stamp.modified, number: self.number }
    }

    /// A number that, summed over all keys, tells one set of entries from another.
    pub(super) fn sum(&self, key: &[u8]) -> u64 {
        sum(key, self.place())
    }

    pub(super) fn encode(&self, physical: &[u8]) -> Vec<u8> {
        let mut out = Writer::new(30);
        out.u64(self.stamp.created.0);
        out.u64(self.stamp.modified.0);
        out.u64(self.stamp.version);
        out.u16(self.number);
        out.seal(physical)
    }

    pub(super) fn decode(physical: &[u8], bytes: &[u8]) -> Result<Self, Broken> {
        let mut from = Reader::unseal(physical, bytes)?;
        let stamp =
            Stamp { created: Revision(from.u64()?), modified: Revision(from.u64()?), version: from.u64()? };
        Ok(Self { stamp, number: from.u16()? })
    }
}

/// A change in the log: `kind, changes of the revision, created, version, key, value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// How many changes its revision has.
    pub(super) of: u16,
    pub(super) change: Change,
}

const PUT: u8 = 1;
const DELETE: u8 = 2;

impl Record {
    pub(super) fn encode(change: &Change, of: u16, physical: &[u8]) -> Vec<u8> {
        let value = if let ChangeKind::Put(put) = &change.kind { put.value.as_ref() } else { &[] };
        let mut out = Writer::new(21 + change.key.len() + value.len());
        let (kind, created, version) = match &change.kind {
            ChangeKind::Put(put) => (PUT, put.create_revision.0, put.version),
            ChangeKind::Delete => (DELETE, 0, 0),
        };
        out.u8(kind);
        out.u16(of);
        out.u64(created);
        out.u64(version);
        out.u16(u16::try_from(change.key.len()).expect("the limits keep keys below 64 KiB"));
        out.bytes(&change.key);
        out.bytes(value);
        out.seal(physical)
    }

    pub(super) fn decode(place: Place, bytes: &[u8]) -> Result<Self, Broken> {
        let mut from = Reader::unseal(&place.key(), bytes)?;
        let (kind, of, created, version, length) =
            (from.u8()?, from.u16()?, from.u64()?, from.u64()?, from.u16()?);
        let key: Key = from.take(usize::from(length))?.to_vec();
        let kind = match kind {
            PUT => {
                let stamp = Stamp { created: Revision(created), modified: place.revision, version };
                ChangeKind::Put(stamp.with(key.clone(), Bytes::copy_from_slice(from.0)))
            }
            DELETE => ChangeKind::Delete,
            _ => return Err(Broken("its kind is unknown")),
        };
        Ok(Self { of, change: Change { key, kind } })
    }
}

/// The sums over the store, changed with every group: `revision, oldest, keys, sum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The last revision.
    pub(super) revision: Revision,
    /// The first revision of which the whole history is kept.
    pub(super) oldest: Revision,
    /// How many keys there are.
    pub(super) keys: u64,
    /// [`Entry::sum`] of all of them, wrapping.
    pub(super) sum: u64,
}

impl Head {
    /// Of an empty store.
    pub(super) const EMPTY: Self = Self { revision: Revision::ZERO, oldest: Revision(1), keys: 0, sum: 0 };

    pub(super) fn encode(&self, physical: &[u8]) -> Vec<u8> {
        let mut out = Writer::new(32);
        for number in [self.revision.0, self.oldest.0, self.keys, self.sum] {
            out.u64(number);
        }
        out.seal(physical)
    }

    pub(super) fn decode(physical: &[u8], bytes: &[u8]) -> Result<Self, Broken> {
        let mut from = Reader::unseal(physical, bytes)?;
        Ok(Self {
            revision: Revision(from.u64()?),
            oldest: Revision(from.u64()?),
            keys: from.u64()?,
            sum: from.u64()?,
        })
    }
}

/// See [`Entry::sum`].
pub(super) fn sum(key: &[u8], place: Place) -> u64 {
    u64::from(crc32c::crc32c_append(crc32c::crc32c(key), &place.key()))
}

struct Writer(Vec<u8>);

impl Writer {
    fn new(size: usize) -> Self {
        let mut bytes = Vec::with_capacity(4 + size);
        bytes.extend_from_slice(&[0; 4]);
        Self(bytes)
    }

    fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn seal(mut self, physical: &[u8]) -> Vec<u8> {
        let sum = crc32c::crc32c_append(crc32c::crc32c(physical), &self.0[4..]);
        self.0[..4].copy_from_slice(&sum.to_be_bytes());
        self.0
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn unseal(physical: &[u8], bytes: &'a [u8]) -> Result<Self, Broken> {
        let (sum, rest) = bytes.split_first_chunk::<4>().ok_or(CUT)?;
        if crc32c::crc32c_append(crc32c::crc32c(physical), rest).to_be_bytes() != *sum {
            return Err(Broken("its checksum does not match"));
        }
        Ok(Self(rest))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(CUT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, Broken> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, Broken> {
        self.array().map(u16::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        self.array().map(u64::from_be_bytes)
    }
}

const CUT: Broken = Broken("it is cut short");

#[cfg(test)]
mod tests {
    use super::*;

    fn put() -> (Place, Change) {
        let place = Place { revision: Revision(9), number: 3 };
        let stamp = Stamp { created: Revision(2), modified: Revision(9), version: 5 };
        let item = stamp.with(b"key".to_vec(), Bytes::from_static(b"value"));
        (place, Change { key: b"key".to_vec(), kind: ChangeKind::Put(item) })
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let (place, change) = put();
        let bytes = Record::encode(&change, 4, &place.key());
        assert_eq!(Record::decode(place, &bytes), Ok(Record { of: 4, change }));
        let delete = Change { key: b"key".to_vec(), kind: ChangeKind::Delete };
        let bytes = Record::encode(&delete, 1, &place.key());
        assert_eq!(Record::decode(place, &bytes), Ok(Record { of: 1, change: delete }));
    }

    #[test]
    fn any_flipped_bit_or_missing_byte_or_other_place_is_noticed() {
        let (place, change) = put();
        let bytes = Record::encode(&change, 4, &place.key());
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert!(Record::decode(place, &flipped).is_err(), "bit {at}");
        }
        for length in 0..bytes.len() {
            assert!(Record::decode(place, &bytes[..length]).is_err(), "length {length}");
        }
        let elsewhere = Place { number: 4, ..place };
        assert!(Record::decode(elsewhere, &bytes).is_err());
    }

    #[test]
    fn places_sort_as_their_keys() {
        let early = Place { revision: Revision(255), number: 128 };
        let late = Place::first_of(Revision(256));
        assert!(early < late && early.key() < late.key());
        assert_eq!(Place::parse(&late.key()), Some(late));
        assert_eq!(Place::parse(b"k/other"), None);
    }
}
