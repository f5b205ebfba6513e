//! What each kind of refusal comes to, and that nothing AWS says of it is lost.

use innominatus_guest::Cause;

use super::*;

fn failure(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = HttpResponse { status, headers, body: body.as_bytes().to_vec() };
    judged(answer, "make the bucket `b`", "s3:CreateBucket").unwrap_err().into()
}

fn s3(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message><RequestId>R1</RequestId></Error>"
    )
}

fn action(code: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>m</Message></Error><RequestId>R1</RequestId></ErrorResponse>"
    )
}

#[test]
fn each_kind_has_its_cause_and_code() {
    let cases = [
        (503, s3("SlowDown"), "aws-throttled"),
        (400, action("Throttling"), "aws-throttled"),
        (503, s3("RequestLimitExceeded"), "aws-throttled"),
        (429, String::new(), "aws-throttled"),
        (503, "<html>busy</html>".to_owned(), "aws-throttled"),
        (500, s3("InternalError"), "aws-unavailable"),
        (502, "bad gateway".to_owned(), "aws-unavailable"),
        (400, s3("RequestTimeout"), "aws-unavailable"),
        (409, s3("OperationAborted"), "aws-not-settled"),
        (400, action("InvalidDBInstanceState"), "aws-not-settled"),
        (404, action("NoSuchEntity"), "aws-not-settled"),
        (403, s3("AccessDenied"), "aws-access-denied"),
        (403, String::new(), "aws-access-denied"),
        (403, s3("SignatureDoesNotMatch"), "aws-credential"),
        (403, action("InvalidClientTokenId"), "aws-credential"),
        (409, action("LimitExceeded"), "aws-quota"),
        (400, s3("TooManyBuckets"), "aws-quota"),
        (409, action("EntityAlreadyExists"), "aws-conflict"),
        (400, action("ValidationError"), "aws-refused"),
    ];
    for (status, body, code) in cases {
        let failure = failure(status, &[], &body);
        assert_eq!(failure.code, code, "{status} {body}: {failure}");
        let transient = ["aws-throttled", "aws-unavailable", "aws-not-settled"].contains(&code);
        assert_eq!(matches!(failure.cause, Cause::Transient(None)), transient, "{failure}");
        assert_eq!(matches!(failure.cause, Cause::Conflict), code == "aws-conflict", "{failure}");
    }
}

#[test]
fn the_wait_that_aws_asks_for_is_kept() {
    let failure = failure(503, &[("retry-after", "7")], &s3("SlowDown"));
    assert_eq!(failure.cause, Cause::Transient(Some(Duration::from_secs(7))));
}

#[test]
fn code_message_and_request_are_said_with_the_remedy() {
    let listed = "<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>no</Message></Error></Errors>\
                  </ErrorResponse>";
    let cases = [
        (s3("AccessDenied"), "make the bucket `b`: AWS answered 403 AccessDenied: m (request R1)"),
        (action("AccessDenied"), "make the bucket `b`: AWS answered 403 AccessDenied: m (request R1)"),
        (listed.to_owned(), "make the bucket `b`: AWS answered 403 AccessDenied: no (request H1)"),
        (String::new(), "make the bucket `b`: AWS answered 403 (request H1)"),
    ];
    for (body, shown) in cases {
        let failure = failure(403, &[("x-amz-request-id", "H1")], &body);
        let remedy = "allow `s3:CreateBucket` to the identity of the credential binding `aws`";
        assert_eq!(failure.message, format!("{shown}; {remedy}"));
    }
}
