//! Environments of one application stand beside each other on one machine, and every hint leads to the right one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use support::{Rendered, run_in, workload};

const SCORE: &str = "
apiVersion: score.dev/v1b1
metadata: {name: shop}
service: {ports: {web: {port: 80}}}
containers: {main: {image: 'x:1', variables: {HOST: '${resources.address.host}'}}}
resources:
  address: {type: dns}
  front: {type: route, params: {host: '${resources.address.host}', port: web}}
";

fn shop(environment: &str, parameters: Value, settings: Value) -> Rendered {
    let rendered = run_in(environment, vec![workload(SCORE)], parameters, settings);
    rendered.unwrap_or_else(|refused| panic!("{refused:#?}"))
}

/// The project's name, the host that is routed, and the port of this machine where it is.
fn seen(rendered: &Rendered) -> (String, String, String) {
    let document = rendered.check();
    let config = document["configs"]["router"]["content"].as_str().unwrap();
    let host = config.split_once("server_name ").unwrap().1.split_once(';').unwrap().0;
    let port = document["services"]["router"]["ports"][0].as_str().unwrap().split_once(':').unwrap().0;
    (document["name"].as_str().unwrap().to_owned(), host.to_owned(), port.to_owned())
}

#[test]
fn no_two_environments_share_a_project_a_host_or_a_port() {
    let mut names = BTreeSet::new();
    for environment in ["default", "staging", "test"] {
        let (name, host, port) = seen(&shop(environment, json!({}), json!({})));
        for (what, name) in [("project", name), ("host", host), ("port", port)] {
            assert!(names.insert(format!("{what} {name}")), "{environment}: {what} {name} is taken");
        }
    }
    assert_eq!(
        seen(&shop("default", json!({}), json!({}))),
        ("shop".into(), "shop-address.localhost".into(), "8080".into())
    );
    assert_eq!(seen(&shop("staging", json!({}), json!({}))).0, "shop_staging");
    assert_eq!(seen(&shop("staging", json!({"project": "mine"}), json!({}))).0, "mine");
}

#[test]
fn hints_name_the_port_that_is_open() {
    let parameters = [json!({}), json!({"routePort": 9100})];
    let settings = [json!({}), json!({"routePort": 9000}), json!({"routePorts": {"staging": 9001}})];
    for environment in ["default", "staging"] {
        for (parameters, settings) in parameters.iter().flat_map(|p| settings.iter().map(move |s| (p, s))) {
            let rendered = shop(environment, parameters.clone(), settings.clone());
            let (_, host, port) = seen(&rendered);
            let urls: Vec<_> = rendered.hints.iter().filter(|hint| hint.contains("http://")).collect();
            assert_eq!(urls.len(), 2, "{urls:?}");
            for url in urls {
                let expected = format!("http://{host}:{port}");
                assert!(
                    url.contains(&expected),
                    "{environment} {parameters} {settings}: {url}, not {expected}"
                );
            }
        }
    }
}
