//! A file of variables for each container that has some; what cannot be written so is said before anything is made.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use innominatus_aws_golden_path::AwsResources;
use innominatus_guest::prelude::*;
use innominatus_guest::testing::{self, FakeHost};
use innominatus_guest::{Candidate, Output};

fn workload(variables: Json) -> Workload {
    let spec = json!({
        "metadata": {"name": "shop"},
        "containers": {"web": {"image": "x", "variables": variables}, "quiet": {"image": "x"}},
        "resources": {"uploads": {"type": "s3"}},
    });
    Workload { name: "shop".to_owned(), spec }
}

fn need() -> Need {
    Need {
        id: "s3.default#shop.uploads".to_owned(),
        name: "shop-uploads".to_owned(),
        kind: "s3".to_owned(),
        class: "default".to_owned(),
        workloads: vec!["shop".to_owned()],
        params: json!({}),
        depends_on: Vec::new(),
        candidates: vec![Candidate { provisioner: "aws/aws-s3".to_owned(), offer: Offer::new("s3") }],
    }
}

fn made(bucket: &str) -> Made {
    let output =
        |name: &str, value: &str, sensitive| Output { name: name.to_owned(), value: json!(value), sensitive };
    Made {
        need: "s3.default#shop.uploads".to_owned(),
        outputs: vec![output("bucket", bucket, false), output("secret_key", "token1", true)],
        artifacts: Vec::new(),
    }
}

fn rendered(variables: Json, bucket: &str) -> Result<Vec<Artifact>, Failure> {
    let request = testing::request(vec![workload(variables)], vec![need()], json!({}));
    let host = FakeHost::new();
    let steps = AwsResources.generate_steps(&host.path_host(), &request)?;
    assert_eq!(steps.len(), 2, "the need, and the files");
    AwsResources.render(&host.path_host(), &request, &steps[1], &[made(bucket)])
}

#[test]
fn each_container_has_its_variables_in_a_file_for_its_owner_alone() {
    let variables = json!({
        "BUCKET": "${resources.uploads.bucket}",
        "URL": "s3://${resources.uploads.bucket}/$${x}?a=b",
        "KEY": "${resources.uploads.secret_key}",
        "NAME": "${metadata.name}",
        "PLAIN": "",
    });
    let files = rendered(variables, "b1").unwrap();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(
        (file.name.as_str(), file.media_type.as_str(), file.sensitive),
        ("shop/web.env", "text/x-dotenv", true)
    );
    assert_eq!(file.content, "BUCKET=b1\nURL=s3://b1/${x}?a=b\nKEY=token1\nNAME=shop\nPLAIN=\n");
}

#[test]
fn without_variables_there_is_no_file() {
    assert_eq!(rendered(json!({}), "b1").unwrap(), []);
}

#[test]
fn what_is_no_line_is_said_before_anything_is_made() {
    let cases = [
        (json!({"A": "x", "_B2": "y"}), 0),
        (json!({"A": "one\ntwo"}), 1),
        (json!({"A=B": "x"}), 1),
        (json!({"1A": "x", "#A": "x", "A B": "x\ry"}), 4),
    ];
    for (variables, expected) in cases {
        let request = testing::request(vec![workload(variables.clone())], vec![need()], json!({}));
        let found = AwsResources.validate(&FakeHost::new().path_host(), &request);
        assert_eq!(found.len(), expected, "{variables}: {found:?}");
        assert!(
            found.iter().all(|violation| violation.message.contains("container `web` in workload `shop`"))
        );
    }
}

#[test]
fn an_output_of_several_lines_is_refused_and_a_reference_to_nothing_too() {
    let failure = rendered(json!({"A": "${resources.uploads.bucket}"}), "one\ntwo=three").unwrap_err();
    assert_eq!(failure.code, "variable-lines");
    let failure = rendered(json!({"A": "${resources.uploads.size}"}), "b1").unwrap_err();
    assert_eq!(failure.code, "placeholder");
}
