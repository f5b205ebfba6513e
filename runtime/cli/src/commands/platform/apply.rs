//! `platform apply`: `platforms.yaml` becomes what is installed, and `platforms.lock` says what exactly that is.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_api::wire::{
    AppliedPlatforms, ApplyPlatformsRequest, DesiredPlatform, GrantsFile, RegistryLogin, TrustTerms,
};
use innominatus_model::{Code, Name};
use innominatus_package::{
    DesiredGrants, LOCK_NAME, Lock, LockedPlatform, Platforms, RegistryCredentials, VersionRule, read_lock,
    read_platforms, render_grants, render_lock,
};

use super::source::{Source, Trust};
use crate::files;
use crate::problem::{Exit, Failure};
use crate::session::Session;
use crate::ui::{diagnostic, platforms};

/// Make the installed platforms what platforms.yaml says
///
/// Each platform is installed, updated or switched off; one that asks for more than it may waits for `platform approve`.
/// What exactly serves is written into platforms.lock, which is to be kept under version control; with `--locked` exactly
/// that is installed, or nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE", default_value = "platforms.yaml")]
    file: PathBuf,

    /// Only what platforms.lock says, by its digests
    #[arg(long)]
    locked: bool,

    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    trust: Trust,
}

/// Prints a line for each platform; writes the lock.
pub(crate) async fn run(session: &Session, args: Args) -> Result<Exit, Failure> {
    let shown = args.file.display().to_string();
    let text = files::read_bytes(&args.file, 1).await?;
    let (wanted, warnings) = read_platforms(&shown, &text)?;
    for warning in &warnings {
        session.ui.talk(diagnostic::text(&warning.into()).trim_end());
    }
    let folder = args.file.parent().unwrap_or(Path::new(""));
    let lock_file = folder.join(LOCK_NAME);
    let lock = lock(&lock_file).await?;
    let lock = match (lock, args.locked) {
        (None, true) => {
            let detail = format!("`{}` is not there", lock_file.display());
            let hint = "`innominatus platform apply` without `--locked` writes it";
            return Err(Failure::new(Code::FileUnreadable, detail).hint(hint));
        }
        (lock, _) => lock.unwrap_or_default(),
    };
    let trust = args.trust.terms().await?;
    if trust.digest.is_some() && wanted.platforms.len() > 1 {
        let hint = "write `digest:` into the entry that is meant";
        return Err(Failure::usage("`--digest` is one artifact, and the file names several platforms", hint));
    }
    let request = ApplyPlatformsRequest {
        platforms: entries(&wanted, folder, &lock, args.locked, &trust).await?,
        dry_run: args.dry_run,
    };
    let applied = session.connect().await?.apply_platforms(&request).await?;
    if !args.dry_run && !args.locked {
        let text = kept(&lock, &wanted, &applied)?;
        if render_changed(&lock_file, &text) {
            replace(&lock_file, &text)?;
            session.ui.remark(&format!("wrote {}", lock_file.display()));
        }
    }
    let names = || applied.items.iter().map(|item| item.name.clone()).collect();
    session.ui.done("AppliedPlatforms", &applied, |view| platforms::applied(view, &applied), names)?;
    verdict(&applied)?;
    if args.locked && !args.dry_run {
        holds(&lock, &applied.lock)?;
    }
    Ok(Exit::OK)
}

/// The lock as it is now: what failed has what it had, for it may serve as before.
fn kept(before: &Lock, wanted: &Platforms, applied: &AppliedPlatforms) -> Result<String, Failure> {
    let mut now = read_lock(LOCK_NAME, applied.lock.as_bytes())?;
    for platform in &wanted.platforms {
        if let Some(known) = before.platforms.get(&platform.name).filter(|_| platform.enabled) {
            now.platforms.entry(platform.name.clone()).or_insert_with(|| known.clone());
        }
    }
    Ok(render_lock(&now))
}

/// Whoever reads it sees the old one or the new one.
fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let draft = file.with_extension(format!("lock.{}", std::process::id()));
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, file));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&draft);
        Failure::new(Code::OutputFailed, format!("cannot write `{}`: {error}", file.display()))
            .hint("make the folder writable")
    })
}

/// The first that is not as it should be.
fn verdict(applied: &AppliedPlatforms) -> Result<(), Failure> {
    match applied.items.iter().find_map(|item| Some((&item.name, item.problem.as_ref()?))) {
        None => Ok(()),
        Some((name, problem)) => {
            let mut problem = problem.clone();
            problem.detail = format!("`{name}`: {}", problem.detail);
            Err(Failure::of(problem))
        }
    }
}

async fn entries(
    wanted: &Platforms,
    folder: &Path,
    lock: &Lock,
    locked: bool,
    trust: &TrustTerms,
) -> Result<Vec<DesiredPlatform>, Failure> {
    let common = match &wanted.grants {
        DesiredGrants::None => None,
        DesiredGrants::Inline(grants) => {
            Some(grants_file("platforms.yaml", render_grants(grants).as_bytes()))
        }
        DesiredGrants::File(path) => Some(read_grants(&folder.join(path)).await?),
    };
    let mut entries = Vec::new();
    for platform in &wanted.platforms {
        let pinned = lock.platforms.get(&platform.name);
        if locked && platform.enabled && pinned.is_none() {
            let detail = format!("`{}` is not in {LOCK_NAME}", platform.name);
            return Err(Failure::new(Code::LockInvalid, detail)
                .hint("apply it once without `--locked`, and look at what that changes"));
        }
        let own = match &platform.grants {
            Some(path) => Some(read_grants(&folder.join(path)).await?),
            None => common.clone(),
        };
        let digest = platform.digest.map(|digest| digest.to_string());
        let held = pinned.filter(|_| locked);
        if let Some(held) = held {
            agree(platform, held)?;
        }
        entries.push(DesiredPlatform {
            name: platform.name.to_string(),
            repository: repository(&platform.repository, folder)?,
            version: match &platform.version {
                VersionRule::Exact(version) => version.to_string(),
                VersionRule::Range(range) => range.to_string(),
            },
            enabled: platform.enabled,
            credentials: platform.credentials.as_ref().map(login),
            private: platform.private,
            grants: own,
            trust: TrustTerms {
                digest: held.map(|held| held.digest.to_string()).or(digest).or(trust.digest.clone()),
                ..trust.clone()
            },
            locked: held.map(|held| held.version.to_string()),
            highest: pinned.map(|known| known.highest.as_ref().unwrap_or(&known.version).to_string()),
        });
    }
    Ok(entries)
}

/// The lock says no other thing than the file: one of them is old.
fn agree(wanted: &innominatus_package::DesiredPlatform, held: &LockedPlatform) -> Result<(), Failure> {
    let is_wanted = match &wanted.version {
        VersionRule::Exact(exact) => *exact == held.version,
        range => range.matches(&held.version),
    };
    let (name, version, digest) = (&wanted.name, &held.version, &held.digest);
    let detail = match wanted.digest {
        Some(wanted) if wanted != *digest => {
            format!("`{name}` is locked to {digest}, and {wanted} is wanted")
        }
        _ if !is_wanted => format!("`{name}` is locked to {version}, which is not a version that is wanted"),
        _ => return Ok(()),
    };
    Err(Failure::new(Code::LockInvalid, detail)
        .hint("apply it once without `--locked`, and look at what that changes"))
}

/// What serves now, by the lock that it comes to, is what the lock says: also who signed it, and what it may do.
fn holds(lock: &Lock, now: &str) -> Result<(), Failure> {
    let now = read_lock(LOCK_NAME, now.as_bytes())?;
    let differs = |(name, is): (&Name, &LockedPlatform)| {
        let said = lock.platforms.get(name)?;
        let what = if (&is.version, &is.digest) != (&said.version, &said.digest) {
            "another version serves"
        } else if is.signer != said.signer {
            "somebody else signed it"
        } else if is.grants != said.grants {
            "it is granted something else"
        } else {
            return None;
        };
        Some(format!("`{name}` is not as {LOCK_NAME} says: {what}"))
    };
    match now.platforms.iter().find_map(differs) {
        None => Ok(()),
        Some(detail) => Err(Failure::new(Code::LockInvalid, detail)
            .hint("apply it without `--locked`, and look at what that changes in the lock")),
    }
}

/// A folder or layout is seen from the file.
fn repository(text: &str, folder: &Path) -> Result<String, Failure> {
    let seen = match text.strip_prefix("oci-layout:") {
        Some(path) => format!("oci-layout:{}", folder.join(path).display()),
        None if text.starts_with('.') => folder.join(text).display().to_string(),
        None => text.to_owned(),
    };
    Ok(match seen.starts_with('.') || seen.starts_with('/') || seen.starts_with("oci-layout:") {
        true => match Source::of(&seen)? {
            Source::Folder(folder) => folder,
            Source::Reference(reference) => reference,
        },
        false if text.starts_with('.') => match Source::of(&format!("./{seen}"))? {
            Source::Folder(folder) => folder,
            Source::Reference(reference) => reference,
        },
        false => seen,
    })
}

fn login(credentials: &RegistryCredentials) -> RegistryLogin {
    let username = match credentials {
        RegistryCredentials::Basic { username, .. } => Some(username.clone()),
        _ => None,
    };
    RegistryLogin {
        kind: credentials.kind().to_owned(),
        secret_ref: credentials.secret().map(ToString::to_string),
        username,
    }
}

async fn read_grants(path: &Path) -> Result<GrantsFile, Failure> {
    Ok(grants_file(&path.display().to_string(), &files::read_bytes(path, 1).await?))
}

fn grants_file(name: &str, bytes: &[u8]) -> GrantsFile {
    GrantsFile { name: name.to_owned(), text: BASE64.encode(bytes) }
}

async fn lock(file: &Path) -> Result<Option<Lock>, Failure> {
    match tokio::fs::symlink_metadata(file).await {
        // A link that leads nowhere is a lock that cannot be read.
        Ok(_) => {
            let bytes = files::read_bytes(file, 1).await?;
            Ok(Some(read_lock(&file.display().to_string(), &bytes)?))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::new(Code::FileUnreadable, format!("cannot read `{}`: {error}", file.display())))
        }
    }
}

fn render_changed(file: &Path, text: &str) -> bool {
    match std::fs::read_to_string(file) {
        Ok(before) => before != text,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}
