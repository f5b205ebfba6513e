//! The resource: what a guest is told, what it answers, and what the host makes of it.

use crate::{Class, Json, Kind, Name, ResourceId, Scope};

/// Where a resource is in its life. `Ready` is meaningful only while the observed generation equals the
/// desired one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Desired, nothing done yet.
    Pending,
    /// Being made for the first time.
    Provisioning,
    /// What was asked for.
    Ready,
    /// Exists, but not as asked for.
    Degraded,
    /// Exists, and is being changed.
    Updating,
    /// Being removed.
    Deleting,
    /// Removed; kept for history.
    Deleted,
    /// Given up until a person or a new file changes something.
    Failed,
    /// A write may or may not have happened, and nobody could find out.
    InDoubt,
}

impl Phase {
    /// Every phase, in the order of a life.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Provisioning,
        Self::Ready,
        Self::Degraded,
        Self::Updating,
        Self::Deleting,
        Self::Deleted,
        Self::Failed,
        Self::InDoubt,
    ];

    /// The stable word, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Updating => "updating",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
            Self::InDoubt => "in-doubt",
        }
    }

    /// From the stable word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }
}

/// A condition in the Kubernetes shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it is about.
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// CamelCase, for machines.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When `status` last changed, milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// The generation this was said of.
    pub observed_generation: u64,
}

/// The condition types of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The provisioner finished for the observed generation.
    Provisioned,
    /// Usable as asked for.
    Ready,
    /// Exists, but not as asked for.
    Degraded,
    /// Retries are waiting, or have been given up.
    Stalled,
    /// Removal has begun.
    Deleting,
}

impl ConditionType {
    /// Every type.
    pub const ALL: [Self; 5] =
        [Self::Provisioned, Self::Ready, Self::Degraded, Self::Stalled, Self::Deleting];

    /// The CamelCase word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioned => "Provisioned",
            Self::Ready => "Ready",
            Self::Degraded => "Degraded",
            Self::Stalled => "Stalled",
            Self::Deleting => "Deleting",
        }
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    Unknown,
}

impl ConditionStatus {
    /// `True`, `False` or `Unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// A named value that a resource gives to those who refer to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// As in `${resources.db.host}`: the last segment.
    pub name: String,
    /// The value. For a sensitive output it may hold tokens, and is stored sealed.
    pub value: Json,
    /// Shown redacted, handed on as a token.
    pub sensitive: bool,
}

/// A piece of text that a golden path can assemble, or (from `render`) a file of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// For a run artifact: a relative file name.
    pub name: String,
    /// What the content is; decides how tokens are written into it.
    pub media_type: String,
    /// UTF-8 text (base64 text when the media type says `;base64`).
    pub content: String,
    /// Tokens in the content become secrets, in a file that only its owner can read. Tokens in any other
    /// artifact break the contract.
    pub sensitive: bool,
}

/// What a provisioner hands over. `handle` is what it needs to find its thing again, never a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The component's own note to itself.
    pub handle: Json,
    /// What others may refer to.
    pub outputs: Vec<Output>,
    /// What the golden path assembles.
    pub artifacts: Vec<Artifact>,
}

impl Default for State {
    fn default() -> Self {
        Self { handle: Json::Null, outputs: Vec::new(), artifacts: Vec::new() }
    }
}

/// What the host kept from the last answer, partial failure or checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// What was handed over.
    pub state: State,
    /// The version of the provisioner that said so.
    pub version: String,
    /// The generation it was said of.
    pub generation: u64,
    /// The params it was said of.
    pub params: Json,
}

/// A write that may or may not have happened: look before creating.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// What the call was for.
    pub purpose: String,
    /// When it left, milliseconds since the Unix epoch.
    pub sent_ms: u64,
    /// The request as the guest gave it.
    pub request: Json,
}

/// What a provisioner is asked to look after.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Whose, and where.
    pub scope: Scope,
    /// The application it belongs to.
    pub application: Name,
    /// Identity.
    pub id: ResourceId,
    /// A name for people and for derived names: unique in the application.
    pub name: String,
    /// Score `type`.
    pub kind: Kind,
    /// Score `class`.
    pub class: Class,
    /// The workloads that claim it.
    pub workloads: Vec<Name>,
    /// Free-form pairs.
    pub labels: Vec<(String, String)>,
    /// Validated against the component's schema, defaults filled in.
    pub params: Json,
    /// Counts changes of the desired state.
    pub generation: u64,
    /// Counts tries of this generation, from 1.
    pub attempt: u32,
    /// From the last time, if there was one.
    pub prior: Option<Prior>,
    /// Writes that may have happened.
    pub unsettled: Vec<Unsettled>,
}

/// Long work returns at once; the host calls `provision` again.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Becomes `prior` of the next call.
    pub state: State,
    /// When to call again, in milliseconds.
    pub after_ms: u64,
    /// What is being waited for.
    pub reason: String,
    /// How far, if known.
    pub percent: Option<u8>,
}

/// The answer of `provision` and `adopt`.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Done.
    Ready(State),
    /// Call again.
    Pending(Pending),
}

/// The answer of `deprovision`.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// Nothing is left.
    Gone,
    /// Call again.
    Pending(Pending),
}

/// What a provisioner sees when it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// As asked for.
    Ready,
    /// On its way.
    Progressing,
    /// There, but not as asked for.
    Degraded,
    /// Not there.
    Missing,
    /// Cannot tell.
    Unknown,
}

impl Health {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Progressing => "progressing",
            Self::Degraded => "degraded",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// One place where the world differs from what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// RFC 6901 JSON Pointer into the params.
    pub pointer: String,
    /// Asked for.
    pub desired: Json,
    /// Found.
    pub observed: Json,
}

/// The answer of `get-status`.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// In one word.
    pub health: Health,
    /// CamelCase, for machines.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Drift, if any.
    pub drift: Vec<Difference>,
    /// A fresher state, if it looked.
    pub state: Option<State>,
}

/// Something useful to a person: a URL, a command, a connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// `url`, `connection_string`, `command`, `dashboard`, `docs`, and whatever comes: open on purpose.
    pub kind: String,
    /// What it is.
    pub label: String,
    /// The thing itself; may hold tokens.
    pub value: String,
    /// A name of an icon.
    pub icon: Option<String>,
    /// Shown only on demand.
    pub sensitive: bool,
}
