//! Building a platform that cargo has nothing to do with: a component that stands there, or that `build:` makes.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod support;

use std::path::Path;

use innominatus_author::{BuildError, BuildOptions, Built, Maker, Project, build, validate};
use innominatus_model::{Code, Coded};
use innominatus_testkit::guest;
use support::{edit, silence, told, workshop};
use tempfile::TempDir;

const MANIFEST: &str = "\
apiVersion: innominatus.io/v1
kind: Platform
metadata:
  name: things
  version: 1.2.0
compatibility:
  minCoreVersion: \"1.0.0\"
provisioners:
  - name: thing
    type: thing
    version: 1.2.0
    component: ./parts/thing.wasm
    schema: ./schemas/thing.json
";

/// A platform's sources, outside of every cargo workspace.
fn sources() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    std::fs::write(folder.path().join("platform.yaml"), MANIFEST).unwrap();
    std::fs::write(folder.path().join("README.md"), "# Things\n").unwrap();
    std::fs::write(folder.path().join("parts/thing.wasm"), guest::provisioner("")).unwrap();
    folder
}

async fn built(folder: &Path) -> Result<Built, BuildError> {
    let project = Project::open(folder).await.unwrap();
    let built = build(&[project], &BuildOptions::default(), &workshop(), &mut silence).await?;
    Ok(built.into_iter().next().unwrap())
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

#[tokio::test]
async fn a_platform_is_laid_out_as_it_is_installed() {
    let sources = sources();
    let first = built(sources.path()).await.unwrap();
    assert_eq!((first.label.as_str(), first.changed), ("things:1.2.0-dev", true));
    assert_eq!(
        (first.components[0].path.as_str(), &first.components[0].maker),
        ("parts/thing.wasm", &Maker::File)
    );
    // The component's own schema, in the sources and in what is installed.
    assert_eq!(first.schemas, ["schemas/thing.json"]);
    assert_eq!(read(sources.path(), "schemas/thing.json"), "{}\n");
    let dist = sources.path().join("dist");
    assert_eq!(read(&dist, "schemas/thing.json"), "{}\n");
    assert_eq!(read(&dist, "platform.yaml"), MANIFEST);
    innominatus_package::open_folder(&dist).unwrap();

    // What has not changed is not written; what is gone goes.
    let again = built(sources.path()).await.unwrap();
    assert_eq!((again.changed, again.schemas.len(), again.digest), (false, 0, first.digest));
    std::fs::remove_file(sources.path().join("README.md")).unwrap();
    std::fs::write(dist.join("stale.wasm"), "x").unwrap();
    assert!(built(sources.path()).await.unwrap().changed);
    assert!(!dist.join("README.md").exists() && !dist.join("stale.wasm").exists());
}

#[tokio::test]
async fn the_manifest_s_own_command_makes_components() {
    let sources = sources();
    std::fs::rename(sources.path().join("parts/thing.wasm"), sources.path().join("raw.wasm")).unwrap();
    let error = built(sources.path()).await.unwrap_err();
    assert_eq!(error.code(), Code::ManifestPath, "{error}");
    let manifest = format!("{MANIFEST}build: cp raw.wasm parts/thing.wasm\n");
    std::fs::write(sources.path().join("platform.yaml"), &manifest).unwrap();
    assert!(built(sources.path()).await.unwrap().changed);
    std::fs::write(sources.path().join("platform.yaml"), manifest.replace("cp raw", "cp none")).unwrap();
    let error = built(sources.path()).await.unwrap_err();
    assert_eq!(error.code(), Code::BuildFailed);
    assert!(error.to_string().contains("cp none.wasm"), "{error}");
}

#[tokio::test]
async fn components_have_to_be_what_the_manifest_says() {
    let sources = sources();
    edit(sources.path().join("platform.yaml"), "type: thing", "type: other");
    let error = built(sources.path()).await.unwrap_err();
    assert_eq!(error.code(), Code::ManifestReference);
    let expected =
        "platform.yaml:9: manifest-reference: `thing` is to make `other`, but its component makes `thing`";
    assert_eq!(told(error.diagnostics()), [expected]);
    assert!(!sources.path().join("dist").exists(), "nothing is written that cannot be installed");

    edit(
        sources.path().join("platform.yaml"),
        "type: other",
        "type: thing\n    capabilities: [{name: secrets, reason: none}]",
    );
    let built = built(sources.path()).await.unwrap();
    assert!(built.warnings[0].message.contains("never calls"), "{:?}", built.warnings);
    std::fs::write(sources.path().join("parts/thing.wasm"), guest::golden_path("")).unwrap();
    let project = Project::open(sources.path()).await.unwrap();
    let found = validate(&project, &workshop(), &mut silence).await.unwrap();
    assert!(found.built && !found.is_valid());
    assert!(told(&found.findings)[0].contains("component-export"), "{:?}", found.findings);
}

#[tokio::test]
async fn a_folder_of_something_else_is_left_alone() {
    let sources = sources();
    let other = tempfile::tempdir().unwrap();
    let refused = async |folder: &Path| {
        let project = Project::open(sources.path()).await.unwrap();
        let options = BuildOptions { output: Some(folder.to_path_buf()), ..BuildOptions::default() };
        build(&[project], &options, &workshop(), &mut silence).await.err().map(|error| error.code())
    };
    assert_eq!(refused(sources.path()).await, Some(Code::OutputExists));
    std::fs::write(other.path().join("thesis.txt"), "mine").unwrap();
    assert_eq!(refused(other.path()).await, Some(Code::OutputExists));
    std::fs::write(other.path().join("platform.yaml"), MANIFEST.replace("name: things", "name: theirs"))
        .unwrap();
    assert_eq!(refused(other.path()).await, Some(Code::OutputExists));
    std::fs::write(other.path().join("platform.yaml"), MANIFEST).unwrap();
    assert_eq!(refused(other.path()).await, None);
    assert_eq!(read(other.path(), "thesis.txt"), "mine");
}

#[tokio::test]
async fn what_is_not_built_is_not_missed_before() {
    let sources = sources();
    std::fs::remove_file(sources.path().join("parts/thing.wasm")).unwrap();
    let project = Project::open(sources.path()).await.unwrap();
    let found = validate(&project, &workshop(), &mut silence).await.unwrap();
    assert!(!found.built && found.is_valid(), "{:?}", found.findings);
}

/// Takes a size of 30 or more.
const PICKY: &str = r#"
;; part: config-schema
(data (i32.const 2048) (i32 2064 55) "\00\00\00\00\00\00\00\00{\"properties\":{\"size\":{\"type\":\"integer\",\"minimum\":30}}}")
(func (export "innominatus:platform/lifecycle@1.0.0#config-schema") (param i32 i32 i32 i32) (result i32) (i32.const 2048))
"#;
const DEFINITION: &str = "apiVersion: innominatus.io/v1\nkind: ResourceDefinition\nmetadata: {name: thing}\n\
spec: {type: thing, params: {size: 5}}\n";
const PATH: &str = "apiVersion: innominatus.io/v1\nkind: GoldenPath\nmetadata: {name: deploy, version: 1.2.0}\nsteps:\n  \
- {name: all, type: provisioner, config: {resource: \"*\"}}\n  \
- {name: files, type: render, config: {files: [{path: a.txt, template: \"{{ nobody }}\"}]}}\n";

#[tokio::test]
async fn what_is_written_down_is_judged_as_an_installation_judges_it() {
    let sources = sources();
    let file = |path: &str| sources.path().join(path);
    std::fs::write(file("parts/thing.wasm"), guest::provisioner(PICKY)).unwrap();
    std::fs::write(file("thing.yaml"), DEFINITION).unwrap();
    std::fs::write(file("deploy.yaml"), PATH).unwrap();
    let more = "goldenpaths: [{name: deploy, version: 1.2.0, file: ./deploy.yaml}]\n\
                resources: {thing: {provisioner: thing, definitionFile: ./thing.yaml}}\n";
    std::fs::write(file("platform.yaml"), format!("{MANIFEST}{more}")).unwrap();
    let error = built(sources.path()).await.unwrap_err();
    let found = told(error.diagnostics());
    assert!(found[0].contains("deploy.yaml") && found[0].contains("nobody"), "{found:?}");
    assert!(found[1].contains("thing.yaml") && found[1].contains("params/size"), "{found:?}");
    assert!(!sources.path().join("dist").exists());

    edit(file("deploy.yaml"), "nobody", "application");
    edit(file("thing.yaml"), "size: 5", "size: 50");
    built(sources.path()).await.unwrap();
    edit(file("thing.yaml"), "size: 50", "size: 6");
    let project = Project::open(sources.path()).await.unwrap();
    let found = validate(&project, &workshop(), &mut silence).await.unwrap();
    assert!(told(&found.findings)[0].contains("does not fit `thing`"), "{:?}", found.findings);
}
