//! The user of IAM that reads and writes one bucket, and the key it does so with.
//!
//! AWS says a key's secret once, in the answer that makes the key; the host takes it out there (`capture`). A key
//! whose answer was lost is of no use to anybody: it is removed, and another one made.

use innominatus_guest::prelude::*;
use percent_encoding::percent_decode_str;

use super::policy;
use super::work::Work;
use crate::api::{Capture, Trouble, read};
use crate::identity::Owner;
use crate::settings::Service::Iam;
use crate::tags::{Tag, Tags, key_fields};

/// Where our users are, so that an operator can allow no others.
const PATH: &str = "/innominatus/";
/// The user's one policy.
const POLICY: &str = "bucket";
/// What the host calls the key's secret.
const SECRET: Capture = Capture {
    path: "/CreateAccessKeyResponse/CreateAccessKeyResult/AccessKey/SecretAccessKey",
    secret: "secret-key",
};
const MISSING: &[&str] = &["NoSuchEntity"];

/// A key that the resource hands over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) id: String,
    /// A token.
    pub(super) secret: Json,
}

/// A list, as IAM writes one.
#[derive(Debug, Deserialize)]
struct List<T> {
    #[serde(default = "Vec::new")]
    member: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUser {
    get_user_result: UserResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserResult {
    user: User,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    #[serde(default)]
    tags: List<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUserPolicy {
    get_user_policy_result: PolicyResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyResult {
    policy_document: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListAccessKeys {
    list_access_keys_result: KeysResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeysResult {
    #[serde(default)]
    access_key_metadata: List<KeyData>,
}

/// What AWS says of a key besides its secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyData {
    pub(super) access_key_id: String,
    #[serde(default)]
    pub(super) status: String,
    /// ISO 8601, so that earlier is smaller.
    #[serde(default)]
    create_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAccessKey {
    create_access_key_result: KeyResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyResult {
    access_key: NewKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewKey {
    access_key_id: String,
    /// By now a token.
    secret_access_key: String,
}

impl Work<'_> {
    fn find(&self, action: &str, more: &[(&str, &str)], purpose: &str) -> Result<Option<String>, Failure> {
        let fields = [&[("UserName", self.handle.user.as_str())][..], more].concat();
        let purpose = format!("{purpose} `{}`", self.handle.user);
        Ok(self.aws.find(Iam, action, &fields, &purpose, MISSING)?)
    }

    fn act(
        &self,
        action: &str,
        more: Vec<(String, String)>,
        purpose: &str,
        capture: Option<Capture>,
    ) -> Result<String, Trouble> {
        let user = [("UserName".to_owned(), self.handle.user.clone())];
        let fields = user.into_iter().chain(more).collect();
        self.aws.act(Iam, action, fields, &format!("{purpose} `{}`", self.handle.user), capture)
    }

    /// The user's tags, if there is one.
    pub(super) fn find_user(&self) -> Result<Option<Tags>, Failure> {
        let Some(text) = self.find("GetUser", &[], "look for the user")? else { return Ok(None) };
        Ok(Some(Tags(read::<GetUser>(&text)?.get_user_result.user.tags.member)))
    }

    /// The user is there, ours, and may use the bucket and nothing else.
    pub(super) fn make_user(&self) -> Result<(), Failure> {
        let wanted = self.tags();
        match self.find_user()? {
            None => {
                let mut fields = vec![("Path".to_owned(), PATH.to_owned())];
                fields.extend(wanted.fields("Tags.member"));
                self.act("CreateUser", fields, "make the user", None)?;
            }
            Some(found) => {
                self.own_user(&found)?;
                let lacking = found.lacking(&wanted);
                if !lacking.0.is_empty() {
                    self.act("TagUser", lacking.fields("Tags.member"), "tag the user", None)?;
                }
                let dropped = found.dropped(&self.handle.tags, &wanted);
                if !dropped.is_empty() {
                    self.act("UntagUser", key_fields(&dropped), "take tags from the user", None)?;
                }
            }
        }
        if self.user_may_otherwise()?.is_some() {
            let document = policy::of_user(self.aws.settings.partition(), &self.handle.bucket).to_string();
            let fields = [("PolicyName", POLICY), ("PolicyDocument", document.as_str())];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            self.act("PutUserPolicy", fields, "give its policy to the user", None)?;
        }
        Ok(())
    }

    /// Fails if the user is another's.
    fn own_user(&self, found: &Tags) -> Result<(), Failure> {
        let whose = match self.identity.owner(found) {
            Owner::Ours => return Ok(()),
            Owner::Namesake(_) if self.handle.adopted => return Ok(()),
            // Somebody took the tags away; its name is made of our identity.
            Owner::Nobody if self.is_known => return Ok(()),
            Owner::Nobody => "does not say whose it is".to_owned(),
            Owner::Namesake(id) => format!("belongs to a resource of the same name (`{id}`)"),
            Owner::Other(whose) => format!("belongs to {whose}"),
        };
        let message = format!(
            "the user `{}` of IAM is there already, and {whose}; remove it if nobody needs it, or have the operator \
             set a `namePrefix` of its own for each installation",
            self.handle.user
        );
        Err(Failure::conflict("user-taken", message))
    }

    /// What the user may do, if that is not what it should; null where it may do nothing.
    pub(super) fn user_may_otherwise(&self) -> Result<Option<Json>, Failure> {
        let found =
            self.find("GetUserPolicy", &[("PolicyName", POLICY)], "look at the policy of the user")?;
        let Some(text) = found else { return Ok(Some(Json::Null)) };
        let document = read::<GetUserPolicy>(&text)?.get_user_policy_result.policy_document;
        let document = percent_decode_str(&document).decode_utf8_lossy().into_owned();
        let found = serde_json::from_str(&document).unwrap_or_else(|_| json!(document));
        let wanted = policy::of_user(self.aws.settings.partition(), &self.handle.bucket);
        Ok((!policy::same(&wanted, &found)).then_some(found))
    }

    /// The user's keys; none without a user.
    pub(super) fn keys(&self) -> Result<Vec<KeyData>, Failure> {
        let Some(text) = self.find("ListAccessKeys", &[], "list the keys of the user")? else {
            return Ok(Vec::new());
        };
        Ok(read::<ListAccessKeys>(&text)?.list_access_keys_result.access_key_metadata.member)
    }

    /// The key that was handed over before, if its secret was.
    pub(super) fn known_key(&self) -> Option<Key> {
        let secret = self.target.prior.as_ref()?.state.get("secret_key")?.clone();
        Some(Key { id: self.handle.access_key_id.clone()?, secret })
    }

    /// A key whose secret the host has.
    pub(super) fn make_key(&mut self) -> Result<Key, Failure> {
        let keys = self.keys()?;
        let known = self.known_key();
        let kept = known.as_ref().and_then(|key| keys.iter().find(|found| found.access_key_id == key.id));
        // A key from before ours can only be one whose answer was lost. A later one is a person's doing.
        let is_lost = |found: &&KeyData| {
            kept.is_none_or(|kept| found != &kept && found.create_date <= kept.create_date)
        };
        for lost in keys.iter().filter(is_lost) {
            self.remove_key(&lost.access_key_id)?;
        }
        if let (Some(key), Some(_)) = (known, kept) {
            return Ok(key);
        }
        // The old one must not be handed over any more, whatever happens now.
        self.handle.access_key_id = None;
        let text = self.act("CreateAccessKey", Vec::new(), "make a key for the user", Some(SECRET))?;
        let key = read::<CreateAccessKey>(&text)?.create_access_key_result.access_key;
        self.handle.access_key_id = Some(key.access_key_id.clone());
        Ok(Key { id: key.access_key_id, secret: json!(key.secret_access_key) })
    }

    fn remove_key(&self, id: &str) -> Result<(), Failure> {
        let fields = vec![("AccessKeyId".to_owned(), id.to_owned())];
        gone(self.act("DeleteAccessKey", fields, "remove a key of the user", None))
    }

    /// Removes the user with its keys and its policy, if it is there and ours.
    pub(super) fn remove_user(&self) -> Result<(), Failure> {
        let Some(found) = self.find_user()? else { return Ok(()) };
        if let Err(failure) = self.own_user(&found) {
            self.host.info(format!("left alone: {}", failure.message));
            return Ok(());
        }
        for key in self.keys()? {
            self.remove_key(&key.access_key_id)?;
        }
        let fields = vec![("PolicyName".to_owned(), POLICY.to_owned())];
        gone(self.act("DeleteUserPolicy", fields, "remove the policy of the user", None))?;
        match self.act("DeleteUser", Vec::new(), "remove the user", None) {
            Err(trouble) if trouble.is(&["DeleteConflict"]) => {
                let remedy = "take from it what others gave it (groups, policies, passwords), then try again";
                Err(trouble.conflict("user-in-use", remedy))
            }
            removed => gone(removed),
        }
    }
}

/// What was to go is gone, now or before.
fn gone(removed: Result<String, Trouble>) -> Result<(), Failure> {
    match removed {
        Err(trouble) if !trouble.is(MISSING) => Err(trouble.into()),
        _ => Ok(()),
    }
}
