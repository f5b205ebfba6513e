//! How the Compose file reads: commands on one line where they fit, room between the services.

use innominatus_guest::Json;
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Map;
use serde_saphyr::FlowSeq;

/// Characters of a command that still fits on one line.
const LINE: usize = 90;

/// Writes the document.
pub(super) fn write(document: &Map<String, Json>) -> Result<String, serde_saphyr::ser::Error> {
    let options = serde_saphyr::ser_options! {
        // Long texts stay on one line: a folded one is hard to edit and to compare.
        folded_wrap_chars: usize::MAX,
        compact_list_indent: false,
    };
    let octal = unused_word(document);
    let mut yaml = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut yaml, &Styled { map: document, octal: &octal }, options)?;
    Ok(spaced(&yaml.replace(&octal, "0o")))
}

/// A plain word that stands nowhere in the document.
fn unused_word(document: &Map<String, Json>) -> String {
    let text = Json::Object(document.clone()).to_string();
    let mut word = "octal".to_owned();
    while text.contains(&word) {
        word.push('x');
    }
    word
}

/// A map whose commands are written on one line, and file modes as octal numbers. Not as texts: Compose has
/// read `"0600"` as 600 for a long time.
struct Styled<'a> {
    map: &'a Map<String, Json>,
    /// Stands for the `0o` of an octal number, which the serializer cannot write.
    octal: &'a str,
}

impl Serialize for Styled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.map.len()))?;
        let styled = |map| Styled { map, octal: self.octal };
        for (key, value) in self.map {
            match value {
                Json::Object(inner) if !inner.is_empty() => map.serialize_entry(key, &styled(inner))?,
                Json::Array(words) if fits(key, words) => {
                    let words: Vec<_> = words.iter().filter_map(Json::as_str).collect();
                    map.serialize_entry(key, &FlowSeq(words))?;
                }
                Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_object) => {
                    let items: Vec<_> = items.iter().filter_map(Json::as_object).map(styled).collect();
                    map.serialize_entry(key, &items)?;
                }
                other => match other.as_u64().filter(|_| key == "mode") {
                    Some(mode) => map.serialize_entry(key, &format!("{}{mode:03o}", self.octal))?,
                    None => map.serialize_entry(key, other)?,
                },
            }
        }
        map.end().map_err(S::Error::custom)
    }
}

fn fits(key: &str, words: &[Json]) -> bool {
    let length = words.iter().map(|word| word.as_str().map_or(usize::MAX / 2, |word| word.len() + 4));
    matches!(key, "entrypoint" | "command" | "test")
        && words.iter().all(|word| word.as_str().is_some_and(|word| !word.contains('\n')))
        && length.sum::<usize>() <= LINE
}

/// An empty line before every section and between services. Lines of block texts are indented further, so
/// they are never mistaken; their empty lines are written without the indent.
fn spaced(yaml: &str) -> String {
    let mut spaced = String::new();
    let mut section = "";
    let mut first = true;
    let mut block = 0;
    for line in yaml.lines() {
        let indent = line.len() - line.trim_start().len();
        if indent < line.len() {
            if indent == 0 {
                section = line;
                first = true;
                spaced.push('\n');
            } else if indent == 2 && section == "services:" {
                if !first {
                    spaced.push('\n');
                }
                first = false;
            }
            if line.trim_end_matches(['-', '+', '1', '2', '3', '4']).ends_with('|') {
                block = indent + 2;
            }
        }
        // A line of blanks longer than the indent is text.
        spaced.push_str(if indent == line.len() && indent == block { "" } else { line });
        spaced.push('\n');
    }
    spaced
}
