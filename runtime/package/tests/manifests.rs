//! Every manifest under `fixtures/platforms`: what is read from a valid one, and every word said about an
//! invalid one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use innominatus_model::{CORE_VERSION, Code, Coded as _, Diagnostic, Severity, Version, Want};
use innominatus_package::{
    MANIFEST_LIMIT, Manifest, ManifestErrors, PathSource, Upstream, asks, read_manifest,
};
use innominatus_testkit::{fixtures, golden};
use similar::{ChangeTag, TextDiff};

fn read(path: &Path) -> Result<(Manifest, Vec<Diagnostic>), ManifestErrors> {
    let name = path.file_name().unwrap().to_str().unwrap();
    read_manifest(name, &std::fs::read(path).unwrap())
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|finding| format!("{finding}\n")).collect()
}

fn check_all(folder: &str, golden_extension: &str, render: impl Fn(&Path) -> String) {
    let folder = fixtures::root().join("platforms").join(folder);
    let differences: Vec<_> = fixtures::files(folder, ".yaml")
        .iter()
        .filter_map(|path| golden::compare(path.with_extension(golden_extension), &render(path)).err())
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn valid_manifests_are_read_whole() {
    check_all("valid", "txt", |path| {
        let (manifest, warnings) =
            read(path).unwrap_or_else(|errors| panic!("{}", lines(&errors.diagnostics)));
        assert!(warnings.iter().all(|finding| finding.severity == Severity::Warning));
        summary(&manifest) + &lines(&warnings)
    });
}

#[test]
fn invalid_manifests_are_refused_with_every_reason() {
    check_all("invalid", "err", |path| {
        let errors = read(path).expect_err(&path.display().to_string());
        assert!(errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
        for finding in &errors.diagnostics {
            assert!(finding.hint.is_some(), "{finding}");
            assert!(finding.line > 0, "{finding}");
            assert!(!finding.to_string().contains('\u{1b}'), "{finding:?}");
        }
        lines(&errors.diagnostics)
    });
}

/// What an author changes in a manifest that contradicts itself: nothing else may have been mended.
#[test]
fn a_mended_manifest_differs_only_where_it_contradicted_itself() {
    let platforms = fixtures::root().join("platforms");
    // A comment says which file it is.
    let text = |path: &str| {
        let text = std::fs::read_to_string(platforms.join(path)).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect::<String>()
    };
    for name in ["aws", "enterprise"] {
        let first = text(&format!("invalid/{name}-as-first-written.yaml"));
        let mended = text(&format!("valid/{name}-mended.yaml"));
        let diff = TextDiff::from_lines(&first, &mended);
        let gone = diff.iter_all_changes().find(|change| change.tag() == ChangeTag::Delete);
        assert!(gone.is_none(), "nothing that was written goes away: {gone:?}");
        let diff = diff.unified_diff().context_radius(1).header("as first written", "mended").to_string();
        golden::check(platforms.join(format!("mended/{name}.diff")), &diff);
    }
}

#[test]
fn what_is_not_text_or_too_large_is_refused() {
    let refused = |text: &[u8]| read_manifest("platform.yaml", text).unwrap_err().diagnostics.remove(0);
    let latin1 = refused(b"apiVersion: innominatus.io/v1\nkind: Caf\xe9\n");
    assert_eq!((latin1.code, latin1.line), (Code::ManifestSyntax, 2));
    let mut large = b"apiVersion: innominatus.io/v1\n#".to_vec();
    large.resize(MANIFEST_LIMIT + 1, b'x');
    assert!(refused(&large).message.contains("more than 1 MiB"));
    large.truncate(MANIFEST_LIMIT);
    assert!(!refused(&large).message.contains("more than 1 MiB"), "the limit itself is allowed");
}

#[test]
fn no_part_that_is_left_out_or_cut_off_confuses_the_reader() {
    // Every answer is a manifest or at least one error; anything else would panic.
    let read = |text: &[u8]| {
        if let Err(errors) = read_manifest("platform.yaml", text) {
            assert!(errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
        }
    };
    for path in fixtures::files(fixtures::root().join("platforms"), ".yaml") {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for without in 0..lines.len() {
            let kept = [&lines[..without], &lines[without + 1..]].concat();
            read(kept.join("\n").as_bytes());
            let (key, _) = lines[without].split_once(':').unwrap_or((lines[without], ""));
            for value in ["", " null", " []", " {}", " 1", " [{}]", " {a: b}"] {
                let changed = format!("{key}:{value}");
                let all = [&lines[..without], &[changed.as_str()], &lines[without + 1..]].concat();
                read(all.join("\n").as_bytes());
            }
        }
        (0..text.len()).step_by(11).for_each(|end| read(&text.as_bytes()[..end]));
    }
}

#[test]
fn an_error_carries_the_code_of_its_first_finding() {
    let errors = read(&fixtures::root().join("platforms/invalid/versions.yaml")).unwrap_err();
    assert_eq!(errors.code(), Code::ManifestVersion);
    assert_eq!(errors.remedy().as_deref(), Some("write `2.3.1`"));
    assert!(errors.to_string().contains("6 errors"), "{errors}");
    // A warning that stands first in the file is not what the error is about.
    let text = b"publish: {registry: a.example/b, tags: [x]}\napiVersion: innominatus.io/v1\n";
    let errors = read_manifest("platform.yaml", text).unwrap_err();
    assert_eq!(errors.code(), Code::ManifestInvalid);
}

#[test]
fn the_core_range_is_half_open() {
    let (manifest, _) = read(&fixtures::root().join("platforms/valid/aws-mended.yaml")).unwrap();
    assert!(manifest.check_core(&CORE_VERSION).is_ok());
    assert!(manifest.check_core(&Version::new(1, 99, 0)).is_ok());
    let newer = manifest.check_core(&Version::new(2, 0, 0)).unwrap_err();
    assert_eq!(newer.code(), Code::CoreIncompatible);
    assert!(newer.remedy().unwrap().contains("newer version of `aws-platform`"));
    let older = manifest.check_core(&Version::new(0, 9, 0)).unwrap_err();
    assert!(older.remedy().unwrap().contains("at least 1.0.0"));
}

fn summary(manifest: &Manifest) -> String {
    let Manifest { name, version, description, repository, license, compatibility, .. } = manifest;
    let mut out = format!("{name} {version}, core {compatibility}\n");
    for (field, text) in [("description", description), ("repository", repository), ("license", license)] {
        if let Some(text) = text {
            writeln!(out, "{field}: {text}").unwrap();
        }
    }
    let wants = |wants: &[Want]| {
        wants.iter().fold(String::new(), |all, want| {
            let lines =
                asks(want, Some(&|_| None)).iter().map(|line| format!("    to {line}\n")).collect::<String>();
            all + &format!("  wants {}: {}\n{lines}", want.capability, want.reason)
        })
    };
    let about = |text: &Option<String>| text.as_ref().map(|text| format!("  {text}\n")).unwrap_or_default();
    for entry in &manifest.provisioners {
        writeln!(out, "{} {} makes {} by {}", entry.name, entry.version, entry.kind, entry.component)
            .unwrap();
        out += &about(&entry.description);
        if let Some(schema) = &entry.schema {
            writeln!(out, "  schema {schema}").unwrap();
        }
        out += &wants(&entry.wants);
    }
    for entry in &manifest.golden_paths {
        let source = match &entry.source {
            PathSource::Component(path) => path.clone(),
            PathSource::File(path) => format!("what is written in {path}"),
        };
        writeln!(out, "{} {} deploys by {source}", entry.name, entry.version).unwrap();
        out += &about(&entry.description);
        out += &wants(&entry.wants);
    }
    for (kind, binding) in &manifest.resources {
        let as_in = binding.definition.iter().map(|path| format!(" as defined in {path}"));
        writeln!(out, "{kind} is bound to {}{}", binding.provisioner, as_in.collect::<String>()).unwrap();
    }
    for (suite, command) in &manifest.tests {
        writeln!(out, "tests {suite}: {command}").unwrap();
    }
    if let Some(command) = &manifest.build {
        writeln!(out, "is built by {command}").unwrap();
    }
    if let Some(publish) = &manifest.publish {
        let provenance = if publish.provenance { " with provenance" } else { "" };
        let tags = publish.tags(&manifest.version).join(", ");
        writeln!(out, "is published to {} as {tags}{provenance}", publish.registry).unwrap();
        let released = Version { pre: Default::default(), ..manifest.version.clone() };
        writeln!(out, "  and {released} as {}", publish.tags(&released).join(", ")).unwrap();
    }
    if let Some(upstream @ Upstream { source, current }) = &manifest.upstream {
        writeln!(out, "follows {upstream}: {source:?}, made for {current:?}").unwrap();
    }
    out
}
