//! The pages under `docs/reference/` about files that people write are made of the JSON Schemas. `BLESS=1` writes them
//! anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use innominatus_package::{FileSchema, SCHEMAS};
use innominatus_testkit::{fixtures, golden};
use serde_json::Value;

/// The kinds that have a page made of their schema, and its name.
const PAGES: [(&str, &str); 5] = [
    ("Platform", "platform-yaml"),
    ("Platforms", "platforms-yaml"),
    ("Grants", "grants-yaml"),
    ("Policy", "policy-yaml"),
    ("Registries", "registries-yaml"),
];

#[test]
fn the_pages_say_what_the_schemas_say() {
    let folder = fixtures::root().with_file_name("docs").join("reference");
    let mut differences = Vec::new();
    for (kind, page) in PAGES {
        let schema = SCHEMAS.iter().find(|schema| schema.kind == kind).unwrap();
        differences.extend(golden::compare(folder.join(format!("{page}.md")), &render(schema)).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn render(kind: &FileSchema) -> String {
    let root: Value = serde_json::from_str(kind.text).unwrap();
    let mut out = format!("# {}\n\n{}\n\n", kind.file, words(&root));
    let command = format!("innominatus schema {}", kind.kind);
    writeln!(
        out,
        "This page is made of the JSON Schema that `{command}` prints; an editor that is given it completes and \
         explains. A field that is not listed is refused.\n"
    )
    .unwrap();
    for example in root["examples"].as_array().into_iter().flatten() {
        writeln!(out, "```yaml\n{}\n```\n", serde_saphyr::to_string(example).unwrap().trim_end()).unwrap();
    }
    let mut page = Page { root: &root, open: Vec::new(), done: Vec::new() };
    page.table("The file", &root, &mut out);
    while !page.open.is_empty() {
        let (title, schema) = page.open.remove(0);
        page.table(&title, schema, &mut out);
    }
    out.trim_end().to_owned() + "\n"
}

/// Tables that are still to be written, and those that are.
struct Page<'a> {
    root: &'a Value,
    open: Vec<(String, &'a Value)>,
    done: Vec<String>,
}

impl<'a> Page<'a> {
    fn table(&mut self, title: &str, schema: &'a Value, out: &mut String) {
        writeln!(out, "## {title}\n").unwrap();
        if title != "The file" && schema["description"].is_string() {
            writeln!(out, "{}\n", words(schema)).unwrap();
        }
        out.push_str("| field | what it is | |\n|---|---|---|\n");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let needed = schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
            let target = self.followed(property);
            let what = if words(property).is_empty() { words(target) } else { words(property) };
            let kind = self.kind(name, property);
            let default = [property, target].iter().find_map(|it| it.get("default")).map(ToString::to_string);
            let mut more = Vec::new();
            more.extend(needed.then(|| "**required**".to_owned()));
            more.extend(default.map(|value| format!("default `{value}`")));
            let examples = [property, target].iter().find_map(|it| it["examples"].as_array());
            let examples = examples.into_iter().flatten().map(|value| format!("`{}`", shown(value)));
            let examples: Vec<String> = examples.collect();
            if !examples.is_empty() {
                more.push(format!("for example {}", examples.join(", ")));
            }
            let kind = if kind.is_empty() { kind } else { format!(" ({kind})") };
            let cell = |text: String| text.replace('|', "\\|");
            writeln!(out, "| `{name}` | {}{} | {} |", cell(what), cell(kind), cell(more.join("; "))).unwrap();
        }
        out.push('\n');
    }

    /// The form of a value in words; what has fields of its own gets a table.
    fn kind(&mut self, name: &str, schema: &'a Value) -> String {
        let target = self.followed(schema);
        if target["properties"].is_object() {
            let title = target["title"].as_str().map_or_else(|| format!("`{name}`"), str::to_owned);
            if !self.done.contains(&title) {
                self.done.push(title.clone());
                self.open.push((title.clone(), target));
            }
            let anchor: String = title
                .to_lowercase()
                .chars()
                .filter(|c| *c != '`')
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            return format!("[{}](#{anchor})", title.replace('`', ""));
        }
        if target["items"].is_object() {
            return match self.kind(name, &target["items"]).as_str() {
                "" => "a list".to_owned(),
                inner => format!("a list: {inner}"),
            };
        }
        if target["additionalProperties"].is_object() {
            return match self.kind(name, &target["additionalProperties"]).as_str() {
                "" => "names and values".to_owned(),
                inner => format!("names, each with: {inner}"),
            };
        }
        if let Some(values) = target["enum"].as_array() {
            return values.iter().map(|value| format!("`{}`", shown(value))).collect::<Vec<_>>().join(", ");
        }
        if let Some(value) = target.get("const") {
            return format!("`{}`", shown(value));
        }
        match target["type"].as_str() {
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => format!("{} to {}", target["minimum"], target["maximum"]),
            _ => String::new(),
        }
    }

    fn followed(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|link| link.strip_prefix('#')) {
            Some(pointer) => self.root.pointer(pointer).unwrap(),
            None => schema,
        }
    }
}

fn words(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
