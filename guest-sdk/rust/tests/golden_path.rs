//! A golden path with the defaults, and the placeholders that it looks up.

use innominatus_guest::placeholder::{Template, Value, Values};
use innominatus_guest::prelude::*;
use innominatus_guest::testing::{self, FakeHost, GoldenPathComponent};
use innominatus_guest::{Candidate, Output};

struct Listing;

impl GoldenPath for Listing {
    type Parameters = NoParams;

    fn render(
        &self,
        host: &PathHost<'_>,
        request: &Request<NoParams>,
        _: &Step,
        made: &[Made],
    ) -> Result<Vec<Artifact>, Failure> {
        let workload = &request.workloads[0];
        let values = Values::new(workload, &request.needs, made);
        host.info(format!("{} made", made.len()));
        Ok(vec![Artifact::text("list.txt", "text/plain", values.expand("${resources.db.host}")?)])
    }
}

fn need(id: &str, name: &str, depends_on: &[&str], offer: Offer) -> Need {
    Need {
        id: id.into(),
        name: name.into(),
        kind: offer.kind.clone(),
        class: "default".into(),
        workloads: vec!["app".into()],
        params: json!({}),
        depends_on: depends_on.iter().map(|id| (*id).to_owned()).collect(),
        candidates: vec![Candidate { provisioner: format!("test/{}", offer.kind), offer }],
    }
}

fn needs() -> Vec<Need> {
    vec![
        need("postgres.default#main.db", "main-db", &[], Offer::new("postgres")),
        need("route.fast#app.render", "render", &["postgres.default#main.db"], Offer::new("route")),
        need("environment.default#app.env", "app-env", &[], Offer::new("environment").with_open_outputs()),
    ]
}

fn workload() -> Workload {
    let spec = json!({
        "metadata": {"name": "app", "annotations": {"a.b/c": "deep"}, "number": 3},
        "resources": {
            "db": {"type": "postgres", "id": "main.db"},
            "render": {"type": "route", "class": "fast"},
            "env": {"type": "environment"},
            "gone": {"type": "redis"},
        },
    });
    Workload { name: "app".into(), spec }
}

fn made() -> Vec<Made> {
    let output = |name: &str, value: Json, sensitive| Output { name: name.into(), value, sensitive };
    let outputs = vec![
        output("host", json!("db.example"), false),
        output("port", json!(5432), false),
        output("password", json!("token1"), true),
        output("tls", json!({"ca": "cert"}), false),
    ];
    vec![Made { need: "postgres.default#main.db".into(), outputs, artifacts: vec![] }]
}

#[test]
fn the_default_steps_make_every_need_once_and_render_last() {
    let fake = FakeHost::new();
    let request = testing::request::<Json>(vec![workload()], needs(), json!({}));
    let path = GoldenPathComponent::new("listing", "1.0.0", &Listing);
    let steps = path.generate_steps(fake.path_host(), request).unwrap();
    let shown: Vec<_> = steps
        .iter()
        .map(|step| {
            format!("{} {} {:?} after {}", step.kind, step.name, step.subject, step.depends_on.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "provisioner main-db Some(\"postgres.default#main.db\") after ",
            "provisioner render Some(\"route.fast#app.render\") after main-db",
            "provisioner app-env Some(\"environment.default#app.env\") after ",
            // A need is called `render` already.
            "render render-files None after main-db render app-env",
        ]
    );
    assert_eq!(steps[0].config, json!({"provisioner": "test/postgres"}));
}

#[test]
fn a_need_that_nobody_makes_is_a_failure() {
    let mut needs = needs();
    needs[1].candidates.clear();
    let request = testing::request::<NoParams>(vec![workload()], needs, json!({}));
    let failure = Listing.generate_steps(&FakeHost::new().path_host(), &request).unwrap_err();
    assert_eq!(failure.code, "no-candidate");
}

#[test]
fn render_sees_what_was_made() {
    let fake = FakeHost::new();
    let request = testing::request::<NoParams>(vec![workload()], needs(), json!({}));
    let files = Listing.render(&fake.path_host(), &request, &Step::render("render"), &made()).unwrap();
    assert_eq!(files[0].content, "db.example");
    assert_eq!(fake.log_lines(), ["info 1 made"]);
}

#[test]
fn parameters_that_the_type_does_not_read_are_a_violation() {
    let request = testing::request::<Json>(vec![workload()], needs(), json!({"x": 1}));
    let path = GoldenPathComponent::new("listing", "1.0.0", &Listing);
    assert_eq!(path.validate(FakeHost::new().path_host(), request).len(), 1);
    assert_eq!(path.parameter_schema()["additionalProperties"], json!(false));
}

#[test]
fn placeholders_lead_to_values_or_say_why_not() {
    let (workload, needs, made) = (workload(), needs(), made());
    let values = Values::new(&workload, &needs, &made);
    let cases = [
        ("${metadata.name}:${metadata.number}", Ok("app:3")),
        ("${metadata.annotations.a\\.b/c}", Ok("deep")),
        ("${metadata.annotations}", Ok(r#"{"a.b/c":"deep"}"#)),
        ("x://${resources.db.host}:${resources.db.port}/$$1", Ok("x://db.example:5432/$1")),
        ("${resources.db.tls.ca} ${resources.db.password}", Ok("cert token1")),
        ("${resources.render}", Ok("route.fast#app.render")),
        ("$${resources.nothing}", Ok("${resources.nothing}")),
        ("${resources.nothing.host}", Err("there is no resource `nothing`")),
        ("${resources.gone.host}", Err("nobody makes `redis.default#app.gone`")),
        ("${resources.db.hots}", Err("`db` has no output `hots`, only `host`, `port`, `password`, `tls`")),
        ("${resources.db.tls.key}", Err("there is no key `key`")),
        ("${resources.env.HOME}", Err("it has no value here")),
        ("${metadata.nothing}", Err("there is no key `nothing`")),
        ("${HOME}", Err("it begins neither with `metadata` nor with `resources.<name>`")),
        ("${open", Err("begins a placeholder that does not end")),
    ];
    for (text, expected) in cases {
        match (values.expand(text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
            (Err(found), Err(expected)) => assert!(found.to_string().contains(expected), "{text}: {found}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

#[test]
fn a_golden_path_can_tell_secrets_and_open_outputs_apart() {
    let (workload, needs, made) = (workload(), needs(), made());
    let values = Values::new(&workload, &needs, &made);
    let template = Template::parse("${resources.db.password}${resources.env.HOME}").unwrap();
    let found: Vec<_> = template.references().map(|reference| values.look_up(reference).unwrap()).collect();
    assert!(matches!(&found[0], Value::Output { output, .. } if output.sensitive));
    assert!(matches!(&found[1], Value::Open { need, name } if need.name == "app-env" && name == "HOME"));
}
