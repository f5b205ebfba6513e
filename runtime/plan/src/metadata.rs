//! Placeholders of metadata have their values when the plan is made: they are filled in here, so that a change of
//! metadata is a change of the params that speak of it. Those of resources stay as written.

use innominatus_model::Json;
use innominatus_score::Workload;
use innominatus_score::placeholder::{self, FillError, Root};

/// The params with the metadata of their owner in place. The error is a fragment.
pub(crate) fn settle(params: &Json, owner: Option<&Workload>) -> Result<Json, String> {
    Ok(match params {
        Json::String(text) => Json::String(settle_text(text, owner)?),
        Json::Array(items) => {
            Json::Array(items.iter().map(|item| settle(item, owner)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let settled = entries.iter().map(|(key, value)| Ok((key.clone(), settle(value, owner)?)));
            Json::Object(settled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn settle_text(text: &str, owner: Option<&Workload>) -> Result<String, String> {
    if !placeholder::contains(text) {
        return Ok(text.to_owned());
    }
    // Filling takes one level of escapes away: what is to stay escaped gets another.
    let escaped = |text: &str| text.replace("$$", "$$$$");
    let filled = placeholder::fill(&escaped(text), &mut |reference| match reference.root {
        Root::Resources => Ok(Json::String(reference.to_string())),
        Root::Metadata => {
            let value = owner
                .and_then(|owner| owner.metadata_at(&reference.path))
                .ok_or("there is no such metadata")?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Ok(Json::String(text.replace('$', "$$")))
        }
    });
    filled.map_err(|error: FillError<&str>| error.to_string())
}

#[cfg(test)]
mod tests {
    use innominatus_score::Source;
    use serde_json::json;

    use super::*;

    fn owner() -> Workload {
        let text = r#"{"apiVersion": "score.dev/v1b1", "metadata": {"name": "web", "price": "5$", "trap": "${resources.x.y}",
            "annotations": {"a.b": "c"}}, "containers": {"main": {"image": "x"}}}"#;
        let reading =
            innominatus_score::read(&Source { name: "web".into(), text: text.into(), ..Source::default() });
        reading.workload.unwrap()
    }

    fn settled(text: &str) -> String {
        settle(&json!([text]), Some(&owner())).unwrap()[0].as_str().unwrap().to_owned()
    }

    #[test]
    fn metadata_is_filled_in_and_resources_stay() {
        assert_eq!(settled("${metadata.name}/${resources.a\\.b.host}"), "web/${resources.a\\.b.host}");
        assert_eq!(settled("${metadata.annotations}"), r#"{"a.b":"c"}"#);
        assert_eq!(settled("${metadata.annotations.a\\.b}"), "c");
        assert_eq!(settle(&json!({"a": [1, null]}), None), Ok(json!({"a": [1, null]})));
    }

    #[test]
    fn what_is_filled_in_is_text_for_whoever_fills_the_rest() {
        for (written, meant) in [
            ("${metadata.price}{x}", "5${x}"),
            ("$${no} ${metadata.trap}", "${no} ${resources.x.y}"),
            ("$$$$ ${metadata.name} $x", "$$ web $x"),
            ("$$ and nothing to fill", "$ and nothing to fill"),
        ] {
            let none = &mut |_: &placeholder::Reference| Err("nothing is left to fill");
            assert_eq!(placeholder::fill(&settled(written), none).unwrap(), meant, "{written}");
        }
    }

    #[test]
    fn metadata_that_is_not_there_is_named() {
        let error = settle(&json!("${metadata.nmae}"), Some(&owner())).unwrap_err();
        assert_eq!(error, "`${metadata.nmae}` has no value: there is no such metadata");
    }
}
