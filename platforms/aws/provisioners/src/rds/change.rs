//! What makes a database, and what of it is not as asked for.

use innominatus_guest::prelude::*;

use super::instance::Instance;
use super::params::{PostgresParams, Storage, shrunk, version_problem};
use super::version::Version;
use super::work::Work;

const CLASS: &str = "db.t4g.micro";
const STORAGE: u32 = 20;
const STORAGE_TYPE: &str = "gp3";
const BACKUP_DAYS: u32 = 7;

/// One thing that is not as asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) pointer: &'static str,
    pub(super) desired: Json,
    pub(super) observed: Json,
    /// What `ModifyDBInstance` is to be told.
    pub(super) fields: Vec<(String, String)>,
}

type Fields = Vec<(String, String)>;

fn field(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

impl Work<'_> {
    /// The form that makes the database. The password in it is a token.
    pub(super) fn create_fields(&self) -> Result<Fields, Failure> {
        let PostgresParams { version, kms_key, .. } = &self.target.params;
        let params = &self.target.params;
        let settings = &self.aws.settings;
        let storage = params.storage.as_ref().and_then(Storage::gib).unwrap_or(STORAGE);
        let mut fields = vec![
            field("DBInstanceIdentifier", &self.handle.instance),
            field("DBInstanceClass", params.instance_class.as_deref().unwrap_or(CLASS)),
            field("Engine", "postgres"),
            field("AllocatedStorage", storage),
            field("StorageType", params.storage_type.as_deref().unwrap_or(STORAGE_TYPE)),
            field("StorageEncrypted", true),
            field("DBName", &self.handle.database),
            field("MasterUsername", &self.handle.username),
            field("MasterUserPassword", self.password()?),
            field("MultiAZ", params.multi_az.unwrap_or_default()),
            field("BackupRetentionPeriod", params.backup_retention_days.unwrap_or(BACKUP_DAYS)),
            field("DeletionProtection", params.deletion_protection.unwrap_or_default()),
            field("PubliclyAccessible", params.publicly_accessible),
            field("AutoMinorVersionUpgrade", !version.as_ref().is_some_and(Version::is_exact)),
            field("CopyTagsToSnapshot", true),
        ];
        fields.extend(version.as_ref().map(|version| field("EngineVersion", version)));
        fields.extend(kms_key.as_ref().map(|key| field("KmsKeyId", key)));
        fields.extend(settings.db_subnet_group.as_ref().map(|group| field("DBSubnetGroupName", group)));
        fields.extend(groups(&settings.vpc_security_group_ids));
        fields.extend(self.tags().fields("Tags.Tag"));
        Ok(fields)
    }

    /// What is not as asked for. `instance` is as it will be when what was asked for before is done.
    pub(super) fn changes(&self, instance: &Instance) -> Vec<Change> {
        let params = &self.target.params;
        let mut changes = Vec::new();
        let mut differs = |pointer, desired: Json, observed: Json, fields: Fields| {
            if desired != observed {
                changes.push(Change { pointer, desired, observed, fields });
            }
        };
        if let Some(class) = &params.instance_class {
            differs(
                "/instanceClass",
                json!(class),
                json!(instance.class),
                vec![field("DBInstanceClass", class)],
            );
        }
        if let Some(storage) = params.storage.as_ref().and_then(Storage::gib) {
            let fields = vec![field("AllocatedStorage", storage)];
            differs("/storage", json!(storage), json!(instance.allocated_storage), fields);
        }
        if let Some(kind) = &params.storage_type {
            differs(
                "/storageType",
                json!(kind),
                json!(instance.storage_type),
                vec![field("StorageType", kind)],
            );
        }
        if let Some(version) = &params.version {
            if !version.covers(&instance.engine_version) {
                let mut fields = vec![field("EngineVersion", version)];
                if params.allow_major_upgrade {
                    fields.push(field("AllowMajorVersionUpgrade", true));
                }
                differs("/version", json!(version.to_string()), json!(instance.engine_version), fields);
            }
            // AWS must not choose another minor version than the one that is named.
            let chooses = !version.is_exact();
            let fields = vec![field("AutoMinorVersionUpgrade", chooses)];
            let observed = instance.auto_minor_version_upgrade;
            if chooses != observed {
                let shown = |chooses| if chooses { "minor versions change by themselves" } else { "fixed" };
                differs("/version", json!(shown(chooses)), json!(shown(observed)), fields);
            }
        }
        if let Some(multi_az) = params.multi_az {
            differs("/multiAz", json!(multi_az), json!(instance.multi_az), vec![field("MultiAZ", multi_az)]);
        }
        if let Some(days) = params.backup_retention_days {
            let fields = vec![field("BackupRetentionPeriod", days)];
            differs("/backupRetentionDays", json!(days), json!(instance.backup_retention_period), fields);
        }
        if let Some(protected) = params.deletion_protection {
            let fields = vec![field("DeletionProtection", protected)];
            differs("/deletionProtection", json!(protected), json!(instance.deletion_protection), fields);
        }
        let public = params.publicly_accessible;
        let fields = vec![field("PubliclyAccessible", public)];
        differs("/publiclyAccessible", json!(public), json!(instance.publicly_accessible), fields);
        let wanted = sorted(self.aws.settings.vpc_security_group_ids.iter().cloned());
        if !wanted.is_empty() {
            let found = instance.vpc_security_groups.members.iter();
            let found = sorted(found.map(|group| group.vpc_security_group_id.clone()));
            differs("", json!(wanted), json!(found), groups(&wanted));
        }
        changes
    }

    /// Why what was found cannot become what is asked for.
    pub(super) fn impossible(&self, instance: &Instance) -> Vec<Violation> {
        let params = &self.target.params;
        let storage = params.storage.as_ref().and_then(Storage::gib);
        let storage = storage.and_then(|wanted| shrunk(instance.allocated_storage, wanted));
        let version = params.version.as_ref();
        let version = version.and_then(|version| {
            version_problem(&instance.engine_version, version, params.allow_major_upgrade)
        });
        storage.into_iter().chain(version).collect()
    }
}

fn groups(ids: &[String]) -> Fields {
    let name = |at| format!("VpcSecurityGroupIds.VpcSecurityGroupId.{}", at + 1);
    ids.iter().enumerate().map(|(at, id)| (name(at), id.clone())).collect()
}

fn sorted(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids.dedup();
    ids
}
