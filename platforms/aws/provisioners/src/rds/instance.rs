//! A database as AWS describes it.

use innominatus_guest::prelude::*;

use super::work::Work;
use crate::api::read;
use crate::settings::Service::Rds;
use crate::tags::{Tag, Tags};

/// What AWS says where there is none.
pub(super) const MISSING: &[&str] = &["DBInstanceNotFound", "DBInstanceNotFoundFault"];

/// One database, as far as we care.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instance {
    #[serde(rename = "DBInstanceStatus")]
    pub(super) status: String,
    #[serde(rename = "DBInstanceClass")]
    pub(super) class: String,
    #[serde(rename = "DBInstanceArn")]
    pub(super) arn: String,
    pub(super) engine_version: String,
    pub(super) allocated_storage: u32,
    pub(super) storage_type: String,
    #[serde(rename = "MultiAZ")]
    pub(super) multi_az: bool,
    pub(super) backup_retention_period: u32,
    pub(super) deletion_protection: bool,
    pub(super) publicly_accessible: bool,
    pub(super) auto_minor_version_upgrade: bool,
    pub(super) instance_create_time: String,
    pub(super) endpoint: Option<Endpoint>,
    #[serde(rename = "PendingModifiedValues")]
    pub(super) pending: Pending,
    pub(super) vpc_security_groups: Groups,
    tag_list: TagList,
}

/// Where a database answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Endpoint {
    pub(super) address: String,
    pub(super) port: u16,
}

/// What was asked for and is not so yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Pending {
    #[serde(rename = "DBInstanceClass")]
    class: Option<String>,
    engine_version: Option<String>,
    allocated_storage: Option<u32>,
    storage_type: Option<String>,
    #[serde(rename = "MultiAZ")]
    multi_az: Option<bool>,
    backup_retention_period: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Groups {
    #[serde(rename = "VpcSecurityGroupMembership")]
    pub(super) members: Vec<Group>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Group {
    pub(super) vpc_security_group_id: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagList {
    tag: Vec<Tag>,
}

/// How far a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It serves, and can be changed.
    Available,
    /// AWS works on it.
    Busy,
    /// It goes.
    Deleting,
    /// A person stopped it.
    Stopped,
    /// It does not serve, but can be changed.
    Full,
    /// It does not get better by itself.
    Broken,
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "DescribeDBInstancesResult")]
    result: DescribedResult,
}

#[derive(Deserialize)]
struct DescribedResult {
    #[serde(rename = "DBInstances", default)]
    instances: Instances,
}

#[derive(Default, Deserialize)]
struct Instances {
    #[serde(rename = "DBInstance", default)]
    list: Vec<Instance>,
}

/// The answer to a change: the database as it is then.
#[derive(Deserialize)]
struct Changed {
    #[serde(
        rename = "CreateDBInstanceResult",
        alias = "ModifyDBInstanceResult",
        alias = "DeleteDBInstanceResult"
    )]
    result: ChangedResult,
}

#[derive(Deserialize)]
struct ChangedResult {
    #[serde(rename = "DBInstance")]
    instance: Instance,
}

impl Instance {
    pub(super) fn stage(&self) -> Stage {
        match self.status.as_str() {
            "available" | "storage-optimization" => Stage::Available,
            "deleting" => Stage::Deleting,
            "stopped" => Stage::Stopped,
            "storage-full" => Stage::Full,
            "failed"
            | "restore-error"
            | "inaccessible-encryption-credentials"
            | "inaccessible-encryption-credentials-recoverable"
            | "insufficient-capacity" => Stage::Broken,
            status if status.starts_with("incompatible-") => Stage::Broken,
            _ => Stage::Busy,
        }
    }

    pub(super) fn tags(&self) -> Tags {
        Tags(self.tag_list.tag.clone())
    }

    /// As it will be when what was asked for is done.
    pub(super) fn settled(&self) -> Self {
        let Pending {
            class,
            engine_version,
            allocated_storage,
            storage_type,
            multi_az,
            backup_retention_period,
        } = self.pending.clone();
        let mut settled = self.clone();
        fn take<T>(to: &mut T, from: Option<T>) {
            if let Some(value) = from {
                *to = value;
            }
        }
        take(&mut settled.class, class);
        take(&mut settled.engine_version, engine_version);
        take(&mut settled.allocated_storage, allocated_storage);
        take(&mut settled.storage_type, storage_type);
        take(&mut settled.multi_az, multi_az);
        take(&mut settled.backup_retention_period, backup_retention_period);
        settled
    }
}

/// The database in the answer to a change.
pub(super) fn changed(text: &str) -> Result<Instance, Failure> {
    Ok(read::<Changed>(text)?.result.instance)
}

impl Work<'_> {
    /// The database, if there is one.
    pub(super) fn find(&self) -> Result<Option<Instance>, Failure> {
        let id = self.handle.instance.as_str();
        let fields = [("DBInstanceIdentifier", id)];
        let purpose = format!("look for the database `{id}`");
        let found = self.aws.find(Rds, "DescribeDBInstances", &fields, &purpose, MISSING)?;
        let Some(text) = found else { return Ok(None) };
        Ok(read::<Described>(&text)?.result.instances.list.into_iter().next())
    }
}
