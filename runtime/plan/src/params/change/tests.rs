//! Schemas side by side, and what is said of them.

use serde_json::json;

use super::*;

fn lines(changes: Vec<SchemaChange>) -> Vec<String> {
    let line = |change: SchemaChange| {
        let sign = if change.breaks { '!' } else { '+' };
        format!("{sign} {} {}", change.pointer, change.words)
    };
    changes.into_iter().map(line).collect()
}

fn told(before: Json, now: Json) -> Vec<String> {
    lines(schema_changes(&before, &now))
}

#[test]
fn what_takes_as_much_as_before_breaks_nothing() {
    let before = json!({
        "type": "object", "additionalProperties": false, "required": ["size"],
        "properties": {"size": {"type": "integer", "minimum": 2, "maximum": 10, "description": "x"}},
    });
    assert_eq!(told(before.clone(), before.clone()), Vec::<String>::new());
    let now = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "size": {"type": "number", "minimum": 1, "maximum": 20, "default": 3, "description": "y"},
            "name": {"type": "string"},
        },
    });
    assert_eq!(
        told(before, now),
        [
            "+ /name is new",
            "+ /size `maximum` was 10 and is 20",
            "+ /size `minimum` was 2 and is 1",
            "+ /size its default was nothing and is 3",
            "+ /size need not be given any more",
            "+ /size was integer and is number",
        ]
    );
}

#[test]
fn what_takes_less_breaks_and_says_why() {
    let before = json!({
        "type": "object",
        "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}, "c": {}, "d/e": {"type": "string"}},
    });
    let now = json!({
        "type": "object", "additionalProperties": false, "required": ["b", "f"],
        "properties": {
            "a": {"enum": ["x", "z"]}, "b": {"type": "integer"}, "c": {"pattern": "x"}, "f": {"type": "string"},
        },
    });
    assert_eq!(
        told(before, now),
        [
            "!  takes no names any more that it does not know",
            "! /a may not be \"y\" any more",
            "! /b has to be given now",
            "! /b was string and is integer",
            "! /c `pattern` differs, which nobody can judge",
            "! /d~1e is not known any more",
            "! /f is new and has to be given",
            "+ /a may be \"z\" too",
        ]
    );
}

#[test]
fn what_is_inside_is_looked_at_as_well() {
    let list = |kind: &str| json!({"properties": {"l": {"type": "array", "items": {"type": kind}}}});
    assert_eq!(told(list("string"), list("integer")), ["! /l/* was string and is integer"]);
    let mut deep = json!({"type": "string"});
    let mut other = json!({"type": "integer"});
    for _ in 0..40 {
        deep = json!({"properties": {"x": deep}});
        other = json!({"properties": {"x": other}});
    }
    assert!(told(deep, other)[0].contains("too deep"));
}

#[test]
fn what_stands_where_nothing_is_listed_is_looked_at_as_well() {
    let map = |kind: &str| json!({"additionalProperties": {"type": kind}});
    let none = json!({"additionalProperties": false});
    let one = json!({"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}});
    for (before, now, expected) in [
        (map("string"), map("integer"), "! /* was string and is integer"),
        (map("integer"), map("number"), "+ /* was integer and is number"),
        (map("string"), json!({}), "+ /* may be anything now"),
        (map("string"), none, "!  takes no names any more that it does not know"),
        (
            json!({"properties": {"a": true}}),
            json!({"properties": {"a": false}}),
            "! /a may not be there any more",
        ),
        (json!({"required": []}), json!({"required": ["a"]}), "! /a has to be given now"),
        (json!({"items": {"type": "string"}}), json!({}), "+  its items may be anything now"),
        (
            json!({"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}}),
            map("string"),
            "! /a is one of the other names now, which nobody can judge",
        ),
    ] {
        assert_eq!(told(before.clone(), now.clone()), [expected], "{before} {now}");
    }
    assert_eq!(told(one, map("string")), [""; 0], "it is taken as it was");
}

/// Whoever reads relies on what is promised: the same difference, the other way round.
#[test]
fn what_is_given_breaks_where_it_becomes_more() {
    let text = || json!({"type": "string"});
    let with = |name: &str, value: Json| {
        let mut schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        schema[name] = value;
        schema
    };
    for (before, now, expected) in [
        (text(), json!({"type": ["string", "null"]}), "!  was string and is null or string"),
        (json!({"type": ["string", "null"]}), text(), "+  was null or string and is string"),
        (json!({"type": "integer"}), json!({"type": "number"}), "!  was integer and is number"),
        (json!({"type": "number"}), json!({"type": "integer"}), "+  was number and is integer"),
        (text(), json!({"type": "integer"}), "!  was string and is integer"),
        (json!({}), text(), "+  was anything and is string"),
        (text(), json!({}), "!  may be anything now"),
        (json!({"enum": ["x"]}), json!({"enum": ["x", "y"]}), "!  may be \"y\" too"),
        (json!({"enum": ["x", "y"]}), json!({"enum": ["x"]}), "+  may not be \"y\" any more"),
        (text(), json!({"type": "string", "enum": ["x"]}), "+  is one of a list now"),
        (json!({"enum": ["x"]}), json!({}), "!  is not bound to a list any more"),
        (json!({"maximum": 5}), json!({"maximum": 9}), "!  `maximum` was 5 and is 9"),
        (json!({"minimum": 5}), json!({"minimum": 9}), "+  `minimum` was 5 and is 9"),
        (json!({"maxLength": 5}), json!({}), "!  `maxLength` is gone"),
        (json!({"pattern": "x"}), json!({}), "!  `pattern` is gone"),
        (json!({"pattern": "x"}), json!({"pattern": "y"}), "!  `pattern` differs, which nobody can judge"),
        (json!({"items": {"type": "string"}}), json!({}), "!  its items may be anything now"),
        (json!({}), json!({"items": {"type": "string"}}), "+  its items are of a kind now"),
        (with("title", json!("a")), with("properties", json!({})), "! /a is gone"),
        (with("required", json!(["a"])), with("title", json!("a")), "! /a need not be there any more"),
        (with("title", json!("a")), with("required", json!(["a"])), "+ /a is always there now"),
        (with("properties", json!({})), with("title", json!("a")), "+ /a is new"),
        (
            with("additionalProperties", json!(false)),
            with("title", json!("a")),
            "!  may have names that are not listed",
        ),
        (
            with("title", json!("a")),
            with("additionalProperties", json!(false)),
            "+  has no names any more that are not listed",
        ),
        (
            json!({"additionalProperties": false}),
            json!({"additionalProperties": false, "properties": {"a": {}}}),
            "! /a is new, and no other names were to be there",
        ),
    ] {
        assert_eq!(lines(output_changes(&before, &now)), [expected], "{before} {now}");
    }
    let described = json!({"type": "string", "description": "x", "default": "y"});
    assert_eq!(lines(output_changes(&text(), &described)), [""; 0]);
}
