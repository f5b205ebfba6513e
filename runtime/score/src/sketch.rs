//! What a file asks for, as far as it can be read in spite of its errors: enough to say of each resource whether
//! somebody makes it, beside everything else that is wrong, and never enough to act on.

use std::collections::BTreeMap;

use innominatus_model::{Class, Diagnostic, Json, Kind, Severity};

use crate::tree::{Node, Place, join};
use crate::workload::PlacedReference;

/// The resources and placeholders of one file.
#[derive(Debug, Clone)]
pub struct Sketch {
    file: String,
    resources: Vec<SketchedResource>,
    placeholders: Vec<PlacedReference>,
    places: BTreeMap<String, Place>,
}

/// A resource whose type can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct SketchedResource {
    /// The name under `resources:`.
    pub name: String,
    /// Score `type`.
    pub kind: Kind,
    /// Score `class`.
    pub class: Class,
    /// With placeholders as written; none if something is wrong with the resource that may hide its params.
    pub params: Option<Json>,
}

impl Sketch {
    pub(crate) fn new(
        file: &str,
        root: &Node,
        placeholders: Vec<PlacedReference>,
        diagnostics: &[Diagnostic],
    ) -> Self {
        let mut places = BTreeMap::new();
        root.walk(&mut |pointer, _, place| _ = places.insert(pointer.to_owned(), place));
        let wrong: Vec<Place> = diagnostics
            .iter()
            .filter(|known| known.severity == Severity::Error && known.file == file)
            .map(|known| Place { line: known.line, column: known.column })
            .collect();
        let keys = keys(root);
        let resources = root.entries("resources").filter_map(|(name, entry)| {
            let text = |field: &str| entry.node.get(field).and_then(Node::text);
            let class = match entry.node.get("class") {
                Some(class) => Class::new(class.text()?).ok()?,
                None => Class::default(),
            };
            let params = entry.node.get("params").map(Node::to_json);
            let end = keys.iter().find(|key| **key > entry.key_at);
            let is_inside = |place: &&Place| **place >= entry.key_at && end.is_none_or(|end| **place < *end);
            let is_whole = !wrong.iter().any(|place| is_inside(&place));
            Some(SketchedResource {
                name: name.clone(),
                kind: Kind::new(text("type")?).ok()?,
                class,
                params: params.or(is_whole.then_some(Json::Null)),
            })
        });
        Self { file: file.to_owned(), resources: resources.collect(), placeholders, places }
    }

    /// The file, as the person named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// In the order of the file.
    pub fn resources(&self) -> &[SketchedResource] {
        &self.resources
    }

    /// The placeholders that can be read and whose resource is there.
    pub fn placeholders(&self) -> &[PlacedReference] {
        &self.placeholders
    }

    /// Line and column of something of a resource, by an RFC 6901 pointer below it, or of the nearest thing
    /// around it; (0, 0) if no place is known.
    pub fn locate(&self, resource: &str, below: &str) -> (u32, u32) {
        let pointer = format!("{}{below}", join("/resources", resource));
        let place = nearest(&self.places, &pointer);
        (place.line, place.column)
    }
}

/// Where the nearest known thing at or around a pointer stands.
pub(crate) fn nearest(places: &BTreeMap<String, Place>, pointer: &str) -> Place {
    let mut pointer = pointer;
    loop {
        if let Some(place) = places.get(pointer) {
            return *place;
        }
        match pointer.rfind('/') {
            Some(end) => pointer = &pointer[..end],
            None => return Place::WHOLE_FILE,
        }
    }
}

/// Where resources and fields of the root begin, in order: the next one is where a resource ends.
fn keys(root: &Node) -> Vec<Place> {
    let fields = root.map().into_iter().flatten().map(|(_, entry)| entry.key_at);
    let mut keys: Vec<Place> =
        root.entries("resources").map(|(_, entry)| entry.key_at).chain(fields).collect();
    keys.sort_unstable();
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Source, survey};

    use super::*;

    fn sketch(text: &str) -> Sketch {
        survey(&Source { name: "score.yaml".into(), text: text.into(), ..Source::default() }).1.unwrap()
    }

    const WRONG: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: Shop}
containers:
  main:
    image: x
    env: {A: \"${resources.db.host}\", B: \"${resources.gone.host}\"}
    variables: {C: \"${resources.cache.port}\"}
resources:
  db:
    type: postgres
    properties: {size: 3}
  cache: {type: redis, class: big}
  queue:
    type: amqp
    parameters: {vhost: x}
  nameless: {class: big}
  odd: {type: \"no type\"}
service: {}
";

    #[test]
    fn what_can_be_read_is_there_beside_what_cannot() {
        let sketch = sketch(WRONG);
        let told: Vec<_> = sketch
            .resources()
            .iter()
            .map(|it| (it.name.as_str(), it.kind.as_str(), it.class.as_str(), it.params.clone()))
            .collect();
        assert_eq!(
            told,
            [
                ("db", "postgres", "default", Some(json!({"size": 3}))),
                ("cache", "redis", "big", Some(Json::Null)),
                ("queue", "amqp", "default", None),
            ],
            "a mistake that is known by name is put right; what else is wrong may hide params"
        );
        let placeholders: Vec<String> =
            sketch.placeholders().iter().map(|it| it.reference.to_string()).collect();
        assert!(placeholders.contains(&"${resources.cache.port}".to_owned()), "{placeholders:?}");
        assert!(!placeholders.contains(&"${resources.gone.host}".to_owned()), "{placeholders:?}");
        assert_eq!(sketch.locate("db", "/type"), (10, 11));
        assert_eq!(sketch.locate("db", "/params/unknown"), (11, 5), "the nearest thing around it");
    }

    #[test]
    fn what_is_no_score_file_gives_none() {
        for text in ["", "- a\n", "a: [\n"] {
            let source = Source { name: "x".into(), text: text.into(), ..Source::default() };
            assert!(survey(&source).1.is_none(), "{text:?}");
        }
    }
}
