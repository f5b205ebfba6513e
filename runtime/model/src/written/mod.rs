//! Golden paths and resource definitions that are written down instead of compiled, as they were read.

pub mod placeholder;

use std::fmt;

use crate::{Class, Json, Kind, Name, Version};

/// A golden path from a file. Names, references and placeholders in it are checked; its templates and the schema of
/// its parameters are not.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenPath {
    /// The entry's name.
    pub name: Name,
    /// The entry's version.
    pub version: Version,
    /// One line for people.
    pub description: Option<String>,
    /// JSON Schema of the parameters.
    pub schema: Json,
    /// The line of the file in which the schema begins; 0 if the file has none.
    pub schema_line: u32,
    /// In the order of the file.
    pub steps: Vec<WrittenStep>,
}

/// One entry under `steps:`.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenStep {
    /// Unique in the file.
    pub name: Name,
    /// Steps of the file that come first. `None` for a render step means every provisioner step, for a provisioner
    /// step none.
    pub depends_on: Option<Vec<Name>>,
    /// What is done.
    pub work: WrittenWork,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum WrittenWork {
    /// Makes every need that the pattern covers and that no narrower pattern of the file covers.
    Provision(Provision),
    /// Renders files.
    Render(Vec<WrittenFile>),
}

/// `config:` of a provisioner step.
#[derive(Debug, Clone, PartialEq)]
pub struct Provision {
    /// Which needs.
    pub resource: NeedPattern,
    /// Who makes them: an entry, of the golden path's own platform if none is named. `None`: the first candidate.
    pub provisioner: Option<(Option<Name>, Name)>,
    /// Put over the params of each need, with placeholders as written. An object.
    pub params: Option<Json>,
}

/// One entry under `files:` of a render step.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenFile {
    /// A relative path, with placeholders as written.
    pub path: String,
    /// What the content is.
    pub media_type: String,
    /// Whether it may hold secrets.
    pub sensitive: bool,
    /// The template.
    pub template: String,
    /// The line of the golden path's file in which the template's first line stands; 0 where lines of the template
    /// are not lines of the file.
    pub line: u32,
}

/// Which needs a step is for. Ordered by how many: the narrowest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedPattern {
    /// `postgres.large`
    Class(Kind, Class),
    /// `postgres`
    Kind(Kind),
    /// `*`
    All,
}

impl NeedPattern {
    /// Whether a need of this type and class is among them.
    pub fn covers(&self, kind: &Kind, class: &Class) -> bool {
        match self {
            Self::Class(k, c) => k == kind && c == class,
            Self::Kind(k) => k == kind,
            Self::All => true,
        }
    }

    /// How narrow it is; a smaller number goes first.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Class(..) => 0,
            Self::Kind(_) => 1,
            Self::All => 2,
        }
    }
}

/// As written.
impl fmt::Display for NeedPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(kind, class) => write!(f, "{kind}.{class}"),
            Self::Kind(kind) => kind.fmt(f),
            Self::All => f.write_str("*"),
        }
    }
}

/// A resource definition from a file: defaults for the params of a type that a provisioner makes.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceDefinition {
    /// Its name.
    pub name: Name,
    /// One line for people.
    pub description: Option<String>,
    /// The type.
    pub kind: Kind,
    /// The class; every class if none is named.
    pub class: Option<Class>,
    /// The provisioner entry, which is also the one that the manifest binds.
    pub provisioner: Option<Name>,
    /// An object: put under what a Score file says.
    pub params: Json,
}
