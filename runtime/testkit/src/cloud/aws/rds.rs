//! Databases. They are as asked for once they were looked at often enough.

use std::collections::BTreeMap;

use super::request::{Misunderstood, demand};
use super::{Account, Asked, action_error, escaped};

/// One database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// What it was made of and changed to, by the names of the form.
    pub fields: BTreeMap<String, String>,
    /// What was asked for and is not so yet.
    pub pending: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How AWS says it is.
    pub status: String,
    /// When, as AWS writes it.
    pub created: String,
    /// Looks until it is as asked for, or gone.
    pub looks: u32,
}

/// What is shown of the fields, and how it is called there.
const SHOWN: &[(&str, &str)] = &[
    ("DBInstanceIdentifier", "DBInstanceIdentifier"),
    ("DBInstanceClass", "DBInstanceClass"),
    ("Engine", "Engine"),
    ("EngineVersion", "EngineVersion"),
    ("AllocatedStorage", "AllocatedStorage"),
    ("StorageType", "StorageType"),
    ("DBName", "DBName"),
    ("MasterUsername", "MasterUsername"),
    ("MultiAZ", "MultiAZ"),
    ("BackupRetentionPeriod", "BackupRetentionPeriod"),
    ("DeletionProtection", "DeletionProtection"),
    ("PubliclyAccessible", "PubliclyAccessible"),
    ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade"),
    ("StorageEncrypted", "StorageEncrypted"),
];

impl Account {
    pub(super) fn rds(&mut self, asked: &Asked) -> Result<(u16, String), Misunderstood> {
        let action = asked.must("Action")?.to_owned();
        demand(asked.must("Version")? == "2014-10-31", || "another version".to_owned())?;
        demand(action.starts_with("Describe") == (asked.method == "GET"), || {
            format!("{action} as {}", asked.method)
        })?;
        if ["AddTagsToResource", "RemoveTagsFromResource"].contains(&action.as_str()) {
            let name = asked.must("ResourceName")?.rsplit(':').next().unwrap_or_default();
            let Some(instance) = self.instances.get_mut(name) else {
                return Ok(action_error(404, "DBInstanceNotFound"));
            };
            instance.tags.extend(asked.tags("Tags.Tag"));
            for key in asked.members("TagKeys.member") {
                instance.tags.remove(&key);
            }
            return Ok((200, format!("<{action}Response/>")));
        }
        let id = asked.must("DBInstanceIdentifier")?.to_owned();
        let (now, slowness) = (self.now(), self.slowness);
        if action == "CreateDBInstance" {
            if self.instances.contains_key(&id) {
                return Ok(action_error(400, "DBInstanceAlreadyExists"));
            }
            let mut fields: BTreeMap<String, String> = asked.form.iter().cloned().collect();
            let version = fields.entry("EngineVersion".to_owned()).or_insert_with(|| "17.4".to_owned());
            // A major version alone stands for the minor one that AWS prefers.
            if !version.contains('.') {
                version.push_str(".4");
            }
            let status = if slowness == 0 { "available" } else { "creating" };
            let tags = asked.tags("Tags.Tag").into_iter().collect();
            let instance = Instance {
                fields,
                tags,
                status: status.to_owned(),
                created: now,
                looks: slowness,
                ..Instance::default()
            };
            let body = described(&action, &instance);
            self.instances.insert(id, instance);
            self.made += 1;
            return Ok((200, body));
        }
        let Some(instance) = self.instances.get_mut(&id) else {
            return Ok(action_error(404, "DBInstanceNotFound"));
        };
        Ok(match action.as_str() {
            "DescribeDBInstances" => {
                if instance.looks > 0 {
                    instance.looks -= 1;
                } else if instance.status == "deleting" {
                    self.instances.remove(&id);
                    return Ok(action_error(404, "DBInstanceNotFound"));
                } else if ["creating", "modifying"].contains(&instance.status.as_str()) {
                    instance.status = "available".to_owned();
                    let pending = std::mem::take(&mut instance.pending);
                    instance.fields.extend(pending);
                }
                (200, described_list(instance))
            }
            "ModifyDBInstance" => {
                demand(asked.must("ApplyImmediately")? == "true", || "not immediately".to_owned())?;
                if instance.status != "available" && instance.status != "storage-full" {
                    return Ok(action_error(400, "InvalidDBInstanceState"));
                }
                let changes: BTreeMap<String, String> = asked.form.iter().cloned().collect();
                if let Some(wanted) = changes.get("EngineVersion") {
                    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
                    let is_major = major(wanted) != major(&instance.fields["EngineVersion"]);
                    demand(!is_major || changes.contains_key("AllowMajorVersionUpgrade"), || {
                        "another major version by accident".to_owned()
                    })?;
                }
                if self.stubborn {
                } else if slowness == 0 {
                    instance.fields.extend(changes);
                    instance.status = "available".to_owned();
                } else {
                    instance.pending.extend(changes);
                    instance.status = "modifying".to_owned();
                    instance.looks = slowness;
                }
                (200, described(&action, instance))
            }
            "DeleteDBInstance" => {
                if instance.fields.get("DeletionProtection").is_some_and(|protected| protected == "true") {
                    return Ok(action_error(400, "InvalidParameterCombination"));
                }
                if asked.field("SkipFinalSnapshot") == Some("false") {
                    if !["available", "storage-full", "stopped"].contains(&instance.status.as_str()) {
                        return Ok(action_error(400, "InvalidDBInstanceState"));
                    }
                    let snapshot = asked.must("FinalDBSnapshotIdentifier")?.to_owned();
                    if self.snapshots.contains(&snapshot) {
                        return Ok(action_error(400, "DBSnapshotAlreadyExists"));
                    }
                    self.snapshots.push(snapshot);
                }
                instance.status = "deleting".to_owned();
                instance.looks = slowness;
                (200, described(&action, instance))
            }
            other => return Err(Misunderstood(format!("{other} is not known to this RDS"))),
        })
    }
}

fn described(action: &str, instance: &Instance) -> String {
    let instance = shown(instance);
    format!(
        "<{action}Response xmlns=\"x\"><{action}Result>{instance}</{action}Result><ResponseMetadata/></{action}Response>"
    )
}

fn described_list(instance: &Instance) -> String {
    format!(
        "<DescribeDBInstancesResponse xmlns=\"x\"><DescribeDBInstancesResult><DBInstances>{}</DBInstances>\
         </DescribeDBInstancesResult></DescribeDBInstancesResponse>",
        shown(instance)
    )
}

fn shown(instance: &Instance) -> String {
    let elements = |fields: &BTreeMap<String, String>| -> String {
        let element = |(field, name): &(&str, &str)| {
            fields.get(*field).map(|value| format!("<{name}>{}</{name}>", escaped(value)))
        };
        SHOWN.iter().filter_map(element).collect()
    };
    let id = &instance.fields["DBInstanceIdentifier"];
    let endpoint = if instance.status == "creating" {
        String::new()
    } else {
        format!(
            "<Endpoint><Address>{id}.aaaa.eu-west-1.rds.amazonaws.com</Address><Port>5432</Port></Endpoint>"
        )
    };
    let tag = |(key, value): (&String, &String)| {
        format!("<Tag><Key>{key}</Key><Value>{}</Value></Tag>", escaped(value))
    };
    let tags: String = instance.tags.iter().map(tag).collect();
    let group = |(name, id): (&String, &String)| {
        name.starts_with("VpcSecurityGroupIds").then(|| {
            format!("<VpcSecurityGroupMembership><VpcSecurityGroupId>{id}</VpcSecurityGroupId><Status>active</Status>\
                     </VpcSecurityGroupMembership>")
        })
    };
    let groups: String = instance.fields.iter().filter_map(group).collect();
    format!(
        "<DBInstance>{}<DBInstanceStatus>{}</DBInstanceStatus><InstanceCreateTime>{}</InstanceCreateTime>{endpoint}\
         <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:{id}</DBInstanceArn>\
         <PendingModifiedValues>{}</PendingModifiedValues><VpcSecurityGroups>{groups}</VpcSecurityGroups>\
         <TagList>{tags}</TagList></DBInstance>",
        elements(&instance.fields),
        instance.status,
        instance.created,
        elements(&instance.pending),
    )
}
