//! Captured secrets: kept before anybody sees the answer, a token where they stood, the rest untouched.

use innominatus_effect::{Capture, HttpError, HttpResponse};
use innominatus_egress::EgressError;
use innominatus_model::{Code, Coded, HttpMethod};

use crate::support::{MemoryVault, Reply, Server, egress, not_sent, permit, request, text, unknown};

async fn captured(
    method: HttpMethod,
    reply: Reply,
    wanted: &[(&str, &str)],
    vault: &MemoryVault,
) -> Result<Result<HttpResponse, HttpError>, EgressError> {
    let server = Server::always(reply).await;
    let url = server.url("/");
    let mut request = request(method, &url);
    let capture =
        |(pointer, secret): &(&str, &str)| Capture { pointer: (*pointer).into(), secret: (*secret).into() };
    request.capture = wanted.iter().map(capture).collect();
    egress().send("p/e", &request, &permit(&url), None, vault).await
}

async fn body(answer: &str, wanted: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
    let vault = MemoryVault::default();
    let response = captured(HttpMethod::Post, Reply::ok(answer), wanted, &vault).await.unwrap().unwrap();
    (text(&response).to_owned(), vault.kept())
}

fn kept(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).to_owned())).collect()
}

#[tokio::test]
async fn json_values_are_captured_and_the_rest_stays_as_it_came() {
    let answer = "{ \"id\": 12345678901234567890123,\n  \"key\": \"s\\u0065cr\\\"et\", \"n\": 1.50 }";
    let (seen, found) = body(answer, &[("/key", "api-key")]).await;
    assert_eq!(seen, "{ \"id\": 12345678901234567890123,\n  \"key\": \"tok0api0key0\", \"n\": 1.50 }");
    assert_eq!(found, kept(&[("api-key", "secr\"et")]));
}

#[tokio::test]
async fn json_pointers_lead_through_lists_and_odd_names() {
    let answer = r#"{"a":[{"x/y":{"~":"first"}},{"":"second"}],"n":1234567,"o":{"k":"inner"}}"#;
    let wanted =
        [("/a/0/x~1y/~0", "one"), ("/a/1/", "two"), ("/n", "three"), ("/o", "four"), ("/o/k", "five")];
    let (seen, found) = body(answer, &wanted).await;
    assert_eq!(seen, r#"{"a":[{"x/y":{"~":"tok0one0"}},{"":"tok0two0"}],"n":"tok0three0","o":"tok0four0"}"#);
    let secrets = [
        ("one", "first"),
        ("two", "second"),
        ("three", "1234567"),
        ("four", r#"{"k":"inner"}"#),
        ("five", "inner"),
    ];
    assert_eq!(found, kept(&secrets));
}

#[tokio::test]
async fn what_is_not_there_is_not_captured() {
    let answer = r#"{"a":["x"],"null":null,"empty":""}"#;
    let nowhere = ["/b", "/a/1", "/a/00", "/a/+0", "/a/-", "/a/x", "/null", "/empty", "a", "/a/0/x"];
    for pointer in nowhere {
        let (seen, found) = body(answer, &[(pointer, "key")]).await;
        assert_eq!((seen.as_str(), found), (answer, vec![]), "{pointer}");
    }
    let (seen, found) = body("", &[("/key", "key")]).await;
    assert_eq!((seen.as_str(), found), ("", vec![]));
}

/// As IAM answers.
const IAM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <CreateAccessKeyResult>
    <AccessKey>
      <UserName>bucket</UserName>
      <AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
    </AccessKey>
  </CreateAccessKeyResult>
</CreateAccessKeyResponse>"#;

#[tokio::test]
async fn xml_elements_are_captured_and_the_rest_stays_as_it_came() {
    let path = "CreateAccessKeyResponse/CreateAccessKeyResult/AccessKey/SecretAccessKey";
    for path in [path.to_owned(), format!("/{path}")] {
        let (seen, found) = body(IAM, &[(&path, "key")]).await;
        assert_eq!(found, kept(&[("key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY")]));
        assert_eq!(seen, IAM.replace("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY", "tok0key0"));
    }
}

#[tokio::test]
async fn xml_is_read_as_xml() {
    let cases = [
        ("<a><b>x&amp;y&#65;</b></a>", "x&yA"),
        ("<a><b><![CDATA[<x>]]>&lt;</b></a>", "<x><"),
        ("<n:a xmlns:n='urn:x'><m:b xmlns:m='urn:y' c='1'>secret</m:b></n:a>", "secret"),
        ("<a><!-- <b>no</b> --><b>yes</b></a>", "yes"),
        ("<a><b>one<!-- two -->three</b></a>", "onethree"),
        ("<a><c><b>not here</b></c><b>\n  here\n</b></a>", "here"),
        ("\u{feff}<a><b>marked</b></a>", "marked"),
        ("<a><b><c>whole</c></b></a>", "<c>whole</c>"),
    ];
    for (answer, secret) in cases {
        let (seen, found) = body(answer, &[("a/b", "key")]).await;
        assert_eq!(found, kept(&[("key", secret)]), "{answer}");
        assert!(seen.contains(">tok0key0</"), "{seen}");
        assert!(!seen.contains(secret), "{seen}");
    }
    for answer in ["<a><b/></a>", "<a><b></b></a>", "<a><c>x</c></a>", "<b>x</b>"] {
        let (seen, found) = body(answer, &[("a/b", "key")]).await;
        assert_eq!((seen.as_str(), found), (answer, vec![]));
    }
}

#[tokio::test]
async fn of_several_elements_the_first_is_kept_and_none_is_shown() {
    let answer = "<a><b>first</b><b>second</b></a>";
    let (seen, found) = body(answer, &[("a/b", "key")]).await;
    assert_eq!(found, kept(&[("key", "first")]));
    assert_eq!(seen, "<a><b>tok0key0</b><b>tok0key0</b></a>");
}

/// Answers that no secret can be taken out of.
const UNREADABLE: &[&str] = &[
    "secret in plain words",
    "{\"key\": \"secret\"",
    "{\"key\": \"secret\"} and more",
    "<a><b>secret</a>",
    "<a><b>secret</b>",
    "<!DOCTYPE a [<!ENTITY e 'secret'>]><a><b>&e;</b></a>",
    "\"key\": secret",
];

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_withheld() {
    for answer in UNREADABLE {
        for wanted in [("/key", "key"), ("a/b", "key")] {
            let vault = MemoryVault::default();
            let result = captured(HttpMethod::Post, Reply::ok(answer), &[wanted], &vault).await.unwrap();
            let said = unknown(result);
            assert!(said.contains("withheld") && !said.contains("secret in"), "{said}");
            assert!(vault.kept().is_empty());
            let read = captured(HttpMethod::Get, Reply::ok(answer), &[wanted], &vault).await.unwrap();
            assert!(not_sent(read).contains("withheld"));
        }
    }
    let latin = Reply::raw(b"HTTP/1.1 200 OK\r\n\r\n{\"key\": \"s\xe9cret\"}");
    unknown(captured(HttpMethod::Post, latin, &[("/key", "key")], &MemoryVault::default()).await.unwrap());
}

#[tokio::test]
async fn an_error_page_is_handed_on() {
    let page = Reply::status(404, &[], "<html><p>not here");
    let response =
        captured(HttpMethod::Post, page, &[("/key", "key")], &MemoryVault::default()).await.unwrap().unwrap();
    assert_eq!((response.status, text(&response)), (404, "<html><p>not here"));
}

#[tokio::test]
async fn a_secret_is_taken_out_whatever_the_status_is() {
    let vault = MemoryVault::default();
    let reply = Reply::status(409, &[], r#"{"key":"secret"}"#);
    let response = captured(HttpMethod::Post, reply, &[("/key", "key")], &vault).await.unwrap().unwrap();
    assert_eq!((response.status, text(&response)), (409, r#"{"key":"tok0key0"}"#));
}

#[tokio::test]
async fn a_captured_secret_is_nowhere_else_in_the_answer() {
    let answer =
        r#"{"key":"the-secret","again":"the-secret","b64":"dGhlLXNlY3JldA==","url":"x?k=the-secret"}"#;
    let vault = MemoryVault::default().forgetful();
    let reply = Reply::status(201, &[("x-key", "the-secret")], answer);
    let response = captured(HttpMethod::Post, reply, &[("/key", "key")], &vault).await.unwrap().unwrap();
    let shown = format!("{response:?} {}", text(&response));
    assert!(!shown.contains("the-secret") && !shown.contains("dGhlLXNlY3JldA"), "{shown}");
    assert!(text(&response).contains(r#""key":"tok0key0""#));
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_shown() {
    let vault = MemoryVault::default().broken();
    let error = captured(HttpMethod::Post, Reply::ok(r#"{"key":"secret"}"#), &[("/key", "key")], &vault)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::StoreFull);
    assert!(!format!("{error:?} {error}").contains("secret\""), "{error:?}");
}
