//! What is wrong with a request is said before anything is made, all of it, with a remedy.

mod support;

use innominatus_guest::{Cause, Violation};
use serde_json::{Value, json};

use support::{Refused, Rendered, run, workload};

fn score(rest: &str) -> String {
    format!("apiVersion: score.dev/v1b1\nmetadata:\n  name: app\n{rest}")
}

fn violations(scores: &[&str], parameters: Value) -> Vec<Violation> {
    match run(scores.iter().map(|text| workload(text)).collect(), parameters, json!({})) {
        Err(Refused::Invalid(violations)) => violations,
        Err(Refused::Failed(failure)) => panic!("failed instead: {failure}"),
        Ok(_) => panic!("accepted"),
    }
}

fn messages(scores: &[&str], parameters: Value) -> Vec<String> {
    violations(scores, parameters).into_iter().map(|violation| violation.message).collect()
}

fn accepted(score: &str, parameters: Value) -> Rendered {
    run(vec![workload(score)], parameters, json!({})).unwrap_or_else(|refused| panic!("{refused:#?}"))
}

#[test]
fn an_image_to_be_named_later_must_be_named() {
    let found = violations(&[&score("containers:\n  web:\n    image: .\n")], json!({}));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("container `web` of workload `app`"));
    assert_eq!(found[0].remedy.as_deref(), Some("name the image with `--image`"));
}

#[test]
fn a_volume_is_a_volume_resource_or_a_name() {
    let of = |source: &str| {
        score(&format!(
            "containers:\n  web:\n    image: x\n    volumes:\n      /data:\n        source: {source}\n\
             resources:\n  db: {{type: postgres}}\n  data: {{type: volume}}\n"
        ))
    };
    for good in ["${resources.data}", "${resources.data.source}", "scratch"] {
        accepted(&of(good), json!({}));
    }
    for bad in [
        "./here",
        "/etc",
        "${resources.db}",
        "${resources.db.host}",
        "x-${resources.data}",
        "${metadata.name}",
    ] {
        assert_eq!(messages(&[&of(bad)], json!({})).len(), 1, "{bad}");
    }
}

#[test]
fn two_containers_may_not_become_one_service() {
    let a = "metadata: {name: a-b}\ncontainers: {cc: {image: x}}\n";
    let b = "metadata: {name: aa}\ncontainers: {cc: {image: x}}\n";
    let c = "metadata: {name: a}\ncontainers: {b-cc: {image: x}}\n";
    assert_eq!(
        messages(&[a, c], json!({})),
        ["container `b-cc` of workload `a` and container `cc` of workload `a-b` become the same service"]
    );
    assert!(run(vec![workload(a), workload(b)], json!({}), json!({})).is_ok());
}

#[test]
fn containers_that_wait_for_each_other_are_named() {
    let circle = score(
        "containers:\n  one: {image: x, before: {two: {ready: started}}}\n  \
         two: {image: x, before: {one: {ready: started}}}\n",
    );
    assert_eq!(messages(&[&circle], json!({})), ["containers of `app` wait for each other: one, two"]);
    let stranger = score("containers:\n  one: {image: x, before: {three: {ready: started}}}\n");
    assert_eq!(
        messages(&[&stranger], json!({})),
        ["container `one` of `app` starts before `three`, which is not there"]
    );
}

#[test]
fn ports_that_do_not_exist_are_named_with_those_that_do() {
    let route = score(
        "service: {ports: {web: {port: 80, targetPort: 8080}}}\ncontainers: {main: {image: x}}\n\
         resources:\n  a: {type: route, params: {host: a.localhost, port: wbe}}\n  \
         b: {type: route, params: {host: a.localhost, path: /b, port: 3000}}\n  \
         c: {type: route, params: {host: a.localhost, path: /c, port: 80}}\n  \
         d: {type: route, params: {host: a.localhost, path: /d, port: 8080}}\n  \
         e: {type: route, params: {host: a.localhost, path: /e, port: \"80\"}}\n  \
         s: {type: service-port, params: {workload: other, port: grpc}}\n  \
         t: {type: service-port, params: {workload: app, port: 81}}\n",
    );
    let found = violations(&[&route], json!({}));
    let found: Vec<_> =
        found.iter().map(|violation| (violation.message.as_str(), violation.remedy.as_deref())).collect();
    let declare = Some("declare the port under `service.ports`");
    assert_eq!(
        found,
        [
            ("`route.default#app.a` names the port `wbe` of workload `app`, which has `web` (80)", declare),
            ("`route.default#app.b` names the port `3000` of workload `app`, which has `web` (80)", declare),
            (
                "`service-port.default#app.s` names the workload `other`, which is not part of the application; it has \
                 `app`",
                Some("apply it to the same application, first or in one command")
            ),
            (
                "`service-port.default#app.t` names the port `81` of workload `app`, which has `web` (80)",
                declare
            ),
        ]
    );
}

#[test]
fn a_route_of_a_workload_without_ports_is_refused() {
    let route = score(
        "containers: {main: {image: x}}\nresources:\n  r: {type: route, params: {host: a.b, port: 3000}}\n",
    );
    assert_eq!(
        messages(&[&route], json!({})),
        ["`route.default#app.r` names the port `3000` of workload `app`, which declares none"]
    );
}

#[test]
fn the_port_of_all_routes_is_no_param_of_one() {
    let route = score(
        "service: {ports: {web: {port: 80}}}\ncontainers: {main: {image: x}}\n\
         resources:\n  r: {type: route, params: {host: a.b, port: web, routePort: 9000}}\n",
    );
    let found = violations(&[&route], json!({}));
    assert_eq!(found[0].remedy.as_deref(), Some("pass it to the golden path: `--param routePort=<port>`"));
}

#[test]
fn nobody_waits_for_the_health_of_a_container_without_a_probe() {
    let of = |probe: &str| {
        score(&format!(
            "containers:\n  one: {{image: x, before: {{two: {{ready: healthy}}}}{probe}}}\n  two: {{image: x}}\n"
        ))
    };
    assert_eq!(
        messages(&[&of("")], json!({})),
        ["container `one` of workload `app` has to be healthy before `two` starts, and has no probe"]
    );
    accepted(&of(", livenessProbe: {exec: {command: [\"true\"]}}"), json!({}));
}

#[test]
fn a_folder_of_a_volume_lies_in_the_volume() {
    let of = |path: &str| {
        score(&format!(
            "containers:\n  web:\n    image: x\n    volumes:\n      /data: {{source: scratch, path: {path}}}\n"
        ))
    };
    assert_eq!(
        messages(&[&of("a/../../b")], json!({})),
        ["container `web` of workload `app`: the path `a/../../b` leads out of its volume"]
    );
    let compose = accepted(&of("/a/b/"), json!({})).compose().to_owned();
    assert!(compose.contains("subpath: a/b") && compose.contains("/volume/a/b"), "{compose}");
}

#[test]
fn two_resources_do_not_share_a_volume_by_their_names() {
    let clash = score(
        "containers: {main: {image: x}}\n\
         resources:\n  a: {type: redis, id: shop}\n  b: {type: volume, id: redis-shop-data}\n",
    );
    match run(vec![workload(&clash)], json!({}), json!({})) {
        Err(Refused::Failed(failure)) => {
            assert_eq!((failure.cause, failure.code.as_str()), (Cause::Conflict, "name-twice"));
            assert!(failure.message.contains("volume `redis-shop-data`"), "{}", failure.message);
        }
        _ => panic!("accepted"),
    }
}

#[test]
fn a_workload_does_not_take_the_name_of_a_server() {
    let app = score("containers: {main: {image: x}}\nresources: {a: {type: redis, id: shop}}\n");
    let other = "metadata: {name: redis-shop}\ncontainers: {main: {image: x}}\n";
    match run(vec![workload(&app), workload(other)], json!({}), json!({})) {
        Err(Refused::Failed(failure)) => assert_eq!(failure.code, "name-twice"),
        _ => panic!("accepted"),
    }
}

#[test]
fn openings_are_checked() {
    let web = score(
        "service: {ports: {web: {port: 80}}}\ncontainers: {main: {image: x}}\nresources: {db: {type: postgres}}\n",
    );
    let cases = [
        (json!({"publish": "99999:app:web"}), "does not say which port to open"),
        (json!({"publish": ["1:app:wbe"]}), "has no port `wbe`"),
        (json!({"publish": "1:app-db:web"}), "is a number"),
        (json!({"publish": "1:nobody:80"}), "there is no workload or resource `nobody`"),
        (json!({"environment": {"a-b": "x"}}), "not the name of an environment variable"),
        (json!({"environment": {"A": "x\ny"}}), "cannot hold"),
    ];
    for (parameters, expected) in cases {
        let found = messages(&[&web], parameters.clone());
        assert!(found.len() == 1 && found[0].contains(expected), "{parameters}: {found:?}");
    }
}

#[test]
fn two_routes_to_one_path_conflict() {
    let twice = score(
        "service: {ports: {web: {port: 80}}}\ncontainers: {main: {image: x}}\n\
         resources:\n  a: {type: route, params: {host: a.b, path: /x, port: web}}\n  \
         b: {type: route, params: {host: a.b, path: /x/, port: web}}\n",
    );
    match run(vec![workload(&twice)], json!({}), json!({})) {
        Err(Refused::Failed(failure)) => {
            assert_eq!((failure.cause, failure.code.as_str()), (Cause::Conflict, "route-twice"));
        }
        _ => panic!("accepted"),
    }
}

#[test]
fn a_secret_never_takes_the_name_of_a_variable_of_the_shell() {
    let clash = score(
        "containers:\n  main:\n    image: x\n    variables:\n      A: ${resources.env.APP_DB_PASSWORD}\n      \
         B: ${resources.db.password}\nresources:\n  db: {type: postgres}\n  env: {type: environment}\n",
    );
    match run(vec![workload(&clash)], json!({}), json!({})) {
        Err(Refused::Failed(failure)) => assert_eq!(failure.code, "variable-clash"),
        _ => panic!("accepted"),
    }
    // A value that is handed in keeps its name, the secret gets another.
    let given = json!({"environment": {"APP_DB_PASSWORD": "mine"}});
    let plain = score(
        "containers: {main: {image: x, variables: {B: \"${resources.db.password}\"}}}\nresources: {db: {type: postgres}}\n",
    );
    let rendered =
        run(vec![workload(&plain)], given, json!({})).unwrap_or_else(|refused| panic!("{refused:#?}"));
    assert!(rendered.compose().contains("B: ${APP_DB_PASSWORD_2}"));
}

#[test]
fn probes_that_need_a_tool_can_be_turned_off() {
    let probe = score("containers:\n  main: {image: x, readinessProbe: {httpGet: {path: /, port: 80}}}\n");
    let compose = accepted(&probe, json!({})).compose().to_owned();
    assert!(compose.contains("then wget -q -O /dev/null http://127.0.0.1:80/; elif"), "{compose}");
    assert!(!accepted(&probe, json!({"httpProbes": false})).compose().contains("healthcheck"));
}

#[test]
fn the_render_step_comes_after_all_and_has_a_name_of_its_own() {
    let named = "metadata: {name: app}\ncontainers: {main: {image: x}}\nresources: {x: {type: volume, id: compose}}\n";
    let steps = accepted(named, json!({})).steps;
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["compose", "compose-files"]);
    assert_eq!(steps[1].depends_on, ["compose"]);
}

#[test]
fn a_port_of_this_machine_is_opened_once() {
    let app = score(
        "service: {ports: {web: {port: 80}}}\ncontainers: {main: {image: x}}\n\
         resources:\n  db: {type: postgres}\n  r: {type: route, params: {host: a.localhost, path: /, port: 80}}\n",
    );
    let publish = |openings: &[&str]| json!({"publish": openings, "routePort": 9000});
    assert_eq!(
        messages(&[&app], publish(&["9090:app:web", "9090:db:5432", "9000:app:web"])),
        [
            "`9090:db:5432` opens port 9090, which `9090:app:web` opens already",
            "`9000:app:web` opens port 9000, which the proxy of the routes opens already"
        ]
    );
    accepted(&app, publish(&["9090:app:web", "9091:db:5432"]));
}

#[test]
fn who_is_awaited_healthy_is_asked_whether_it_is() {
    let waits = |probe: &str| {
        score(&format!(
            "containers:\n  first: {{image: x, before: {{then: {{ready: healthy}}}}{probe}}}\n  then: {{image: x}}\n"
        ))
    };
    let http = waits(", readinessProbe: {httpGet: {path: /, port: 80}}");
    accepted(&http, json!({}));
    assert_eq!(
        messages(&[&http], json!({"httpProbes": false})),
        [
            "container `first` of workload `app` has to be healthy before `then` starts, and its probe is not asked, \
             because `httpProbes` is off"
        ]
    );
    accepted(&waits(", livenessProbe: {exec: {command: [ok]}}"), json!({"httpProbes": false}));
    assert_eq!(messages(&[&waits("")], json!({})).len(), 1);
}
