//! Secrets in answers, taken out as the host does it: a JSON Pointer into JSON, a path of elements into XML.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::Json;

/// The answer with a token in place of what stands there; none if nothing does.
pub(super) fn replaced(body: &[u8], pointer: &str, token: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let replaced = if text.trim_start().starts_with('<') {
        in_xml(text, pointer, token)
    } else {
        in_json(text, pointer, token)
    };
    replaced.map(String::into_bytes)
}

fn in_json(text: &str, pointer: &str, token: &str) -> Option<String> {
    let mut value: Json = serde_json::from_str(text).ok()?;
    *value.pointer_mut(pointer)? = Json::from(token);
    Some(value.to_string())
}

/// Names without their prefixes, from the root. The first such element counts.
fn in_xml(text: &str, path: &str, token: &str) -> Option<String> {
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut content = None;
    loop {
        let before = usize::try_from(reader.buffer_position()).ok()?;
        match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(start.local_name().into_inner().to_owned());
                if content.is_none() && open == path {
                    content = Some(usize::try_from(reader.buffer_position()).ok()?);
                }
            }
            Event::End(_) => {
                if let Some(from) = content.filter(|_| open == path) {
                    return Some(format!("{}{token}{}", text.get(..from)?, text.get(before..)?));
                }
                open.pop();
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_where_it_stands_and_nowhere_else() {
        let xml =
            "<?xml version=\"1.0\"?><a:R xmlns:a=\"x\"><K><S>one</S><T>S</T></K><K><S>two</S></K></a:R>";
        let cases = [
            ("{\"key\":\"s\",\"id\":1}", "/key", Some("{\"key\":\"TOKEN\",\"id\":1}")),
            ("{\"id\":1}", "/key", None),
            (
                xml,
                "R/K/S",
                Some(
                    "<?xml version=\"1.0\"?><a:R xmlns:a=\"x\"><K><S>TOKEN</S><T>S</T></K><K><S>two</S></K></a:R>",
                ),
            ),
            (
                xml,
                "/R/K/T",
                Some(
                    "<?xml version=\"1.0\"?><a:R xmlns:a=\"x\"><K><S>one</S><T>TOKEN</T></K><K><S>two</S></K></a:R>",
                ),
            ),
            (xml, "/R/S", None),
            ("<R><S>one</R>", "/R/S", None),
            ("plain", "/R/S", None),
        ];
        for (body, pointer, expected) in cases {
            let found =
                replaced(body.as_bytes(), pointer, "TOKEN").map(|body| String::from_utf8(body).unwrap());
            assert_eq!(found.as_deref(), expected, "{pointer} {body}");
        }
    }
}
