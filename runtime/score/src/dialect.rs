//! The mistakes people make, each by its name. What is recognised here is reported in its own words and put
//! right in the tree, so that later checks judge the rest of the file and say nothing twice.

use indexmap::IndexMap;
use innominatus_model::Code;

use crate::findings::{Findings, show};
use crate::tree::{Entry, Node, Place, Value, is_old_boolean, loses_digits};

pub(crate) const API_VERSION: &str = "score.dev/v1b1";
const OLDER: &str = "score.dev/v1";

/// Recognises named mistakes, and brings the older dialect into the published form.
pub(crate) fn settle(root: &mut Node, findings: &mut Findings) {
    // In the older dialect some mistakes are its grammar: what to change is gathered for one warning.
    let mut changes = is_older(root).then(Vec::new);
    api_version(root, findings);
    wrapper(root, findings);
    environment(root, findings);
    containers(root, changes.as_mut(), findings);
    for (name, entry) in root.entries_mut("containers") {
        container(name, entry, findings);
    }
    for (name, entry) in root.entries_mut("resources") {
        properties(name, entry, changes.as_mut(), findings);
        if let Some(params) = entry.node.map().and_then(|resource| resource.get("params")) {
            untyped(params, findings);
        }
    }
    if let Some(metadata) = root.map().and_then(|root| root.get("metadata")) {
        untyped(metadata, findings);
    }
    if let Some(changes) = changes {
        let at = root.map().and_then(|root| root.get("apiVersion")).map_or(root.at, |entry| entry.node.at);
        let hint = std::iter::once(format!("write `apiVersion: {API_VERSION}`")).chain(changes);
        let message = format!("`apiVersion: {OLDER}` is an older dialect");
        findings.warning(at, Code::ScoreDialect, message, hint.collect::<Vec<_>>().join("; "));
    }
}

fn is_older(root: &Node) -> bool {
    root.get("apiVersion").and_then(Node::text) == Some(OLDER)
}

fn api_version(root: &mut Node, findings: &mut Findings) {
    let Some(entry) = root.map_mut().and_then(|root| root.get_mut("apiVersion")) else { return };
    let written = entry.node.text().or(entry.node.plain.as_deref()).filter(|written| !written.is_empty());
    if written != Some(API_VERSION) && written != Some(OLDER) {
        let found =
            written.map_or_else(|| entry.node.kind().to_owned(), |written| format!("`{}`", show(written)));
        let message = format!("`apiVersion` is {found}");
        findings.error(
            entry.place(),
            Code::ScoreApiVersion,
            message,
            format!("write `apiVersion: {API_VERSION}`"),
        );
    }
    entry.node.value = Value::Text(API_VERSION.into());
}

fn wrapper(root: &mut Node, findings: &mut Findings) {
    let Some(map) = root.map_mut() else { return };
    let kind = map.shift_remove("kind");
    let spec = map.shift_remove("spec");
    let Some(first) = kind.iter().chain(&spec).map(|entry| entry.key_at).min() else { return };
    let hint = match &spec {
        Some(_) => "remove `kind` and `spec`, and put what stands under `spec` at the root",
        None => "remove `kind`: a Score file always describes a workload",
    };
    findings.error(first, Code::ScoreKindSpec, "a Score file has no `kind` and `spec` around it", hint);
    // What stands under `spec` is judged as if it stood at the root.
    if let Some(Entry { node: Node { value: Value::Map(inner), .. }, .. }) = spec {
        for (key, entry) in inner {
            map.entry(key).or_insert(entry);
        }
    }
}

fn environment(root: &mut Node, findings: &mut Findings) {
    let Some(entry) = root.map_mut().and_then(|root| root.shift_remove("environment")) else { return };
    let hint = "remove it, and name the environment when you run the file: `--env <name>`";
    findings.error(entry.key_at, Code::ScoreEnvironment, "a Score file does not name its environment", hint);
}

fn containers(root: &mut Node, changes: Option<&mut Vec<String>>, findings: &mut Findings) {
    let at = root.at;
    let Some(map) = root.map_mut() else { return };
    let place = match map.get("containers") {
        None => at,
        Some(entry) if is_empty(&entry.node) => entry.place(),
        Some(_) => return,
    };
    let what = "`containers: {main: {image: <image>}}`";
    match changes {
        Some(changes) => changes.push(format!("add {what}")),
        None => {
            let hint = format!("add at least one, such as {what}");
            findings.error(place, Code::ScoreContainers, "the workload has no containers", hint);
        }
    }
    let none = Node::made(place, Value::Map(IndexMap::new())).settled();
    map.insert("containers".into(), Entry { key_at: place, node: none });
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}

fn container(name: &str, entry: &mut Entry, findings: &mut Findings) {
    let name = show(name);
    let Some(map) = entry.node.map_mut() else { return };
    for wrong in ["env", "environment"] {
        let Some(entry) = map.shift_remove(wrong) else { continue };
        let hint = match &entry.node.value {
            Value::List(_) => "write `variables: {NAME: \"value\"}`, a mapping and not a list",
            _ => "write `variables:`",
        };
        let message = format!("container `{name}` has no field `{wrong}`");
        findings.error(entry.key_at, Code::ScoreEnv, message, hint);
        if matches!(entry.node.value, Value::Map(_)) {
            map.entry("variables".into()).or_insert(entry);
        }
    }
    if let Some(ports) = map.shift_remove("ports") {
        let message = format!("container `{name}` has no field `ports`");
        let hint = format!("publish them at the root: `service: {{ports: {}}}`", published(&ports.node));
        findings.error(ports.key_at, Code::ScoreContainerPorts, message, hint);
    }
    if let Some(image) = map.get_mut("image")
        && (matches!(image.node.value, Value::Null) || image.node.text() == Some(""))
    {
        let hint = "name an image, or write `image: .` and pass `--image <image>`";
        findings.error(
            image.place(),
            Code::ScoreNullImage,
            format!("`image` of container `{name}` is empty"),
            hint,
        );
        image.node.settled = true;
    }
    if let Some(variables) = map.get_mut("variables").and_then(|entry| entry.node.map_mut()) {
        for (variable, entry) in variables {
            unquoted_variable(variable, entry, findings);
        }
    }
}

/// The ports of a container in the words of `service`, as far as they can be told.
fn published(ports: &Node) -> String {
    let Value::List(items) = &ports.value else { return "{http: {port: 8080}}".into() };
    let number = |node: &Node| match &node.value {
        Value::Number(number) => number.as_u64(),
        Value::Text(text) => text.rsplit([':', '/']).find_map(|part| part.parse().ok()),
        _ => None,
    };
    let mut written = Vec::new();
    for (index, item) in items.iter().take(4).enumerate() {
        let port =
            ["containerPort", "port"].iter().find_map(|key| item.get(key)).or(Some(item)).and_then(number);
        let Some(port) = port else { continue };
        let name = item.get("name").and_then(Node::text).map_or_else(|| format!("port-{}", index + 1), show);
        written.push(format!("{name}: {{port: {port}}}"));
    }
    if written.is_empty() { "{http: {port: 8080}}".into() } else { format!("{{{}}}", written.join(", ")) }
}

fn unquoted_variable(name: &str, entry: &mut Entry, findings: &mut Findings) {
    let (Value::Null | Value::Bool(_) | Value::Number(_), Some(written)) =
        (&entry.node.value, &entry.node.plain)
    else {
        return;
    };
    let written = show(written);
    let place = entry.place();
    let what = entry.node.kind();
    entry.node.settled = true;
    let name = show(name);
    let hint = format!("write `{name}: \"{written}\"`");
    findings.error(place, Code::ScoreUnquoted, format!("variable `{name}` is {what}, expected text"), hint);
}

fn properties(name: &str, entry: &mut Entry, changes: Option<&mut Vec<String>>, findings: &mut Findings) {
    let Some(map) = entry.node.map_mut() else { return };
    let Some(index) = map.get_index_of("properties") else { return };
    let entry = map.shift_remove("properties").expect("its index was just found");
    let name = show(name);
    let both = map.contains_key("params");
    match changes {
        Some(changes) if !both => {
            changes.push(format!("write `params` for `properties` of resource `{name}`"))
        }
        _ => {
            let message = format!("resource `{name}` has no field `properties`");
            let hint = if both { "move its entries to `params`" } else { "write `params:`" };
            findings.error(entry.key_at, Code::ScoreProperties, message, hint);
        }
    }
    if !both {
        map.shift_insert(index, "params".into(), entry);
    }
}

/// Where any type is allowed nothing complains when text was meant: a person should look.
fn untyped(entry: &Entry, findings: &mut Findings) {
    let mut doubt = |at: Place, written: &str, read: String, otherwise: &str| {
        let message = format!("`{}` without quotes is read as {read}", show(written));
        findings.warning(
            at,
            Code::ScoreUnquoted,
            message,
            format!("write `\"{}\"` if it is text{otherwise}", show(written)),
        );
    };
    entry.node.walk(&mut |_, node, _| match (&node.value, &node.plain) {
        (Value::Text(text), Some(_)) if is_old_boolean(text) => {
            let truth = text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("on");
            doubt(node.at, text, "text".into(), &format!(", `{truth}` if it is a boolean"));
        }
        (Value::Number(number), Some(written)) if loses_digits(written, number) => {
            doubt(
                node.at,
                written,
                format!("the number {number}"),
                &format!(", `{number}` if it is a number"),
            );
        }
        _ => {}
    });
}
