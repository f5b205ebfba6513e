//! Every `platforms.lock` under `fixtures/locks`: a valid one reads back as what it was written from, an invalid one
//! says why.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use innominatus_model::{Code, Coded as _, CoreRange, Digest, Name, Version};
use innominatus_package::{
    Lock, LockError, LockedIndex, LockedPlatform, LockedSigner, read_lock, render_lock,
};
use innominatus_testkit::{fixtures, golden};
use proptest::prelude::*;

#[test]
fn a_lock_is_written_as_it_was_read() {
    for path in fixtures::files(fixtures::root().join("locks/valid"), ".lock") {
        let text = std::fs::read_to_string(&path).unwrap();
        let lock = read_lock("platforms.lock", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(render_lock(&lock), text, "{}", path.display());
    }
    let written = render_lock(&Lock::default());
    assert_eq!(read_lock("platforms.lock", written.as_bytes()), Ok(Lock::default()));
}

#[test]
fn what_is_no_lock_says_why() {
    let mut differences = Vec::new();
    for path in fixtures::files(fixtures::root().join("locks/invalid"), ".lock") {
        let error = read_lock("platforms.lock", &std::fs::read(&path).unwrap()).expect_err("it is invalid");
        assert_eq!(error.code(), Code::LockInvalid);
        let mut out = format!("{error}\n  remedy: {}\n", error.remedy().unwrap());
        for finding in error.diagnostics() {
            assert!(finding.line > 0 || finding.message.contains("missing"), "{finding}");
            out.push_str(&format!("  at {}:{}\n", finding.line, finding.column));
        }
        differences.extend(golden::compare(path.with_extension("err"), &out).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let error = read_lock("platforms.lock", b"version = 7\nwhatever = { is = \"in it\" }\n").unwrap_err();
    assert!(matches!(error, LockError::Newer { found: 7, .. }), "{error}");
    assert!(read_lock("platforms.lock", b"version = 1\n\xff").is_err());
}

/// Two people change different platforms: no line of one stands among the lines of the other.
#[test]
fn a_change_of_one_platform_touches_its_own_lines_only() {
    let text = std::fs::read(fixtures::root().join("locks/valid/everything.lock")).unwrap();
    let mut lock = read_lock("platforms.lock", &text).unwrap();
    let before = render_lock(&lock);
    let mine = lock.platforms.get_mut(&Name::new("mine").unwrap()).unwrap();
    mine.version = Version::new(0, 2, 0);
    mine.digest = Digest::of("new");
    let after = render_lock(&lock);
    let changed = before.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
    assert_eq!((before.lines().count(), changed), (after.lines().count(), 2));
}

fn name() -> impl Strategy<Value = Name> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?".prop_map(|text| Name::new(text).unwrap())
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn version() -> impl Strategy<Value = Version> {
    (0_u64..9, 0_u64..9, 0_u64..9, proptest::option::of("(rc|dev)\\.[1-9]")).prop_map(|(a, b, c, pre)| {
        let pre = pre.map(|pre| format!("-{pre}")).unwrap_or_default();
        Version::parse(&format!("{a}.{b}.{c}{pre}")).unwrap()
    })
}

/// Anything that could come from outside: quotes, backslashes, line breaks, control characters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:/.@*-]{0,20}", any::<String>(), Just("\"\\\n\r\t\u{0}\u{7f}'''\"\"\"".to_owned())]
}

fn signer() -> impl Strategy<Value = LockedSigner> {
    prop_oneof![
        Just(LockedSigner::None),
        digest().prop_map(|id| LockedSigner::Key { id }),
        (text(), text()).prop_map(|(issuer, identity)| LockedSigner::Keyless { issuer, identity }),
    ]
}

fn platform() -> impl Strategy<Value = LockedPlatform> {
    let core = (version(), proptest::option::of(version()))
        .prop_map(|(min, max)| CoreRange::new(min.clone(), max.filter(|max| *max > min)).unwrap());
    let contracts = proptest::collection::btree_set("[a-z]{1,6}:[a-z]{1,6}@1\\.[0-9]\\.0", 0..3);
    let index = proptest::option::of((name(), 0_u64..1_000_000));
    let components = proptest::collection::btree_map(name(), digest(), 0..3);
    let one = (text(), version(), digest(), core, contracts);
    let two = (signer(), digest(), proptest::option::of(version()), index, components);
    (one, two).prop_map(|(one, two)| {
        let (source, version, digest, core, contracts): (_, _, _, _, BTreeSet<String>) = one;
        let (signer, grants, highest, index, components) = two;
        let index = index.map(|(name, generation)| LockedIndex { name, generation });
        LockedPlatform {
            source,
            version,
            digest,
            core,
            contracts,
            signer,
            grants,
            highest,
            index,
            components,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_locked_is_read_back(platforms in proptest::collection::btree_map(name(), platform(), 0..4)) {
        let lock = Lock { platforms: BTreeMap::from_iter(platforms) };
        let text = render_lock(&lock);
        prop_assert_eq!(read_lock("platforms.lock", text.as_bytes()), Ok(lock), "{}", text);
    }

    #[test]
    fn damage_is_an_answer_too(at in 0_usize..2000, byte in any::<u8>()) {
        let mut text = std::fs::read(fixtures::root().join("locks/valid/everything.lock")).unwrap();
        let at = at % text.len();
        text[at] = byte;
        if let Err(error) = read_lock("platforms.lock", &text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
