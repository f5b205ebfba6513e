//! What a provisioner or golden path is written with: `use innominatus_guest::prelude::*;`

pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};
pub use serde_json::json;

pub use crate::{
    Artifact, Cause, Failure, FailureExt, GoldenPath, Health, Hint, Host, HttpError, HttpResponse, Json,
    Level, Made, Need, NoParams, Offer, OutputSpec, PathHost, Progress, Provisioner, Removal, Request, Slot,
    State, Status, Step, Target, Violation, Workload,
};
