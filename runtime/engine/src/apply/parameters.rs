//! Which parameters the golden path gets: what is said now, over what was said before.

use innominatus_ledger::Application;
use innominatus_model::{Code, Json};
use serde_json::json;

use super::ApplyInput;
use crate::EngineError;

/// `before`: the application, if it goes by the same golden path already. A whole set takes the place of what was
/// there; single ones are put over it by name, each value whole, and null takes one away.
pub(super) fn effective(input: &ApplyInput, before: Option<&Application>) -> Result<Json, EngineError> {
    let mut parameters = match &input.parameters {
        Some(whole) => whole.clone(),
        None => before.map_or_else(|| json!({}), |application| application.parameters.clone()),
    };
    let Some(single) = &input.set_parameters else { return Ok(parameters) };
    let (Some(known), Some(single)) = (parameters.as_object_mut(), single.as_object()) else {
        let hint = Some("write `{\"<name>\": <value>}`".to_owned());
        return Err(EngineError::refused(Code::BadRequest, "the parameters are not an object", hint));
    };
    for (name, value) in single {
        if value.is_null() {
            known.shift_remove(name);
        } else {
            known.insert(name.clone(), value.clone());
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(whole: Option<Json>, single: Option<Json>) -> Result<Json, EngineError> {
        effective(&ApplyInput { parameters: whole, set_parameters: single, ..ApplyInput::default() }, None)
    }

    #[test]
    fn single_ones_are_put_over_the_whole_set_and_null_takes_away() {
        let whole = json!({"a": 1, "b": {"x": 1}, "c": 3});
        let single = json!({"b": {"y": 2}, "c": null, "d": 4, "e": null});
        assert_eq!(given(Some(whole.clone()), None).unwrap(), whole);
        assert_eq!(given(Some(whole), Some(single)).unwrap(), json!({"a": 1, "b": {"y": 2}, "d": 4}));
        assert_eq!(given(None, None).unwrap(), json!({}));
        assert!(given(None, Some(json!([1]))).is_err());
        assert!(given(Some(json!(1)), Some(json!({"a": 1}))).is_err());
    }
}
