//! Folders of components: what belongs to a package, and that nothing outside of the folder does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::{
    COMPONENT_LIMIT, FILES_LIMIT, FileRole, OpenError, Package, open_files, open_folder,
};
use tempfile::TempDir;

const MANIFEST: &str = "\
apiVersion: innominatus.io/v1
kind: Platform
metadata: { name: acme, version: 1.0.0 }
compatibility: { minCoreVersion: 1.0.0 }
provisioners:
  - { name: database, type: postgres, version: 1.0.0, component: ./parts/databases.wasm }
  - { name: cache, type: redis, version: 1.0.0, component: ./parts/databases.wasm, schema: cache.json }
goldenpaths:
  - { name: deploy, version: 1.0.0, component: deploy.wasm }
";

fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn platform() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "platform.yaml", MANIFEST);
    write(folder.path(), "parts/databases.wasm", b"\0asm databases");
    write(folder.path(), "deploy.wasm", b"\0asm deploy");
    write(folder.path(), "cache.json", b"{\"type\": \"object\"}");
    folder
}

fn open(folder: &TempDir) -> Package {
    open_folder(folder.path()).unwrap_or_else(|error| panic!("{error}: {:?}", error.diagnostics()))
}

/// The code, line and message of every finding.
fn findings(folder: &TempDir) -> Vec<(Code, u32, String)> {
    let error = open_folder(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Invalid(_)), "{error:?}");
    let finding = |it: &innominatus_model::Diagnostic| (it.code, it.line, it.message.clone());
    error.diagnostics().iter().map(finding).collect()
}

#[test]
fn a_package_holds_every_named_file_once() {
    let package = open(&platform());
    let files: Vec<_> = package.files.iter().map(|(path, file)| (path.as_str(), file.role)).collect();
    assert_eq!(
        files,
        [
            ("cache.json", FileRole::Schema),
            ("deploy.wasm", FileRole::Component),
            ("parts/databases.wasm", FileRole::Component),
            ("platform.yaml", FileRole::Manifest),
        ]
    );
    let deploy = package.component("deploy.wasm").unwrap();
    assert_eq!(deploy.digest, Digest::of(b"\0asm deploy"));
    assert_eq!(&*deploy.bytes, b"\0asm deploy");
    assert_eq!(&*package.files["platform.yaml"].blob.bytes, MANIFEST.as_bytes());
    assert!(package.component("cache.json").is_none(), "a schema is no component");
}

#[test]
fn the_digest_is_of_what_is_named_and_nothing_else() {
    let folder = platform();
    let before = open(&folder).digest;
    write(folder.path(), "notes.txt", "not named");
    assert_eq!(open(&folder).digest, before);
    assert_eq!(open(&platform()).digest, before, "the folder's own path does not count");

    for (path, bytes) in [
        ("deploy.wasm", "other".to_owned()),
        ("cache.json", "{}".to_owned()),
        ("platform.yaml", format!("# a comment\n{MANIFEST}")),
    ] {
        let changed = platform();
        write(changed.path(), path, bytes);
        assert_ne!(open(&changed).digest, before, "{path}");
    }
    let swapped = platform();
    write(swapped.path(), "parts/databases.wasm", b"\0asm deploy");
    write(swapped.path(), "deploy.wasm", b"\0asm databases");
    assert_ne!(open(&swapped).digest, before, "a digest counts together with its path");
}

#[test]
fn missing_files_are_reported_where_they_are_named_beside_other_errors() {
    let folder = platform();
    fs::remove_file(folder.path().join("deploy.wasm")).unwrap();
    write(
        folder.path(),
        "platform.yaml",
        MANIFEST.replace("version: 1.0.0 }\ncompat", "version: v1 }\ncompat"),
    );
    let [version, missing] = &findings(&folder)[..] else { panic!() };
    assert_eq!((version.0, version.1), (Code::ManifestVersion, 3));
    assert_eq!((missing.0, missing.1), (Code::ManifestPath, 9));
    assert!(missing.2.contains("`deploy.wasm` does not exist"), "{}", missing.2);
}

#[test]
fn links_out_of_the_folder_are_refused_and_links_inside_are_followed() {
    let secret = tempfile::tempdir().unwrap();
    write(secret.path(), "secret", "outside");
    for target in [secret.path().join("secret"), Path::new("..").join("outside")] {
        let folder = platform();
        fs::remove_file(folder.path().join("deploy.wasm")).unwrap();
        symlink(&target, folder.path().join("deploy.wasm")).unwrap();
        let found = findings(&folder);
        assert_eq!((found[0].0, found[0].1), (Code::ManifestPath, 9));
        assert!(found[0].2.contains("leads out of the platform's folder"), "{}", found[0].2);
    }
    let folder = platform();
    fs::remove_dir_all(folder.path().join("parts")).unwrap();
    symlink(secret.path(), folder.path().join("parts")).unwrap();
    assert!(findings(&folder)[0].2.contains("leads out"), "a linked folder is no way out either");

    let folder = platform();
    fs::remove_file(folder.path().join("deploy.wasm")).unwrap();
    symlink("parts/databases.wasm", folder.path().join("deploy.wasm")).unwrap();
    assert_eq!(&*open(&folder).component("deploy.wasm").unwrap().bytes, b"\0asm databases");
}

#[test]
fn only_regular_files_of_a_sane_size_are_read() {
    let folder = platform();
    fs::remove_file(folder.path().join("deploy.wasm")).unwrap();
    fs::create_dir(folder.path().join("deploy.wasm")).unwrap();
    assert!(findings(&folder)[0].2.contains("is not a regular file"));

    // To open a pipe would wait for a writer that never comes.
    fs::remove_dir(folder.path().join("deploy.wasm")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("deploy.wasm")).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(findings(&folder)[0].2.contains("is not a regular file"));
        fs::remove_file(folder.path().join("deploy.wasm")).unwrap();
    }

    write(folder.path(), "deploy.wasm", "");
    assert!(findings(&folder)[0].2.contains("is empty"));

    let large = fs::File::create(folder.path().join("deploy.wasm")).unwrap();
    large.set_len(COMPONENT_LIMIT as u64 + 1).unwrap();
    let found = findings(&folder);
    assert_eq!((found[0].0, found[0].1), (Code::ComponentTooLarge, 9));
    large.set_len(COMPONENT_LIMIT as u64).unwrap();
    open(&folder);
}

/// A manifest that names so many components, each a file of so many bytes that cost nothing.
fn many(count: usize, bytes: usize) -> TempDir {
    let folder = platform();
    let entry = |at: usize| format!("  - {{ name: more-{at}, version: 1.0.0, component: more-{at}.wasm }}\n");
    let entries: String = (0..count).map(entry).collect();
    write(folder.path(), "platform.yaml", format!("{MANIFEST}{entries}"));
    for at in 0..count {
        let file = fs::File::create(folder.path().join(format!("more-{at}.wasm"))).unwrap();
        file.set_len(bytes as u64).unwrap();
    }
    folder
}

#[test]
fn files_that_are_too_much_together_are_not_read() {
    let found = findings(&many(5, COMPONENT_LIMIT - 100));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].1), (Code::ComponentTooLarge, 14));
    assert!(found[0].2.contains("more than 256 MiB together"), "{}", found[0].2);

    // Three are named besides.
    assert_eq!(open(&many(FILES_LIMIT - 3, 1)).components().count(), FILES_LIMIT - 1);
    let found = findings(&many(FILES_LIMIT - 2, 1));
    assert_eq!((found.len(), found[0].0), (1, Code::ManifestInvalid));
    assert!(found[0].2.contains("more than 64 files"), "{}", found[0].2);
}

#[test]
fn a_schema_that_is_no_json_object_is_refused() {
    for bad in ["", "[]", "{", "true"] {
        let folder = platform();
        write(folder.path(), "cache.json", bad);
        let found = findings(&folder);
        assert_eq!((found[0].0, found[0].1), (Code::ManifestPath, 7), "{bad}");
    }
}

#[test]
fn a_manifest_over_the_limit_is_refused_without_reading_on() {
    let folder = platform();
    let file = fs::File::create(folder.path().join("platform.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    assert!(findings(&folder)[0].2.contains("more than 1 MiB"));
}

#[test]
fn what_is_not_a_platforms_folder_says_which_folder_to_name() {
    let folder = platform();
    let cases =
        [folder.path().join("nowhere"), folder.path().join("platform.yaml"), folder.path().join("parts")];
    for path in cases {
        let error = open_folder(&path).unwrap_err();
        assert_eq!(error.code(), Code::ManifestPath);
        assert!(error.remedy().unwrap().contains("platform.yaml"), "{error}");
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn a_document_belongs_to_the_platform_wherever_it_stands() {
    let folder = platform();
    let before = open(&folder);
    write(folder.path(), "README.md", "# Acme");
    write(folder.path(), "README", "not one of them");
    let after = open(&folder);
    assert_eq!(after.files.len(), before.files.len() + 1);
    assert_eq!(after.files["README.md"].role, FileRole::Document);
    assert_ne!(after.digest, before.digest);
}

#[test]
fn files_in_memory_make_the_same_package_as_a_folder() {
    let package = open(&platform());
    let files = package.files.iter().map(|(path, file)| (path.clone(), file.blob.bytes.to_vec())).collect();
    let again = open_files(Path::new("registry/acme:1.0.0"), &files).unwrap();
    assert_eq!((again.digest, again.files), (package.digest, package.files));
}

#[test]
fn a_file_is_one_thing_only() {
    let folder = platform();
    write(folder.path(), "platform.yaml", MANIFEST.replace("schema: cache.json", "schema: deploy.wasm"));
    write(folder.path(), "deploy.wasm", "{}");
    let [(code, 9, message)] = &findings(&folder)[..] else { panic!("{:?}", findings(&folder)) };
    assert_eq!(*code, Code::ManifestPath);
    assert!(message.contains("as a schema and as a component"), "{message}");
}
