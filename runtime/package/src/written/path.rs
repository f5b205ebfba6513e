//! A golden path's file: head, parameters and steps.

use std::collections::BTreeSet;

use innominatus_model::{Code, Json, Name, NeedPattern, Version, WrittenPath, WrittenStep, WrittenWork};

use super::order::{self, Ordered};
use super::{config, declare, disagrees, document, named, place_of, schema, version};
use crate::findings::{Fields, Findings, Place, list, nearest};
use crate::manifest::{Maker, value};
use crate::yaml::Node;

/// Steps of one file: each may become as many as there are needs.
const STEPS: usize = 256;
/// What runs here.
const KINDS: [&str; 2] = ["provisioner", "render"];
/// Words of the field that other tools run.
const FOREIGN: [&str; 3] = ["kubernetes", "terraform", "ansible"];

/// What the manifest says of it, as far as that is known.
#[derive(Default)]
pub(crate) struct Expected<'a> {
    pub(crate) name: Option<&'a Name>,
    pub(crate) version: Option<&'a Version>,
    /// The provisioners of the platform; `None` where there is no manifest.
    pub(crate) makers: Option<&'a [Maker]>,
    pub(crate) platform: Option<&'a Name>,
}

/// What a step is read with.
pub(super) struct Reading<'a> {
    pub(super) expected: &'a Expected<'a>,
    pub(super) schema: Option<&'a Json>,
    pub(super) source: &'a str,
}

/// `None` only when at least one error was found.
pub(super) fn read(text: &[u8], expected: &Expected<'_>, findings: &mut Findings) -> Option<WrittenPath> {
    let document = document(text, findings)?;
    let mut fields = Fields::of(&document, "", findings)?;
    declare(&mut fields, findings);
    let head = named(&mut fields, findings).map(|(mut metadata, name, description)| {
        if let (Some(here), Some(there)) = (&name, expected.name)
            && here != there
        {
            let place = place_of(&mut metadata, "name");
            disagrees(place, "metadata.name", here.as_str(), there.as_str(), findings);
        }
        let version = version(&mut metadata, expected.version, findings);
        metadata.finish(findings);
        (name, version, description)
    });
    let (schema, schema_line) = schema::read(fields.optional("parameters"), findings);
    let source = std::str::from_utf8(text).unwrap_or_default();
    let reading = Reading { expected, schema: schema.as_ref(), source };
    let hint = "add `steps:` with a step of type `provisioner` and one of type `render`";
    let steps = fields.required("steps", hint, findings).map(|node| steps(node, &reading, findings));
    fields.finish(findings);
    let (name, version, description) = head?;
    Some(WrittenPath {
        name: name?,
        version: version?,
        description,
        schema: schema?,
        schema_line,
        steps: steps??,
    })
}

fn steps(node: &Node, reading: &Reading<'_>, findings: &mut Findings) -> Option<Vec<WrittenStep>> {
    let items = findings.list(node, "steps");
    if items.len() > STEPS {
        let message = format!("a golden path of {} steps has more than {STEPS}", items.len());
        findings.invalid(node.place, message, "let one step make every need of a type");
        return None;
    }
    if items.is_empty() {
        findings.invalid(node.place, "`steps` is empty", "add a step of type `provisioner` or `render`");
    }
    let mut seen = Seen::default();
    let read: Vec<Option<WrittenStep>> = items
        .iter()
        .enumerate()
        .map(|(at, node)| step(node, &format!("steps[{at}]"), reading, &mut seen, findings))
        .collect();
    order::check(&seen.ordered, !seen.unnamed, findings);
    read.into_iter().collect()
}

/// Of the steps so far.
#[derive(Default)]
struct Seen {
    names: Vec<(Name, Place)>,
    patterns: Vec<(NeedPattern, Name)>,
    paths: BTreeSet<String>,
    ordered: Vec<Ordered>,
    /// A step has no name that could be read.
    unnamed: bool,
}

fn step(
    node: &Node,
    path: &str,
    reading: &Reading<'_>,
    seen: &mut Seen,
    findings: &mut Findings,
) -> Option<WrittenStep> {
    let Some(mut fields) = Fields::of(node, path, findings) else {
        seen.unnamed = true;
        return None;
    };
    let name = name(&mut fields, seen, findings);
    let kind = kind(&mut fields, name.as_ref(), findings);
    let depends_on = depends_on(&mut fields, findings);
    let config_path = fields.path("config");
    let work = match kind {
        // What else it says is for whoever runs such steps.
        None => {
            _ = fields.optional("config");
            None
        }
        Some(renders) => {
            let hint = if renders { "add `config:` with `files:`" } else { "add `config:` with `resource:`" };
            let config = fields.required("config", hint, findings);
            let config = config.and_then(|node| Fields::of(node, config_path, findings));
            config.and_then(|config| match renders {
                true => config::files(config, reading, &mut seen.paths, findings).map(WrittenWork::Render),
                false => config::provision(config, reading, findings).map(WrittenWork::Provision),
            })
        }
    };
    fields.finish(findings);
    let name = name?;
    if let Some(WrittenWork::Provision(provision)) = &work {
        let pattern = &provision.resource;
        if let Some((_, other)) = seen.patterns.iter().find(|(known, _)| known == pattern) {
            let message = format!("steps `{other}` and `{name}` are both for `{pattern}`");
            findings.invalid(node.place, message, "keep one of them: every need is made by one step");
        }
        seen.patterns.push((pattern.clone(), name.clone()));
    }
    seen.ordered.push(Ordered {
        name: name.clone(),
        renders: kind.unwrap_or(true),
        depends_on: depends_on.iter().flatten().cloned().collect(),
    });
    let depends_on = depends_on.map(|names| names.into_iter().map(|(name, _)| name).collect());
    Some(WrittenStep { name, depends_on, work: work? })
}

fn name(fields: &mut Fields<'_>, seen: &mut Seen, findings: &mut Findings) -> Option<Name> {
    let what = fields.path("name");
    let node = fields.required("name", "add a name that is unique in the file", findings);
    let name = node.and_then(|node| Some((value::name(node, &what, Name::new, findings)?, node.place)));
    let Some((name, place)) = name else {
        seen.unnamed = true;
        return None;
    };
    if let Some((_, first)) = seen.names.iter().find(|(known, _)| *known == name) {
        let message = format!("the name `{name}` is taken by the step in line {}", first.line);
        findings.invalid(place, message, "give each step a name of its own: others refer to it");
    }
    seen.names.push((name.clone(), place));
    Some(name)
}

/// Whether it renders; `None` if it is nothing that runs here.
fn kind(fields: &mut Fields<'_>, name: Option<&Name>, findings: &mut Findings) -> Option<bool> {
    let what = fields.path("type");
    let node = fields.required("type", "add `type: provisioner` or `type: render`", findings)?;
    let text = findings.text(node, &what)?;
    match text {
        "provisioner" => return Some(false),
        "render" => return Some(true),
        _ => {}
    }
    let shown = text.escape_debug();
    if FOREIGN.contains(&text) {
        let named = name.map_or_else(|| "a step".to_owned(), |name| format!("step `{name}`"));
        let message = format!("{named} is of type `{shown}`, which this runtime does not run");
        let hint =
            "it runs `provisioner` and `render`: let a provisioner do it, or render the files that it reads";
        findings.error(node.place, Code::ManifestUnsupported, message, hint);
        return None;
    }
    let hint = match nearest(text, KINDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}", list(KINDS)),
    };
    findings.invalid(node.place, format!("`{what}` is `{shown}`, which is not a type of step"), hint);
    None
}

fn depends_on(fields: &mut Fields<'_>, findings: &mut Findings) -> Option<Vec<(Name, Place)>> {
    let what = fields.path("dependsOn");
    let node = fields.optional("dependsOn")?;
    let items = findings.list(node, &what).iter().enumerate();
    let names = items.filter_map(|(at, item)| {
        Some((value::name(item, &format!("{what}[{at}]"), Name::new, findings)?, item.place))
    });
    Some(names.collect())
}
