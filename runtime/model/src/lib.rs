//! The vocabulary of innominatus: what the rooms say to each other.
//!
//! Ids, names, digests, versions, the resource and its status, what a guest says (state, failure), what
//! the host says of a guest (fault), wants and grants, events, and the one table from error code to HTTP
//! status to exit code.
//!
//! **Absent on purpose:** no serde derives (stored shapes live in `ledger`, wire shapes in `api`), no
//! I/O, no clock, no async, nothing of any other room.

#![forbid(unsafe_code)]

mod code;
mod diagnostic;
mod digest;
mod event;
mod failure;
mod golden_path;
mod grant;
mod id;
mod json;
mod name;
mod offer;
mod resource;
mod secret;
mod uid;
mod version;
mod written;

pub use code::{Code, Coded, ExitClass};
pub use diagnostic::{Diagnostic, Severity};
pub use digest::{Digest, InvalidDigest};
pub use event::{Event, EventKind, Subject};
pub use failure::{Cause, Denial, Failure, Fault, FaultKind, Violation};
pub use golden_path::{Candidate, Made, Need, PathRequest, Step, StepKind, WorkloadSpec};
pub use grant::{
    Binding, BindingKind, Capability, Grant, HostPattern, HttpDestination, HttpGrant, HttpLimits, HttpMethod,
    HttpRule, HttpTarget, InvalidHost, RefusedAddress, Scheme, SecretGrant, Want, judge_address,
};
pub use id::{ApplicationId, EventId, ExecutionId, InvalidId, PlanId, ResourceId, RunId};
pub use json::{Json, JsonLimit, JsonLimits, canonical, check_json, json_bytes};
pub use name::{Class, InvalidName, Kind, Name, Scope, SecretName};
pub use offer::{Info, Offer, OutputSpec, Verb};
pub use resource::{
    Artifact, Condition, ConditionStatus, ConditionType, Difference, Health, Hint, Output, Pending, Phase,
    Prior, Progress, Removal, State, Status, Target, Unsettled,
};
pub use secret::Secret;
pub use uid::{ResourceUid, UidKey};
pub use version::{CONTRACT_PACKAGE, CORE_VERSION, CoreRange, InvalidRange, NoCoreRange, Version};
pub use written::{
    NeedPattern, Provision, ResourceDefinition, WrittenFile, WrittenPath, WrittenStep, WrittenWork,
    placeholder,
};
