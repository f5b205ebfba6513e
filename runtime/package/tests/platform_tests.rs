//! Table tests: what is documented can be read, and each mistake is told with its place.

use innominatus_package::{AnswerThen, PlatformTest, TestErrors, read_test};
use innominatus_testkit::fixtures;

fn read(text: &str) -> Result<PlatformTest, TestErrors> {
    read_test("one.yaml", text.as_bytes())
}

fn with(rest: &str) -> String {
    format!("apiVersion: innominatus.io/v1\nkind: PlatformTest\nmetadata: {{name: one}}\n{rest}")
}

#[test]
fn the_example_of_the_reference_is_one() {
    let page = fixtures::root().with_file_name("docs").join("reference/platform-tests.md");
    let text = std::fs::read_to_string(page).unwrap();
    let example = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let test = read(example).unwrap_or_else(|error| panic!("{:#?}", error.diagnostics));
    assert_eq!((test.name.as_str(), test.when.as_str()), ("makes-a-bucket", "provision"));
    let answers = test.given.answers.as_ref().unwrap();
    assert_eq!(answers[0].times, Some(1));
    let AnswerThen::Response { status, headers, .. } = &answers[0].then else { panic!("{answers:?}") };
    assert_eq!((*status, headers[0].0.as_str()), (201, "etag"));
    assert_eq!(test.given.target.prior.as_ref().unwrap().outputs.len(), 2);
    assert!(test.line("calls") > test.line("progress"));
    let of_a_path = text.split("```yaml\n").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    let test = read(&with(of_a_path)).unwrap_or_else(|error| panic!("{:#?}", error.diagnostics));
    assert_eq!(test.when, "render");
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    let given = "given: {provisioner: a}\n";
    let cases = [
        ("given: {}\nwhen: provision\nexpect: {progress: ready}\n", "4:8: `given` names no entry"),
        (
            "given: {provisioner: a, goldenPath: b}\nwhen: provision\nexpect: {progress: ready}\n",
            "4:22: a test calls one entry",
        ),
        (
            "given: {goldenPath: a}\nwhen: provision\nexpect: {progress: ready}\n",
            "`when: provision` is an export of a provisioner",
        ),
        (&format!("{given}when: provision\n"), "the test expects nothing"),
        (
            "given: {goldenPath: a, request: {neds: []}}\nwhen: render\nexpect: {files: {}}\n",
            "unknown field `given.request.neds`",
        ),
        (
            &format!("{given}when: provision\nexpect: {{progres: ready}}\n"),
            "6:10: unknown field `expect.progres`",
        ),
        (
            "given: {provisioner: a, answers: [{then: {status: 9}}]}\nwhen: provision\nexpect: {progress: ready}\n",
            "4:51: `given.answers[0].then.status` is `9`",
        ),
        (
            "given: {provisioner: a, answers: [{when: {method: FETCH}, then: {status: 200}}]}\nwhen: checks\n",
            "4:51: `given.answers[0].when.method` is `FETCH`",
        ),
        ("given: {provisioner: a, deny: [log]}\nwhen: checks\n", "4:32: `given.deny` is `log`"),
        (
            "given: {provisioner: a, recording: ../x.json}\nwhen: checks\n",
            "which may leave the platform's folder",
        ),
        ("given: [\n", "not well-formed YAML"),
    ];
    for (text, expected) in cases {
        let error = read(&with(text)).unwrap_err();
        let told: Vec<String> = error
            .diagnostics
            .iter()
            .map(|one| format!("{}:{}: {}", one.line, one.column, one.message))
            .collect();
        assert!(told.iter().any(|told| told.contains(expected)), "{expected}\n{told:#?}");
        assert!(error.diagnostics.iter().all(|one| one.hint.is_some()), "{told:#?}");
    }
}

#[test]
fn a_sample_expects_nothing() {
    assert!(read(&with("given: {provisioner: a}\nwhen: checks\n")).unwrap().is_sample());
}
