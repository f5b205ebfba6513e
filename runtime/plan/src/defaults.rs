//! What a resource definition gives beneath what a file says.

use innominatus_model::{Class, Json};

use crate::Offered;

/// Params that a platform's resource definition gives to a provisioner.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// For resources of this class; for every class if none is named.
    pub class: Option<Class>,
    /// An object.
    pub params: Json,
}

impl Offered {
    /// The params of a resource of this class: what is said, over what the definition gives. What is said stays as it
    /// is if the definition gives nothing.
    pub fn beneath(&self, class: &Class, said: &Json) -> Json {
        let meant = |defaults: &&Defaults| defaults.class.as_ref().is_none_or(|known| known == class);
        match self.defaults.as_ref().filter(meant) {
            Some(defaults) => merged(&defaults.params, said),
            None => said.clone(),
        }
    }
}

/// Objects are joined entry by entry, at every level; anything else is replaced. Nothing at all (null for the whole)
/// replaces nothing.
pub(crate) fn merged(under: &Json, over: &Json) -> Json {
    fn join(under: &mut serde_json::Map<String, Json>, over: &serde_json::Map<String, Json>) {
        for (key, value) in over {
            match (under.get_mut(key), value) {
                (Some(Json::Object(under)), Json::Object(over)) => join(under, over),
                (Some(known), value) => *known = value.clone(),
                (None, value) => _ = under.insert(key.clone(), value.clone()),
            }
        }
    }
    match (under, over) {
        (under, Json::Null) => under.clone(),
        (Json::Object(under), Json::Object(over)) => {
            let mut all = under.clone();
            join(&mut all, over);
            Json::Object(all)
        }
        (_, over) => over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_goes_over_what_is_given() {
        let under = json!({"size": "small", "tags": {"a": 1, "b": {"x": 1}}, "list": [1, 2]});
        let over = json!({"size": null, "tags": {"b": {"y": 2}, "a": [3]}, "list": [9], "more": true});
        let expected =
            json!({"size": null, "tags": {"a": [3], "b": {"x": 1, "y": 2}}, "list": [9], "more": true});
        assert_eq!(merged(&under, &over), expected);
        assert_eq!(merged(&under, &Json::Null), under);
        assert_eq!(merged(&json!({"a": {"b": 1}}), &json!({"a": 2})), json!({"a": 2}));
        assert_eq!(merged(&under, &json!("no object")), json!("no object"));
    }
}
