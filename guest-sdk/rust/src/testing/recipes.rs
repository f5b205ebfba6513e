//! Which secrets the host makes: the same rules as the host's own, held together by a table of cases that the tests
//! of both read.

use serde_json::Map;

use crate::Json;

/// Why the host would end the call.
pub(super) fn check(name: &str, recipe: &str, options: &Json) -> Result<(), String> {
    if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
        return Err("a secret's name has 1 to 128 bytes and no control characters".to_owned());
    }
    match recipe {
        "password" => {
            let given = given(recipe, options, &["length", "alphabet"])?;
            number(recipe, &given, "length", 8, 128)?;
            let words = ["alphanumeric", "hex", "printable"];
            match given.get("alphabet") {
                Some(value) if !words.iter().any(|word| value == word) => Err(format!(
                    "option `alphabet` of recipe `{recipe}` is not one of `alphanumeric`, `hex`, `printable`"
                )),
                _ => Ok(()),
            }
        }
        "hex-key" => number(recipe, &given(recipe, options, &["bytes"])?, "bytes", 16, 64),
        other => Err(format!("there is no recipe `{other}`")),
    }
}

fn given(recipe: &str, options: &Json, known: &[&str]) -> Result<Map<String, Json>, String> {
    let given = match options {
        Json::Null => Map::new(),
        Json::Object(given) => given.clone(),
        _ => return Err(format!("the options of recipe `{recipe}` are not an object")),
    };
    match given.keys().find(|option| !known.contains(&option.as_str())) {
        Some(option) => Err(format!("recipe `{recipe}` has no option `{option}`")),
        None => Ok(given),
    }
}

fn number(
    recipe: &str,
    given: &Map<String, Json>,
    option: &str,
    least: u64,
    most: u64,
) -> Result<(), String> {
    match given.get(option) {
        Some(value) if !value.as_u64().is_some_and(|number| (least..=most).contains(&number)) => Err(
            format!("option `{option}` of recipe `{recipe}` is not a whole number from {least} to {most}"),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_refuses_is_refused() {
        let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/secrets/recipes.json");
        let cases: Vec<Json> =
            serde_json::from_str(&std::fs::read_to_string(table).expect("the table")).expect("JSON");
        assert!(cases.len() > 20);
        for case in cases {
            let text = |key: &str| case[key].as_str().expect("text");
            let checked = check(text("name"), text("recipe"), &case["options"]);
            match case.get("refused").and_then(Json::as_str) {
                None => assert_eq!(checked, Ok(()), "{case}"),
                Some(words) => assert!(checked.expect_err(words).contains(words), "{case}"),
            }
        }
    }
}
