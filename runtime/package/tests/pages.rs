//! The reference pages of the files that people write: made of their schemas, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;

use innominatus_package::SCHEMAS;
use innominatus_testkit::{fixtures, golden};
use serde_json::Value;

#[test]
fn the_pages_say_what_the_schemas_say() {
    let folder = fixtures::root().with_file_name("docs").join("reference");
    for schema in &SCHEMAS {
        let page = page(schema.kind, schema.file, &serde_json::from_str(schema.text).unwrap());
        // Files that may be called anything go by their kind.
        let name = match schema.kind {
            "GoldenPath" => "golden-path-yaml".to_owned(),
            "ResourceDefinition" => "resource-definition-yaml".to_owned(),
            _ => schema.file.replace('.', "-"),
        };
        golden::check(folder.join(format!("{name}.md")), &page);
    }
}

/// Something with fields: what it is called, and its schema.
struct Section<'a> {
    heading: String,
    schema: &'a Value,
}

fn page(kind: &str, file: &str, root: &Value) -> String {
    let example = serde_saphyr::to_string(&root["examples"][0]).unwrap();
    let mut text = format!(
        "# {file}\n\n{}\n\nThis page is made of the JSON Schema that `innominatus schema {kind}` prints; an editor that is \
         given it completes and explains. A field that is not listed is refused.\n\n```yaml\n{}\n```\n",
        words(root),
        example.trim_end()
    );
    // Whatever has fields gets a section of its own, in the order in which it is met.
    let mut met = vec![];
    let mut open = VecDeque::from([Section { heading: "The file".into(), schema: root }]);
    while let Some(Section { heading, schema }) = open.pop_front() {
        text.push_str(&format!("\n## {heading}\n\n"));
        if heading.starts_with('`') {
            text.push_str(&format!("{}\n\n", words(schema)));
        }
        text.push_str("| field | what it is | |\n|---|---|---|\n");
        for (name, field) in schema["properties"].as_object().unwrap() {
            let (form, below) = form(name, field, root);
            let said = [words(&whole(field, root)), form].into_iter().filter(|part| !part.is_empty());
            let said = said.collect::<Vec<_>>().join(" ");
            let needed =
                schema["required"].as_array().is_some_and(|all| all.contains(&Value::from(name.as_str())));
            text.push_str(&format!("| `{name}` | {said} | {} |\n", notes(&whole(field, root), needed)));
            for below in below {
                if !met.iter().any(|known| std::ptr::eq(*known, below.schema)) {
                    met.push(below.schema);
                    open.push_back(below);
                }
            }
        }
    }
    text
}

fn words(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

/// What a reference leads to.
fn target<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(to) => root.pointer(to.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// A field with what is said where it leads, which its own words go before.
fn whole(field: &Value, root: &Value) -> Value {
    let mut whole = target(field, root).clone();
    for (name, value) in field.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

fn has_fields(schema: &Value) -> bool {
    schema["properties"].is_object()
}

fn section<'a>(name: &str, schema: &'a Value) -> (String, Section<'a>) {
    let title = schema["title"].as_str().unwrap_or(name);
    let anchor = title.to_lowercase().replace(' ', "-");
    let heading = if schema["title"].is_string() { title.to_owned() } else { format!("`{title}`") };
    (format!("[{title}](#{anchor})"), Section { heading, schema })
}

/// What may stand there, in brackets, and what has fields of its own.
fn form<'a>(name: &str, field: &'a Value, root: &'a Value) -> (String, Vec<Section<'a>>) {
    let schema = target(field, root);
    let choice = |schema: &Value| {
        let one = schema["const"].as_str().map(|one| vec![one]);
        let all = schema["enum"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect());
        one.or(all).map(|all: Vec<&str>| format!("`{}`", all.join("`, `")))
    };
    if has_fields(schema) {
        let (link, section) = section(name, schema);
        return (format!("({link})"), vec![section]);
    }
    if let Some(kinds) = schema["items"]["oneOf"].as_array() {
        let (links, sections): (Vec<_>, Vec<_>) =
            kinds.iter().map(|kind| section(name, target(kind, root))).unzip();
        return (format!("(a list, each: {})", links.join(" or ")), sections);
    }
    if schema["items"].is_object() {
        let items = target(&schema["items"], root);
        if has_fields(items) {
            let (link, section) = section(name, items);
            return (format!("(a list: {link})"), vec![section]);
        }
        return (choice(items).map_or("(a list)".into(), |all| format!("(a list: {all})")), vec![]);
    }
    if schema["additionalProperties"].is_object() {
        let each = target(&schema["additionalProperties"], root);
        if has_fields(each) {
            let (link, section) = section(name, each);
            return (format!("(names, each with: {link})"), vec![section]);
        }
        return (
            choice(each).map_or("(names and values)".into(), |all| format!("(names, each with: {all})")),
            vec![],
        );
    }
    let bounds = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let form = match (choice(schema), schema["type"].as_str(), bounds) {
        (Some(all), ..) => format!("({all})"),
        (None, Some("boolean"), _) => "(`true` or `false`)".to_owned(),
        (None, _, (Some(least), Some(most))) => format!("({least} to {most})"),
        _ => String::new(),
    };
    (form, vec![])
}

/// Whether it has to be there, what it is where it is not, and what it may look like.
fn notes(field: &Value, needed: bool) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut notes = Vec::new();
    if needed {
        notes.push("**required**".to_owned());
    }
    if let Some(default) = field.get("default") {
        notes.push(format!("default `{default}`"));
    }
    let examples: Vec<String> = field["examples"].as_array().into_iter().flatten().map(shown).collect();
    if !examples.is_empty() {
        notes.push(format!("for example `{}`", examples.join("`, `")));
    }
    notes.join("; ")
}
