//! A component that was not built for this contract is refused before it is compiled, by name and with a
//! remedy.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use innominatus_model::{Capability, Code, Coded, Version};
use innominatus_sandbox::{Contract, ContractError, MAX_COMPONENT_BYTES, Role, check_role, inspect};
use support::guest::{contract, dummy, golden_path, provisioner};

const PROVISIONER: &str = "innominatus:platform/provisioner@1.0.0";

/// The contract with one text in place of another, which must be there.
fn changed(from: &str, to: &str) -> String {
    let contract = contract();
    assert!(contract.contains(from), "the contract has no `{from}`");
    contract.replace(from, to)
}

/// A component of a world of its own beside the contract.
fn attack(world: &str) -> Vec<u8> {
    dummy(&contract(), &format!("package test:attack; world attack {{ {world} }}"), "test:attack/attack")
}

/// Refused with this code; message and remedy together say all of these words.
fn refused(bytes: &[u8], code: Code, words: &[&str]) -> ContractError {
    let error = inspect(bytes).expect_err("it is refused");
    let text = format!("{error}; {}", error.remedy().expect("every refusal has a remedy"));
    assert_eq!(error.code(), code, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    error
}

#[test]
fn a_provisioner_says_what_it_is_and_what_it_imports() {
    let bytes = provisioner("");
    let found = inspect(&bytes).unwrap();
    let expected = Contract {
        version: Version::new(1, 0, 0),
        roles: vec![Role::Provisioner],
        imports: vec![],
        imported: found.imported.clone(),
        exported: vec!["innominatus:platform/lifecycle@1.0.0".into()],
        size: bytes.len() as u64,
    };
    assert_eq!(found, expected);
    assert!(found.imported.iter().all(|name| name == "innominatus:platform/types@1.0.0"));
    assert!(check_role(&found, Role::Provisioner).is_ok());
    let error = check_role(&found, Role::GoldenPath).unwrap_err();
    assert!(error.to_string().contains("innominatus:platform/generator@1.0.0"), "{error}");

    let found = inspect(&golden_path("")).unwrap();
    assert_eq!(found.roles, [Role::GoldenPath]);
}

#[test]
fn one_component_can_have_both_roles_and_every_linked_import() {
    let bytes = attack(
        "include innominatus:platform/base@1.0.0;
         include innominatus:platform/golden-path@1.0.0;
         import innominatus:platform/secrets@1.0.0;",
    );
    let found = inspect(&bytes).unwrap();
    assert_eq!(found.roles, [Role::Provisioner, Role::GoldenPath]);
    use Capability::{Clock, Log, Random, Report, Secrets, Settings};
    assert_eq!(found.imports, [Log, Clock, Random, Settings, Report, Secrets]);
}

#[test]
fn another_version_is_named_with_the_one_expected() {
    let later = changed("innominatus:platform@1.0.0", "innominatus:platform@1.1.0");
    let bytes = dummy(&later, "", "innominatus:platform/base@1.1.0");
    refused(&bytes, Code::ComponentVersion, &["`1.1.0`", "`1.0.0`", "SDK"]);

    let none = changed("innominatus:platform@1.0.0", "innominatus:platform");
    let bytes = dummy(&none, "", "innominatus:platform/base");
    refused(&bytes, Code::ComponentVersion, &["`none`", "`1.0.0`"]);
}

#[test]
fn a_component_that_exports_nothing_of_ours_is_told_what_to_export() {
    let bytes = attack("export run: func();");
    let words = ["innominatus:platform/lifecycle@1.0.0", "innominatus:platform/generator@1.0.0", "macro"];
    refused(&bytes, Code::ComponentExport, &words);
}

#[test]
fn a_missing_function_is_named() {
    let without = changed("adopt: func(target: target, reference: string) -> result<progress, failure>;", "");
    let bytes = dummy(&without, "", PROVISIONER.replace("provisioner", "base").as_str());
    refused(&bytes, Code::ComponentExport, &["lifecycle@1.0.0#adopt"]);
}

/// One change of the contract each: which export shows it, and what the message says.
#[test]
fn a_mistyped_export_is_named_with_the_place_where_it_differs() {
    for (from, to, words) in [
        ("attempt: u32,", "attempt: u64,", ["#validate-config", "`target.attempt` as u32", "found u64"]),
        (
            "name: string,\n        /// Score",
            "nom: string,\n        /// Score",
            ["#validate-config", "fields (", "nom"],
        ),
        (
            "record prior { state: state,",
            "record prior { state: option<state>,",
            ["#validate", "`target.prior?.state` as record", "option"],
        ),
        (
            "variant removal { gone, pending(pending) }",
            "variant removal { gone }",
            ["#deprovision", "cases (gone, pending)", "(gone)"],
        ),
        (
            "health { ready, progressing,",
            "health { progressing, ready,",
            ["#get-status", "cases (ready, progressing", "(progressing, ready"],
        ),
        ("transient(option<u64>)", "transient(u64)", ["#provision", "cause.transient` as option", "u64"]),
        (
            "get-hints: func(target: target) -> result<list<hint>, failure>",
            "get-hints: func(target: target) -> list<hint>",
            ["#get-hints", "`the result` as result", "found list"],
        ),
        (
            "validate-config: func(target: target)",
            "validate-config: func(goal: target)",
            ["#validate-config", "parameters (target)", "(goal)"],
        ),
        (
            "upgrade-state: func(target: target)",
            "upgrade-state: func(target: target, more: bool)",
            ["#upgrade-state", "parameters (target)", "(target, more)"],
        ),
        (
            "metadata: func() -> info;\n    config",
            "metadata: func();\n    config",
            ["#metadata", "`the result` as record", "found nothing"],
        ),
    ] {
        let bytes = dummy(&changed(from, to), "", "innominatus:platform/base@1.0.0");
        refused(&bytes, Code::ComponentExport, &words);
    }
}

#[test]
fn a_mistyped_import_is_named() {
    let bytes = dummy(
        &changed("bytes: func(count: u32) -> list<u8>", "bytes: func(count: u64) -> list<u8>"),
        "",
        "innominatus:platform/base@1.0.0",
    );
    refused(&bytes, Code::ComponentImport, &["random@1.0.0#bytes", "`count` as u32", "u64"]);
}

#[test]
fn an_import_we_do_not_offer_is_named() {
    for (package, interface, function) in
        [("wasi:sockets@0.2.6", "tcp", "connect"), ("wasi:cli@0.2.6", "environment", "get-environment")]
    {
        let (name, version) = package.split_once('@').unwrap();
        let extra = format!(
            "package test:attack;
             package {package} {{ interface {interface} {{ {function}: func(); }} }}
             world attack {{ include innominatus:platform/base@1.0.0; import {name}/{interface}@{version}; }}"
        );
        let bytes = dummy(&contract(), &extra, "test:attack/attack");
        let import = format!("{name}/{interface}@{version}");
        refused(&bytes, Code::ComponentImport, &[&import, "wasm32-unknown-unknown"]);
    }
    let bytes = attack("include innominatus:platform/base@1.0.0; import exec: func(command: string);");
    refused(&bytes, Code::ComponentImport, &["`exec`"]);
    let bytes = dummy(
        &changed("interface clock {", "interface clock { sleep-ms: func(ms: u64);"),
        "",
        "innominatus:platform/base@1.0.0",
    );
    refused(&bytes, Code::ComponentImport, &["clock@1.0.0#sleep-ms"]);
    let bytes = dummy(
        &changed("interface clock {", "interface clock { resource timer;"),
        "",
        "innominatus:platform/base@1.0.0",
    );
    refused(&bytes, Code::ComponentImport, &["clock@1.0.0#timer"]);
}

#[test]
fn a_capability_that_is_not_linked_is_refused_by_name() {
    for capability in Capability::ALL.into_iter().filter(|capability| !capability.is_linked()) {
        let bytes = attack(&format!(
            "include innominatus:platform/base@1.0.0; import innominatus:platform/{capability}@1.0.0;"
        ));
        refused(&bytes, Code::CapabilityUnlinked, &[&format!("`{capability}`")]);
    }
}

#[test]
fn a_golden_path_may_not_have_chance_or_time() {
    let bytes = attack(
        "include innominatus:platform/golden-path@1.0.0;
         import innominatus:platform/random@1.0.0;",
    );
    refused(&bytes, Code::ComponentImport, &["`random`", "provisioner"]);
}

#[test]
fn what_is_no_component_is_called_what_it_is() {
    let core = wat::parse_str("(module)").unwrap();
    let compiled = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    for (bytes, found) in [
        (core.as_slice(), "a core module"),
        (&compiled[..4096], "an ELF file"),
        (b"", "nothing"),
        (b"apiVersion: score.dev/v1b1\n", "text"),
        (&[0xff; 64], "other bytes"),
        (b"\0asm\x0d", "the first bytes"),
    ] {
        refused(bytes, Code::ComponentInvalid, &[found]);
    }
    let compiled = wasmtime::Engine::default().precompile_component(&provisioner("")).unwrap();
    refused(&compiled, Code::ComponentInvalid, &["compiled already"]);
}

#[test]
fn a_truncated_or_damaged_component_is_refused_and_nothing_panics() {
    let whole = provisioner("");
    let contract = inspect(&whole).unwrap();
    let mut refused = 0;
    for len in 0..whole.len() {
        match inspect(&whole[..len]) {
            // Cut between two sections at the end, which hold only names, it is a component still.
            Ok(found) => assert_eq!(Contract { size: contract.size, ..found }, contract, "{len}"),
            Err(error) => {
                refused += 1;
                assert!(error.remedy().is_some(), "{len}");
            }
        }
    }
    assert!(refused > whole.len() - 10, "{refused} of {} refused", whole.len());
    // Damage may hit a byte that does not matter; it must only never panic.
    for at in (8..whole.len()).step_by(3) {
        for bit in [0x01, 0x80] {
            let mut damaged = whole.clone();
            damaged[at] ^= bit;
            let _ = inspect(&damaged);
        }
    }
}

#[test]
fn proposals_that_are_off_are_refused_before_compiling() {
    for (module, what) in [
        ("(memory i64 1)", "memory64"),
        ("(memory 1 1 shared)", "threads"),
        ("(type (struct))", "gc"),
        ("(tag (param i32))", "exception"),
        ("(memory 1 (pagesize 1))", "page size"),
    ] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        let error = refused(&bytes, Code::ComponentInvalid, &["malformed"]);
        assert!(error.to_string().to_lowercase().contains(what), "{what}: {error}");
    }
}

#[test]
fn a_component_over_the_limit_is_not_even_read() {
    let mut bytes = provisioner("");
    bytes.resize(MAX_COMPONENT_BYTES as usize, 0);
    assert_ne!(inspect(&bytes).unwrap_err().code(), Code::ComponentTooLarge, "at the limit it is looked at");
    bytes.push(0);
    refused(&bytes, Code::ComponentTooLarge, &["67108865", "67108864"]);
}

#[test]
fn text_from_the_component_is_shown_escaped() {
    let error = ContractError::UnknownImport { import: "a\u{1b}[2Jb".into() };
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}
