//! What the verbs that publish have in common.

use std::path::{Path, PathBuf};

use innominatus_author::Project;
use innominatus_author::publish::{Access, PrivateKey, Stage};
use innominatus_model::Code;
use innominatus_package::{MANIFEST_NAME, open_folder};

use crate::problem::Failure;
use crate::session::Session;

/// How far a build is.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct StageArg {
    /// How far it is: `dev` and `stage` stand behind the version in its tags, `prod` is a release
    #[arg(long, value_name = "STAGE", env = "STAGE", hide_env = true, value_parser = stage, default_value = "dev")]
    stage: Stage,
}

impl StageArg {
    pub(super) fn stage(self) -> Stage {
        self.stage
    }
}

fn stage(text: &str) -> Result<Stage, String> {
    Stage::parse(text).ok_or_else(|| "expected `dev`, `stage` or `prod`".to_owned())
}

/// What is known of registries here.
pub(super) fn access(session: &Session) -> Result<Access, Failure> {
    Ok(Access::read(&session.connector.home()?)?)
}

/// A key to sign with. A pipe may be slow, and must not keep signals from being heard.
pub(super) async fn key(file: &Path) -> Result<PrivateKey, Failure> {
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || PrivateKey::read(&file)).await;
    Ok(read.map_err(|error| Failure::internal(format!("the key was not read: {error}")))??)
}

/// A built folder: the one that is named if everything is there, else the one that it builds into.
pub(in crate::commands) async fn built(folder: &Path) -> Result<PathBuf, Failure> {
    let file = folder.join(MANIFEST_NAME);
    if !file.is_file() {
        return Err(Failure::new(Code::ManifestPath, format!("`{}` is not there", file.display()))
            .hint("name the folder of a platform: the one that holds `platform.yaml`"));
    }
    if open_folder(folder).is_ok() {
        return Ok(folder.to_owned());
    }
    let output = Project::open(folder).await?.output();
    match output.join(MANIFEST_NAME).is_file() {
        // What would be tested or published is what was built, and that is another platform by now.
        true if !same(&file, &output.join(MANIFEST_NAME)) => {
            let detail = format!("`{}` was changed since it was built", file.display());
            Err(Failure::new(Code::PlatformDrift, detail)
                .hint("build it again: `innominatus platform build`, or `push --build`"))
        }
        true => Ok(output),
        // What is missing is told best by what looks for it.
        false => Ok(folder.to_owned()),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((std::fs::read(one), std::fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// A reference that is not a folder.
pub(super) fn reference(text: &str) -> Result<String, Failure> {
    match Path::new(text).join(MANIFEST_NAME).is_file() {
        false => Ok(text.to_owned()),
        true => Err(Failure::new(Code::ReferenceInvalid, format!("`{text}` is a folder, and no artifact"))
            .hint("pack or push it first: `innominatus platform pack`, `innominatus platform push`")),
    }
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
