//! Keys: public ones of those who are trusted, private ones to sign with.

use std::fmt;
use std::sync::Arc;

use innominatus_model::Digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use sigstore_crypto::{SigningScheme, VerificationKey, validate_raw_public_key};
use sigstore_types::{DerPublicKey, SignatureBytes};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::{crypto, pem};

/// What stands before the 65 bytes of a P-256 point in a SubjectPublicKeyInfo (RFC 5480).
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Which key: the SHA-256 of its public part as DER, shown as `sha256:<hex>`. Bundles hint at it in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A public key that may vouch: ECDSA on P-256 or P-384, Ed25519, or RSA from 2048 bits.
#[derive(Debug, Clone)]
pub struct PublicKey {
    der: DerPublicKey,
    scheme: SigningScheme,
    id: KeyId,
}

impl PublicKey {
    /// Reads a PEM block `PUBLIC KEY`, as `cosign generate-key-pair`, `cosign public-key` and `openssl` write it.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        crypto::install();
        let block = pem::read(text).map_err(KeyError::Unreadable)?;
        match block.label.as_str() {
            "PUBLIC KEY" => Self::from_der(&block.der),
            label if label.ends_with("PRIVATE KEY") => Err(KeyError::PrivateForPublic),
            label => Err(KeyError::Form { wanted: "PUBLIC KEY", found: label.to_owned() }),
        }
    }

    /// From a SubjectPublicKeyInfo.
    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let der = DerPublicKey::new(der.to_vec());
        let unusable = |error: sigstore_crypto::Error| KeyError::Public { reason: error.to_string() };
        let key = VerificationKey::from_spki(&der).map_err(unusable)?;
        let scheme = key.scheme();
        let known = matches!(
            scheme,
            SigningScheme::EcdsaP256Sha256
                | SigningScheme::EcdsaP384Sha384
                | SigningScheme::Ed25519
                | SigningScheme::RsaPkcs1Sha256
        );
        if !known {
            return Err(KeyError::Public { reason: format!("{} is not verified here", scheme.name()) });
        }
        validate_raw_public_key(scheme, key.as_bytes()).map_err(unusable)?;
        let id = KeyId(Digest::of(der.as_bytes()));
        Ok(Self { der, scheme, id })
    }

    /// Which one it is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// As a PEM block `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        pem::write("PUBLIC KEY", self.der.as_bytes()).to_string()
    }

    pub(super) fn der(&self) -> &DerPublicKey {
        &self.der
    }

    /// Whether this key made that signature over exactly these bytes.
    pub(super) fn made(&self, signature: &SignatureBytes, over: &[u8]) -> bool {
        sigstore_crypto::verify_signature(&self.der, over, signature, self.scheme).is_ok()
    }
}

/// A private key, ECDSA on P-256. It has no form in which it could be shown. What it was read from is wiped; the key
/// as `ring` holds it is not, so it is to live no longer than a command that signs.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<EcdsaKeyPair>,
    public: PublicKey,
}

impl SigningKey {
    /// Reads an unencrypted PEM block `PRIVATE KEY` (PKCS#8), as `openssl genpkey` and [`generate`] write it.
    ///
    /// Keys that are encrypted are refused with the command that can use them: a password would have to come here.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let block = pem::read(text).map_err(KeyError::Unreadable)?;
        match block.label.as_str() {
            "PRIVATE KEY" => Self::from_pkcs8(&block.der),
            "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => Err(KeyError::OfCosign),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            "EC PRIVATE KEY" => Err(KeyError::Sec1),
            "PUBLIC KEY" => Err(KeyError::PublicForPrivate),
            label => Err(KeyError::Form { wanted: "PRIVATE KEY", found: label.to_owned() }),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        crypto::install();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &SystemRandom::new())
            .map_err(|rejected| KeyError::Private { reason: rejected.to_string() })?;
        let spki = [P256_HEAD.as_slice(), pair.public_key().as_ref()].concat();
        let public = PublicKey::from_der(&spki)?;
        Ok(Self { pair: Arc::new(pair), public })
    }

    /// Its public part.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A signature over these bytes, in DER.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), bytes).map_err(|_| KeyError::NoRandomness)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

/// A new pair: the private key as PEM, wiped when it is dropped, and the public one as PEM.
pub fn generate() -> Result<(Zeroizing<String>, String), KeyError> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::NoRandomness)?;
    let public = SigningKey::from_pkcs8(pkcs8.as_ref())?.public.to_pem();
    Ok((pem::write("PRIVATE KEY", pkcs8.as_ref()), public))
}
