//! Who has to have signed, and whether they did: policies first, then what the request says, then who signed before.

use innominatus_ledger::Signer as Pinned;
use innominatus_model::{Code, Coded, Digest};
use innominatus_package::{
    AcceptedSigner, AttestationRule, Demand, PolicyLevel, TransparencyLog, TrustVerdict,
};
use innominatus_registry::trust::{
    self, AttestationRule as Attestation, Requirement, SignatureRule, Signer, TrustError, TrustedRootError,
    Verified, Verifier,
};

use super::Terms;
use super::files::{Rules, RulesError};

/// Why an artifact is not used.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// Nobody said who has to have signed it.
    #[error("nothing says who has to have signed what comes from `{from}`")]
    NoRule {
        /// The source.
        from: String,
    },
    /// It is on a list of what is never used.
    #[error("{digest} is never used: {by} says so", by = level.as_str())]
    Denied {
        /// Which.
        digest: Digest,
        /// Whose list.
        level: PolicyLevel,
    },
    /// The rules cannot be known.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The embedded root of trust cannot be read.
    #[error("the root of trust cannot be read")]
    Root(#[from] TrustedRootError),
    /// What was asked for is not there.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl Coded for JudgeError {
    fn code(&self) -> Code {
        match self {
            Self::NoRule { .. } => Code::SignatureMissing,
            Self::Denied { .. } => Code::DigestDenied,
            Self::Rules(error) => error.code(),
            Self::Root(_) => Code::Internal,
            Self::Trust(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            Self::NoRule { from } => Some(format!(
                "name the key of its author with `--key <file>`, or write a rule for `{from}` into `policy.yaml`; \
                 `--allow-unsigned` takes it as it is"
            )),
            Self::Denied { .. } => Some("use another version".into()),
            Self::Rules(error) => error.remedy(),
            Self::Root(_) => None,
            Self::Trust(error) => error.remedy(),
        }
    }

    fn diagnostics(&self) -> &[innominatus_model::Diagnostic] {
        match self {
            Self::Rules(error) => error.diagnostics(),
            _ => &[],
        }
    }
}

/// What is asked of an artifact from this source.
pub(super) fn requirement(
    rules: &Rules,
    source: &str,
    digest: &Digest,
    terms: &Terms,
    before: Option<&Pinned>,
) -> Result<Requirement, JudgeError> {
    let of = |signature| Requirement { signature, attestations: Vec::new(), denied: Default::default() };
    match rules.policies.judge(source, digest) {
        TrustVerdict::Denied { level } => return Err(JudgeError::Denied { digest: *digest, level }),
        TrustVerdict::Rule { level, rule } => {
            return demanded(rules, &rule.demand, level == PolicyLevel::System).map_err(Into::into);
        }
        // Not even of a file that somebody carried here: who made it is not known by where it lies.
        TrustVerdict::NoRule { .. } => {}
    }
    if !terms.keys.is_empty() {
        let keys = terms.keys.iter().map(|(_, pem)| Signer::Key { pem: pem.clone(), tlog: false });
        return Ok(of(SignatureRule::AnyOf(keys.collect())));
    }
    match before {
        _ if terms.allow_unsigned => Ok(of(SignatureRule::UnsignedAllowed)),
        // Whoever signed what is installed signs what comes after it.
        Some(Pinned::Key { pem, .. }) => {
            let signer = Signer::Key { pem: pem.clone().into_bytes(), tlog: false };
            Ok(of(SignatureRule::AnyOf(vec![signer])))
        }
        Some(Pinned::Identity { issuer, identity }) => {
            let signer = Signer::Identity { issuer: issuer.clone(), identity_glob: identity.clone() };
            Ok(of(SignatureRule::AnyOf(vec![signer])))
        }
        None => Err(JudgeError::NoRule { from: source.to_owned() }),
    }
}

/// Whether a folder may be used. Nobody signs those, so a rule for this machine that asks for a signature refuses them;
/// without a rule it is the operator's own hand that brings one.
pub(super) fn folder(rules: &Rules, digest: &Digest) -> Result<(), JudgeError> {
    match rules.policies.judge("./", digest) {
        TrustVerdict::Denied { level } => Err(JudgeError::Denied { digest: *digest, level }),
        TrustVerdict::Rule { level, rule } => {
            let asked = demanded(rules, &rule.demand, level == PolicyLevel::System)?;
            judge(digest, &[], &asked).map(|_| ())
        }
        TrustVerdict::NoRule { .. } => Ok(()),
    }
}

fn demanded(rules: &Rules, demand: &Demand, system: bool) -> Result<Requirement, RulesError> {
    let signer = |accepted: &AcceptedSigner| {
        Ok(match accepted {
            AcceptedSigner::Key { key, log } => {
                Signer::Key { pem: rules.key(key, system)?, tlog: *log == TransparencyLog::Required }
            }
            AcceptedSigner::Identity { identity, issuer } => {
                Signer::Identity { issuer: issuer.clone(), identity_glob: identity.as_str().to_owned() }
            }
        })
    };
    let signers = |all: &[AcceptedSigner]| all.iter().map(signer).collect::<Result<Vec<_>, RulesError>>();
    let (signature, attestations) = match demand {
        Demand::Unsigned => (SignatureRule::UnsignedAllowed, Vec::new()),
        Demand::Signed { any_of, attestations } => {
            let attestation = |rule: &AttestationRule| {
                let own = if rule.any_of.is_empty() { None } else { Some(signers(&rule.any_of)?) };
                Ok(Attestation { predicates: vec![rule.predicate.clone()], signers: own })
            };
            let attestations = attestations.iter().map(attestation).collect::<Result<_, RulesError>>()?;
            (SignatureRule::AnyOf(signers(any_of)?), attestations)
        }
    };
    Ok(Requirement { signature, attestations, denied: Default::default() })
}

/// Judges the bundles of a manifest. Blocks for as long as arithmetic takes.
pub(super) fn judge(
    digest: &Digest,
    bundles: &[Vec<u8>],
    requirement: &Requirement,
) -> Result<Verified, JudgeError> {
    Ok(Verifier::new()?.verify(digest, bundles, requirement)?)
}

/// The signer to remember: of several the first.
pub(super) fn remembered(verified: &Verified, requirement: &Requirement) -> Option<Pinned> {
    match verified.signers().first()? {
        trust::VerifiedSigner::Key { id, .. } => {
            let SignatureRule::AnyOf(signers) = &requirement.signature else { return None };
            let pem = signers.iter().find_map(|signer| match signer {
                Signer::Key { pem, .. } => {
                    let key = trust::PublicKey::from_pem(pem).ok()?;
                    (key.id() == *id).then(|| String::from_utf8_lossy(pem).into_owned())
                }
                Signer::Identity { .. } => None,
            })?;
            Some(Pinned::Key { id: id.to_string(), pem })
        }
        trust::VerifiedSigner::Keyless { issuer, identity } => {
            Some(Pinned::Identity { issuer: issuer.clone(), identity: identity.clone() })
        }
    }
}
