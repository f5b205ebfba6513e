//! Who has to have signed, and whether they did: policies first, then what the request says, then who signed before.

use std::io;
use std::path::{Path, PathBuf};

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
use super::files::{self, Rules, RulesError};

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
    /// The root of trust that a policy names cannot be read.
    #[error("cannot read the trusted root `{}`, which `policy.yaml` names", file.display())]
    RootUnread {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The root of trust that a policy names is none.
    #[error("`{}` is named as trusted root in `policy.yaml`", file.display())]
    RootInvalid {
        /// Which.
        file: PathBuf,
        /// Why.
        source: TrustedRootError,
    },
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
            Self::RootUnread { .. } => Code::TrustedRootInvalid,
            Self::RootInvalid { source, .. } => source.code(),
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
            Self::RootUnread { .. } => {
                Some("correct `trustedRoot` in `policy.yaml`, or mend the file's permissions".into())
            }
            Self::RootInvalid { source, .. } => source.remedy(),
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

/// What is asked of an artifact, and by which root of trust that is judged: by the one that comes with the program where
/// no policy names a file.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) requirement: Requirement,
    root: Option<PathBuf>,
}

/// What is asked of an artifact from this source.
pub(super) fn asked(
    rules: &Rules,
    source: &str,
    digest: &Digest,
    terms: &Terms,
    before: Option<&Pinned>,
) -> Result<Asked, JudgeError> {
    let of = |signature| {
        let requirement = Requirement { signature, attestations: Vec::new(), denied: Default::default() };
        Asked { requirement, root: rules.root(PolicyLevel::User) }
    };
    match rules.policies.judge(source, digest) {
        TrustVerdict::Denied { level } => return Err(JudgeError::Denied { digest: *digest, level }),
        TrustVerdict::Rule { level, rule } => return Ok(demanded(rules, &rule.demand, level)?),
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
            let asked = demanded(rules, &rule.demand, level)?;
            judge(digest, &[], &asked).map(|_| ())
        }
        TrustVerdict::NoRule { .. } => Ok(()),
    }
}

fn demanded(rules: &Rules, demand: &Demand, level: PolicyLevel) -> Result<Asked, RulesError> {
    let system = level == PolicyLevel::System;
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
    let requirement = Requirement { signature, attestations, denied: Default::default() };
    Ok(Asked { requirement, root: rules.root(level) })
}

/// Judges the bundles of a manifest. Blocks for as long as arithmetic takes.
pub(super) fn judge(digest: &Digest, bundles: &[Vec<u8>], asked: &Asked) -> Result<Verified, JudgeError> {
    let verifier = match &asked.root {
        None => Verifier::new()?,
        Some(file) => named_root(file)?,
    };
    Ok(verifier.verify(digest, bundles, &asked.requirement)?)
}

/// By the root of trust in a file. One that cannot be used is not replaced by another: then nothing is trusted.
fn named_root(file: &Path) -> Result<Verifier, JudgeError> {
    let unread = |source| JudgeError::RootUnread { file: file.to_owned(), source };
    let invalid = |source| JudgeError::RootInvalid { file: file.to_owned(), source };
    Verifier::with_trusted_root(&files::root(file).map_err(unread)?).map_err(invalid)
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

#[cfg(test)]
mod tests {
    use innominatus_testkit::fixtures;
    use tempfile::TempDir;

    use super::super::files::SourceFiles;
    use super::*;

    const SIGNED: &str = "trust:\n- scope: \"ghcr.io/**\"\n  require:\n  - identity: \"https://git.example/acme/**\"\n    \
                          issuer: https://token.actions.example\n";
    const UNSIGNED: &str = "trust:\n- scope: \"ghcr.io/**\"\n  allow: unsigned\n";

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(fixtures::root().join("trust").join(name)).unwrap()
    }

    /// A folder with this policy, and with roots that it may name.
    fn with_policy(text: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for root in ["acme.json", "staging.json"] {
            std::fs::write(folder.path().join(root), fixture(&format!("roots/{root}"))).unwrap();
        }
        std::fs::write(folder.path().join("broken.json"), "{}").unwrap();
        if !text.is_empty() {
            std::fs::write(folder.path().join("policy.yaml"), text).unwrap();
        }
        folder
    }

    /// What a release of a Sigstore that was made for tests comes to.
    fn judged(system: &str, home: &str) -> &'static str {
        let (system, home) = (with_policy(system), with_policy(home));
        let files = SourceFiles { system: system.path().to_owned(), home: home.path().to_owned() };
        let (rules, digest) = (files.read().unwrap(), Digest::of(fixture("manifests/platform-a.json")));
        let asked = asked(&rules, "ghcr.io/acme/platform", &digest, &Terms::default(), None).unwrap();
        match judge(&digest, &[fixture("bundles/acme-release-a.json")], &asked) {
            Ok(_) => "good",
            Err(error) => {
                assert!(error.remedy().is_some(), "{error}");
                error.code().as_str()
            }
        }
    }

    #[test]
    fn the_root_that_a_policy_names_is_the_one_that_counts() {
        let root = |name: &str| format!("trustedRoot: {name}\n");
        let signed = |name: &str| format!("{SIGNED}{}", root(name));
        for (system, home, verdict) in [
            (String::new(), SIGNED.to_owned(), "signature-invalid"),
            (String::new(), signed("acme.json"), "good"),
            (root("acme.json"), SIGNED.to_owned(), "good"),
            // The system's goes before the home's.
            (root("staging.json"), signed("acme.json"), "signature-invalid"),
            (root("acme.json"), signed("staging.json"), "good"),
            // Nobody makes what a rule of the system asks for by naming a root of their own.
            (SIGNED.to_owned(), root("acme.json"), "signature-invalid"),
            (signed("acme.json"), root("broken.json"), "good"),
        ] {
            assert_eq!(judged(&system, &home), verdict, "{system}\n{home}");
        }
    }

    #[test]
    fn by_a_root_that_cannot_be_used_nothing_is_trusted() {
        for name in ["gone.json", "broken.json", "."] {
            let root = format!("trustedRoot: {name}\n");
            for rule in [SIGNED, UNSIGNED] {
                let named = format!("{rule}{root}");
                for (system, home) in [("", named.as_str()), (&root, rule), (&named, "")] {
                    assert_eq!(judged(system, home), "trusted-root-invalid", "{system}\n{home}");
                }
            }
        }
    }
}
