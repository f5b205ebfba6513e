//! The JSON of API v1, one file per subject.

mod application;
mod apply;
mod effect;
mod event;
mod grant;
mod plan;
mod platform;
mod problem;
mod publish;
mod report;
mod resource;
mod run;
mod secret;
mod status;

pub use application::{ApplicationDetail, ApplicationList, ApplicationSummary};
pub use apply::{
    ApplyRequest, Change, FileSources, NextStep, Observed, Receipt, Requested, ScoreFile, SourcesAnswer,
    SourcesRequest, ValidateAnswer,
};
pub use effect::{AnswerBody, ReplayAnswer, ReplayRequest, ResolveRequest};
pub use event::{EventList, EventView};
pub use grant::{
    AskView, CapabilityView, CredentialView, EntryGrants, Examination, ExamineRequest, GrantView, GrantsFile,
    GrantsView, HttpGrantView, HttpRuleView, ReferenceView,
};
pub use plan::{PlanAction, PlanSummary, PlanView, PlannedResource};
pub use platform::{
    AppliedPlatform, AppliedPlatforms, ApplyPlatformsRequest, ApproveRequest, CompatMatrix, CompatRow,
    DesiredPlatform, DiffProfile, DiffRequest, DiffSide, DiscoverRequest, Discovery, EntryDifference,
    GoldenPathView, HeldView, InstallRequest, MigrateRequest, MigrationReport, MovedApplication,
    MovedResource, OfferDifference, OfferedPlatform, OutdatedList, OutdatedPlatform, PlatformDetail,
    PlatformDiff, PlatformList, PlatformSummary, ProvisionerView, RegistryLogin, RollbackRequest,
    SchemaDifference, SchemaView, ServingRequest, TrustTerms, TrustedKey, TypeDifference, Unasked,
    UpdateReport, UpdateRequest, Verification, VerifyRequest,
};
pub use problem::{DiagnosticView, Problem};
pub use publish::{
    ArtifactFile, AttestationReport, CarryReport, IndexReport, IndexedVersion, KeyReport, PackReport,
    PushReport, SignReport,
};
pub use report::{
    ExitCodeList, ExitCodeView, Explanation, ExplanationList, InstallReport, RunReport, SchemaList,
    SchemaSummary, Serving, WrittenFile,
};
pub use resource::{
    ConditionView, ErrorView, HintView, OutputList, OutputView, ResourceDetail, ResourceList, ResourceSummary,
};
pub use run::{ArtifactContent, ArtifactList, ArtifactView, RunDetail, RunList, RunState, StepView};
pub use secret::{SecretList, SecretSummary, SecretValue};
pub use status::ServerStatus;

use serde::{Deserialize, Serialize};

/// Wraps any answer for printing: `apiVersion` and `kind` beside the object's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// [`crate::API_VERSION`].
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// Which wire type it is: `Receipt`, `ApplicationList`, …
    pub kind: String,
    /// The object itself.
    #[serde(flatten)]
    pub body: T,
}

impl<T> Envelope<T> {
    /// Wraps under this kind.
    pub fn new(kind: &str, body: T) -> Self {
        Self { api_version: crate::API_VERSION.into(), kind: kind.into(), body }
    }
}
