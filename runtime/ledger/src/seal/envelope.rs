//! Sealing: XChaCha20-Poly1305, bound to the place and version of the record.
//!
//! A sealed value is `format (1) | key id (8) | nonce (24) | ciphertext and tag`. The associated data is the
//! format, the place with its length, and the version, so that a value opens only where it was sealed.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use innominatus_model::{Code, Coded};
use zeroize::Zeroizing;

use super::keyring::{KeyId, Keyring, SealingKey};

const FORMAT: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HEADER: usize = 1 + KeyId::LENGTH + NONCE;

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with another key.
    #[error("the record was sealed with key {expected}, this runtime has key {found}")]
    WrongKey {
        /// The key it was sealed with.
        expected: KeyId,
        /// The key there is.
        found: KeyId,
    },
    /// Its bytes, its place or its version are not those it was sealed with.
    #[error("the sealed record is damaged, or stands in another place or version than it was sealed for")]
    Broken,
    /// It was written in a format that is not known.
    #[error("the record is sealed in format {0}, this runtime knows format 1")]
    Format(u8),
}

impl Coded for SealError {
    fn code(&self) -> Code {
        match self {
            Self::WrongKey { .. } => Code::StoreKey,
            Self::Broken => Code::StoreIntegrity,
            Self::Format(_) => Code::StoreFormat,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::WrongKey { expected, .. } => {
                format!("bring back the key {expected} that belongs to this store")
            }
            Self::Broken => "restore the whole home folder from one backup".into(),
            Self::Format(_) => "open this store with the newer runtime that wrote it".into(),
        })
    }
}

impl Keyring {
    /// Seals a value for a place (the record's key in the store) and a version of the record there. Sealing
    /// the same value twice gives different bytes.
    pub fn seal(&self, place: &[u8], record_version: u64, plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        // With 24 random bytes no nonce repeats in the life of a key.
        getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
        let associated = associated(place, record_version);
        let payload = Payload { msg: plaintext, aad: &associated };
        let key = self.current();
        let sealed = cipher(&key).encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.expect("a record is far shorter than the cipher's limit");
        [beginning(key.id).as_slice(), &nonce, &sealed].concat()
    }

    /// Opens what [`Keyring::seal`] made for this very place and version.
    pub fn open(
        &self,
        place: &[u8],
        record_version: u64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match sealed.first() {
            Some(&FORMAT) => {}
            Some(&other) => return Err(SealError::Format(other)),
            None => return Err(SealError::Broken),
        }
        if sealed.len() < HEADER + TAG {
            return Err(SealError::Broken);
        }
        let (header, ciphertext) = sealed.split_at(HEADER);
        let (id, nonce) = header[1..].split_at(KeyId::LENGTH);
        let id = KeyId::from_bytes(id.try_into().expect("split at its length"));
        let key = self.find(id).ok_or_else(|| SealError::WrongKey { expected: id, found: self.id() })?;
        let associated = associated(place, record_version);
        let payload = Payload { msg: ciphertext, aad: &associated };
        let opened = cipher(&key).decrypt(XNonce::from_slice(nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| SealError::Broken)
    }
}

fn cipher(key: &SealingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes.as_slice().into())
}

/// What everything begins with that is sealed with a key; a multiple of three bytes, so that it is the beginning in
/// base64 too.
pub(super) fn beginning(id: KeyId) -> [u8; 1 + KeyId::LENGTH] {
    let mut bytes = [FORMAT; 1 + KeyId::LENGTH];
    bytes[1..].copy_from_slice(id.as_bytes());
    bytes
}

fn associated(place: &[u8], record_version: u64) -> Vec<u8> {
    let length = (place.len() as u64).to_le_bytes();
    [&[FORMAT], length.as_slice(), place, &record_version.to_le_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(fill: &str) -> Keyring {
        Keyring::from_text(&fill.repeat(32)).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_at_its_place_and_version() {
        let ring = ring("17");
        for plaintext in [&b""[..], b"hunter2", &[0; 100_000]] {
            let sealed = ring.seal(b"secret/a", 7, plaintext);
            assert_eq!(ring.open(b"secret/a", 7, &sealed).unwrap().as_slice(), plaintext);
            assert_eq!(sealed.len(), plaintext.len() + HEADER + TAG);
        }
        let sealed = ring.seal(b"a", 1, b"hunter2");
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_ne!(sealed, ring.seal(b"a", 1, b"hunter2"), "equal values do not look equal");
    }

    #[test]
    fn a_record_of_the_first_release_still_opens() {
        // Made once; if this fails, stores that exist cannot be read any more.
        let sealed = [
            1, 120, 179, 122, 191, 36, 174, 203, 154, 159, 237, 46, 166, 90, 192, 11, 5, 217, 36, 109, 183,
            137, 92, 20, 192, 201, 251, 174, 158, 107, 250, 168, 73, 141, 38, 227, 192, 183, 211, 207, 215,
            184, 68, 104, 189, 190, 175, 71, 86, 58, 127, 216, 82, 98, 72, 157,
        ];
        assert_eq!(ring("17").open(b"secret/a", 7, &sealed).unwrap().as_slice(), b"hunter2");
    }

    #[test]
    fn a_value_moved_to_another_place_does_not_open() {
        let ring = ring("17");
        let sealed = ring.seal(b"secret/a", 7, b"hunter2");
        for place in [&b"secret/b"[..], b"secret/", b"", b"secret/a\0"] {
            assert_eq!(ring.open(place, 7, &sealed), Err(SealError::Broken));
        }
    }

    #[test]
    fn the_border_of_place_and_version_cannot_be_moved() {
        let ring = ring("17");
        let sealed = ring.seal(b"a\x01\0\0\0\0\0\0\0", 2, b"hunter2");
        assert_eq!(ring.open(b"a", 1, &sealed), Err(SealError::Broken));
    }

    #[test]
    fn an_older_version_of_the_same_place_does_not_open() {
        let ring = ring("17");
        let old = ring.seal(b"secret/a", 7, b"hunter2");
        for version in [0, 6, 8, u64::MAX] {
            assert_eq!(ring.open(b"secret/a", version, &old), Err(SealError::Broken));
        }
    }

    #[test]
    fn another_key_is_named() {
        let (ours, theirs) = (ring("17"), ring("18"));
        let sealed = theirs.seal(b"a", 1, b"hunter2");
        let error = ours.open(b"a", 1, &sealed).unwrap_err();
        assert_eq!(error, SealError::WrongKey { expected: theirs.id(), found: ours.id() });
        assert_eq!(error.code(), Code::StoreKey);
        assert!(error.remedy().unwrap().contains(&theirs.id().to_string()));
    }

    #[test]
    fn no_flipped_bit_and_no_cut_goes_unseen() {
        let ring = ring("17");
        let sealed = ring.seal(b"secret/a", 7, b"hunter2");
        for at in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[at / 8] ^= 1 << (at % 8);
            assert!(ring.open(b"secret/a", 7, &bent).is_err(), "bit {at}");
        }
        for length in 0..sealed.len() {
            assert_eq!(
                ring.open(b"secret/a", 7, &sealed[..length]),
                Err(SealError::Broken),
                "{length} bytes"
            );
        }
        assert_eq!(ring.open(b"secret/a", 7, &[&sealed[..], b"x"].concat()), Err(SealError::Broken));
    }

    #[test]
    fn an_unknown_format_is_not_taken_for_damage() {
        let mut sealed = ring("17").seal(b"a", 1, b"hunter2");
        sealed[0] = 2;
        assert_eq!(ring("17").open(b"a", 1, &sealed), Err(SealError::Format(2)));
    }
}
