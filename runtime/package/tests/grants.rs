//! Every grants file under `fixtures/grants`: what is read from a valid one, every word said about an invalid one,
//! and what comes of asking and granting.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use innominatus_model::{
    Capability, Code, Coded as _, Digest, Grant, HttpDestination, Scheme, Severity, Version, Want,
};
use innominatus_package::{
    EntryGrants, Gap, Grants, MANIFEST_LIMIT, as_asked, asked, asks, effective, grants_hash, grants_in_words,
    read_grants, read_manifest, render_grants, sample_of,
};
use innominatus_testkit::{fixtures, golden};

fn check_all(folder: &str, golden_extension: &str, render: impl Fn(&Path) -> String) {
    let folder = fixtures::root().join("grants").join(folder);
    let differences: Vec<_> = fixtures::files(folder, ".yaml")
        .iter()
        .filter_map(|path| golden::compare(path.with_extension(golden_extension), &render(path)).err())
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn text_of(path: &Path) -> (String, Vec<u8>) {
    (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
}

#[test]
fn valid_files_are_read_whole_and_written_back() {
    check_all("valid", "txt", |path| {
        let (name, text) = text_of(path);
        let (grants, warnings) =
            read_grants(&name, &text).unwrap_or_else(|errors| panic!("{:#?}", errors.diagnostics));
        let rendered = render_grants(&grants);
        let (again, _) = read_grants("again", rendered.as_bytes()).unwrap();
        assert_eq!(again, grants, "{rendered}");
        warnings.iter().fold(rendered, |all, finding| all + &format!("{finding}\n"))
    });
}

#[test]
fn invalid_files_are_refused_with_every_reason_and_no_value() {
    check_all("invalid", "err", |path| {
        let (name, text) = text_of(path);
        let errors = read_grants(&name, &text).expect_err(&name);
        let mut out = String::new();
        for finding in &errors.diagnostics {
            assert!(finding.hint.is_some(), "{finding}");
            assert!(finding.line > 0, "{finding}");
            writeln!(out, "{finding}").unwrap();
        }
        assert!(
            !out.contains("CANARY") && !out.contains("4711") && !errors.to_string().contains("CANARY"),
            "{out}"
        );
        assert!(errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
        out
    });
}

#[test]
fn what_is_not_text_or_too_large_is_refused() {
    let refused = |text: &[u8]| read_grants("grants.yaml", text).unwrap_err();
    assert_eq!(refused(b"grants: \xe9").code(), Code::GrantsSyntax);
    let mut large = b"grants: {}\n#".to_vec();
    large.resize(MANIFEST_LIMIT + 1, b'x');
    assert!(refused(&large).to_string().contains("the grants file has more than 1 MiB"));
}

#[test]
fn no_part_that_is_left_out_or_cut_off_confuses_the_reader() {
    for path in fixtures::files(fixtures::root().join("grants"), ".yaml") {
        let text = std::fs::read_to_string(path).unwrap();
        let read = |text: &str| {
            if let Err(errors) = read_grants("grants.yaml", text.as_bytes()) {
                assert!(
                    errors.diagnostics.iter().any(|finding| finding.severity == Severity::Error),
                    "{text}"
                );
            }
        };
        let lines: Vec<_> = text.lines().collect();
        for without in 0..lines.len() {
            read(&[&lines[..without], &lines[without + 1..]].concat().join("\n"));
            let (key, _) = lines[without].split_once(':').unwrap_or((lines[without], ""));
            for value in ["", " null", " []", " {}", " 1", " [{}]", " {a: b}"] {
                let changed = format!("{key}:{value}");
                read(&[&lines[..without], &[changed.as_str()], &lines[without + 1..]].concat().join("\n"));
            }
        }
        (0..text.len())
            .step_by(7)
            .filter(|end| text.is_char_boundary(*end))
            .for_each(|end| read(&text[..end]));
    }
}

/// One entry's side of a case.
struct Asking {
    entry: String,
    wants: Vec<Want>,
    imports: Vec<Capability>,
}

/// `platform.yaml` of a case, whose components import what `imports.txt` says.
fn asking(folder: &Path) -> Vec<Asking> {
    let (manifest, _) =
        read_manifest("platform.yaml", &std::fs::read(folder.join("platform.yaml")).unwrap()).unwrap();
    let imports = std::fs::read_to_string(folder.join("imports.txt")).unwrap();
    let imports: Vec<_> = imports.split_whitespace().map(|word| Capability::parse(word).unwrap()).collect();
    let asking = |entry: innominatus_package::ProvisionerEntry| Asking {
        entry: format!("{}/{}", manifest.name, entry.name),
        wants: entry.wants,
        imports: imports.clone(),
    };
    manifest.provisioners.clone().into_iter().map(asking).collect()
}

/// `settings.txt` of a case: a name and a URL with a port on each line.
fn settings(folder: &Path) -> impl Fn(&str) -> Option<HttpDestination> {
    let text = std::fs::read_to_string(folder.join("settings.txt")).unwrap_or_default();
    move |name| {
        let url = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        let (scheme, rest) = url.split_once("://")?;
        let (host, port) = rest.rsplit_once(':')?;
        let (scheme, port) = (Scheme::parse(scheme)?, port.parse().ok()?);
        Some(HttpDestination { scheme, host: host.to_owned(), port, path: "/".into() })
    }
}

fn cases() -> Vec<std::path::PathBuf> {
    let found = std::fs::read_dir(fixtures::root().join("grants/effective")).unwrap();
    let mut cases: Vec<_> = found.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() > 4);
    cases
}

#[test]
fn what_is_imported_and_wanted_and_granted_is_effective() {
    for folder in cases() {
        let (grants, _) =
            read_grants("grants.yaml", &std::fs::read(folder.join("grants.yaml")).unwrap()).unwrap();
        let setting = settings(&folder);
        let mut out = String::new();
        for Asking { entry, wants, imports } in asking(&folder) {
            let granted = grants.entries.get(&entry).cloned().unwrap_or_default();
            let effective = effective(&wants, &imports, &granted, &setting);
            writeln!(out, "{entry}").unwrap();
            for want in asked(&wants, &imports) {
                writeln!(out, "  asks for {}: {}", want.capability, want.reason).unwrap();
                asks(want, Some(&setting)).iter().for_each(|line| writeln!(out, "    to {line}").unwrap());
            }
            for capability in effective.grant.capabilities() {
                assert!(
                    imports.contains(&capability) && wants.iter().any(|want| want.capability == capability)
                );
                writeln!(out, "  has {capability}").unwrap();
            }
            grants_in_words(&effective.grant).iter().for_each(|line| writeln!(out, "    {line}").unwrap());
            effective.missing.iter().for_each(|gap| writeln!(out, "  not granted {gap}").unwrap());
            effective.unwanted.iter().for_each(|gap| writeln!(out, "  not wanted {gap}").unwrap());
        }
        golden::check(folder.join("effective.txt"), &out);
    }
}

#[test]
fn granting_as_asked_leaves_open_only_what_names_a_secret() {
    for folder in cases() {
        let setting = settings(&folder);
        for Asking { wants, imports, .. } in asking(&folder) {
            let mut granted = EntryGrants::default();
            let mut settings_are_there = true;
            for want in asked(&wants, &imports) {
                match as_asked(want, &setting) {
                    Ok(one) => granted.join(one),
                    Err(error) => {
                        assert!(setting(&error.setting).is_none());
                        settings_are_there = false;
                    }
                }
            }
            if settings_are_there {
                let effective = effective(&wants, &imports, &granted, &setting);
                assert!(effective.unwanted.is_empty(), "{:?}", effective.unwanted);
                for gap in effective.missing.iter().filter(|gap| gap.capability.is_linked()) {
                    assert!(
                        gap.what.starts_with("the credential") || gap.what.starts_with("refer to"),
                        "{gap}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_file_to_begin_with_grants_everything_that_is_asked_for() {
    for folder in cases() {
        let setting = settings(&folder);
        let mut grants = Grants::default();
        for Asking { entry, wants, imports } in asking(&folder) {
            let granted = sample_of(asked(&wants, &imports), &setting);
            grants.entries.insert(entry, granted);
        }
        let text = render_grants(&grants);
        let (read, warnings) = read_grants("grants.yaml", text.as_bytes()).unwrap();
        assert_eq!(
            (&read, warnings.iter().any(|finding| finding.severity == Severity::Error)),
            (&grants, false)
        );
        for Asking { entry, wants, imports } in asking(&folder) {
            let effective = effective(&wants, &imports, &read.entries[&entry], &setting);
            let nobody = |gap: &&Gap| gap.capability.is_linked() && !gap.what.contains("in the setting");
            assert_eq!(effective.missing.iter().filter(nobody).count(), 0, "{:?}", effective.missing);
        }
    }
}

#[test]
fn grants_are_for_what_was_reviewed() {
    let text = "grants:\n  a/b: {approvedFor: 2.3.1}\n  a/c: {approvedFor: \"sha256:DIGEST\"}\n  a/d: {}\n";
    let digest = Digest::of("reviewed");
    let text = text.replace("sha256:DIGEST", &digest.to_string());
    let (grants, _) = read_grants("grants.yaml", text.as_bytes()).unwrap();
    let check =
        |entry: &str, version: Version, digest| grants.entries[entry].check_approval(entry, &version, digest);
    let (version, other) = (Version::new(2, 3, 1), Digest::of("other"));
    assert!(check("a/b", version.clone(), &other).is_ok());
    assert!(check("a/c", Version::new(9, 0, 0), &digest).is_ok());
    assert!(check("a/d", Version::new(9, 0, 0), &other).is_ok());
    let stale = check("a/b", Version::new(2, 3, 2), &digest).unwrap_err();
    assert_eq!(stale.code(), Code::GrantsStale);
    assert!(stale.to_string().contains("approved for 2.3.1; this is version 2.3.2"), "{stale}");
    assert!(stale.remedy().unwrap().contains("approvedFor: 2.3.2"));
    assert!(check("a/c", version, &other).is_err());
}

/// What is granted has one digest, however it is written; whatever changes what may be done changes it.
#[test]
fn the_digest_of_grants_is_of_what_may_be_done() {
    let of = |lines: &str| {
        let text = format!("grants:\n  acme/a:\n{lines}");
        let (grants, _) = read_grants("grants.yaml", text.as_bytes()).unwrap_or_else(|errors| {
            panic!("{text}: {:#?}", errors.diagnostics);
        });
        let entry = &grants.entries["acme/a"];
        let capabilities =
            [Capability::Log].into_iter().chain((!entry.http.is_empty()).then_some(Capability::Http));
        let mut grant = Grant::new(capabilities);
        grant.generate = entry.generate;
        grant.http = entry.http.clone();
        grant.credentials = entry.credentials.clone();
        grant.references = entry.references.clone();
        grants_hash([("a", &grant)])
    };
    let base = "    http: [{host: a.example, methods: [GET, PUT]}]\n";
    for same in [
        "    http: [{host: a.example, methods: [PUT, GET], path: /, scheme: https, port: 443}]\n",
        "    http:\n      - {host: a.example, methods: [PUT]}\n      - {host: a.example, methods: [GET]}\n",
        "    approvedFor: 2.3.1\n    approvedBy: alice@example.com\n    http: [{host: a.example, methods: [GET, PUT]}]\n    secrets: {}\n",
    ] {
        assert_eq!(of(same), of(base), "{same}");
    }
    let mut seen = vec![of(base), of("    http: [{host: a.example}]\n"), of("    {}\n")];
    for other in [
        "    http: [{host: b.example, methods: [GET, PUT]}]\n",
        "    http: [{host: a.example, methods: [GET, POST]}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], path: /v1}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], secrets: true}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], port: 8443}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], reads: [PUT /look]}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], addresses: [10.0.0.0/8]}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], limits: {concurrency: 1}}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], ca: /a.pem}]\n",
        "    http: [{host: a.example, methods: [GET, PUT], proxy: \"http://p:1\"}]\n",
        "    credentials: {api: {kind: bearer, token: one}}\n",
        "    credentials: {api: {kind: bearer, token: two}}\n",
        "    secrets: {generate: true}\n",
        "    secrets: {references: {db: {secret: one, hosts: [a.example]}}}\n",
        "    secrets: {references: {db: {secret: one, hosts: [b.example]}}}\n",
    ] {
        let digest = of(other);
        assert!(!seen.contains(&digest), "{other}");
        seen.push(digest);
    }
    // Kept in locks: another form of it needs another word inside.
    let nothing = grants_hash([("a", &Grant::default())]);
    assert_eq!(nothing, grants_hash([]), "an entry that may do nothing more leaves no trace");
    let canonical = r#"{"entries":{},"format":"innominatus.grants/1"}"#;
    assert_eq!(nothing, Digest::of(canonical));
}
