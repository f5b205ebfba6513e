//! Platforms made by hand, before and now, and what is told of them; real ones are in `tests/engine/differ.rs`.

use innominatus_ledger::{InstalledPlatform, InstalledProvisioner};
use innominatus_model::{Capability, Class, Digest, Grant, Json, Offer, OutputSpec, Verb, Version};
use innominatus_plan::Defaults;
use serde_json::json;

use super::*;

fn class(text: &str) -> Class {
    Class::new(text).unwrap()
}

fn offer(classes: &[&str]) -> Offer {
    let host = OutputSpec {
        name: "host".into(),
        schema: json!({"type": "string"}),
        sensitive: false,
        required: true,
    };
    Offer {
        kind: Kind::new("db").unwrap(),
        classes: classes.iter().map(|text| class(text)).collect(),
        outputs: vec![host],
        open_outputs: false,
        verbs: vec![Verb::Update],
    }
}

/// Every class with its schema; one without a class where the offer has none.
fn entry(name: &str, offer: Offer, schema: impl Fn(&str) -> Json, bound: bool) -> InstalledProvisioner {
    let schemas = match offer.classes.as_slice() {
        [] => vec![(None, schema(""))],
        classes => classes.iter().map(|class| (Some(class.clone()), schema(class.as_str()))).collect(),
    };
    InstalledProvisioner::new(
        Name::new(name).unwrap(),
        offer.kind.clone(),
        Version::new(1, 0, 0),
        Digest::of("the component"),
        Version::new(1, 0, 0),
        offer,
        schemas,
        &[],
        &Grant::default(),
        bound,
    )
}

fn plain(name: &str, offer: Offer) -> InstalledProvisioner {
    entry(name, offer, |_| json!({"type": "object"}), false)
}

fn profile(provisioners: Vec<InstalledProvisioner>) -> Profile {
    let platform = InstalledPlatform {
        tenant: Name::new("default").unwrap(),
        name: Name::new("acme").unwrap(),
        version: Version::new(1, 0, 0),
        digest: Digest::of("the platform"),
        description: None,
        upstream: None,
        min_core: Version::new(1, 0, 0),
        max_core: None,
        provisioners,
        golden_paths: vec![],
        installed_ms: 0,
        origin: None,
    };
    let contents = Contents { imports: Default::default(), license: None, bytes: 1 };
    Profile { platform, contents: Some(contents) }
}

fn lines(offer: &OfferChange) -> Vec<String> {
    let sign = |breaks: bool| if breaks { '!' } else { '+' };
    let param = |it: &ParamChange| {
        let SchemaChange { pointer, breaks, words } = &it.change;
        let classes = it.classes.iter().map(|class| format!(" of {class}")).collect::<String>();
        format!("{} params{pointer}{classes} {words}", sign(*breaks))
    };
    let remark = |it: &Remark| format!("{} {}", sign(it.breaks), it.words);
    offer.params.iter().map(param).chain(offer.remarks.iter().map(remark)).collect()
}

/// What is told, with a heading for each entry and type.
fn told(before: Vec<InstalledProvisioner>, now: Vec<InstalledProvisioner>) -> Vec<String> {
    let difference = Difference::of(profile(before), profile(now));
    let mut all = Vec::new();
    for it in &difference.provisioners {
        all.push(format!("{} {}", it.fate.as_str(), it.entry));
        all.extend(lines(&it.offer));
    }
    for it in &difference.types {
        let classes = it.classes.iter().map(|class| format!(" of {class}")).collect::<String>();
        all.push(format!("{}{classes} by {}, now {}", it.kind, it.before, it.now));
        all.extend(lines(&it.offer));
    }
    assert_eq!(difference.breaks(), all.iter().any(|line| line.starts_with('!')), "{all:?}");
    all
}

#[test]
fn what_an_entry_offers_is_compared_both_ways() {
    type Row = (fn(&mut Offer), &'static str, &'static str);
    let rows: [Row; 8] = [
        (|it| it.outputs.clear(), "! the output `host` is gone", "+ the output `host` is new"),
        (
            |it| it.outputs[0].sensitive = true,
            "! the output `host` is sensitive now: what had it in clear may not any more",
            "+ the output `host` is not sensitive any more: it is in clear",
        ),
        (
            |it| it.outputs[0].required = false,
            "! the output `host` need not be there any more",
            "+ the output `host` is always there now",
        ),
        (
            |it| it.outputs[0].schema = json!({"type": ["string", "null"]}),
            "! the output `host` was string and is null or string",
            "+ the output `host` was null or string and is string",
        ),
        (
            |it| it.outputs[0].schema = json!({"type": "string", "properties": {"a": {}}, "required": ["a"]}),
            "+ the output `host/a` is new",
            "! the output `host/a` is gone",
        ),
        (
            |it| it.open_outputs = true,
            "+ it may have outputs that it does not list",
            "! it has no outputs any more that it does not list",
        ),
        (|it| it.verbs.clear(), "! it cannot `update` any more", "+ it can `update` now"),
        (
            |it| it.classes = vec![class("small"), class("large")],
            "! any class was taken, and only `small` or `large` is",
            "+ any class is taken now",
        ),
    ];
    for (change, forth, back) in rows {
        let mut other = offer(&[]);
        change(&mut other);
        let sides = || (vec![plain("a", offer(&[]))], vec![plain("a", other.clone())]);
        let (before, now) = sides();
        assert_eq!(told(before, now), ["changed a", forth]);
        let (now, before) = sides();
        assert_eq!(told(before, now), ["changed a", back]);
    }
    assert_eq!(told(vec![plain("a", offer(&[]))], vec![plain("a", offer(&[]))]), [""; 0]);
}

#[test]
fn an_output_that_came_or_went_is_named() {
    let mut other = offer(&[]);
    other.outputs[0].name = "address".into();
    let difference = Difference::of(profile(vec![plain("a", offer(&[]))]), profile(vec![plain("a", other)]));
    let outputs = &difference.provisioners[0].offer.outputs;
    assert_eq!(*outputs, (vec!["address".to_owned()], vec!["host".to_owned()]));
}

#[test]
fn what_is_alike_in_all_classes_is_said_once() {
    let side = |classes: &[&str], most: fn(&str) -> u32| {
        let schema =
            |class: &str| json!({"properties": {"size": {"type": "integer", "maximum": most(class)}}});
        vec![entry("a", offer(classes), schema, false)]
    };
    let (both, ten): (_, fn(&str) -> u32) = (["small", "large"], |_| 10);
    assert_eq!(
        told(side(&both, ten), side(&both, |_| 5)),
        ["changed a", "! params/size `maximum` was 10 and is 5"]
    );
    assert_eq!(
        told(side(&both, ten), side(&both, |class| if class == "large" { 5 } else { 10 })),
        ["changed a", "! params/size of large `maximum` was 10 and is 5"]
    );
    assert_eq!(
        told(side(&both, ten), side(&["small", "huge"], |_| 20)),
        [
            "changed a",
            "+ params/size `maximum` was 10 and is 20",
            "! the class `large` is gone",
            "+ the class `huge` is new",
        ]
    );
    assert_eq!(
        told(side(&[], ten), side(&both, |class| if class == "large" { 20 } else { 10 })),
        [
            "changed a",
            "+ params/size of large `maximum` was 10 and is 20",
            "! any class was taken, and only `small` or `large` is",
        ]
    );
}

#[test]
fn what_a_resource_definition_gives_is_compared() {
    let side = |params: Option<Json>, meant: Option<&str>, needs: Json| {
        let schema = |_: &str| json!({"type": "object", "required": needs.clone()});
        let defaults = params.map(|params| Defaults { class: meant.map(class), params });
        vec![entry("a", offer(&["small", "large"]), schema, true).with_defaults(defaults)]
    };
    let given = |size: u32| Some(json!({"disk": {"size": size}}));
    for (before, now, expected) in [
        (
            side(given(1), None, json!([])),
            side(given(2), None, json!([])),
            "+ params/disk/size its definition gave 1 and gives 2",
        ),
        (
            side(None, None, json!([])),
            side(given(2), Some("small"), json!([])),
            "+ params/disk/size of small its definition gave nothing and gives 2",
        ),
        (
            side(given(1), None, json!([])),
            side(None, None, json!([])),
            "+ params/disk/size its definition gave 1 and gives nothing",
        ),
        (
            side(given(1), Some("large"), json!(["disk"])),
            side(None, None, json!(["disk"])),
            "! params/disk/size of large its definition gave 1 and gives nothing, and not all that is needed is \
             given any more",
        ),
    ] {
        assert_eq!(told(before, now), ["changed a", expected]);
    }
}

#[test]
fn who_makes_what_is_new_is_said_and_breaks_where_less_is_given() {
    let object = |_: &str| json!({"type": "object"});
    let bound = |name: &str, offer: Offer| entry(name, offer, object, true);
    let mut less = offer(&[]);
    less.outputs.clear();
    let both = || vec![plain("a", offer(&[])), plain("b", offer(&[]))];
    let to_b = vec![plain("a", offer(&[])), bound("b", offer(&[]))];
    assert_eq!(told(both(), to_b.clone()), ["db by a, now b"]);
    assert_eq!(told(to_b, both()), ["db by b, now a"]);
    assert_eq!(
        told(
            vec![bound("a", offer(&[])), plain("b", less.clone())],
            vec![plain("a", offer(&[])), bound("b", less)]
        ),
        ["db by a, now b", "! the output `host` is gone"]
    );
    // The first by name of those that make such a class.
    assert_eq!(
        told(vec![plain("b", offer(&[]))], vec![plain("a", offer(&["small"])), plain("b", offer(&[]))]),
        ["added a", "db of small by b, now a"]
    );
    assert_eq!(
        told(both(), vec![plain("b", offer(&[]))]),
        ["removed a", "! what it made cannot move to `b`, which makes `db` now", "db by a, now b",]
    );
}

#[test]
fn an_entry_of_another_type_is_another_entry() {
    let mut cache = offer(&[]);
    cache.kind = Kind::new("cache").unwrap();
    assert_eq!(
        told(vec![plain("a", offer(&[]))], vec![plain("a", cache)]),
        ["removed a", "! nothing makes `db` any more", "added a"]
    );
}

#[test]
fn what_a_component_can_call_counts_and_not_what_is_declared_alone() {
    let side = |imports: Option<&[Capability]>| {
        let mut side = profile(vec![plain("a", offer(&[]))]);
        side.contents = imports.map(|imports| Contents {
            imports: [("a".to_owned(), imports.to_vec())].into(),
            license: None,
            bytes: 1,
        });
        side
    };
    let both = &[Capability::Secrets, Capability::Http][..];
    let (less, more) = (Some(&both[..1]), Some(both));
    for (before, now, gained, lost) in [
        (less, more, "http", ""),
        (more, less, "", "http"),
        (more, more, "", ""),
        // Nobody knows, so nothing is said.
        (None, more, "", ""),
        (more, None, "", ""),
    ] {
        let difference = Difference::of(side(before), side(now));
        assert_eq!(difference.widens(), !gained.is_empty());
        let imports = difference.provisioners.first().map(|it| it.imports.clone()).unwrap_or_default();
        assert_eq!((imports.0.join(" "), imports.1.join(" ")), (gained.to_owned(), lost.to_owned()));
    }
}
