//! One workload: a Score file that was accepted.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use innominatus_model::{Class, Code, Coded, InvalidName, Json, Kind, Name, ResourceUid, UidKey};

use crate::expand::expanded;
use crate::placeholder::{InvalidPlaceholder, Piece, Reference, pieces};
use crate::sketch::nearest;
use crate::tree::{Node, Place};

/// A workload in the form of `score.dev/v1b1`, with the places where things stand in its file.
#[derive(Clone, Debug)]
pub struct Workload {
    name: Name,
    file: String,
    spec: Json,
    resources: IndexMap<String, ResourceDeclaration>,
    placeholders: Vec<PlacedReference>,
    places: BTreeMap<String, Place>,
}

/// A resource as one workload declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceDeclaration {
    /// Its identity in the application.
    pub uid: ResourceUid,
    /// With placeholders as written; null when the file gives none.
    pub params: Json,
    /// As written; null when the file gives none.
    pub metadata: Json,
}

/// A placeholder and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedReference {
    /// RFC 6901 pointer into [`Workload::spec`] of the string that holds it.
    pub pointer: String,
    /// What it refers to.
    pub reference: Reference,
    /// The file it stands in: the Score file, or one named by `source`.
    pub file: String,
    /// Line from 1; 0 if unknown.
    pub line: u32,
    /// Column in characters from 1; 0 if unknown.
    pub column: u32,
}

/// A kept spec cannot be taken for a workload.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSpec {
    /// Something is not there or has the wrong type.
    #[error("a kept workload has no usable `{0}`")]
    Missing(String),
    /// A name breaks its rule.
    #[error("a kept workload has an invalid `{0}`")]
    Name(String, #[source] InvalidName),
    /// A placeholder cannot be read.
    #[error("a kept workload has an invalid placeholder at `{0}`")]
    Placeholder(String, #[source] InvalidPlaceholder),
}

impl Coded for InvalidSpec {
    fn code(&self) -> Code {
        Code::StoreIntegrity
    }
}

impl Workload {
    /// A workload from the spec of an earlier read. It knows no places.
    pub fn from_spec(spec: Json) -> Result<Self, InvalidSpec> {
        let root = Node::from_json(&spec);
        let mut placeholders = Vec::new();
        for (pointer, node) in expanded(&root) {
            for (_, piece) in pieces(node.text().unwrap_or_default()) {
                let read = match piece {
                    Piece::Text(_) => continue,
                    Piece::Placeholder(inner) => Reference::parse(inner),
                    Piece::Unclosed(rest) => Err(InvalidPlaceholder::Unclosed(rest.to_owned())),
                };
                let reference = read.map_err(|error| InvalidSpec::Placeholder(pointer.clone(), error))?;
                placeholders.push(PlacedReference {
                    pointer: pointer.clone(),
                    reference,
                    file: String::new(),
                    line: 0,
                    column: 0,
                });
            }
        }
        let mut workload = Self::assemble(String::new(), spec, placeholders, BTreeMap::new())?;
        workload.file = format!("workload {}", workload.name);
        for placeholder in &mut workload.placeholders {
            placeholder.file.clone_from(&workload.file);
        }
        Ok(workload)
    }

    /// A workload from a tree without errors.
    pub(crate) fn from_tree(
        file: &str,
        root: &Node,
        placeholders: Vec<PlacedReference>,
    ) -> Result<Self, InvalidSpec> {
        let mut places = BTreeMap::new();
        root.walk(&mut |pointer, _, place| _ = places.insert(pointer.to_owned(), place));
        Self::assemble(file.to_owned(), root.to_json(), placeholders, places)
    }

    fn assemble(
        file: String,
        spec: Json,
        placeholders: Vec<PlacedReference>,
        places: BTreeMap<String, Place>,
    ) -> Result<Self, InvalidSpec> {
        let name = text(&spec, "/metadata/name")?;
        let name = Name::new(name).map_err(|error| InvalidSpec::Name("/metadata/name".into(), error))?;
        if !spec["containers"].is_object() {
            return Err(InvalidSpec::Missing("/containers".into()));
        }
        let mut resources = IndexMap::new();
        for (key, resource) in spec["resources"].as_object().into_iter().flatten() {
            resources.insert(key.clone(), declaration(&name, key, resource)?);
        }
        Ok(Self { name, file, spec, resources, placeholders, places })
    }

    /// `metadata.name`.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The file, as the person named it; after [`Workload::from_spec`] words that stand for it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The file's `metadata`, an object.
    pub fn metadata(&self) -> &Json {
        &self.spec["metadata"]
    }

    /// The value that `${metadata.…}` with this path stands for.
    pub fn metadata_at(&self, path: &[String]) -> Option<&Json> {
        path.iter().try_fold(self.metadata(), |value, segment| value.get(segment))
    }

    /// The workload as JSON of `score.dev/v1b1`: `files` and `volumes` are mappings, files named by `source`
    /// stand as `content` (UTF-8) or `binaryContent` (base64), `containers` is there even when empty (which
    /// only the older dialect allows).
    pub fn spec(&self) -> &Json {
        &self.spec
    }

    /// Puts an image in place of what the file says. Returns whether there is a container of that name.
    pub fn set_image(&mut self, container: &str, image: &str) -> bool {
        let found = self.spec["containers"].get_mut(container).and_then(|body| body.get_mut("image"));
        found.map(|known| *known = Json::String(image.to_owned())).is_some()
    }

    /// The resources by the name under `resources:`, in the order of the file.
    pub fn resources(&self) -> &IndexMap<String, ResourceDeclaration> {
        &self.resources
    }

    /// Line and column, from 1, of the value at an RFC 6901 pointer into [`Workload::spec`], or of the
    /// nearest thing around it; (0, 0) if no place is known.
    pub fn locate(&self, pointer: &str) -> (u32, u32) {
        let place = nearest(&self.places, pointer);
        (place.line, place.column)
    }

    /// Every placeholder in every place where Score expands them, in the order of the spec.
    pub fn placeholders(&self) -> Vec<PlacedReference> {
        self.placeholders.clone()
    }
}

fn declaration(workload: &Name, key: &str, resource: &Json) -> Result<ResourceDeclaration, InvalidSpec> {
    let at = |field: &str| format!("/resources/{key}/{field}");
    let kind = resource["type"].as_str().ok_or_else(|| InvalidSpec::Missing(at("type")))?;
    let kind = Kind::new(kind).map_err(|error| InvalidSpec::Name(at("type"), error))?;
    let class = match resource.get("class").and_then(Json::as_str) {
        Some(class) => Class::new(class).map_err(|error| InvalidSpec::Name(at("class"), error))?,
        None => Class::default(),
    };
    let key = match resource.get("id").and_then(Json::as_str) {
        Some(id) => UidKey::Shared(id.to_owned()),
        None => UidKey::Own { workload: workload.clone(), resource: key.to_owned() },
    };
    let part = |field: &str| resource.get(field).cloned().unwrap_or_default();
    Ok(ResourceDeclaration {
        uid: ResourceUid { kind, class, key },
        params: part("params"),
        metadata: part("metadata"),
    })
}

fn text<'a>(spec: &'a Json, pointer: &str) -> Result<&'a str, InvalidSpec> {
    spec.pointer(pointer).and_then(Json::as_str).ok_or_else(|| InvalidSpec::Missing(pointer.into()))
}
