//! Looking around: what is offered, what is behind, what works with which core, what differs, who signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Problem;
use super::TrustTerms;

/// `POST /v1/discover`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoverRequest {
    /// A repository or layout; without it, the configured indexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A version that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferedPlatform {
    /// The platform.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// How to name exactly these bytes.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: String,
    /// The core versions that it works with.
    pub core: String,
    /// Whether this core is one of them.
    pub fits: bool,
    /// Score types that it makes.
    pub types: Vec<String>,
    /// The index that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The version of it that is installed and serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
}

/// Something that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unasked {
    /// What.
    pub what: String,
    /// Why.
    pub problem: Problem,
}

/// The answer of `POST /v1/discover`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// By name and version, the newest first.
    pub items: Vec<OfferedPlatform>,
    /// Indexes that could not be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Unasked>,
}

/// How far a platform is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutdatedPlatform {
    /// The platform.
    pub name: String,
    /// The version that serves.
    pub serving: String,
    /// The newest that is wanted and works with this core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The newest release there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    /// What waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Where it comes from; absent for a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// `GET /v1/outdated`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutdatedList {
    /// By name.
    pub items: Vec<OutdatedPlatform>,
}

/// One version against the cores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompatRow {
    /// The platform.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// Whether it is installed; else it is there where the platform came from.
    pub installed: bool,
    /// The core versions that it works with.
    pub core: String,
    /// The contract versions of its components.
    pub contracts: Vec<String>,
    /// For each core version of the matrix, whether it works with that.
    pub works: Vec<bool>,
}

/// `GET /v1/compatibility`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompatMatrix {
    /// This core.
    pub core: String,
    /// The columns: this core, and every core version at which something begins or ends.
    pub cores: Vec<String>,
    /// By name and version.
    pub rows: Vec<CompatRow>,
    /// Places that could not be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Unasked>,
}

/// `POST /v1/verify`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyRequest {
    /// Where an artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// `name` or `name@version` of an installed platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Which bytes will do.
    #[serde(default)]
    pub trust: TrustTerms,
}

/// The answer of `POST /v1/verify`: it is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// What was judged.
    pub reference: String,
    /// Of the artifact's manifest.
    pub digest: String,
    /// Who signed, in words; none where nobody has to.
    pub signers: Vec<String>,
    /// What counted and what did not, a line for each.
    pub lines: Vec<String>,
}

/// One side of a comparison: one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffSide {
    /// `name`, `name@version` or `name@held` of an installed platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// An absolute folder on the server's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where an artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// `POST /v1/diff`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiffRequest {
    /// What was.
    pub before: DiffSide,
    /// What is to be.
    pub now: DiffSide,
    /// Which bytes will do.
    #[serde(default)]
    pub trust: TrustTerms,
}

/// A side, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffProfile {
    /// The platform.
    pub name: String,
    /// SemVer.
    pub version: String,
    /// Of the whole.
    pub digest: String,
    /// The core versions that it works with.
    pub core: String,
    /// Bytes of all files; 0 of what is partial.
    pub bytes: u64,
    /// Under which terms it may be used, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The release of something else that it was made for, where it says that it follows something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Where it comes from, without a version; a folder as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who signed it, where somebody had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Whether only its components and its record are there, as of what was installed long ago: then its size, licence
    /// and source are not known, nor what its components can call.
    #[serde(default)]
    pub partial: bool,
}

/// What differs in the params of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaDifference {
    /// Which params: a JSON Pointer.
    pub pointer: String,
    /// Whether files that were accepted may be refused now.
    pub breaks: bool,
    /// What it is.
    pub words: String,
    /// Of which classes, where not all are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

/// What else differs in what an entry takes and gives: classes, outputs, verbs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferDifference {
    /// Whether somebody may be let down.
    pub breaks: bool,
    /// What it is.
    pub words: String,
}

/// What became of an entry. One whose type is another is there twice: removed, and added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryDifference {
    /// The entry.
    pub entry: String,
    /// `added`, `removed`, `changed`.
    pub change: String,
    /// Its type, of one that came or went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its version before and now, where they differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// What it asks for that was not asked for before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wider: Vec<String>,
    /// What it asks for no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrower: Vec<String>,
    /// Capabilities that its component can call now and could not before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<String>,
    /// Capabilities that its component could call and can call no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports_removed: Vec<String>,
    /// What differs in its params.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema: Vec<SchemaDifference>,
    /// What else differs in what it takes and gives, each output among it; of one that is gone, whom that lets down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offer: Vec<OfferDifference>,
    /// Outputs that are new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs_added: Vec<String>,
    /// Outputs that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs_removed: Vec<String>,
    /// Whether its component is another.
    #[serde(default)]
    pub component: bool,
}

/// A type of which another entry makes what is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypeDifference {
    /// Score `type`.
    pub kind: String,
    /// Of which classes, where not all are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The entry that made it.
    pub before: String,
    /// The entry that makes it.
    pub now: String,
    /// What the params of the one are that those of the other were not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema: Vec<SchemaDifference>,
    /// What else it takes and gives that the other did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offer: Vec<OfferDifference>,
}

/// The answer of `POST /v1/diff`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlatformDiff {
    /// What was.
    pub before: DiffProfile,
    /// What is to be.
    pub now: DiffProfile,
    /// Whether Score files, or who relies on an output, may be let down.
    pub breaks: bool,
    /// Whether it asks for more.
    pub widens: bool,
    /// Provisioners that differ.
    pub provisioners: Vec<EntryDifference>,
    /// Golden paths that differ.
    pub golden_paths: Vec<EntryDifference>,
    /// Types of which other entries make what is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TypeDifference>,
}
