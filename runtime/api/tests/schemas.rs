//! What programs rely on: the JSON schema of every wire type, committed.
//!
//! API v1 only grows. A schema that differs from the committed one fails; with `BLESS=1` an addition is
//! accepted. A key that is gone, has another type or is no longer promised fails even then: that needs
//! another version of the API.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use innominatus_api::wire::*;
use innominatus_testkit::golden;
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::Value;

/// Whether a type is read by others (they rely on what is there) or written by them (they rely on what is
/// not asked for).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Answer,
    Request,
}

fn schemas() -> BTreeMap<&'static str, (Way, Schema)> {
    fn of<T: JsonSchema>(way: Way) -> (Way, Schema) {
        (way, schema_for!(T))
    }
    macro_rules! all {
        ($($way:ident: $($name:ident)*;)*) => {
            BTreeMap::from([$($((stringify!($name), of::<$name>(Way::$way)),)*)*])
        };
    }
    all! {
        Request: ApplyPlatformsRequest ApplyRequest ApproveRequest DiffRequest DiscoverRequest VerifyRequest ExamineRequest InstallRequest MigrateRequest RollbackRequest SecretValue
            ServingRequest SourcesRequest UpdateRequest;
        Answer: ApplicationDetail ApplicationList ArtifactList EventList EventView Examination ExitCodeList Explanation
            ExplanationList GrantsView InstallReport OutputList PlanView PlatformDetail PlatformList Problem Receipt
            ResourceDetail ResourceList RunDetail RunList RunReport SchemaList SecretList ServerStatus Serving SourcesAnswer
            ValidateAnswer AppliedPlatforms CarryReport CompatMatrix Discovery IndexReport KeyReport OutdatedList PlatformDiff Verification MigrationReport PackReport PushReport SignReport UpdateReport;
    }
}

#[test]
fn wire_types_only_grow() {
    let mut differences = Vec::new();
    for (name, (way, schema)) in schemas() {
        let new = schema.to_value();
        let path = path(name);
        if let Ok(text) = std::fs::read_to_string(&path) {
            let old: Value = serde_json::from_str(&text).unwrap();
            let broken = breaks(way, &old, &new);
            assert!(broken.is_empty(), "`{name}` breaks who relies on it:\n  {}", broken.join("\n  "));
        }
        let text = format!("{}\n", serde_json::to_string_pretty(&new).unwrap());
        if let Err(difference) = golden::compare(&path, &text) {
            differences.push(difference);
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_committed_schema_is_still_of_a_wire_type() {
    for file in innominatus_testkit::fixtures::files(folder(), ".json") {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(schemas().contains_key(name.as_str()), "`{name}` was taken away");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// Every promise of the old schema that the new one does not keep.
fn breaks(way: Way, old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { way, roots: (old, new), open: Vec::new(), broken: Vec::new() };
    comparison.compare("", old, new);
    comparison.broken
}

struct Comparison<'a> {
    way: Way,
    roots: (&'a Value, &'a Value),
    /// References being followed, so that a type that holds itself comes to an end.
    open: Vec<(String, String)>,
    broken: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn compare(&mut self, at: &str, old: &'a Value, new: &'a Value) {
        if let (Some(from), Some(to)) = (old["$ref"].as_str(), new["$ref"].as_str()) {
            let pair = (from.to_owned(), to.to_owned());
            if self.open.contains(&pair) {
                return;
            }
            self.open.push(pair);
            self.compare(at, follow(self.roots.0, from), follow(self.roots.1, to));
            self.open.pop();
            return;
        }
        if (old["$ref"].is_null(), new["$ref"].is_null()) != (true, true) {
            self.broken.push(format!("`{at}` became another type"));
            return;
        }
        for word in ["type", "format", "enum", "const"] {
            if old[word] != new[word] && !self.is_wider(&old[word], &new[word]) {
                self.broken.push(format!("`{at}`: `{word}` was {} and is {}", old[word], new[word]));
            }
        }
        self.properties(at, old, new);
        for word in ["items", "additionalProperties"] {
            if old[word].is_object() {
                self.compare(&format!("{at}[]"), &old[word], &new[word]);
            }
        }
        for word in ["oneOf", "anyOf", "allOf"] {
            let (from, to) = (list(&old[word]), list(&new[word]));
            if from.len() > to.len() || (self.way == Way::Answer && word != "oneOf" && from.len() != to.len())
            {
                self.broken.push(format!("`{at}`: `{word}` had {} forms and has {}", from.len(), to.len()));
            }
            for (index, (from, to)) in from.iter().zip(to).enumerate() {
                self.compare(&format!("{at}<{index}>"), from, to);
            }
        }
    }

    fn properties(&mut self, at: &str, old: &'a Value, new: &'a Value) {
        for (key, from) in old["properties"].as_object().into_iter().flatten() {
            match new["properties"].get(key) {
                Some(to) => self.compare(&format!("{at}.{key}"), from, to),
                None => self.broken.push(format!("`{at}.{key}` is gone")),
            }
        }
        let (from, to) = (list(&old["required"]), list(&new["required"]));
        let (promise, kept, what) = match self.way {
            Way::Answer => (from, to, "is no longer always there"),
            // What was not asked for must not be asked for now.
            Way::Request => (to, from, "is demanded now"),
        };
        for key in promise.iter().filter(|key| !kept.contains(key)) {
            self.broken.push(format!("`{at}.{}` {what}", key.as_str().unwrap_or_default()));
        }
    }

    /// A request may take more than before.
    fn is_wider(&self, old: &Value, new: &Value) -> bool {
        self.way == Way::Request
            && !list(new).is_empty()
            && list(old).iter().all(|item| list(new).contains(item))
    }
}

fn follow<'a>(root: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference.strip_prefix('#').expect("schemas refer to themselves only");
    root.pointer(pointer).unwrap_or_else(|| panic!("nothing at `{reference}`"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

mod tests {
    use serde_json::json;

    use super::*;

    fn thing() -> Value {
        json!({
            "type": "object",
            "properties": { "name": { "type": "string" }, "items": { "type": "array", "items": { "$ref": "#/$defs/Item" } } },
            "required": ["name"],
            "$defs": { "Item": {
                "type": "object",
                "properties": { "size": { "type": "integer" }, "inner": { "$ref": "#/$defs/Item" } },
                "required": ["size"],
            } },
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut thing = thing();
        *thing.pointer_mut(pointer).unwrap() = value;
        thing
    }

    #[test]
    fn a_key_that_is_gone_or_has_another_type_breaks() {
        for (new, part) in [
            (changed("/properties", json!({ "name": { "type": "string" } })), "`.items` is gone"),
            (changed("/properties/name/type", json!("integer")), "`.name`: `type`"),
            (changed("/$defs/Item/properties/size", json!({ "type": "string" })), "`.items[].size`"),
            (changed("/required", json!([])), "`.name` is no longer always there"),
        ] {
            let broken = breaks(Way::Answer, &thing(), &new);
            assert_eq!(broken.len(), 1, "{broken:?}");
            assert!(broken[0].contains(part), "{broken:?}");
        }
    }

    #[test]
    fn an_addition_breaks_nobody() {
        let mut new = thing();
        new["properties"]["more"] = json!({ "type": "string" });
        new["required"] = json!(["name", "more"]);
        assert_eq!(breaks(Way::Answer, &thing(), &new), [""; 0]);
        assert_eq!(breaks(Way::Request, &thing(), &new), ["`.more` is demanded now"]);
        new["required"] = json!([]);
        assert_eq!(breaks(Way::Request, &thing(), &new), [""; 0]);
    }
}
