//! Databases. They are as asked for once they were looked at often enough.

use std::collections::BTreeMap;

use super::{Account, Asked, action_error, escaped};

/// One database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Instance {
    /// What it was made of and changed to, by the names of the form.
    pub(crate) fields: BTreeMap<String, String>,
    /// What was asked for and is not so yet.
    pub(crate) pending: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) status: String,
    pub(crate) created: String,
    /// Looks until it is as asked for, or gone.
    pub(crate) looks: u32,
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
    pub(crate) fn rds(&mut self, asked: &Asked<'_>) -> (u16, String) {
        let action = asked.field("Action").unwrap().to_owned();
        assert_eq!(asked.field("Version"), Some("2014-10-31"));
        assert_eq!(action.starts_with("Describe"), asked.method == "GET", "{action} as {}", asked.method);
        if action == "AddTagsToResource" {
            let arn = asked.field("ResourceName").unwrap();
            let name = arn.rsplit(':').next().unwrap();
            self.instances.get_mut(name).unwrap().tags.extend(asked.tags("Tags.Tag"));
            return (200, format!("<{action}Response/>"));
        }
        if action == "RemoveTagsFromResource" {
            let name = asked.field("ResourceName").unwrap().rsplit(':').next().unwrap();
            let tags = &mut self.instances.get_mut(name).unwrap().tags;
            asked.members("TagKeys.member").iter().for_each(|key| drop(tags.remove(key).unwrap()));
            return (200, format!("<{action}Response/>"));
        }
        let id = asked.field("DBInstanceIdentifier").unwrap().to_owned();
        let (now, slowness) = (self.now(), self.slowness);
        if action == "CreateDBInstance" {
            if self.instances.contains_key(&id) {
                return action_error(400, "DBInstanceAlreadyExists");
            }
            let mut fields: BTreeMap<String, String> = asked.form.iter().cloned().collect();
            fields.entry("EngineVersion".to_owned()).or_insert_with(|| "17.4".to_owned());
            // A major version alone stands for the minor one that AWS prefers.
            let version = fields.get_mut("EngineVersion").unwrap();
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
            return (200, body);
        }
        let Some(instance) = self.instances.get_mut(&id) else {
            return action_error(404, "DBInstanceNotFound");
        };
        match action.as_str() {
            "DescribeDBInstances" => {
                if instance.looks > 0 {
                    instance.looks -= 1;
                } else if instance.status == "deleting" {
                    self.instances.remove(&id);
                    return action_error(404, "DBInstanceNotFound");
                } else if ["creating", "modifying"].contains(&instance.status.as_str()) {
                    instance.status = "available".to_owned();
                    let pending = std::mem::take(&mut instance.pending);
                    instance.fields.extend(pending);
                }
                (200, described_list(instance))
            }
            "ModifyDBInstance" => {
                assert_eq!(asked.field("ApplyImmediately"), Some("true"));
                if instance.status != "available" && instance.status != "storage-full" {
                    return action_error(400, "InvalidDBInstanceState");
                }
                let changes: BTreeMap<String, String> = asked.form.iter().cloned().collect();
                if let Some(wanted) = changes.get("EngineVersion") {
                    let major = |version: &str| version.split('.').next().unwrap().to_owned();
                    let is_major = major(wanted) != major(&instance.fields["EngineVersion"]);
                    assert!(!is_major || changes.contains_key("AllowMajorVersionUpgrade"));
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
                    return action_error(400, "InvalidParameterCombination");
                }
                if asked.field("SkipFinalSnapshot") == Some("false") {
                    if !["available", "storage-full", "stopped"].contains(&instance.status.as_str()) {
                        return action_error(400, "InvalidDBInstanceState");
                    }
                    let snapshot = asked.field("FinalDBSnapshotIdentifier").unwrap().to_owned();
                    if self.snapshots.contains(&snapshot) {
                        return action_error(400, "DBSnapshotAlreadyExists");
                    }
                    self.snapshots.push(snapshot);
                }
                instance.status = "deleting".to_owned();
                instance.looks = slowness;
                (200, described(&action, instance))
            }
            other => panic!("{other} is not known to this RDS"),
        }
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
