//! A signature is put beside an artifact that is in its place already, and an attestation where one was promised.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use innominatus_model::{Digest, Secret};
use innominatus_package::IMAGE_MANIFEST_TYPE;
use innominatus_registry::trust::{
    self, PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, SignedReferrer, SigningKey, Subject,
};

use super::access::Opened;
use super::before::said_before;
use super::commit::SourceCommit;
use super::provenance;
use super::{Access, PublishError};

/// Keys have some hundred bytes.
const KEY_LIMIT: u64 = 64 * 1024;

/// A private key from a file, which is read once: it may be a pipe.
#[derive(Clone)]
pub struct PrivateKey {
    file: PathBuf,
    signing: SigningKey,
}

impl PrivateKey {
    /// Reads it.
    pub fn read(file: &Path) -> Result<Self, PublishError> {
        let not_a_key = |source| PublishError::Key { file: file.to_owned(), source };
        let signing = SigningKey::from_pem(secret(file)?.expose().as_bytes()).map_err(not_a_key)?;
        Ok(Self { file: file.to_owned(), signing })
    }
}

/// What is to be signed.
#[derive(Clone)]
pub struct SignInput {
    /// What it is called.
    pub reference: String,
    /// Who signs.
    pub key: PrivateKey,
    /// The project that it was made of, if that is here: its commit is attested.
    pub project: PathBuf,
    /// Whether an attestation is made though `platform.yaml` promises none.
    pub provenance: bool,
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was named.
    pub reference: String,
    /// What the signature is about.
    pub digest: Digest,
    /// Which key: the digest of its public half.
    pub key: String,
    /// Of the signature, as it lies beside the artifact.
    pub signature: Digest,
    /// Where it was made, if that was attested.
    pub attestation: Option<Attestation>,
}

/// What was attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// What it says.
    pub predicate_type: String,
    /// Of the attestation, as it lies beside the artifact.
    pub digest: Digest,
    /// The commit that it names.
    pub source: Option<SourceCommit>,
}

/// Signs what a reference names now, with the private key in a file. Where its `platform.yaml` promises it, or the input
/// asks for it, the same key attests where it was made.
pub async fn sign(access: &Access, input: &SignInput) -> Result<Signed, PublishError> {
    let PrivateKey { file, signing } = &input.key;
    let not_a_key = |source| PublishError::Key { file: file.clone(), source };
    let named = access.named(&input.reference)?;
    let opened = access.create(&named)?;
    let (registry, repository) = (opened.registry(), opened.repository());
    let digest = registry.resolve(repository, &named.wanted()?).await?;
    let manifest = registry.manifest(repository, &digest).await?;
    let subject = Subject { media_type: IMAGE_MANIFEST_TYPE.to_owned(), digest, size: manifest.len() as u64 };
    let said = provenance::of(&opened, &manifest, input).await?;
    // The signature comes last: what is signed has everything that was promised of it.
    let attestation = match said {
        Some(said) => {
            let attested = trust::attest(signing, &subject, PROVENANCE_PREDICATE, &said.predicate);
            let attested = attested.map_err(not_a_key)?;
            let digest = attach(&opened, &digest, signing, PROVENANCE_PREDICATE, &attested).await?;
            let predicate_type = PROVENANCE_PREDICATE.to_owned();
            Some(Attestation { predicate_type, digest, source: said.source })
        }
        None => None,
    };
    let signed = trust::sign(signing, &subject).map_err(not_a_key)?;
    let signature = attach(&opened, &digest, signing, SIGNATURE_PREDICATE, &signed).await?;
    opened.finish()?;
    let (reference, key) = (input.reference.clone(), signing.public().id().to_string());
    Ok(Signed { reference, digest, key, signature, attestation })
}

/// Puts something beside what it is about, unless the same key said the same before. Gives its digest there.
async fn attach(
    opened: &Opened,
    subject: &Digest,
    key: &SigningKey,
    predicate: &str,
    referrer: &SignedReferrer,
) -> Result<Digest, PublishError> {
    if let Some(known) = said_before(opened, subject, key, predicate, referrer).await? {
        return Ok(known);
    }
    let (registry, repository) = (opened.registry(), opened.repository());
    for (digest, bytes) in &referrer.blobs {
        registry.push_blob(repository, digest, bytes).await?;
    }
    Ok(registry.push_referrer(repository, &referrer.manifest).await?)
}

/// The text of a private key; nowhere but in memory that is wiped.
fn secret(file: &Path) -> Result<Secret, PublishError> {
    use std::io::Read as _;
    let read = || -> std::io::Result<Secret> {
        let mut text = String::new();
        std::fs::File::open(file)?.take(KEY_LIMIT).read_to_string(&mut text)?;
        let secret = Secret::new(text.as_str());
        zeroize::Zeroize::zeroize(&mut text);
        Ok(secret)
    };
    read().map_err(PublishError::io("read", file))
}

/// Where the halves of a new key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// For its owner alone.
    pub private: PathBuf,
    /// For everybody.
    pub public: PathBuf,
    /// The digest of the public half.
    pub id: String,
}

/// Makes a key: `<name>.key` and `<name>.pub`. Files that are there are left alone.
pub fn new_key(name: &Path) -> Result<NewKey, PublishError> {
    let with = |ending: &str| {
        let mut file = name.as_os_str().to_owned();
        file.push(ending);
        PathBuf::from(file)
    };
    let (private, public) = (with(".key"), with(".pub"));
    let not_made = |source| PublishError::Key { file: private.clone(), source };
    let (secret, open) = trust::generate().map_err(not_made)?;
    let id = trust::PublicKey::from_pem(open.as_bytes()).map_err(not_made)?.id().to_string();
    let write = |file: &Path, text: &str, mode: u32| {
        let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
        options.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
    };
    write(&public, &open, 0o644).map_err(PublishError::io("write", &public))?;
    if let Err(error) = write(&private, &secret, 0o600) {
        // A public half without the other is of no use.
        let _ = std::fs::remove_file(&public);
        return Err(PublishError::io("write", &private)(error));
    }
    Ok(NewKey { private, public, id })
}
