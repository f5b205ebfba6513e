//! The JSON Schemas and the readers say the same: every valid file is valid by its schema, files of a wrong form are
//! not, and each knows the fields that the other knows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use innominatus_model::{Coded, Diagnostic};
use innominatus_package::{
    SCHEMAS, read_grants, read_manifest, read_platforms, read_policy, read_registries, schema,
};
use innominatus_testkit::{fixtures, golden};
use jsonschema::Validator;
use serde_json::{Value, json};

/// What a reader says of a text, good or bad.
type Findings = fn(&[u8]) -> Vec<Diagnostic>;

fn findings<T, E: Coded>(read: Result<(T, Vec<Diagnostic>), E>) -> Vec<Diagnostic> {
    read.map_or_else(|error| error.diagnostics().to_vec(), |(_, warnings)| warnings)
}

/// The kinds whose readers are here, where their fixtures lie, and who reads them.
fn kinds() -> [(&'static str, &'static str, Findings); 5] {
    [
        ("Platform", "platforms", |text| findings(read_manifest("f", text))),
        ("Platforms", "desired", |text| findings(read_platforms("f", text))),
        ("Grants", "grants", |text| findings(read_grants("f", text))),
        ("Policy", "policies", |text| findings(read_policy("f", text))),
        ("Registries", "registries", |text| findings(read_registries("f", text))),
    ]
}

fn parsed(kind: &str) -> Value {
    serde_json::from_str(schema(kind).unwrap()).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().build(schema).unwrap_or_else(|error| panic!("{error}"))
}

fn yaml(path: &PathBuf) -> Option<Value> {
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).ok()
}

fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_valid_file_is_valid_by_its_schema() {
    for (kind, folder, _) in kinds() {
        let validator = validator(&parsed(kind));
        for path in fixtures::files(fixtures::root().join(folder).join("valid"), ".yaml") {
            let complaints = complaints(&validator, &yaml(&path).unwrap());
            assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
        }
    }
    // Ours are platforms too.
    let platforms = fixtures::root().with_file_name("platforms");
    let validator = validator(&parsed("Platform"));
    for path in fixtures::files(platforms, "platform.yaml") {
        let complaints = complaints(&validator, &yaml(&path).unwrap());
        assert!(complaints.is_empty(), "{}: {complaints:#?}", path.display());
    }
}

#[test]
fn every_schema_has_a_title_words_and_examples_that_are_valid() {
    for kind in SCHEMAS {
        let parsed = parsed(kind.kind);
        assert!(jsonschema::meta::is_valid(&parsed), "{}", kind.kind);
        assert_eq!(parsed["title"], kind.kind);
        assert_eq!(parsed["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let examples = parsed["examples"].as_array().unwrap();
        assert!(!examples.is_empty());
        let validator = validator(&parsed);
        for example in examples {
            assert_eq!(complaints(&validator, example), Vec::<String>::new(), "{}", kind.kind);
        }
        no_words_missing(&parsed, &parsed, kind.kind);
    }
    for (kind, _, read) in kinds() {
        for example in parsed(kind)["examples"].as_array().unwrap() {
            assert_eq!(read(example.to_string().as_bytes()), [], "{kind}");
        }
    }
}

/// Every property is explained, by itself or by what it refers to.
fn no_words_missing(schema: &Value, root: &Value, place: &str) {
    let below = |key: &str| schema[key].as_object().into_iter().flatten();
    for (name, property) in below("properties") {
        let described = [property, followed(property, root)].iter().any(|it| it["description"].is_string());
        assert!(described, "{place}.{name} has no description");
    }
    for (name, part) in below("$defs").chain(below("properties")) {
        no_words_missing(part, root, &format!("{place}.{name}"));
    }
}

/// A golden says which invalid files are of a wrong form: the rest is wrong in ways that no schema can say.
#[test]
fn files_of_a_wrong_form_are_refused() {
    let mut out = String::new();
    for (kind, folder, _) in kinds() {
        let validator = validator(&parsed(kind));
        let (mut refused, mut all) = (0, 0);
        for path in fixtures::files(fixtures::root().join(folder).join("invalid"), ".yaml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            // What YAML itself refuses never meets the schema.
            let Some(value) = yaml(&path) else { continue };
            all += 1;
            let complaints = complaints(&validator, &value);
            refused += usize::from(!complaints.is_empty());
            let said = if complaints.is_empty() { "accepted" } else { "refused" };
            writeln!(out, "{kind} {name}: {said}").unwrap();
        }
        assert!(refused * 3 > all * 2, "{kind}: {refused} of {all}");
    }
    golden::check(fixtures::root().join("schemas/invalid.txt"), &out);
}

/// An unknown field is put into every mapping of every valid file: what the reader then says that it knows there is
/// what the schema knows there. A reader that knows less beside one value of a field knows the rest beside others.
#[test]
fn readers_and_schemas_know_the_same_fields() {
    for (kind, folder, read) in kinds() {
        let root = parsed(kind);
        let mut compared: BTreeMap<BTreeSet<String>, BTreeSet<String>> = BTreeMap::new();
        for path in fixtures::files(fixtures::root().join(folder).join("valid"), ".yaml") {
            let value = yaml(&path).unwrap();
            for pointer in mappings(&value, "") {
                let mut changed = value.clone();
                let mapping = changed.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
                mapping.insert(STRANGE.to_owned(), json!({}));
                let found = read(changed.to_string().as_bytes());
                let Some(known) = found.iter().find_map(known) else { continue };
                let mut properties = BTreeSet::new();
                properties_at(&root, &root, &steps(&pointer), &mut properties);
                assert!(known.is_subset(&properties), "{kind}: `{pointer}` of {}: {known:?}", path.display());
                compared.entry(properties).or_default().extend(known);
            }
        }
        for (properties, known) in &compared {
            assert_eq!(known, properties, "{kind}: the reader knows less than the schema");
        }
        let forms = root["$defs"].as_object().unwrap().values().filter(|it| it["properties"].is_object());
        for form in std::iter::once(&root).chain(forms) {
            let fields: BTreeSet<String> = form["properties"].as_object().unwrap().keys().cloned().collect();
            // Suites are read as names of their own.
            let suites = fields.contains("e2e");
            assert!(suites || compared.contains_key(&fields), "{kind}: no valid fixture has {fields:?}");
        }
    }
}

/// Grants may be written out in `platforms.yaml`; a schema is one file, so they are described there once more.
#[test]
fn grants_are_described_alike_wherever_they_stand() {
    let (platforms, grants) = (parsed("Platforms"), parsed("Grants"));
    for (name, definition) in grants["$defs"].as_object().unwrap() {
        assert_eq!(platforms["$defs"][name], *definition, "{name}");
    }
}

/// Near no word that a reader knows, so that it lists them all.
const STRANGE: &str = "qqqqqq";

fn known(finding: &Diagnostic) -> Option<BTreeSet<String>> {
    let hint = finding.hint.as_deref()?.strip_prefix("known here: ")?;
    finding.message.contains(STRANGE).then(|| hint.split(", ").map(|word| word.replace('`', "")).collect())
}

/// The JSON pointer of every mapping.
fn mappings(value: &Value, at: &str) -> Vec<String> {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(entries) => {
            let below =
                entries.iter().flat_map(|(key, value)| mappings(value, &format!("{at}/{}", escaped(key))));
            std::iter::once(at.to_owned()).chain(below).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| mappings(item, &format!("{at}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}

fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

fn followed<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|link| link.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap(),
        None => schema,
    }
}

/// The fields that a schema knows at a place of a file.
fn properties_at(schema: &Value, root: &Value, steps: &[String], out: &mut BTreeSet<String>) {
    let schema = followed(schema, root);
    let Some((step, rest)) = steps.split_first() else {
        out.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        return;
    };
    let below = if step.bytes().all(|byte| byte.is_ascii_digit()) && schema["items"].is_object() {
        &schema["items"]
    } else if schema["properties"][step].is_object() {
        &schema["properties"][step]
    } else {
        &schema["additionalProperties"]
    };
    if below.is_object() {
        properties_at(below, root, rest, out);
    }
}
