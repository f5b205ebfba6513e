//! Long names, other scripts, large and deep values: they are worked on or refused, and break nothing.

use std::sync::Arc;

use innominatus_effect::Export;
use innominatus_model::{Json, JsonLimits, Target};
use innominatus_plan::params::Schema;
use serde_json::json;

use super::Case;
use crate::harness::catalogue as list;
use crate::harness::drive::Ended;
use crate::harness::sheet::Sheet;
use crate::harness::subject::Subject;

/// Two, three and four bytes, a combining mark, right to left.
const SCRIPTS: &str = "Größe-数据-🦀-e\u{301}-שלום";
/// Bytes of a large text: with the rest of the params still within the contract.
const LARGE: usize = 200 * 1024;

pub(super) async fn check(subject: &Subject, case: &Case, sheet: &mut Sheet<'_>) {
    if !sheet.wants(&list::LIMITS) {
        return;
    }
    let mut wrong = Vec::new();
    let schema = Schema::new(&case.schema).ok();
    for (what, mut target) in targets(case) {
        match handed_over(schema.as_ref(), target.params) {
            Some(params) => target.params = params,
            None => continue,
        }
        let cloud = Arc::new(case.cloud.fork());
        let call = async |guest: innominatus_sandbox::Provisioner| guest.validate_config(&target).await;
        if let Err(error) = subject.look(Export::ValidateConfig, &case.grant, &cloud, call).await.answer {
            wrong.push(format!("{what}: `validate-config` breaks: {error}"));
            continue;
        }
        let driven = case.drive(subject, &cloud, Export::Provision, target).await;
        match driven.ended {
            Ended::Ready(_) => {
                let ended = case.drive(subject, &cloud, Export::Deprovision, driven.target).await.ended;
                if !matches!(ended, Ended::Gone) && cloud.is_generic() {
                    wrong.push(format!("{what}: it is made and cannot be removed: {}", ended.words()));
                }
            }
            Ended::Broke(_) | Ended::Diverged(_) | Ended::Endless => {
                wrong.push(format!("{what}: {}", driven.ended.words()));
            }
            _ => {}
        }
    }
    sheet.judge(&list::LIMITS, wrong);
}

/// What the host hands over: what is absent is filled in, and what the schema refuses does not get through.
fn handed_over(schema: Option<&Schema>, params: Json) -> Option<Json> {
    let Some(schema) = schema else { return Some(params) };
    let filled = schema.with_defaults(&params);
    schema.violations(&filled).is_empty().then_some(filled)
}

fn targets(case: &Case) -> Vec<(&'static str, Target)> {
    let with = |params: Json| Target { params, ..case.target.clone() };
    let mut targets = vec![
        ("a name of 63 characters", Target { name: "n".repeat(63), ..case.target.clone() }),
        ("a name in other scripts", Target { name: SCRIPTS.to_owned(), ..case.target.clone() }),
        (
            "an annotation in other scripts",
            Target {
                labels: [
                    case.target.labels.clone(),
                    vec![("annotation/example.com/note".into(), SCRIPTS.into())],
                ]
                .concat(),
                ..case.target.clone()
            },
        ),
        ("params that its schema does not name", with(json!({"no-such-param": [1, {"a": null}]}))),
        ("no params but defaults", with(json!({}))),
        ("deep params", with(deep())),
    ];
    if let Some(text) = replaced(case, SCRIPTS) {
        targets.push(("params in other scripts", with(text)));
    }
    if let Some(text) = replaced(case, &"x".repeat(LARGE)) {
        targets.push(("a param of 200 KiB", with(text)));
    }
    targets
}

/// As deep as the contract allows.
fn deep() -> Json {
    (1..JsonLimits::CONTRACT.depth).fold(json!("end"), |inner, _| json!({"a": inner}))
}

/// The params with this text in the first place where the schema accepts it.
fn replaced(case: &Case, text: &str) -> Option<Json> {
    let schema = Schema::new(&case.schema).ok()?;
    let properties = case.schema.get("properties").and_then(Json::as_object)?;
    properties.keys().find_map(|name| {
        let mut params = case.target.params.clone();
        params[name.as_str()] = json!(text);
        schema.violations(&params).is_empty().then_some(params)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_handed_what_its_schema_says_it_gets() {
        let schema = json!({
            "type": "object",
            "properties": {"size": {"type": "integer", "default": 1}},
            "additionalProperties": false,
        });
        let schema = Schema::new(&schema).unwrap();
        assert_eq!(handed_over(Some(&schema), json!({})), Some(json!({"size": 1})));
        assert_eq!(handed_over(Some(&schema), json!({"a": 1})), None);
        assert_eq!(handed_over(None, json!({"a": 1})), Some(json!({"a": 1})));
    }
}
