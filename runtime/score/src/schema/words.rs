//! The schema's rules as a person would say them. Everything here goes by the pointer into the file.

use innominatus_model::Code;
use jsonschema::error::ValidationErrorKind as Kind;

use crate::findings::show;
use crate::suggest::{list, nearest};
use crate::tree::{Node, Value, segments};

const NAME: &str = "2 to 63 characters of a-z, 0-9 and `-`, not starting or ending with `-`";
const TYPE: &str = "2 to 63 characters of A-Z, a-z, 0-9 and `-`, not starting or ending with `-`";
const ID: &str = "2 to 63 characters: labels of a-z, 0-9 and `-`, joined by `.`";
const ANNOTATION: &str = "a name of A-Z, a-z, 0-9, `.`, `_` and `-`, with an optional `host.name/` before it";
const MEMORY: &str =
    "a number with an optional unit K, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi or Ei, such as `128M`";
const CPU: &str = "whole or fractional CPUs, or thousandths with `m`, such as `2`, `0.5` or `125m`";
const MODE: &str = "three octal digits in quotes, such as `\"0644\"`";
const PORT: &str = "a whole number from 1 to 65535";

/// Calls `read` with the pointer's segments.
fn with<T>(pointer: &str, read: impl FnOnce(&[&str]) -> T) -> T {
    let owned: Vec<String> = segments(pointer).collect();
    read(&owned.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whose field it is: `` container `web` ``.
pub(super) fn owner(pointer: &str) -> String {
    with(pointer, |path| match path {
        [] => "the file".into(),
        ["service", "ports", port] => format!("port `{}`", show(port)),
        ["containers", name] => format!("container `{}`", show(name)),
        ["containers", name, "files", target] => {
            format!("file `{}` of container `{}`", show(target), show(name))
        }
        ["containers", name, "volumes", target] => {
            format!("volume `{}` of container `{}`", show(target), show(name))
        }
        ["containers", name, rest @ ..] => {
            format!("`{}` of container `{}`", show(&rest.join(".")), show(name))
        }
        ["resources", name] => format!("resource `{}`", show(name)),
        ["resources", name, rest @ ..] => format!("`{}` of resource `{}`", show(&rest.join(".")), show(name)),
        path => format!("`{}`", show(&path.join("."))),
    })
}

/// What to write where a required field is missing.
pub(super) fn how_to_add(pointer: &str, field: &str) -> String {
    with(pointer, |path| match (path, field) {
        ([], "apiVersion") => "add `apiVersion: score.dev/v1b1`".into(),
        ([], "metadata") | (["metadata"], "name") => "add `metadata: {name: <workload>}`".into(),
        (["containers", _], "image") => {
            "add `image: <image>`, or `image: .` and pass `--image <image>`".into()
        }
        (["containers", _, "files", _], _) => {
            "add exactly one of `content`, `binaryContent` and `source`".into()
        }
        (["containers", _, "volumes", _], "source") => {
            "add `source: ${resources.<name>}`, where the resource has `type: volume`".into()
        }
        (["containers", _, "before", _], "ready") => "add `ready: started`, `healthy` or `complete`".into(),
        (["containers", _, _], "exec" | "httpGet") => {
            "add `httpGet: {path: /, port: <port>}` or `exec: {command: [<program>]}`".into()
        }
        (["resources", _], "type") => "add `type: <type>`, such as `type: postgres`".into(),
        (_, "port") => "add `port: <port>`".into(),
        (_, "command") => "add `command: [<program>]`".into(),
        _ => format!("add `{field}: <value>`"),
    })
}

/// Fields that other formats have and Score calls something else.
pub(super) fn known_stranger(pointer: &str, name: &str) -> Option<&'static str> {
    with(pointer, |path| match (path, name) {
        ([], "name") => Some("write `metadata: {name: <workload>}`"),
        ([], "ports") => Some("write `service: {ports: {<name>: {port: <port>}}}`"),
        ([], "services" | "workloads") => Some("write `containers:`; one file describes one workload"),
        ([], "version") => Some("write `apiVersion: score.dev/v1b1`"),
        (["containers", _], "entrypoint") => Some("write `command:`"),
        (["containers", _], "cmd") => Some("write `args:`"),
        (["containers", _], "envFrom" | "env_file") => Some("write each variable under `variables:`"),
        (["containers", _], "volumeMounts" | "mounts") => {
            Some("write `volumes: {<target>: {source: <volume>}}`")
        }
        (["containers", _], "healthcheck" | "healthCheck") => {
            Some("write `livenessProbe:` or `readinessProbe:`")
        }
        (["containers", _], "depends_on" | "dependsOn") => {
            Some("write `before:` in the container that starts first")
        }
        (["containers", _, "livenessProbe" | "readinessProbe"], "tcpSocket" | "grpc") => {
            Some("write `httpGet:` or `exec:`")
        }
        (
            ["containers", _, "livenessProbe" | "readinessProbe"],
            "initialDelaySeconds"
            | "periodSeconds"
            | "timeoutSeconds"
            | "failureThreshold"
            | "successThreshold",
        ) => Some("remove it; the platform decides how often to look"),
        (["resources", _], "parameters" | "config" | "spec" | "values") => Some("write `params:`"),
        (["resources", _], "name") => Some("write `id:` if several workloads share it"),
        _ => None,
    })
}

/// The rule for the keys of a mapping.
pub(super) struct KeyRule {
    pub(super) what: &'static str,
    pub(super) expected: &'static str,
    /// Whether a valid key can be made from an invalid one.
    pub(super) slug: bool,
}

pub(super) fn key_rule(pointer: &str) -> KeyRule {
    with(pointer, |path| match path {
        ["containers"] => KeyRule { what: "the name of a container", expected: NAME, slug: true },
        ["resources"] => KeyRule { what: "the name of a resource", expected: NAME, slug: true },
        ["service", "ports"] => KeyRule { what: "the name of a port", expected: NAME, slug: true },
        [.., "before"] => KeyRule { what: "the name of a container", expected: NAME, slug: true },
        [.., "variables"] => {
            let expected = "at least one character, and no `=`";
            KeyRule { what: "the name of a variable", expected, slug: false }
        }
        [.., "annotations"] => {
            KeyRule { what: "the key of an annotation", expected: ANNOTATION, slug: false }
        }
        _ => KeyRule { what: "a key here", expected: "another key", slug: false },
    })
}

pub(super) fn rule_hint(expected: &str, written: &str, can_slug: bool) -> String {
    match slug(written).filter(|_| can_slug) {
        Some(slug) => format!("write `{slug}`: {expected}"),
        None => format!("write {expected}"),
    }
}

/// A name in the allowed letters, close to what was written.
fn slug(written: &str) -> Option<String> {
    let mut slug = String::new();
    for c in written.chars().take(63) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    (slug.len() >= 2).then(|| slug.to_owned())
}

/// A value of another type than expected: code, message, hint.
pub(super) fn wrong_type(pointer: &str, node: &Node, expected: &str) -> (Code, String, String) {
    let (field, subject) = subject(pointer);
    let wanted = match expected {
        "string" => "text",
        "integer" => "a whole number",
        "boolean" => "a boolean",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    };
    let mut code = Code::ScoreWrongType;
    let found = match (&node.value, expected) {
        (Value::Number(_), "integer") => "a fraction",
        _ => node.kind(),
    };
    let written = node.plain.as_deref().or(node.text()).map(show).unwrap_or_default();
    let short = if expected == "object" { short_form(pointer, node) } else { None };
    let hint = match (&node.value, expected) {
        _ if short.is_some() => short.unwrap_or_default(),
        (Value::Number(_) | Value::Bool(_), "string") => {
            code = Code::ScoreUnquoted;
            format!("write `{field}\"{written}\"`")
        }
        (Value::Null, _) => format!("give it a value ({wanted}), or remove it"),
        (Value::Text(text), "integer") if text.parse::<i64>().is_ok() => format!("write `{field}{written}`"),
        (Value::Text(text), "boolean") => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => format!("write `{field}true`"),
            "false" | "no" | "off" => format!("write `{field}false`"),
            _ => "write `true` or `false`".into(),
        },
        (Value::Text(_) | Value::Number(_) | Value::Bool(_), "array") => {
            let words: Vec<String> = written.split_whitespace().map(|word| format!("\"{word}\"")).collect();
            format!("write `{field}[{}]`", words.join(", "))
        }
        (Value::List(_), "object") if field == "variables: " => {
            "write `variables: {NAME: \"value\"}`, without `-`".into()
        }
        (Value::List(_), "object") => "write a mapping from names to values, without `-`".into(),
        _ => format!("write {wanted}"),
    };
    (code, format!("{subject} is {found}, expected {wanted}"), hint)
}

/// Where other formats have a text or a list for what is a mapping here: how that mapping is written.
fn short_form(pointer: &str, node: &Node) -> Option<String> {
    with(pointer, |path| match (path, &node.value) {
        (["containers", _, "before", ..], _) => {
            Some("write `before: {<container>: {ready: started}}`".into())
        }
        (["containers", _, "files", _], Value::Text(_) | Value::Number(_) | Value::Bool(_)) => {
            Some("write `{content: \"…\"}`, or `{source: <file>}` for a file beside the Score file".into())
        }
        (["containers", _, "volumes", _], Value::Text(text)) => {
            let source = match text.starts_with("${resources.") {
                true => show(text),
                false => "${resources.<name>}".into(),
            };
            Some(format!("write `{{source: \"{source}\"}}`, where the resource has `type: volume`"))
        }
        _ => None,
    })
}

/// `` `port: ` `` for a hint, and `` `port` of port `http` `` for a message.
fn subject(pointer: &str) -> (String, String) {
    let Some((parent, _)) = pointer.rsplit_once('/') else { return (String::new(), "a Score file".into()) };
    let last = segments(pointer).last().unwrap_or_default();
    with(pointer, |path| match path {
        [.., list @ ("command" | "args" | "httpHeaders"), index] if index.parse::<usize>().is_ok() => {
            let number = index.parse::<usize>().map_or(0, |index| index + 1);
            let parent = parent.rsplit_once('/').map_or("", |(parent, _)| parent);
            ("- ".into(), format!("item {number} of `{list}` of {}", owner(parent)))
        }
        ["containers", _] | ["resources", _] | ["service", "ports", _] => (String::new(), owner(pointer)),
        ["containers", _, "files" | "volumes", _] => (String::new(), owner(pointer)),
        [_] => (format!("{last}: "), format!("`{}`", show(&last))),
        _ => (format!("{}: ", show(&last)), format!("`{}` of {}", show(&last), owner(parent))),
    })
}

/// What a value of the right type must look like.
pub(super) fn value_rule(pointer: &str, node: &Node, kind: &Kind) -> String {
    let written = node.text().unwrap_or_default();
    if let Kind::Enum { options } = kind {
        let words: Vec<&str> =
            options.as_array().into_iter().flatten().filter_map(|word| word.as_str()).collect();
        return match nearest(written, words.iter().copied()) {
            Some(near) => format!("write `{near}`"),
            None => format!("write {}", list(words, "or")),
        };
    }
    with(pointer, |path| match path {
        ["metadata", "name"] => rule_hint(NAME, written, true),
        ["resources", _, "type" | "class"] => rule_hint(TYPE, written, true),
        ["resources", _, "id"] => rule_hint(ID, written, true),
        [.., "port" | "targetPort"] => format!("write {PORT}"),
        [.., "memory"] => format!("write {MEMORY}"),
        [.., "cpu"] => format!("write {CPU}"),
        [.., "mode"] => format!("write {MODE}"),
        [.., "httpHeaders", _, "name"] => "write letters, digits, `-` and `_`".into(),
        [.., "files", _, "source"] => "write the path of a file beside the Score file".into(),
        _ if matches!(kind, Kind::MinLength { .. }) => "write at least one character, or remove it".into(),
        _ => "write what the Score specification allows here".into(),
    })
}
