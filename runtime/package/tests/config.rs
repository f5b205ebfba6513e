//! Every `platforms.yaml`, `policy.yaml` and `registries.yaml` among the fixtures: what is read from a valid one, every
//! word said about an invalid one, and what a policy says of a source.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use innominatus_model::{Code, Coded as _, Diagnostic, Digest, Severity};
use innominatus_package::{
    AcceptedSigner, ConfigErrors, Demand, DesiredGrants, KeySource, Platforms, Policies, Policy, PolicyLevel,
    Registries, RegistryCredentials, TrustVerdict, read_platforms, read_policy, read_registries,
    render_grants,
};
use innominatus_testkit::{fixtures, golden};

type Read<T> = fn(&str, &[u8]) -> Result<(T, Vec<Diagnostic>), ConfigErrors>;

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|finding| format!("{finding}\n")).collect()
}

/// Both folders of a kind of file.
fn check<T>(kind: &str, invalid: Code, read: Read<T>, summary: fn(&T) -> String) {
    let folder = fixtures::root().join(kind);
    let mut differences = Vec::new();
    let mut compare = |path: &Path, extension: &str, text: String| {
        differences.extend(golden::compare(path.with_extension(extension), &text).err());
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    for path in fixtures::files(folder.join("valid"), ".yaml") {
        let (value, warnings) = read(&name(&path), &std::fs::read(&path).unwrap())
            .unwrap_or_else(|errors| panic!("{}: {}", path.display(), lines(&errors.diagnostics)));
        assert!(warnings.iter().all(|finding| finding.severity == Severity::Warning));
        compare(&path, "txt", summary(&value) + &lines(&warnings));
    }
    for path in fixtures::files(folder.join("invalid"), ".yaml") {
        let Err(errors) = read(&name(&path), &std::fs::read(&path).unwrap()) else {
            panic!("{} is accepted", path.display());
        };
        assert!([Code::ConfigSyntax, invalid].contains(&errors.code()), "{errors}");
        let out = lines(&errors.diagnostics);
        for finding in &errors.diagnostics {
            assert!(finding.hint.is_some() && finding.line > 0, "{finding}");
            assert!([Code::ConfigSyntax, invalid].contains(&finding.code), "{finding}");
        }
        assert!(
            !out.contains("CANARY") && !out.contains("4711") && !errors.to_string().contains("CANARY"),
            "{out}"
        );
        compare(&path, "err", out);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    no_part_confuses(&folder, read);
}

/// Every line left out, cut off or replaced: there is an answer, and it is a value or at least one error.
fn no_part_confuses<T>(folder: &Path, read: Read<T>) {
    let read = |text: &str| {
        if let Err(errors) = read("file.yaml", text.as_bytes()) {
            assert!(errors.diagnostics.iter().any(|it| it.severity == Severity::Error), "{text}");
        }
    };
    for path in fixtures::files(folder, ".yaml") {
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for without in 0..lines.len() {
            read(&[&lines[..without], &lines[without + 1..]].concat().join("\n"));
            let (key, _) = lines[without].split_once(':').unwrap_or((lines[without], ""));
            for value in ["", " null", " []", " {}", " 1", " [{}]", " {a: b}"] {
                let changed = format!("{key}:{value}");
                read(&[&lines[..without], &[changed.as_str()], &lines[without + 1..]].concat().join("\n"));
            }
        }
    }
}

fn credentials(credentials: &RegistryCredentials) -> String {
    let secret = credentials.secret().map(|name| format!(" of the secret `{name}`")).unwrap_or_default();
    match credentials {
        RegistryCredentials::Basic { username, .. } => format!("basic as `{username}`{secret}"),
        other => format!("{}{secret}", other.kind()),
    }
}

#[test]
fn platforms_are_read_whole_and_refused_with_every_reason() {
    check("desired", Code::PlatformsInvalid, read_platforms, |Platforms { platforms, grants }| {
        let mut out = String::new();
        for platform in platforms {
            let on = if platform.enabled { "" } else { " (disabled)" };
            writeln!(out, "{} {} from {}{on}", platform.name, platform.version, platform.repository).unwrap();
            if platform.private {
                out.push_str("  private\n");
            }
            if let Some(shown) = &platform.credentials {
                writeln!(out, "  shows {}", credentials(shown)).unwrap();
            }
            for (what, text) in [
                ("grants", platform.grants.clone()),
                ("digest", platform.digest.map(|digest| digest.to_string())),
            ] {
                text.iter().for_each(|text| writeln!(out, "  {what} {text}").unwrap());
            }
        }
        match grants {
            DesiredGrants::None => out,
            DesiredGrants::File(path) => out + &format!("grants {path}\n"),
            DesiredGrants::Inline(grants) => out + &render_grants(grants),
        }
    });
}

fn signer(signer: &AcceptedSigner) -> String {
    match signer {
        AcceptedSigner::Key { key: KeySource::File(path), log } => format!("key {path}, log {log:?}"),
        AcceptedSigner::Key { key: KeySource::Pem(pem), log } => format!("key {pem:?}, log {log:?}"),
        AcceptedSigner::Identity { identity, issuer } => format!("identity {identity} by {issuer}"),
    }
}

#[test]
fn policies_are_read_whole_and_refused_with_every_reason() {
    check("policies", Code::PolicyInvalid, read_policy, |Policy { rules, deny, trusted_root }| {
        let mut out = String::new();
        for rule in rules {
            let Demand::Signed { any_of, attestations } = &rule.demand else {
                writeln!(out, "{} may be unsigned", rule.scope).unwrap();
                continue;
            };
            writeln!(out, "{} is signed by any of", rule.scope).unwrap();
            any_of.iter().for_each(|one| writeln!(out, "  {}", signer(one)).unwrap());
            for attestation in attestations {
                writeln!(out, "  and attested: {}", attestation.predicate).unwrap();
                attestation.any_of.iter().for_each(|one| writeln!(out, "    {}", signer(one)).unwrap());
            }
        }
        deny.iter().for_each(|digest| writeln!(out, "never {digest}").unwrap());
        trusted_root.iter().for_each(|root| writeln!(out, "judged by {root}").unwrap());
        out
    });
}

#[test]
fn registries_are_read_whole_and_refused_with_every_reason() {
    check("registries", Code::RegistriesInvalid, read_registries, |registries: &Registries| {
        let mut out = String::new();
        for (host, settings) in &registries.hosts {
            let plain = if registries.may_be_plain(host) { " without TLS" } else { "" };
            let insecure = if settings.insecure { ", which is meant" } else { "" };
            writeln!(out, "{host}{plain}{insecure}").unwrap();
            settings.ca.iter().for_each(|ca| writeln!(out, "  trusts {ca}").unwrap());
            settings.credentials.iter().for_each(|it| writeln!(out, "  shows {}", credentials(it)).unwrap());
            settings.token_realms.iter().for_each(|realm| writeln!(out, "  tokens from {realm}").unwrap());
        }
        registries.mappings.iter().for_each(|(from, to)| writeln!(out, "{from} is kept in {to}").unwrap());
        registries.indexes.iter().for_each(|it| writeln!(out, "{}: {:?}", it.name, it.source).unwrap());
        registries
            .namespaces
            .iter()
            .for_each(|(names, index)| writeln!(out, "{names} is in {index}").unwrap());
        for name in ["acme-database", "acme/aws", "aws", "other"] {
            let indexes: Vec<String> =
                registries.indexes_for(name).iter().map(|it| it.name.to_string()).collect();
            writeln!(out, "`{name}` is looked for in {indexes:?}").unwrap();
        }
        out
    });
}

/// Folders with `system.yaml`, `user.yaml` or both, and `sources.txt`: what is said of each.
#[test]
fn the_systems_policy_is_not_displaced() {
    let denied: Digest =
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse().unwrap();
    for file in fixtures::files(fixtures::root().join("policies/judged"), "sources.txt") {
        let policy = |name: &str| {
            let text = std::fs::read(file.with_file_name(name)).ok()?;
            Some(read_policy(name, &text).unwrap_or_else(|errors| panic!("{}", lines(&errors.diagnostics))).0)
        };
        let policies = Policies::new(policy("system.yaml"), policy("user.yaml"));
        let mut out = String::new();
        for source in std::fs::read_to_string(&file).unwrap().lines() {
            let (source, digest) = match source.strip_prefix("denied ") {
                Some(source) => (source, denied),
                None => (source, Digest::of(source)),
            };
            let said = match policies.judge(source, &digest) {
                TrustVerdict::Denied { level } => format!("denied by {}", level.as_str()),
                TrustVerdict::NoRule { local } => format!("no rule{}", if local { ", local" } else { "" }),
                TrustVerdict::Rule { level, rule } => {
                    let demand = match &rule.demand {
                        Demand::Unsigned => "unsigned".to_owned(),
                        Demand::Signed { any_of, .. } => {
                            any_of.iter().map(signer).collect::<Vec<_>>().join("; ")
                        }
                    };
                    format!("{demand}, by `{}` of {}", rule.scope, level.as_str())
                }
            };
            writeln!(out, "{source}: {said}").unwrap();
        }
        golden::check(file.with_file_name("judged.txt"), &out);
    }
}

#[test]
fn no_user_chooses_by_which_root_the_systems_rules_are_judged() {
    let policy = |root: &str| Policy { trusted_root: Some(root.to_owned()), ..Policy::default() };
    let (system, user) = (PolicyLevel::System, PolicyLevel::User);
    for (policies, of_system, of_user) in [
        (Policies::default(), None, None),
        (Policies::new(Some(Policy::default()), Some(policy("u"))), None, Some((user, "u"))),
        (Policies::new(Some(policy("s")), None), Some((system, "s")), Some((system, "s"))),
        (Policies::new(Some(policy("s")), Some(policy("u"))), Some((system, "s")), Some((system, "s"))),
    ] {
        assert_eq!((policies.trusted_root(system), policies.trusted_root(user)), (of_system, of_user));
    }
}

#[test]
fn without_any_policy_nothing_from_afar_has_a_rule() {
    let policies = Policies::default();
    let digest = Digest::of("x");
    assert_eq!(policies.judge("ghcr.io/acme/x", &digest), TrustVerdict::NoRule { local: false });
    assert_eq!(policies.judge("./x", &digest), TrustVerdict::NoRule { local: true });
}
