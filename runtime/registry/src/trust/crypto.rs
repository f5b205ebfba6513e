//! Cryptography for sigstore's crates, by `ring`: one library for all of the project.
//!
//! Only verification and hashing. Signatures over a digest alone are refused: `ring` hashes what it verifies itself,
//! and nothing that is accepted here needs them, because an envelope is always at hand as a whole. Keys are made and
//! used in [`super::key`], with `ring` directly.

use std::sync::Once;

use ring::digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use sigstore_crypto::{CryptoProvider, Error, HashContext, SigningScheme, install_default_provider};
use sigstore_types::HashAlgorithm;

static RING: Ring = Ring;

/// Makes `ring` what sigstore's crates compute with. Everything here that needs it calls this first; only the first
/// call does something.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Refused only if this process chose another library before, which then is as good for verifying.
        let _already = install_default_provider(&RING);
    });
}

#[derive(Debug)]
struct Ring;

struct Hashing(digest::Context);

impl HashContext for Hashing {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

impl CryptoProvider for Ring {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        let algorithm = match algorithm {
            HashAlgorithm::Sha2256 => &digest::SHA256,
            HashAlgorithm::Sha2384 => &digest::SHA384,
            HashAlgorithm::Sha2512 => &digest::SHA512,
            other => return Err(Error::UnsupportedAlgorithm(format!("no {other} digests"))),
        };
        Ok(Box::new(Hashing(digest::Context::new(algorithm))))
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        UnparsedPublicKey::new(algorithm(scheme)?, key)
            .verify(data, signature)
            .map_err(|_| Error::Verification(format!("no {} signature by this key", scheme.name())))
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        _key: &[u8],
        _digest: &[u8],
        _signature: &[u8],
    ) -> Result<(), Error> {
        Err(Error::UnsupportedAlgorithm(format!(
            "a {} signature over a digest alone is not verified",
            scheme.name()
        )))
    }
}

fn algorithm(scheme: SigningScheme) -> Result<&'static dyn VerificationAlgorithm, Error> {
    Ok(match scheme {
        SigningScheme::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
        SigningScheme::EcdsaP256Sha384 => &signature::ECDSA_P256_SHA384_ASN1,
        SigningScheme::EcdsaP384Sha256 => &signature::ECDSA_P384_SHA256_ASN1,
        SigningScheme::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
        SigningScheme::Ed25519 => &signature::ED25519,
        SigningScheme::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        SigningScheme::RsaPssSha384 => &signature::RSA_PSS_2048_8192_SHA384,
        SigningScheme::RsaPssSha512 => &signature::RSA_PSS_2048_8192_SHA512,
        SigningScheme::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SigningScheme::RsaPkcs1Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        SigningScheme::RsaPkcs1Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        other => return Err(Error::UnsupportedAlgorithm(format!("no {} signatures", other.name()))),
    })
}

#[cfg(test)]
mod tests {
    use sigstore_types::Sha256Hash;

    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        install();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sigstore_crypto::sha256(b"abc"), Sha256Hash::from_hex(abc).unwrap());
        for (algorithm, length) in
            [(HashAlgorithm::Sha2256, 32), (HashAlgorithm::Sha2384, 48), (HashAlgorithm::Sha2512, 64)]
        {
            let mut whole = RING.hash(algorithm).unwrap();
            whole.update(b"one two");
            let mut parts = RING.hash(algorithm).unwrap();
            parts.update(b"one ");
            parts.update(b"two");
            let whole = whole.finalize();
            assert_eq!((whole.len(), &whole), (length, &parts.finalize()));
        }
    }

    #[test]
    fn what_ring_cannot_do_is_refused_and_never_accepted() {
        for scheme in [SigningScheme::EcdsaP256Sha256, SigningScheme::RsaPkcs1Sha256] {
            let refused = RING.verify_prehashed(scheme, &[4; 65], &[0; 32], &[0; 70]);
            assert!(matches!(refused, Err(Error::UnsupportedAlgorithm(_))), "{refused:?}");
        }
        let refused = RING.verify_raw(SigningScheme::MlDsa44, &[0; 1312], b"", b"");
        assert!(matches!(refused, Err(Error::UnsupportedAlgorithm(_))), "{refused:?}");
    }
}
