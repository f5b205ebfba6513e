//! What files ask for and nobody gives, before a golden path has chosen.

use innominatus_plan::{Catalogue, unmet};
use innominatus_score::{Sketch, Source, survey};
use serde_json::json;

use crate::support::catalogue;

fn sketch(resources: &str, variables: &str) -> Sketch {
    let text = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers: {{main: {{image: x, variables: {{{variables}}}}}}}\nresources:\n{resources}"
    );
    survey(&Source { name: "web.yaml".into(), text: text.into(), ..Source::default() }).1.unwrap()
}

fn found(sketch: &Sketch, catalogue: &Catalogue) -> Vec<String> {
    let line =
        |it: innominatus_model::Diagnostic| format!("{}:{} {} {}", it.line, it.column, it.code, it.message);
    unmet(std::slice::from_ref(sketch), catalogue).into_iter().map(line).collect()
}

fn two() -> Catalogue {
    let sized = json!({"properties": {"size": {"type": "integer"}}, "additionalProperties": false});
    let named = json!({"properties": {"plan": {"type": "string"}}, "required": ["plan"], "additionalProperties": false});
    catalogue(&json!([
        {"provisioner": "compose/pg", "type": "postgres", "outputs": ["host", "port"], "schema": sized},
        {"provisioner": "cloud/pg", "type": "postgres", "outputs": ["host", "arn"], "schema": named},
        {"provisioner": "cloud/env", "type": "environment", "openOutputs": true},
        {"provisioner": "cloud/redis", "type": "redis", "classes": ["large"]},
    ]))
}

#[test]
fn a_need_is_met_if_one_of_those_that_could_serve_it_meets_it() {
    let sketch = sketch(
        "  a: {type: postgres, params: {size: 3}}\n  b: {type: postgres, params: {plan: x}}\n  c: {type: environment}\n",
        "A: \"${resources.a.port}\", B: \"${resources.a.arn}\", C: \"${resources.c.ANY}\"",
    );
    assert_eq!(found(&sketch, &two()), [""; 0]);
}

#[test]
fn what_nobody_gives_is_found_at_its_place() {
    let sketch = sketch(
        "  a: {type: postgres, params: {size: x}}\n  b: {type: redis}\n  c: {type: mongo}\n",
        "A: \"${resources.a.name}\", B: \"${resources.b.host}\"",
    );
    assert_eq!(
        found(&sketch, &two()),
        [
            "3:47 placeholder-output `${resources.a.name}` names the output `name`, which `a` does not have",
            "5:23 params-invalid `params` of `a` does not satisfy `cloud/pg`: \"plan\" is a required property",
            "5:38 params-invalid `params/size` of `a` does not satisfy `cloud/pg`: there is no such parameter",
            "6:3 no-provisioner no installed platform makes resources of type `redis` with class `default`",
            "7:3 no-provisioner no installed platform makes resources of type `mongo`",
        ]
    );
}

#[test]
fn what_depends_on_a_placeholder_and_a_schema_that_is_none_are_left_to_the_plan() {
    let broken = catalogue(&json!([
        {"provisioner": "a/b", "type": "postgres", "outputs": ["host"], "schema": {"type": "strnig"}},
        {"provisioner": "a/c", "type": "redis", "schema": {"properties": {"size": {"type": "integer"}}}},
    ]));
    let sketch = sketch(
        "  a: {type: postgres, params: {size: x}}\n  b: {type: redis, params: {size: \"${resources.a.host}\"}}\n",
        "",
    );
    assert_eq!(found(&sketch, &broken), [""; 0]);
}
