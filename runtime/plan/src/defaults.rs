//! What a resource definition gives beneath what a file says.

use innominatus_model::{Class, Json, ResourceDefinition};

use crate::Offered;
use crate::params::Schema;

/// Params that a platform's resource definition gives to a provisioner.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    /// For resources of this class; for every class if none is named.
    pub class: Option<Class>,
    /// An object.
    pub params: Json,
}

/// A resource definition is not for the component that it is bound to. The message goes on after its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Misfit {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

/// Whether a component with these schemas, by class, takes what a definition gives. Whether something is missing is seen
/// when there is a file.
pub fn fits(definition: &ResourceDefinition, schemas: &[(Option<Class>, Json)]) -> Result<(), Misfit> {
    let meant = |class: &Option<Class>| match (class, &definition.class) {
        (Some(class), Some(wanted)) => class == wanted,
        _ => true,
    };
    let mut judged = false;
    for (_, schema) in schemas.iter().filter(|(class, _)| meant(class)) {
        judged = true;
        let Ok(schema) = Schema::new(schema) else { continue };
        let given =
            |pointer: &str| definition.params.pointer(pointer).is_some_and(|value| !value.is_object());
        let violations = schema.violations(&definition.params);
        if let Some(wrong) = violations.iter().find(|violation| given(&violation.pointer)) {
            let message =
                format!("gives `params{}`, which it does not take: {}", wrong.pointer, wrong.message);
            return Err(Misfit { message, remedy: "mend the file, or the component's schema" });
        }
    }
    match &definition.class {
        Some(class) if !judged => Err(Misfit {
            message: format!("is for the class `{class}`, which it does not make"),
            remedy: "name a class that the component offers, or none",
        }),
        _ => Ok(()),
    }
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
