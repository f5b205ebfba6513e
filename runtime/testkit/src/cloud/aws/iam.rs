//! Users, their policies and their keys.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::request::{Misunderstood, demand};
use super::{Account, Asked, SECRET, action_error, escaped};

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Where it is.
    pub path: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its policies by name.
    pub policies: BTreeMap<String, String>,
    /// Its keys, the oldest first.
    pub keys: Vec<Key>,
    /// Somebody put it into a group.
    pub in_group: bool,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub id: String,
    /// `Active` or `Inactive`.
    pub status: &'static str,
    /// When, as AWS writes it.
    pub made: String,
}

impl Account {
    pub(super) fn iam(&mut self, asked: &Asked) -> Result<(u16, String), Misunderstood> {
        let action = asked.must("Action")?.to_owned();
        demand(asked.must("Version")? == "2010-05-08", || "another version".to_owned())?;
        let is_read = action.starts_with("Get") || action.starts_with("List");
        demand(is_read == (asked.method == "GET"), || format!("{action} as {}", asked.method))?;
        let name = asked.must("UserName")?.to_owned();
        let now = self.now();
        if action == "CreateUser" {
            if self.users.contains_key(&name) {
                return Ok(action_error(409, "EntityAlreadyExists"));
            }
            let path = asked.must("Path")?.to_owned();
            let tags = asked.tags("Tags.member").into_iter().collect();
            self.users.insert(name, User { path, tags, ..User::default() });
            self.made += 1;
            return Ok(answer(&action, ""));
        }
        let Some(user) = self.users.get_mut(&name) else {
            return Ok(action_error(404, "NoSuchEntity"));
        };
        Ok(match action.as_str() {
            "GetUser" => {
                let tag = |(key, value): (&String, &String)| {
                    format!("<member><Key>{key}</Key><Value>{}</Value></member>", escaped(value))
                };
                let tags: String = user.tags.iter().map(tag).collect();
                let tags = if tags.is_empty() { tags } else { format!("<Tags>{tags}</Tags>") };
                let user =
                    format!("<User><Path>{}</Path><UserName>{name}</UserName>{tags}</User>", user.path);
                answer(&action, &user)
            }
            "TagUser" => {
                user.tags.extend(asked.tags("Tags.member"));
                answer(&action, "")
            }
            "UntagUser" => {
                for key in asked.members("TagKeys.member") {
                    user.tags.remove(&key);
                }
                answer(&action, "")
            }
            "GetUserPolicy" => match user.policies.get(asked.must("PolicyName")?) {
                Some(document) => {
                    let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
                    answer(&action, &format!("<PolicyDocument>{document}</PolicyDocument>"))
                }
                None => action_error(404, "NoSuchEntity"),
            },
            "PutUserPolicy" => {
                let document = asked.must("PolicyDocument")?.to_owned();
                user.policies.insert(asked.must("PolicyName")?.to_owned(), document);
                answer(&action, "")
            }
            "DeleteUserPolicy" => match user.policies.remove(asked.must("PolicyName")?) {
                Some(_) => answer(&action, ""),
                None => action_error(404, "NoSuchEntity"),
            },
            "ListAccessKeys" => {
                let key = |key: &Key| {
                    let Key { id, status, made } = key;
                    format!(
                        "<member><UserName>{name}</UserName><AccessKeyId>{id}</AccessKeyId><Status>{status}</Status>\
                         <CreateDate>{made}</CreateDate></member>"
                    )
                };
                let keys: String = user.keys.iter().map(key).collect();
                answer(
                    &action,
                    &format!("<AccessKeyMetadata>{keys}</AccessKeyMetadata><IsTruncated>false</IsTruncated>"),
                )
            }
            "CreateAccessKey" => {
                if user.keys.len() == 2 {
                    return Ok(action_error(409, "LimitExceeded"));
                }
                self.made += 1;
                let id = format!("AKIA{:016}", self.made);
                user.keys.push(Key { id: id.clone(), status: "Active", made: now });
                let key = format!(
                    "<AccessKey><UserName>{name}</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>{SECRET}{}</SecretAccessKey></AccessKey>",
                    self.made
                );
                answer(&action, &key)
            }
            "DeleteAccessKey" => {
                let id = asked.must("AccessKeyId")?;
                match user.keys.iter().position(|key| key.id == id) {
                    Some(at) => {
                        user.keys.remove(at);
                        self.keys_removed += 1;
                        answer(&action, "")
                    }
                    None => action_error(404, "NoSuchEntity"),
                }
            }
            "DeleteUser" if user.in_group || !user.keys.is_empty() || !user.policies.is_empty() => {
                action_error(409, "DeleteConflict")
            }
            "DeleteUser" => {
                self.users.remove(&name);
                answer(&action, "")
            }
            other => return Err(Misunderstood(format!("{other} is not known to this IAM"))),
        })
    }
}

fn answer(action: &str, content: &str) -> (u16, String) {
    let body = format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{content}\
         </{action}Result><ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata></{action}Response>"
    );
    (200, body)
}
