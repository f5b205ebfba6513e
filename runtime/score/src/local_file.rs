//! Files beside the Score file, named by `source`: their contents are handed in and put in the place of the
//! name, so that nobody behind this room ever opens a path that a person wrote.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use innominatus_model::Code;

use crate::findings::{Findings, show};
use crate::text::{LARGEST, decode};
use crate::tree::{Entry, Node, Value, parse};
use crate::{dialect, shape};

/// Which local files the text refers to by `containers.*.files.*.source`, in order and without repeats, so
/// that a client can send them along with it ([`crate::Source::files`]). Never fails: unreadable text gives
/// none. Paths that [`crate::read`] would refuse (absolute, or leaving the folder) are not among them.
pub fn file_sources(text: &[u8]) -> Vec<String> {
    let mut findings = Findings::new("");
    let Some(mut root) = decode(text, &mut findings).and_then(|text| parse(text, &mut findings)) else {
        return Vec::new();
    };
    dialect::settle(&mut root, &mut findings);
    shape::straighten(&mut root, &mut findings);
    let mut paths = Vec::new();
    for (_, container) in root.entries("containers") {
        for (_, file) in container.node.entries("files") {
            if let Some(path) = file.node.get("source").and_then(Node::text)
                && refused(path).is_none()
                && !paths.iter().any(|known| known == path)
            {
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

/// Puts contents in the place of `source`, and checks `binaryContent`.
pub(crate) fn take_in(root: &mut Node, files: &BTreeMap<String, Vec<u8>>, findings: &mut Findings) {
    for (_, container) in root.entries_mut("containers") {
        for (target, file) in container.node.entries_mut("files") {
            take_in_one(target, &mut file.node, files, findings);
        }
    }
}

fn take_in_one(target: &str, file: &mut Node, files: &BTreeMap<String, Vec<u8>>, findings: &mut Findings) {
    binary(target, file, findings);
    let Some(source) = file.get("source") else { return };
    // Both at once is the schema's to report.
    if file.get("content").is_some() || file.get("binaryContent").is_some() {
        return;
    }
    let Some(path) = source.text().filter(|path| !path.is_empty()).map(str::to_owned) else { return };
    let at = source.at;
    let shown = show(&path);
    if let Some(why) = refused(&path) {
        let hint = "write a path below the folder of the Score file";
        findings.error(at, Code::FileSource, format!("`source: {shown}` {why}"), hint);
        return;
    }
    let Some(bytes) = files.get(&path) else {
        let message = format!("file `{shown}` was not handed in with the Score file");
        let hint =
            "put it beside the Score file (a client sends its contents along), or write them as `content`";
        findings.error(at, Code::FileSource, message, hint);
        return;
    };
    if bytes.len() > LARGEST {
        let message = format!("file `{shown}` has {} bytes, more than 1 MiB", bytes.len());
        findings.error(at, Code::FileSource, message, "put large files into the image or a volume");
        return;
    }
    let (field, text) = match std::str::from_utf8(bytes) {
        Ok(text) => ("content", text.to_owned()),
        Err(_) => ("binaryContent", BASE64.encode(bytes)),
    };
    let Some(map) = file.map_mut() else { return };
    let index = map.get_index_of("source").expect("it was just read");
    let old = map.shift_remove("source").expect("it was just read");
    let node = Node { local_file: Some(path), ..Node::made(old.node.at, Value::Text(text)) };
    map.shift_insert(index, field.into(), Entry { key_at: old.key_at, node });
}

/// Checks `binaryContent`. What writes base64 breaks its lines, so white space is taken out, for every reader.
fn binary(target: &str, file: &mut Node, findings: &mut Findings) {
    let Some(node) = file.map_mut().and_then(|map| map.get_mut("binaryContent")).map(|entry| &mut entry.node)
    else {
        return;
    };
    let Value::Text(text) = &mut node.value else { return };
    text.retain(|c| !c.is_ascii_whitespace());
    if BASE64.decode(text.as_bytes()).is_err() {
        let message = format!("`binaryContent` of file `{}` is not base64", show(target));
        let hint = "write standard base64 with padding, or use `content` for text";
        findings.error(node.at, Code::ScoreInvalidValue, message, hint);
    }
}

/// Why a path is not taken.
fn refused(path: &str) -> Option<&'static str> {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    if path.starts_with('/') || drive {
        return Some("is an absolute path");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Some("holds a backslash or a control character");
    }
    let mut depth = 0_i32;
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return Some("leaves the folder of the Score file");
        }
    }
    (depth == 0).then_some("names no file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        for good in ["a.txt", "./a", "a/b/../c", "~x", "a..b", "..a/b", "über/ä"] {
            assert_eq!(refused(good), None, "{good}");
        }
        for bad in
            ["/etc/shadow", "../a", "a/../../b", "C:\\x", "c:/x", "a\\b", "a\0b", "..", ".", "a/..", ""]
        {
            assert!(refused(bad).is_some(), "{bad:?}");
        }
    }
}
