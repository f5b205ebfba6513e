//! What leads from one workload to another: a link that nobody answers is said, with what to do.

mod support;

use serde_json::json;

use support::{Rendered, run, workload};

const BACKEND: &str = "
metadata: {name: backend}
service: {ports: {http: {port: 80, targetPort: 8080}, admin: {port: 9000}}}
containers: {main: {image: 'x:1'}}
";

fn frontend(address: &str) -> String {
    format!(
        "
metadata: {{name: frontend}}
containers: {{main: {{image: 'x:1', variables: {{BACKEND: '{address}'}}}}}}
resources: {{backend: {{type: service}}}}
"
    )
}

fn together(scores: &[&str]) -> Rendered {
    let rendered = run(scores.iter().map(|text| workload(text)).collect(), json!({}), json!({}));
    let rendered = rendered.unwrap_or_else(|refused| panic!("{refused:#?}"));
    rendered.check();
    rendered
}

#[test]
fn a_workload_that_is_not_there_is_said() {
    let alone = together(&[&frontend("${resources.backend.name}:8080")]);
    assert_eq!(
        alone.log,
        [
            "warn `service.default#frontend.backend` leads to the workload `backend`, which is not part of the \
          application `frontend`: nobody answers there until its Score file is applied to this application too"
        ]
    );
    let both = together(&[&frontend("${resources.backend.name}:8080"), BACKEND]);
    assert_eq!(both.log, [""; 0]);
}

#[test]
fn a_port_that_does_not_answer_inside_the_project_is_said() {
    let of = |address: &str| together(&[&frontend(address), BACKEND]).log;
    for fine in [
        "http://${resources.backend.hostname}:8080/path",
        "${resources.backend.name}:9000",
        "${resources.backend.name}",
        "${resources.backend.name}: a name",
    ] {
        assert_eq!(of(fine), [""; 0], "{fine}");
    }
    assert_eq!(
        of("http://${resources.backend.name}:80/"),
        [
            "warn variable `BACKEND` of container `main` of workload `frontend`: `backend:80` does not answer inside the \
          project, where `backend` listens on 8080; write that number, or take host and port from a resource of \
          `type: service-port`"
        ]
    );
    assert_eq!(
        of("${resources.backend.name}:70"),
        [
            "warn variable `BACKEND` of container `main` of workload `frontend`: `backend:70` is not a port of workload \
          `backend`, which has `http` (80), `admin` (9000)"
        ]
    );
}
