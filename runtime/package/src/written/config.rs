//! `config:` of a step.

use std::collections::BTreeSet;

use innominatus_model::{Class, Code, Kind, Name, NeedPattern, Provision, WrittenFile};

use super::json::json;
use super::path::Reading;
use super::strings::{self, Fillable};
use crate::findings::{Fields, Findings, Place, list, nearest};
use crate::yaml::{Node, Value};

/// Files of one step, as of one answer of a component.
const FILES: usize = 64;
/// Bytes of a template.
const TEMPLATE: usize = 256 * 1024;

/// `config:` of a provisioner step.
pub(super) fn provision(
    mut config: Fields<'_>,
    reading: &Reading<'_>,
    findings: &mut Findings,
) -> Option<Provision> {
    let hint =
        "name the type of the needs that it makes, for example `resource: postgres`; `\"*\"` for all others";
    let resource_path = config.path("resource");
    let node = config.required("resource", hint, findings);
    let resource = node.and_then(|node| pattern(node, &resource_path, findings));
    let chosen_path = config.path("provisioner");
    let chosen = config
        .optional("provisioner")
        .map(|node| chosen(node, &chosen_path, resource.as_ref(), reading, findings));
    let params_path = config.path("params");
    let params = config.optional("params").map(|node| {
        findings.entries(node, &params_path)?;
        strings::check(node, &params_path, Fillable { schema: reading.schema, of_need: true }, findings);
        json(node, &params_path, findings)
    });
    config.finish(findings);
    let provisioner = match chosen {
        Some(chosen) => Some(chosen?),
        None => None,
    };
    let params = match params {
        Some(params) => Some(params?),
        None => None,
    };
    Some(Provision { resource: resource?, provisioner, params })
}

/// `postgres`, `postgres.large` or `*`.
fn pattern(node: &Node, what: &str, findings: &mut Findings) -> Option<NeedPattern> {
    let text = findings.text(node, what)?;
    if text == "*" {
        return Some(NeedPattern::All);
    }
    let parsed = match text.split_once('.') {
        None => Kind::new(text).map(NeedPattern::Kind),
        Some((kind, class)) => {
            Kind::new(kind).and_then(|kind| Ok(NeedPattern::Class(kind, Class::new(class)?)))
        }
    };
    if parsed.is_err() {
        let message = format!("`{what}` is `{}`, which is not a resource type", text.escape_debug());
        findings.invalid(node.place, message, "write a type, `type.class`, or `\"*\"` for all others");
    }
    parsed.ok()
}

/// An entry of this platform, or `<platform>/<entry>`. Of other platforms nothing is known here.
fn chosen(
    node: &Node,
    what: &str,
    resource: Option<&NeedPattern>,
    reading: &Reading<'_>,
    findings: &mut Findings,
) -> Option<(Option<Name>, Name)> {
    let text = findings.text(node, what)?;
    let parsed = match text.split_once('/') {
        None => Name::new(text).map(|entry| (None, entry)),
        Some((platform, entry)) => {
            Name::new(platform).and_then(|platform| Ok((Some(platform), Name::new(entry)?)))
        }
    };
    let Ok((platform, entry)) = parsed else {
        let message = format!("`{what}` is `{}`, which names no provisioner", text.escape_debug());
        findings.invalid(node.place, message, "write an entry of this platform, or `<platform>/<entry>`");
        return None;
    };
    let own = platform.is_none() || platform.as_ref() == reading.expected.platform;
    if own && let Some(makers) = reading.expected.makers {
        let fits = |made: &Kind| match resource {
            Some(NeedPattern::Kind(kind) | NeedPattern::Class(kind, _)) => made == kind,
            Some(NeedPattern::All) | None => true,
        };
        match makers.iter().find(|(name, _)| *name == entry) {
            None => {
                let names = || makers.iter().map(|(name, _)| name.as_str());
                let message = format!("the provisioner `{entry}` is not in the manifest");
                let hint = match nearest(entry.as_str(), names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if makers.is_empty() => {
                        "write `<platform>/<entry>` for one of another platform".to_owned()
                    }
                    None => {
                        format!("name one of {}, or `<platform>/<entry>` of another platform", list(names()))
                    }
                };
                findings.error(node.place, Code::ManifestReference, message, hint);
            }
            Some((_, Some(made))) if !fits(made) => {
                let wanted = resource.map(ToString::to_string).unwrap_or_default();
                let message = format!("the step is for `{wanted}`, but `{entry}` makes `{made}`");
                let fitting = makers.iter().filter(|(_, made)| made.as_ref().is_some_and(fits));
                let hint = match list(fitting.map(|(name, _)| name.as_str())).as_str() {
                    "" => "leave `provisioner` out, or name one of another platform".to_owned(),
                    fitting => format!("name one that does: {fitting}"),
                };
                findings.error(node.place, Code::ManifestReference, message, hint);
            }
            Some(_) => {}
        }
    }
    Some((platform, entry))
}

/// `config.files` of a render step. `taken`: paths of the whole golden path.
pub(super) fn files(
    mut config: Fields<'_>,
    reading: &Reading<'_>,
    taken: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Option<Vec<WrittenFile>> {
    let what = config.path("files");
    let node = config.required("files", "add a list of files, each with `path` and `template`", findings);
    config.finish(findings);
    let node = node?;
    let items = findings.list(node, &what);
    if matches!(node.value, Value::List(_)) && !(1..=FILES).contains(&items.len()) {
        let message = format!("`{what}` has {} files", items.len());
        findings.invalid(node.place, message, format!("list 1 to {FILES}"));
    }
    let files: Vec<Option<WrittenFile>> = items
        .iter()
        .enumerate()
        .map(|(at, node)| file(node, &format!("{what}[{at}]"), reading, taken, findings))
        .collect();
    files.into_iter().collect()
}

fn file(
    node: &Node,
    path: &str,
    reading: &Reading<'_>,
    taken: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Option<WrittenFile> {
    let mut fields = Fields::of(node, path, findings)?;
    let path_path = fields.path("path");
    let path = fields
        .required("path", "add the file's path, for example `path: \"${application}.env\"`", findings)
        .and_then(|node| file_path(node, &path_path, reading, taken, findings));
    let media_path = fields.path("mediaType");
    let media_type = fields.optional("mediaType").map(|node| media_type(node, &media_path, findings));
    let sensitive_path = fields.path("sensitive");
    let sensitive = fields.optional("sensitive").map(|node| findings.flag(node, &sensitive_path));
    let template_path = fields.path("template");
    let template = fields
        .required("template", "add the file's content: `template: |` and lines below it", findings)
        .and_then(|node| {
            let text = findings.text(node, &template_path)?;
            if text.len() > TEMPLATE {
                let limit = TEMPLATE / 1024;
                let message = format!("`{template_path}` has more than {limit} KiB");
                findings.invalid(node.place, message, "split it into files");
            }
            Some((text.to_owned(), first_line(reading.source, node.place)))
        });
    fields.finish(findings);
    let media_type = match media_type {
        Some(media_type) => media_type?,
        None => "text/plain".to_owned(),
    };
    let sensitive = match sensitive {
        Some(sensitive) => sensitive?,
        None => false,
    };
    let (template, line) = template?;
    Some(WrittenFile { path: path?, media_type, sensitive, template, line })
}

/// A path whose fixed parts stay below the folder. What is filled in is judged when it is.
fn file_path(
    node: &Node,
    what: &str,
    reading: &Reading<'_>,
    taken: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Option<String> {
    let text = findings.text(node, what)?;
    let shown = text.escape_debug().to_string();
    let leaves = text.len() > 255
        || text.contains(['\\', ':'])
        || text.chars().any(char::is_control)
        || text.split('/').any(|segment| matches!(segment, "" | "." | ".."));
    if leaves {
        let message = format!("`{what}` is `{shown}`, which is not a relative file name");
        let hint = "write a name or folders and a name, without `.`, `..`, `\\` and `:`";
        findings.error(node.place, Code::ManifestPath, message, hint);
        return None;
    }
    strings::check(node, what, Fillable { schema: reading.schema, of_need: false }, findings);
    if !taken.insert(text.to_owned()) {
        let message = format!("two files have the path `{shown}`");
        findings.invalid(node.place, message, "give each file a path of its own");
    }
    Some(text.to_owned())
}

fn media_type(node: &Node, what: &str, findings: &mut Findings) -> Option<String> {
    let text = findings.text(node, what)?;
    let (kind, rest) = text.split_once('/').unwrap_or_default();
    let fine = |c: char| c.is_ascii_graphic() || c == ' ';
    if kind.is_empty() || rest.is_empty() || text.len() > 255 || !text.chars().all(fine) {
        let message = format!("`{what}` is `{}`, which is not a media type", text.escape_debug());
        findings.invalid(node.place, message, "write, for example, `text/plain` or `application/yaml`");
        return None;
    }
    Some(text.to_owned())
}

/// The line in which the text of a scalar begins; 0 if its lines are not those of the file. Of a block the place is
/// that of its first line, and what comes before says which kind of block it is.
fn first_line(source: &str, place: Place) -> u32 {
    let at = |line: u32| {
        let at = usize::try_from(line).unwrap_or_default();
        at.checked_sub(1).and_then(|at| source.lines().nth(at)).unwrap_or_default()
    };
    let column = usize::try_from(place.column).unwrap_or(1).saturating_sub(1);
    let line = at(place.line);
    if line.chars().nth(column).is_some_and(|first| matches!(first, '>' | '"' | '\'')) {
        return 0;
    }
    if !line.chars().take(column).all(char::is_whitespace) {
        return place.line;
    }
    // Blank lines at its beginning belong to it.
    let mut above = (1..place.line).rev();
    let Some(above) = above.find(|line| !at(*line).trim().is_empty()) else { return place.line };
    let head = at(above).split(" #").next().unwrap_or_default();
    match head.split_whitespace().next_back().and_then(|last| last.chars().next()) {
        Some('|') => above.saturating_add(1),
        _ => 0,
    }
}
