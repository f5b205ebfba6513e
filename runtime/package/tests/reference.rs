//! What a person may call a platform, and what is said where it is no name of one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use innominatus_model::{Code, Coded as _, Digest};
use innominatus_package::{HostMap, Reference, Source, TagOrDigest};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Reference, innominatus_package::ReferenceError> {
    Reference::parse(text, &HostMap::default())
}

#[test]
fn references_are_read() {
    let digest = Digest::of("x");
    let by_digest = format!("ghcr.io/acme/p@{digest}");
    let by_both = format!("ghcr.io/acme/p:1.0.0@{digest}");
    let layout = format!("oci-layout:./dir@{digest}");
    for (text, shown, source) in [
        ("ghcr.io/acme/p:2.3.1", "ghcr.io/acme/p:2.3.1", "oci://ghcr.io/acme/p"),
        ("oci://ghcr.io/acme/p:2.3.1", "ghcr.io/acme/p:2.3.1", "oci://ghcr.io/acme/p"),
        ("ghcr.io/acme/p", "ghcr.io/acme/p", "oci://ghcr.io/acme/p"),
        ("localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x", "oci://localhost:5000/a/b/c"),
        ("localhost/a", "localhost/a", "oci://localhost/a"),
        ("[::1]:5000/a:1", "[::1]:5000/a:1", "oci://[::1]:5000/a"),
        ("ghcr.io/acme/p@v2.3.1", "ghcr.io/acme/p:2.3.1", "oci://ghcr.io/acme/p"),
        ("ghcr.io/acme/p@2.3.1-rc.1", "ghcr.io/acme/p:2.3.1-rc.1", "oci://ghcr.io/acme/p"),
        ("ghcr.io/a__b/c-d.e_f--g:1", "ghcr.io/a__b/c-d.e_f--g:1", "oci://ghcr.io/a__b/c-d.e_f--g"),
        (&by_digest, &by_digest, "oci://ghcr.io/acme/p"),
        (&by_both, &by_both, "oci://ghcr.io/acme/p"),
        ("oci-layout:./dir:1.0.0", "oci-layout:./dir:1.0.0", "oci-layout:./dir"),
        ("oci-layout:all.tar:1.0.0", "oci-layout:all.tar:1.0.0", "oci-layout:all.tar"),
        ("oci-layout:/srv/x", "oci-layout:/srv/x", "oci-layout:/srv/x"),
        ("oci-layout:a:b/c", "oci-layout:a:b/c", "oci-layout:a:b/c"),
        (&layout, &layout, "oci-layout:./dir"),
        ("oci-layout:./my dir:1.0.0", "oci-layout:./my dir:1.0.0", "oci-layout:./my dir"),
        ("./platform", "./platform", "./platform"),
        ("/srv/my platform", "/srv/my platform", "/srv/my platform"),
        ("../a:b@c", "../a:b@c", "../a:b@c"),
        ("/srv/platform", "/srv/platform", "/srv/platform"),
        (".", ".", "."),
    ] {
        let reference = parse(text).unwrap();
        assert_eq!(reference.to_string(), shown);
        assert_eq!(parse(shown).unwrap(), reference);
        assert_eq!(reference.source().to_string(), source);
        assert_eq!(source.parse::<Source>().unwrap(), reference.source());
    }
    assert_eq!(parse(&by_both).unwrap().wanted().unwrap(), TagOrDigest::Digest(digest));
    let tag = TagOrDigest::Tag("2.3.1".parse().unwrap());
    assert_eq!(parse("ghcr.io/acme/p@v2.3.1").unwrap().wanted().unwrap(), tag);
}

#[test]
fn what_is_none_is_said_with_what_to_write() {
    for (text, problem, remedy) in [
        ("", "is empty", "a repository"),
        ("acme", "names no registry", "registry.example.com/acme"),
        ("acme/p:1", "names no registry", "registry.example.com/acme/p"),
        ("ghcr.io/Acme/p:1", "upper case", "`ghcr.io/acme/p`"),
        ("GHCR.io/acme/p:1", "a host that is none", "in lower case"),
        ("ghcr.io/acme//p", "not a repository's path", "a-z"),
        ("ghcr.io/", "not a repository's path", "a-z"),
        ("ghcr.io/acme/-p", "not a repository's path", "a-z"),
        ("ghcr.io/../p", "not a repository's path", "a-z"),
        ("ghcr.io:70000/p", "a port", "host:port"),
        ("ghcr.io:/p", "a port", "host:port"),
        ("[::g]/p", "IPv6", "host:port"),
        ("ghcr.io/p:", "is not a tag", "128"),
        ("ghcr.io/p:-x", "is not a tag", "128"),
        ("ghcr.io/p:1.0.0+build", "build metadata", "`+`"),
        ("ghcr.io/p@1.0.0+build", "build metadata", "`+`"),
        ("ghcr.io/p@sha512:00", "is not a digest", "sha256"),
        ("ghcr.io/p@sha256:00", "is not a digest", "sha256"),
        ("ghcr.io/p@latest", "is not a version", "three numbers"),
        ("ghcr.io/p@vv1.0.0", "is not a version", "three numbers"),
        ("ghcr.io/p:1@1.0.0", "a tag and a version", "not both"),
        ("https://ghcr.io/p:1", "not needed", "`ghcr.io/p:1`"),
        ("docker://ghcr.io/p", "not needed", "oci://ghcr.io/p"),
        ("oci-layout:", "names no layout", ".tar"),
        ("oci-layout::1", "names no layout", ".tar"),
        ("oci-layout:a:b:1", "a colon in the layout's name", "one tag"),
        ("ghcr.io/a b", "spaces", "without"),
        ("./a\tb", "spaces", "without"),
        ("robot:hunter2@ghcr.io/acme/p:1", "names a user", "leave it out"),
        ("robot:hunter2@ghcr.io", "names a user", "leave it out"),
        ("https://robot:hunter2@ghcr.io/acme/p", "names a user", "leave it out"),
        ("ghcr.io/a\u{1b}[31m", "control", "without"),
        ("oci://./x", "names no registry", "host"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.to_string().contains(problem), "{text}: {error}");
        assert!(error.remedy().unwrap().contains(remedy), "{text}: {:?}", error.remedy());
        assert!(!error.to_string().contains('\u{1b}') && !error.to_string().contains("hunter2"), "{error}");
        assert_eq!(error.code(), Code::ReferenceInvalid);
    }
    for unversioned in ["ghcr.io/acme/p", "oci-layout:./dir", "./folder"] {
        let error = parse(unversioned).unwrap().wanted().unwrap_err();
        assert!(error.remedy().unwrap().contains("1.0.0"), "{error}");
    }
    assert!("ghcr.io/acme/p:1".parse::<Source>().is_err());
}

#[test]
fn names_that_stand_for_others_are_looked_up_once() {
    let hosts = HostMap::new([
        ("github.com/innominatus", "ghcr.io/innominatus"),
        ("ghcr.io", "mirror.example.com/x"),
    ]);
    let read = |text: &str| Reference::parse(text, &hosts).unwrap().to_string();
    assert_eq!(read("github.com/innominatus/platform-aws@v2.3.1"), "ghcr.io/innominatus/platform-aws:2.3.1");
    assert_eq!(read("ghcr.io/a/b:1"), "mirror.example.com/x/a/b:1");
    assert_eq!(read("github.com/other/p@1.0.0"), "github.com/other/p:1.0.0");
    // Into what is none.
    let wrong = HostMap::new([("corp", "Not A Host")]);
    assert!(Reference::parse("corp/p:1", &wrong).is_err());
}

#[test]
fn a_folder_that_is_here_needs_no_dot_but_is_no_registry() {
    let none = HostMap::default();
    // Tests run in the folder of their package.
    assert_eq!(Reference::parse_here("src", &none).unwrap().to_string(), "./src");
    assert_eq!(Reference::parse_here("src/artifact", &none).unwrap().to_string(), "./src/artifact");
    assert!(Reference::parse_here("absent", &none).is_err());
    assert_eq!(Reference::parse_here("ghcr.io/p:1", &none).unwrap().to_string(), "ghcr.io/p:1");
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_as_what_reads_the_same(
        text in "(oci://|oci-layout:|\\./)?([a-z]{1,4}\\.)?[a-zA-Z0-9._-]{0,6}(:[0-9]{1,3})?(/[a-z0-9._-]{1,5}){0,2}(:[a-z0-9._+-]{0,6})?(@v?[0-9.]{1,6})?"
    ) {
        if let Ok(reference) = parse(&text) {
            let shown = reference.to_string();
            prop_assert_eq!(parse(&shown).unwrap(), reference.clone(), "{}", shown);
            let source = reference.source().to_string();
            prop_assert_eq!(source.parse::<Source>().unwrap(), reference.source(), "{}", source);
        }
    }

    #[test]
    fn nothing_breaks_it(text in "\\PC{0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.remedy().is_some());
        }
    }
}
