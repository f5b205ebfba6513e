//! Signatures: who vouches for a platform, in cosign's wire format, made and judged without a network.
//!
//! A signature is a *bundle*: a statement about a manifest's digest in a signed envelope. It lies in a registry as a
//! *referrer* of that manifest. [`sign`] makes both with a key, and so does [`attest`] for any other statement;
//! [`Verifier`] holds bundles against a [`Requirement`] and says who signed, or which rule refuses, what was found, and
//! what would satisfy it.
//!
//! **Absent on purpose:** fetching (the transports of this room), the policy's file (`package`), the time of day as
//! evidence, and private keys in any form but the one they are read from.

mod bundle;
mod crypto;
mod error;
mod identity;
mod key;
mod keyless;
mod pem;
mod referrer;
mod requirement;
mod statement;
mod verified;
mod verify;

pub use bundle::{BUNDLE_LIMIT, BUNDLE_TYPE, BUNDLES_LIMIT};
pub use error::{KeyError, Reason, Rejected, TrustError, TrustedRootError};
pub use key::{KeyId, PublicKey, SigningKey, generate};
pub use referrer::{BundleBlob, NoBundle, SignedReferrer, Subject, attest, bundle_of, sign};
pub use requirement::{AttestationRule, Requirement, SignatureRule, Signer};
pub use statement::{PROVENANCE_PREDICATE, SIGNATURE_PREDICATE};
pub use verified::{Attested, Signature, Verified, VerifiedSigner};
pub use verify::Verifier;
