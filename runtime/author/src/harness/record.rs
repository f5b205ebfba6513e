//! Makes a table test of what a component really did: the recording, and beside it the test that replays it and expects
//! what came of it. It knows the recording as a document and asks nobody for it.

use std::path::{Path, PathBuf};

use innominatus_engine::Recording;
use innominatus_model::{Json, Name};
use innominatus_package::{Package, TESTS_FOLDER, folder_of, open_folder};
use innominatus_sandbox::{CompileLimits, Sandbox, SandboxConfig};

use super::catalogue::Scope;
use super::checks;
use super::sheet::{Selection, Sheet};
use super::{HarnessError, Options, known, load, table};

/// Where recordings stand in a platform's folder: below the tests, so that they go where the tests go.
pub const RECORDINGS_FOLDER: &str = "tests/recordings";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The entry whose call it is.
    pub entry: Name,
    /// The recording, below the platform's folder.
    pub recording: PathBuf,
    /// The test, below the platform's folder.
    pub test: PathBuf,
}

/// Replays a recording with the component in the folder, and writes it into `sources` with a test that expects the same.
/// Nothing is written where the component does not do what was recorded.
pub async fn record(options: &Options, document: Json, sources: &Path) -> Result<Recorded, HarnessError> {
    let refused = |reason: String| HarnessError::Unrecorded { reason };
    let recording = Recording::from_json(document.clone())
        .map_err(|error| refused(format!("what the server answered {error}")))?;
    let folder = folder_of(&options.target).to_path_buf();
    let opened = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || open_folder(&folder))
    };
    let package = opened.await.map_err(|_| HarnessError::Stopped)??;
    let entry = recording.component.entry.clone();
    if recording.component.platform != package.manifest.name {
        let (made, here) = (&recording.component.platform, &package.manifest.name);
        return Err(refused(format!("platform `{made}` made it, and this is `{here}`")));
    }
    let selection = Selection { entries: vec![entry.to_string()], filters: Vec::new() };
    known(&package, &selection)?;
    let expect = expected(options, &package, &recording, &selection).await?;
    let name = free(sources, &format!("recorded-{entry}"));
    let recorded = Recorded {
        recording: Path::new(RECORDINGS_FOLDER).join(format!("{name}.json")),
        test: Path::new(TESTS_FOLDER).join(format!("{name}.yaml")),
        entry,
    };
    let text = test(&name, &recording, &recorded.entry, &expect);
    // The recording first: a test without one would be a broken folder.
    let json = format!("{document:#}\n");
    for (path, bytes) in [(&recorded.recording, json.as_bytes()), (&recorded.test, text.as_bytes())] {
        crate::files::write(sources, &path.to_string_lossy(), bytes)?;
        // What was built has the tests of its sources; both may be one folder.
        crate::files::write(&folder, &path.to_string_lossy(), bytes)?;
    }
    Ok(recorded)
}

/// The lines under `expect:`, of what comes of the recording with the component that is here.
async fn expected(
    options: &Options,
    package: &Package,
    recording: &Recording,
    selection: &Selection,
) -> Result<Vec<String>, HarnessError> {
    let refused = |reason: String| HarnessError::Unrecorded { reason };
    let sandbox = Sandbox::new(SandboxConfig {
        cache: options.cache.clone(),
        compiler: options.compiler.clone(),
        compile_limits: CompileLimits::default(),
    })?;
    let components = load(&sandbox, package, selection).await;
    let called = || refused("its component cannot be called; `innominatus test-platform` says why".into());
    let entry = package.manifest.provisioner(&recording.component.entry).ok_or_else(|| {
        refused(format!("`{}` is a golden path, and those have no journal", recording.component.entry))
    })?;
    let blob = package.component(&entry.component).ok_or_else(called)?;
    let component = components.get(&blob.digest).ok_or_else(called)?;
    let mut sheet = Sheet::new(selection, &entry.name, Scope::Provisioner, None);
    let declared =
        Box::pin(checks::declare(package, entry, component, &mut sheet)).await.ok_or_else(called)?;
    let observed = Box::pin(table::play(&declared.subject, recording)).await.map_err(|error| {
        refused(format!("the component in this folder does not do what was recorded: {error}"))
    })?;
    Ok(observed.expectations(&declared.subject.offer))
}

/// A name that no test and no recording has.
fn free(folder: &Path, wanted: &str) -> String {
    let taken = |name: &str| {
        folder.join(TESTS_FOLDER).join(format!("{name}.yaml")).exists()
            || folder.join(RECORDINGS_FOLDER).join(format!("{name}.json")).exists()
    };
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

fn test(name: &str, recording: &Recording, entry: &Name, expect: &[String]) -> String {
    let component = &recording.component;
    let export = recording.export.as_str();
    let mut text = format!(
        "# What `{}` {} really did, replayed offline. Expect less where less matters.\napiVersion: innominatus.io/v1\n\
         kind: PlatformTest\nmetadata: {{name: {name}}}\ngiven:\n  provisioner: {entry}\n  recording: \
         ./{RECORDINGS_FOLDER}/{name}.json\nwhen: {export}\nexpect:\n",
        component.label(),
        component.version
    );
    for line in expect {
        text.push_str(&format!("  {line}\n"));
    }
    text
}
