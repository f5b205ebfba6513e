//! What placeholders mean, as Score defines it.

use serde_json::json;

use super::*;

/// Fills with the reference itself between brackets, so that a test sees what was asked for.
fn filled(text: &str) -> String {
    let mut show =
        |reference: &Reference| Ok::<_, String>(Json::String(format!("<{}>", reference.path.join("|"))));
    fill(text, &mut show).unwrap_or_else(|error| format!("error: {error}"))
}

#[test]
fn dollars_and_escapes() {
    for (text, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("$", "$"),
        ("a $ b", "a $ b"),
        ("$x $1 $(y)", "$x $1 $(y)"),
        ("$$", "$"),
        ("$$$", "$$"),
        ("$$$$", "$$"),
        ("$$5", "$5"),
        ("$${x}", "${x}"),
        ("$${resources.db.host}", "${resources.db.host}"),
        ("$$${metadata.name}", "$<name>"),
        ("$$$${metadata.name}", "$${metadata.name}"),
        ("$${unclosed", "${unclosed"),
        ("{}", "{}"),
        ("$ {metadata.name}", "$ {metadata.name}"),
        ("${metadata.name}}", "<name>}"),
        ("é${metadata.ä}ö", "é<ä>ö"),
        ("${metadata.a}${metadata.b}", "<a><b>"),
        (r"${metadata.annotations.example\.com/owner}", "<annotations|example.com/owner>"),
        (r"${metadata.a\b}", r"<a\b>"),
        ("${resources.data}", "<data>"),
    ] {
        assert_eq!(filled(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    use InvalidPlaceholder as I;
    for (inner, expected) in [
        ("", I::Empty),
        ("HOME", I::Shell("HOME".into())),
        ("PORT:-8080", I::Shell("PORT:-8080".into())),
        ("#LIST", I::Shell("#LIST".into())),
        ("1", I::Shell("1".into())),
        ("@", I::Shell("@".into())),
        ("x.y", I::UnknownRoot("x.y".into())),
        ("Metadata.name", I::UnknownRoot("Metadata.name".into())),
        ("a b", I::UnknownRoot("a b".into())),
        (".resources", I::UnknownRoot(".resources".into())),
        ("metadata", I::NoKey("metadata".into())),
        ("resources.", I::EmptySegment("resources.".into())),
        ("resources.a..b", I::EmptySegment("resources.a..b".into())),
        (" metadata.name", I::Space(" metadata.name".into())),
        ("metadata.name ", I::Space("metadata.name ".into())),
        ("resources.${x", I::Nested("resources.${x".into())),
    ] {
        assert_eq!(Reference::parse(inner), Err(expected), "{inner}");
    }
    assert_eq!(references(&json!(["${a"])), Err(I::Unclosed("${a".into())));
}

#[test]
fn references_are_shown_as_written() {
    for text in ["${resources.db.host}", r"${metadata.annotations.a\.b/c}", "${resources.data}"] {
        assert_eq!(references(&json!(text)).unwrap()[0].to_string(), text);
    }
}

#[test]
fn references_come_in_order_from_every_string_but_no_key() {
    let value = json!({"${metadata.key}": ["${resources.a.x} ${resources.b}", {"n": 1, "m": "$${metadata.no}"}], "z": "${metadata.c}"});
    let found: Vec<String> = references(&value).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(found, ["${resources.a.x}", "${resources.b}", "${metadata.c}"]);
}

#[test]
fn contains_tells_placeholders_from_escapes() {
    for text in ["${metadata.name}", "a${b}c", "$$${x}"] {
        assert!(contains(text), "{text}");
    }
    for text in ["", "$", "$$", "$${x}", "${", "$x"] {
        assert!(!contains(text), "{text}");
    }
}

#[test]
fn values_that_are_no_strings_become_json() {
    let values = [json!(5432), json!(true), json!(null), json!(1.5), json!(["a", 1]), json!({"a": "b"})];
    let mut next = values.iter().cloned();
    let text = "${metadata.a} ".repeat(values.len());
    let filled = fill(&text, &mut |_| Ok::<_, String>(next.next().unwrap())).unwrap();
    assert_eq!(filled, r#"5432 true null 1.5 ["a",1] {"a":"b"} "#);
}

#[test]
fn filling_a_value_leaves_keys_and_types() {
    let value = json!({"${metadata.key}": ["${metadata.a}", 1, null, {"x": "$$"}]});
    let filled = fill_json(&value, &mut |_| Ok::<_, String>(json!(7))).unwrap();
    assert_eq!(filled, json!({"${metadata.key}": ["7", 1, null, {"x": "$"}]}));
}

#[test]
fn the_resolvers_error_comes_back_with_its_reference() {
    let error = fill("x ${resources.db.host}", &mut |_| Err::<Json, _>("not yet")).unwrap_err();
    assert_eq!(error.to_string(), "`${resources.db.host}` has no value: not yet");
}

#[test]
fn what_is_filled_in_has_an_end() {
    let long = "x".repeat(1 << 18);
    let fill_times = |times: usize| {
        let text = "${resources.a.b}".repeat(times);
        fill(&text, &mut |_| Ok::<_, String>(json!(long))).map(|filled| filled.len())
    };
    assert_eq!(fill_times(4), Ok(1 << 20));
    assert_eq!(fill_times(5), Err(FillError::TooLarge));
    // Over all strings of a value, and whatever the value is.
    let many = json!(vec!["${resources.a.b}"; 10_000]);
    let error = fill_json(&many, &mut |_| Ok::<_, String>(json!({"k": long}))).unwrap_err();
    assert_eq!(error, FillError::TooLarge);
    assert!(error.to_string().contains("1048576"), "{error}");
}
