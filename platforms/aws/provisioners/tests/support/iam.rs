//! Users, their policies and their keys.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Account, Asked, SECRET, action_error, escaped};

/// One user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) path: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policies: BTreeMap<String, String>,
    pub(crate) keys: Vec<Key>,
    /// Somebody put it into a group.
    pub(crate) in_group: bool,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    pub(crate) made: String,
}

impl Account {
    pub(crate) fn iam(&mut self, asked: &Asked<'_>) -> (u16, String) {
        let action = asked.field("Action").unwrap().to_owned();
        assert_eq!(asked.field("Version"), Some("2010-05-08"));
        let is_read = action.starts_with("Get") || action.starts_with("List");
        assert_eq!(is_read, asked.method == "GET", "{action} as {}", asked.method);
        let name = asked.field("UserName").unwrap().to_owned();
        let now = self.now();
        if action == "CreateUser" {
            if self.users.contains_key(&name) {
                return action_error(409, "EntityAlreadyExists");
            }
            let path = asked.field("Path").unwrap().to_owned();
            let tags = asked.tags("Tags.member").into_iter().collect();
            self.users.insert(name, User { path, tags, ..User::default() });
            self.made += 1;
            return answer(&action, "");
        }
        let Some(user) = self.users.get_mut(&name) else { return action_error(404, "NoSuchEntity") };
        match action.as_str() {
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
                    user.tags.remove(&key).unwrap();
                }
                answer(&action, "")
            }
            "GetUserPolicy" => match user.policies.get(asked.field("PolicyName").unwrap()) {
                Some(document) => {
                    let document = utf8_percent_encode(document, NON_ALPHANUMERIC);
                    answer(&action, &format!("<PolicyDocument>{document}</PolicyDocument>"))
                }
                None => action_error(404, "NoSuchEntity"),
            },
            "PutUserPolicy" => {
                let document = asked.field("PolicyDocument").unwrap().to_owned();
                user.policies.insert(asked.field("PolicyName").unwrap().to_owned(), document);
                answer(&action, "")
            }
            "DeleteUserPolicy" => match user.policies.remove(asked.field("PolicyName").unwrap()) {
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
                    return action_error(409, "LimitExceeded");
                }
                self.made += 1;
                let id = format!("AKIA{:016}", self.made);
                user.keys.push(Key { id: id.clone(), status: "Active", made: now });
                let key = format!(
                    "<AccessKey><UserName>{name}</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>{SECRET}</SecretAccessKey></AccessKey>"
                );
                answer(&action, &key)
            }
            "DeleteAccessKey" => {
                let id = asked.field("AccessKeyId").unwrap();
                let before = user.keys.len();
                user.keys.retain(|key| key.id != id);
                if user.keys.len() == before {
                    action_error(404, "NoSuchEntity")
                } else {
                    answer(&action, "")
                }
            }
            "DeleteUser" if user.in_group || !user.keys.is_empty() || !user.policies.is_empty() => {
                action_error(409, "DeleteConflict")
            }
            "DeleteUser" => {
                self.users.remove(&name);
                answer(&action, "")
            }
            other => panic!("{other} is not known to this IAM"),
        }
    }
}

fn answer(action: &str, content: &str) -> (u16, String) {
    let body = format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{content}\
         </{action}Result><ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata></{action}Response>"
    );
    (200, body)
}
