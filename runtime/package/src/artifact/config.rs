//! The config: the manifest in one form, what was found in the components, and every file's digest. It is all that a
//! listing, a question about capabilities and a judgement of versions need, without fetching a component.

use std::collections::BTreeMap;

use innominatus_model::{CONTRACT_PACKAGE, Capability, Digest, Json, Name, Version, canonical};
use serde_json::{Map, json};

use super::{ArtifactError, CONFIG_LIMIT, normal};
use crate::{Package, PathSource};

/// The form that is written; a reader knows no later one.
const FORMAT: u64 = 1;

/// What was found in a component. Handed in by who looks into components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFacts {
    /// The contract it was built against: `innominatus:platform@1.0.0`.
    pub contract: String,
    /// Its world: `provisioner`, `golden-path`.
    pub world: String,
    /// Every interface it imports.
    pub imports: Vec<String>,
    /// Every interface it exports.
    pub exports: Vec<String>,
}

/// The config of an artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The platform's name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// The core versions it works with, in words: `>=1.0.0, <2.0.0`.
    pub core: String,
    /// What was found in each component, by its path.
    pub facts: BTreeMap<String, ComponentFacts>,
    /// Every file's digest, by its path. Repeats what the layers say, because some tools lose annotations.
    pub files: BTreeMap<String, Digest>,
    /// All of it.
    pub json: Json,
}

impl Config {
    /// Of a package. The facts are those of its components, no more and no fewer.
    pub(super) fn of(
        package: &Package,
        facts: &BTreeMap<String, ComponentFacts>,
    ) -> Result<(Self, Vec<u8>), ArtifactError> {
        let mut components = Map::new();
        for (path, blob) in package.components() {
            let facts = facts.get(path).ok_or_else(|| {
                ArtifactError::Pack(format!("nobody said what is in the component `{path}`"))
            })?;
            let component = json!({
                "digest": blob.digest.to_string(),
                "size": blob.bytes.len(),
                "contract": facts.contract,
                "world": facts.world,
                "imports": sorted(&facts.imports),
                "exports": sorted(&facts.exports),
            });
            components.insert(path.to_owned(), component);
        }
        let contracts: Vec<String> = package
            .components()
            .filter_map(|(path, _)| facts.get(path))
            .map(|facts| facts.contract.clone())
            .collect();
        let mut all = normal::manifest(&package.manifest);
        all.insert("formatVersion".to_owned(), json!(FORMAT));
        all.insert("wit".to_owned(), json!(sorted(&contracts)));
        all.insert("components".to_owned(), Json::Object(components));
        let files: Map<_, _> = package
            .files
            .iter()
            .map(|(path, file)| (path.clone(), json!(file.blob.digest.to_string())))
            .collect();
        all.insert("files".to_owned(), Json::Object(files));
        let bytes = canonical(&Json::Object(all)).into_bytes();
        if bytes.len() > CONFIG_LIMIT {
            return Err(ArtifactError::Pack(format!("its metadata has more than {CONFIG_LIMIT} bytes")));
        }
        Ok((Self::read(&bytes)?, bytes))
    }

    /// Reads the config of an artifact: canonical JSON of the form that is known.
    pub fn read(bytes: &[u8]) -> Result<Self, ArtifactError> {
        if bytes.len() > CONFIG_LIMIT {
            return Err(wrong(format!("has more than {CONFIG_LIMIT} bytes")));
        }
        let json: Json =
            serde_json::from_slice(bytes).map_err(|error| wrong(format!("is not JSON: {error}")))?;
        match json["formatVersion"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => return Err(wrong(format!("is of form {other}, and only {FORMAT} is known here"))),
            None => return Err(wrong("has no `formatVersion`".to_owned())),
        }
        // A text with a key twice means two things to two readers.
        if canonical(&json).as_bytes() != bytes {
            return Err(wrong("is not in canonical form".to_owned()));
        }
        let text = |name: &str| {
            json[name].as_str().ok_or_else(|| wrong(format!("has no `{name}`"))).map(str::to_owned)
        };
        let name = Name::new(text("name")?).map_err(|error| wrong(format!("has a wrong name: {error}")))?;
        let version = Version::parse(&text("version")?)
            .map_err(|error| wrong(format!("has a wrong version: {error}")))?;
        let facts = object(&json, "components")?
            .iter()
            .map(|(path, component)| Ok((path.clone(), facts(path, component)?)))
            .collect::<Result<_, ArtifactError>>()?;
        let files = object(&json, "files")?
            .iter()
            .map(|(path, digest)| {
                let digest = digest.as_str().and_then(|digest| digest.parse().ok());
                Ok((path.clone(), digest.ok_or_else(|| wrong("has a file without a digest".to_owned()))?))
            })
            .collect::<Result<_, ArtifactError>>()?;
        Ok(Self { name, version, core: text("core")?, facts, files, json })
    }

    /// Score types that it makes, each once.
    pub fn types(&self) -> Vec<String> {
        let made = self.json["provisioners"].as_array().into_iter().flatten();
        let mut types: Vec<String> =
            made.filter_map(|entry| entry["type"].as_str()).map(str::to_owned).collect();
        types.sort();
        types.dedup();
        types
    }

    /// What each provisioner's component imports beyond what every component may, by the entry's name.
    pub fn imports(&self) -> BTreeMap<String, Vec<Capability>> {
        let entries = self.json["provisioners"].as_array().into_iter().flatten();
        let imports = entries.filter_map(|entry| {
            let facts = self.facts.get(entry["component"].as_str()?)?;
            let mut imports: Vec<_> = facts.imports.iter().filter_map(|import| capability(import)).collect();
            imports.retain(|import| !import.is_always_granted());
            imports.sort();
            imports.dedup();
            Some((entry["name"].as_str()?.to_owned(), imports))
        });
        imports.collect()
    }

    /// Under which terms the platform may be used, if it says.
    pub fn license(&self) -> Option<&str> {
        self.json["license"].as_str()
    }

    /// The versions of the contract that its components were built against.
    pub fn contracts(&self) -> Vec<&str> {
        self.json["wit"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
    }
}

/// The interface of the contract in the name of an import.
fn capability(import: &str) -> Option<Capability> {
    let interface = import.strip_prefix(CONTRACT_PACKAGE)?.strip_prefix('/')?;
    Capability::parse(interface.split_once('@').map_or(interface, |(interface, _)| interface))
}

/// The names of the entries that a component is for.
pub(super) fn entries(package: &Package, path: &str) -> String {
    let provisioners = package.manifest.provisioners.iter();
    let made = provisioners.filter(|entry| entry.component == path).map(|entry| entry.name.as_str());
    let golden_paths = package.manifest.golden_paths.iter();
    let deployed = golden_paths
        .filter(|entry| entry.source == PathSource::Component(path.to_owned()))
        .map(|entry| entry.name.as_str());
    made.chain(deployed).collect::<Vec<_>>().join(",")
}

fn facts(path: &str, component: &Json) -> Result<ComponentFacts, ArtifactError> {
    let missing =
        |field: &str| wrong(format!("does not say `{field}` of the component `{}`", path.escape_debug()));
    let text = |field: &str| component[field].as_str().map(str::to_owned).ok_or_else(|| missing(field));
    let texts = |field: &str| {
        let items = component[field].as_array().ok_or_else(|| missing(field))?;
        items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| missing(field)))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(ComponentFacts {
        contract: text("contract")?,
        world: text("world")?,
        imports: texts("imports")?,
        exports: texts("exports")?,
    })
}

fn object<'a>(json: &'a Json, field: &str) -> Result<&'a Map<String, Json>, ArtifactError> {
    json[field].as_object().ok_or_else(|| wrong(format!("has no `{field}`")))
}

fn wrong(problem: String) -> ArtifactError {
    ArtifactError::invalid(format!("its config {problem}"))
}

/// Each once, in one order.
fn sorted(texts: &[String]) -> Vec<String> {
    texts.iter().cloned().collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
