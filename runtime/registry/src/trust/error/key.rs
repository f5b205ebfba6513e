//! Why a key cannot be used. No message ever holds anything of the key.

use innominatus_model::{Code, Coded};

/// Why a text is not a key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block could be read.
    #[error("the key cannot be read: {0}")]
    Unreadable(&'static str),
    /// A PEM block of another kind.
    #[error("the key is a PEM block `{found}`, not `{wanted}`")]
    Form {
        /// The label that was expected.
        wanted: &'static str,
        /// The label that is there.
        found: String,
    },
    /// A private key where a public one belongs.
    #[error("this is a private key; a public one belongs here")]
    PrivateForPublic,
    /// A public key where a private one belongs.
    #[error("this is a public key; signing needs the private one")]
    PublicForPrivate,
    /// A private key in cosign's own encryption.
    #[error("this private key is encrypted in cosign's format, which only cosign reads")]
    OfCosign,
    /// A private key encrypted by PKCS#8.
    #[error("this private key is encrypted")]
    Encrypted,
    /// A private key in the older form of OpenSSL.
    #[error("this private key is in the older form `EC PRIVATE KEY`, not PKCS#8")]
    Sec1,
    /// The private key is none that can sign here.
    #[error("this is no private key for ECDSA on P-256 in PKCS#8: {reason}")]
    Private {
        /// What is wrong with it, without any of its bytes.
        reason: String,
    },
    /// The public key is none that can be verified with.
    #[error("this public key cannot be used: {reason}")]
    Public {
        /// What is wrong with it.
        reason: String,
    },
    /// The machine gave no random numbers.
    #[error("this machine gives no random numbers, so nothing can be signed")]
    NoRandomness,
}

impl Coded for KeyError {
    fn code(&self) -> Code {
        match self {
            Self::NoRandomness => Code::Internal,
            _ => Code::KeyInvalid,
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::OfCosign => {
                "sign with `cosign sign --key <file> <repository>@<digest>`: what it makes is accepted"
            }
            Self::Encrypted => {
                "decrypt it where it is needed: `openssl pkcs8 -in <file> -out <new file>`, and keep that from others"
            }
            Self::Sec1 => "convert it: `openssl pkcs8 -topk8 -nocrypt -in <file> -out <new file>`",
            Self::Private { .. } => {
                "make one: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out <file>`"
            }
            Self::PrivateForPublic => {
                "name the public key, and take the private one out of the policy's folder"
            }
            Self::Public { .. } => "use ECDSA on P-256 or P-384, Ed25519, or RSA from 2048 bits",
            Self::NoRandomness => return None,
            Self::Unreadable(_) | Self::Form { .. } | Self::PublicForPrivate => {
                "name a file with one PEM block: `PUBLIC KEY` to verify, `PRIVATE KEY` to sign"
            }
        };
        Some(remedy.to_owned())
    }
}
