//! Layouts: folders and archives, written the same each time, read without a step outside.

use std::fs;
use std::path::Path;

use crate::common::{image, signature};
use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::{IMAGE_MANIFEST_TYPE, Image, Tag, TagOrDigest};
use innominatus_registry::{Layout, NoCache, Registry as _, layout_repository, plan_push, pull, push};

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

async fn fill(path: &Path, image: &Image) {
    let layout = Layout::create(path).unwrap();
    let signature = signature(image, b"{}");
    push(&layout, &layout_repository(), &[tag("1.0.0")], image, &[signature], false).await.unwrap();
    layout.finish().unwrap();
}

#[tokio::test]
async fn folder_and_archive_give_back_what_they_took() {
    let folder = tempfile::tempdir().unwrap();
    let first = image("1.0.0", b"\0asm deploy");
    for name in ["layout", "layout.tar"] {
        let path = folder.path().join(name);
        fill(&path, &first).await;
        let layout = Layout::open(&path).unwrap();
        let repository = layout_repository();
        assert_eq!(layout.tags(&repository).await.unwrap(), ["1.0.0"]);
        let digest = layout.resolve(&repository, &TagOrDigest::Tag(tag("1.0.0"))).await.unwrap();
        let pulled = pull(&layout, &repository, &digest, &NoCache).await.unwrap();
        assert_eq!(pulled.image, first, "{name}");
        assert_eq!(layout.referrers(&repository, &digest).await.unwrap().len(), 1, "{name}");
        let plan = plan_push(&layout, &repository, &[tag("1.0.0")], &first).await.unwrap();
        assert_eq!(plan.moved_bytes(), 0, "{name}");
        let missing = layout.resolve(&repository, &TagOrDigest::Tag(tag("2.0.0"))).await.unwrap_err();
        assert_eq!(missing.code(), Code::ArtifactNotFound);
    }
    assert!(folder.path().join("layout.tar").is_file());
}

#[tokio::test]
async fn the_same_content_is_the_same_archive() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.tar"), folder.path().join("b.tar"));
    let first = image("1.0.0", b"\0asm deploy");
    fill(&a, &first).await;
    fill(&b, &first).await;
    assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());
    // What is added to an archive is added; what was in it stays.
    let second = image("1.1.0", b"\0asm deploy again");
    let layout = Layout::create(&a).unwrap();
    push(&layout, &layout_repository(), &[tag("1.1.0")], &second, &[], false).await.unwrap();
    let before = fs::read(&a).unwrap();
    assert_eq!(before, fs::read(&b).unwrap(), "it is written when it is finished");
    layout.finish().unwrap();
    let layout = Layout::open(&a).unwrap();
    assert_eq!(layout.tags(&layout_repository()).await.unwrap(), ["1.0.0", "1.1.0"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
}

#[tokio::test]
async fn a_tag_moves_and_what_bore_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (image("1.0.0", b"\0asm 1"), image("1.0.0", b"\0asm 2"));
    fill(folder.path(), &first).await;
    let layout = Layout::open(folder.path()).unwrap();
    let repository = layout_repository();
    let error = push(&layout, &repository, &[tag("1.0.0")], &second, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactExists);
    push(&layout, &repository, &[tag("1.0.0"), tag("stable")], &second, &[], true).await.unwrap();
    let now = layout.resolve(&repository, &TagOrDigest::Tag(tag("1.0.0"))).await.unwrap();
    assert_eq!(now, second.digest());
    assert_eq!(layout.tags(&repository).await.unwrap(), ["1.0.0", "stable"]);
    assert_eq!(pull(&layout, &repository, &first.digest(), &NoCache).await.unwrap().image, first);
}

#[tokio::test]
async fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let first = image("1.0.0", b"\0asm deploy");
    fill(folder.path(), &first).await;
    let layout = Layout::open(folder.path()).unwrap();
    let repository = layout_repository();
    let blob = folder.path().join("blobs/sha256").join(Digest::of(b"\0asm deploy").hex());
    fs::write(&blob, b"\0asm DEPLOY").unwrap();
    let error = pull(&layout, &repository, &first.digest(), &NoCache).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactDigest);
    fs::write(&blob, vec![0; 1_000_000]).unwrap();
    let error = pull(&layout, &repository, &first.digest(), &NoCache).await.unwrap_err();
    assert_eq!(error.code(), Code::RegistryLimit);
    fs::remove_file(&blob).unwrap();
    let error = pull(&layout, &repository, &first.digest(), &NoCache).await.unwrap_err();
    assert_eq!(error.code(), Code::ArtifactNotFound);
    let at = TagOrDigest::Tag(tag("again"));
    let error = layout
        .push_manifest(&repository, &at, IMAGE_MANIFEST_TYPE, first.manifest_bytes())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::LayoutFailed, "a manifest whose blobs are not there is not kept");
    for (name, text) in [("oci-layout", "{\"imageLayoutVersion\": \"2.0.0\"}"), ("index.json", "[]")] {
        let before = fs::read(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let error = match Layout::open(folder.path()) {
            Ok(layout) => layout.tags(&repository).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.code(), Code::LayoutFailed, "{name}");
        fs::write(folder.path().join(name), before).unwrap();
    }
}

#[tokio::test]
async fn archives_of_others_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let first = image("1.0.0", b"\0asm deploy");
    let whole = folder.path().join("whole.tar");
    fill(&whole, &first).await;

    // Cut off.
    let bytes = fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.tar");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(Layout::open(&cut).unwrap_err().code(), Code::LayoutFailed);

    // With names that lead out, a link under a layout's name, and a file twice.
    let make = |name: &str, entries: &[(&str, tar::EntryType, &[u8])]| {
        let path = folder.path().join(name);
        let mut archive = tar::Builder::new(fs::File::create(&path).unwrap());
        for (name, kind, bytes) in entries {
            let mut header = tar::Header::new_ustar();
            // As somebody would write it who means harm: the library refuses these names.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_entry_type(*kind);
            if *kind == tar::EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_mode(0o644);
            header.set_cksum();
            archive.append(&header, *bytes).unwrap();
        }
        archive.finish().unwrap();
        path
    };
    let file = tar::EntryType::Regular;
    let mark: (&str, tar::EntryType, &[u8]) = ("oci-layout", file, b"{\"imageLayoutVersion\": \"1.0.0\"}");
    let index: (&str, tar::EntryType, &[u8]) =
        ("./index.json", file, b"{\"schemaVersion\": 2, \"manifests\": []}");
    let outside =
        make("outside.tar", &[mark, index, ("../escaped", file, b"x"), ("/tmp/escaped", file, b"x")]);
    let layout = Layout::create(&outside).unwrap();
    layout.finish().unwrap();
    assert!(
        !folder.path().join("escaped").exists() && !folder.path().parent().unwrap().join("escaped").exists()
    );
    assert!(Layout::open(&outside).unwrap().tags(&layout_repository()).await.unwrap().is_empty());

    let link = make("link.tar", &[mark, ("index.json", tar::EntryType::Symlink, b"")]);
    let twice = make("twice.tar", &[mark, index, index]);
    let none = make("none.tar", &[index]);
    for bad in [link, twice, none] {
        assert_eq!(Layout::open(&bad).unwrap_err().code(), Code::LayoutFailed, "{}", bad.display());
    }
    assert_eq!(Layout::open(&folder.path().join("absent")).unwrap_err().code(), Code::LayoutFailed);
}

#[tokio::test]
async fn what_was_opened_to_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    fill(&path, &image("1.0.0", b"\0asm 1")).await;
    let layout = Layout::open(&path).unwrap();
    let second = image("1.1.0", b"\0asm 2");
    let error = push(&layout, &layout_repository(), &[], &second, &[], false).await.unwrap_err();
    assert_eq!(error.code(), Code::LayoutFailed);
}
