//! A container that runs is replaced by Compose when its service reads otherwise; so whatever changes for a
//! container changes its service, and nothing else does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use innominatus_guest::Json;
use serde_json::json;

use support::{run, workload};

fn services(files: &str, path: &str) -> Json {
    let score = format!(
        "
metadata: {{name: app}}
service: {{ports: {{web: {{port: 80}}}}}}
containers:
  main: {{image: 'x:1', files: {{{files}}}}}
  side: {{image: 'x:1', files: {{/same: {{content: same}}}}}}
resources:
  front: {{type: route, params: {{host: a.localhost, path: {path}, port: web}}}}
"
    );
    let rendered = run(vec![workload(&score)], json!({}), json!({}));
    rendered.unwrap_or_else(|refused| panic!("{refused:#?}")).check()["services"].clone()
}

fn changed<'a>(before: &'a Json, after: &Json) -> Vec<&'a str> {
    let before = before.as_object().unwrap();
    before.iter().filter(|(name, service)| after[*name] != **service).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn what_changes_for_a_container_changes_its_service() {
    let before = services("/a: {content: one}", "/");
    assert_eq!(changed(&before, &services("/a: {content: one}", "/")), [""; 0]);
    assert_eq!(changed(&before, &services("/a: {content: two}", "/")), ["app-main"]);
    assert_eq!(changed(&before, &services("/a: {content: one}", "/api")), ["router"]);
    let binary = services("/a: {binaryContent: AAAA}", "/");
    assert_eq!(changed(&binary, &services("/a: {binaryContent: AAAB}", "/")), ["app-main"]);
}
