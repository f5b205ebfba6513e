//! Signatures and trust, held against data: bundles that cosign made, bundles of the public Sigstore, and bundles with
//! one thing wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attest;
mod cases;
mod cosign;
mod keys;
mod referrers;

use std::path::PathBuf;

use innominatus_registry::trust::{Requirement, SignatureRule, Signer};
use innominatus_testkit::fixtures;

fn folder() -> PathBuf {
    fixtures::root().join("trust")
}

fn bytes(name: &str) -> Vec<u8> {
    let file = folder().join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Signed by the holder of this key, and nothing else.
fn by_key(pem: impl Into<Vec<u8>>) -> Requirement {
    Requirement {
        signature: SignatureRule::AnyOf(vec![Signer::Key { pem: pem.into(), tlog: false }]),
        attestations: Vec::new(),
        denied: std::collections::BTreeSet::new(),
    }
}
