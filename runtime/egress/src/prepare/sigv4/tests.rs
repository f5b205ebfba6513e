//! Signatures that AWS published.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, RANGE};
use innominatus_model::HttpMethod;
use url::Url;

use super::*;

fn signature(
    (method, url): (HttpMethod, &str),
    header: Option<(HeaderName, &'static str)>,
    secret: &str,
    (region, service): (&str, &str),
    seconds: u64,
) -> (HeaderMap, Secret) {
    let url = Url::parse(url).unwrap();
    let mut headers = HeaderMap::new();
    headers.extend(header.map(|(name, value)| (name, HeaderValue::from_static(value))));
    let id = if service == "s3" { "AKIAIOSFODNN7EXAMPLE" } else { "AKIDEXAMPLE" };
    let keys =
        Keys { access_key_id: Secret::new(id), secret_access_key: Secret::new(secret), session_token: None };
    let sent = Sent { method, url: &url, body: &Bytes::new() };
    let now = UNIX_EPOCH + Duration::from_secs(seconds);
    let mut settings = settings(service);
    if service != "s3" {
        // AWS published these without the sum of the body.
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    }
    let signature = sign_with(settings, sent, &mut headers, &keys, (region, service), now).unwrap();
    (headers, signature)
}

/// The key of AWS's test suite and of the examples in its documentation of IAM, at 2015-08-30T12:36:00Z.
const SUITE: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SUITE_TIME: u64 = 1_440_938_160;
/// The key of the examples in the documentation of S3, at 2013-05-24T00:00:00Z.
const S3: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const S3_TIME: u64 = 1_369_353_600;
/// SHA-256 of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn the_test_suite_of_aws_is_signed_as_published() {
    let cases = [
        (
            (HttpMethod::Get, "https://example.amazonaws.com/"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            (HttpMethod::Post, "https://example.amazonaws.com/"),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            (HttpMethod::Get, "https://example.amazonaws.com/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ];
    for (request, expected) in cases {
        let (headers, found) = signature(request, None, SUITE, ("us-east-1", "service"), SUITE_TIME);
        assert_eq!(found.expose(), expected, "{request:?}");
        let authorization = headers["authorization"].to_str().unwrap();
        assert_eq!(
            authorization,
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={expected}"
            )
        );
        assert!(headers["authorization"].is_sensitive());
    }
}

#[test]
fn the_example_of_iam_is_signed_as_published() {
    let url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
    let media = (CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
    let (_, found) = signature((HttpMethod::Get, url), Some(media), SUITE, ("us-east-1", "iam"), SUITE_TIME);
    assert_eq!(found.expose(), "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

#[test]
fn the_examples_of_s3_are_signed_as_published() {
    let range = Some((RANGE, "bytes=0-9"));
    let cases = [
        ("test.txt", range, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("?lifecycle", None, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("?max-keys=2&prefix=J", None, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ];
    for (path, header, expected) in cases {
        let url = format!("https://examplebucket.s3.amazonaws.com/{path}");
        let (headers, found) = signature((HttpMethod::Get, &url), header, S3, ("us-east-1", "s3"), S3_TIME);
        assert_eq!(found.expose(), expected, "{path}");
        assert_eq!(headers["x-amz-content-sha256"], EMPTY);
    }
}

/// The signature of a stranger's library (botocore 1.44) over the same request, for a region that IAM has no address in.
#[test]
fn a_global_service_is_signed_for_its_one_region_and_every_body_s_sum_is_said() {
    let url = Url::parse("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08").unwrap();
    let keys = Keys {
        access_key_id: Secret::new("AKIDEXAMPLE"),
        secret_access_key: Secret::new(SUITE),
        session_token: None,
    };
    let mut headers = HeaderMap::new();
    let sent = Sent { method: HttpMethod::Get, url: &url, body: &Bytes::new() };
    let now = UNIX_EPOCH + Duration::from_secs(SUITE_TIME);
    let found = sign(sent, &mut headers, &keys, "eu-west-1", "iam", now).unwrap();
    assert_eq!(headers["x-amz-content-sha256"], EMPTY);
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"), "{authorization}");
    assert_eq!(found.expose(), "65f031d93b4631aedf16a8f7f830cdc8ce2bc5276c307b5a2cc2143d4b68e323");
}

#[test]
fn only_global_services_are_signed_for_another_region() {
    let cases = [
        ("s3", "eu-west-1", "eu-west-1"),
        ("rds", "us-gov-east-1", "us-gov-east-1"),
        ("iam", "us-east-1", "us-east-1"),
        ("iam", "ap-southeast-2", "us-east-1"),
        ("iam", "us-gov-east-1", "us-gov-west-1"),
        ("iam", "cn-northwest-1", "cn-north-1"),
        ("route53", "cn-north-1", "cn-northwest-1"),
    ];
    for (service, region, expected) in cases {
        assert_eq!(region_of(service, region), expected, "{service} in {region}");
    }
}

#[test]
fn the_service_is_read_from_host_names_of_aws() {
    let cases = [
        ("iam.amazonaws.com", Some("iam")),
        ("rds.eu-central-1.amazonaws.com", Some("rds")),
        ("rds-fips.us-gov-west-1.amazonaws.com", Some("rds")),
        ("s3.eu-central-1.amazonaws.com", Some("s3")),
        ("s3-eu-west-1.amazonaws.com", Some("s3")),
        ("s3.dualstack.us-east-1.amazonaws.com", Some("s3")),
        ("bucket.s3.eu-central-1.amazonaws.com", Some("s3")),
        ("my.dotted.bucket.s3.amazonaws.com", Some("s3")),
        ("abc123.execute-api.us-east-1.amazonaws.com", Some("execute-api")),
        ("sts.cn-north-1.amazonaws.com.cn", Some("sts")),
        ("amazonaws.com", None),
        ("s3.example.com", None),
        ("s3.amazonaws.com.example.org", None),
    ];
    for (host, expected) in cases {
        assert_eq!(service_of(host), expected, "{host}");
    }
}

#[test]
fn a_service_is_a_plain_word() {
    assert!(is_name("s3") && is_name("execute-api"));
    for odd in ["", "S3", "s3/aws4_request", "s3, Signature=x", "s3\n"] {
        assert!(!is_name(odd), "{odd:?}");
    }
}
