//! Secrets in XML answers: an element's text, found by the names of the elements that lead there.

use innominatus_model::Secret;
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::Event;
use zeroize::Zeroizing;

use super::{Found, Unreadable};

/// What a path of element names, from the root, leads to: every such element that is not empty. Prefixes do not
/// count. An element that holds others is a secret as it is written.
pub(super) fn find(text: &str, path: &str) -> Result<Vec<Found>, Unreadable> {
    let path: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut inside: Option<Inside> = None;
    loop {
        let before = position(&reader);
        match reader.read_event().map_err(|_| Unreadable)? {
            Event::Start(start) => {
                open.push(start.local_name().into_inner().to_owned());
                match &mut inside {
                    Some(inside) => inside.has_elements = true,
                    None if open == path => inside = Some(Inside::at(position(&reader))),
                    None => {}
                }
            }
            Event::End(_) => {
                if open == path {
                    found.extend(inside.take().and_then(|inside| inside.ended(text, before)));
                }
                open.pop();
            }
            Event::Empty(_) => {
                if let Some(inside) = &mut inside {
                    inside.has_elements = true;
                }
            }
            Event::Text(part) => add(&mut inside, &part.xml10_content()),
            Event::CData(part) => add(&mut inside, &part.xml10_content()),
            Event::GeneralRef(reference) => {
                if let Some(letter) = reference.resolve_char_ref().map_err(|_| Unreadable)? {
                    add(&mut inside, letter.encode_utf8(&mut [0; 4]));
                } else {
                    // Entities of the document's own are not expanded.
                    add(&mut inside, resolve_xml_entity(&reference).ok_or(Unreadable)?);
                }
            }
            Event::Eof if open.is_empty() => return Ok(found),
            Event::Eof => return Err(Unreadable),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// A token as it stands in place of a text.
pub(super) fn written(token: &str) -> String {
    escape(token).into_owned()
}

/// An element that is being read.
struct Inside {
    from: usize,
    text: Zeroizing<String>,
    has_elements: bool,
}

impl Inside {
    fn at(from: usize) -> Self {
        Self { from, text: Zeroizing::default(), has_elements: false }
    }

    fn ended(self, whole: &str, to: usize) -> Option<Found> {
        let value = if self.has_elements { whole.get(self.from..to)? } else { &self.text };
        let value = value.trim();
        (!value.is_empty()).then(|| Found { from: self.from, to, value: Secret::new(value) })
    }
}

fn add(inside: &mut Option<Inside>, text: &str) {
    if let Some(inside) = inside {
        inside.text.push_str(text);
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}
