//! Where a platform was made, as it is attested: SLSA's predicate, with no more in it than is known here.
//!
//! It is the word of whoever holds the key. Nothing of the machine stands in it: no names of hosts or people, no paths,
//! no times, so that the same project gives the same predicate. `docs/reference/provenance.md` has every field.

use innominatus_model::Json;
use innominatus_package::{
    ARTIFACT_TYPE, ArtifactError, ImageManifest, MANIFEST_NAME, Manifest, folder_of, read_manifest,
};
use serde_json::json;

use super::access::Opened;
use super::commit::{SourceCommit, commit_of};
use super::{PublishError, SignInput};

/// What the other fields of a build mean.
const BUILD_TYPE: &str = "https://innominatus.io/provenance/platform/v1";
/// Who says so: this program, on a machine of whoever signs.
const BUILDER: &str = "https://innominatus.io/provenance/author/v1";

/// What is attested, and the commit in it.
pub(super) struct Provenance {
    pub(super) predicate: Json,
    pub(super) source: Option<SourceCommit>,
}

/// What there is to attest of an artifact; nothing where neither its `platform.yaml` nor the person wants that.
pub(super) async fn of(
    opened: &Opened,
    artifact: &[u8],
    input: &SignInput,
) -> Result<Option<Provenance>, PublishError> {
    let any = ImageManifest::read_any(artifact);
    let is_platform = any.is_ok_and(|it| it.artifact_type.as_deref() == Some(ARTIFACT_TYPE));
    // An index can be signed as well, and promises nothing.
    if !is_platform && !input.provenance {
        return Ok(None);
    }
    let layers = ImageManifest::read(artifact)?.layers;
    let Some(layer) = layers.iter().find(|layer| layer.title() == Some(MANIFEST_NAME)) else {
        return Err(ArtifactError::invalid(format!("it has no `{MANIFEST_NAME}`")).into());
    };
    let text = opened.registry().blob(opened.repository(), layer).await?;
    let read = read_manifest(MANIFEST_NAME, &text);
    let (manifest, _) = read.map_err(|errors| ArtifactError::Platform(Box::new(errors.into())))?;
    let promised = manifest.publish.as_ref().is_some_and(|publish| publish.provenance);
    if !promised && !input.provenance {
        return Ok(None);
    }
    let source = commit_of(folder_of(&input.project), &text).await;
    Ok(Some(Provenance { predicate: predicate(&manifest, source.as_ref()), source }))
}

fn predicate(manifest: &Manifest, source: Option<&SourceCommit>) -> Json {
    let mut parameters = json!({
        "platform": manifest.name.as_str(),
        "version": manifest.version.to_string(),
    });
    // The manifest's words, not the reference's: that may be a path, or a name that is known within a house only.
    if let Some(publish) = &manifest.publish {
        parameters["repository"] = json!(publish.registry);
        parameters["tags"] = json!(publish.tags(&manifest.version));
    }
    let mut build = json!({ "buildType": BUILD_TYPE, "externalParameters": parameters });
    if let Some(SourceCommit { commit, dirty }) = source {
        build["resolvedDependencies"] = json!([{
            "name": "source",
            "digest": { "gitCommit": commit },
            "annotations": { "dirty": dirty },
        }]);
    }
    json!({
        "buildDefinition": build,
        "runDetails": {
            "builder": { "id": BUILDER, "version": { "innominatus": env!("CARGO_PKG_VERSION") } },
            "metadata": {},
        },
    })
}

#[cfg(test)]
mod tests {
    use innominatus_testkit::fixtures;

    use super::*;

    fn of_fixture(name: &str, source: Option<&SourceCommit>) -> Json {
        let text = std::fs::read(fixtures::root().join("platforms/valid").join(name)).unwrap();
        predicate(&read_manifest(MANIFEST_NAME, &text).unwrap().0, source)
    }

    #[test]
    fn what_is_said_is_what_the_manifest_and_git_say() {
        let source = SourceCommit { commit: "c".repeat(40), dirty: true };
        let run = json!({
            "builder": {
                "id": "https://innominatus.io/provenance/author/v1",
                "version": { "innominatus": env!("CARGO_PKG_VERSION") },
            },
            "metadata": {},
        });
        let everything = json!({
            "buildDefinition": {
                "buildType": "https://innominatus.io/provenance/platform/v1",
                "externalParameters": {
                    "platform": "northwind",
                    "version": "3.1.0-rc.2",
                    "repository": "registry.northwind.example:5000/platforms/northwind",
                    "tags": ["3.1.0-rc.2"],
                },
                "resolvedDependencies": [{
                    "name": "source",
                    "digest": { "gitCommit": "c".repeat(40) },
                    "annotations": { "dirty": true },
                }],
            },
            "runDetails": run,
        });
        assert_eq!(of_fixture("everything.yaml", Some(&source)), everything);
        let smallest = json!({
            "buildDefinition": {
                "buildType": "https://innominatus.io/provenance/platform/v1",
                "externalParameters": { "platform": "acme", "version": "0.5.0" },
            },
            "runDetails": run,
        });
        assert_eq!(of_fixture("smallest.yaml", None), smallest);
    }
}
