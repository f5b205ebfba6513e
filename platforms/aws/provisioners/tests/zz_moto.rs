//! Ad hoc: the provisioners against moto through a signing proxy.
#![allow(clippy::unwrap_used, reason = "x")]
mod support;
use std::io::{Read, Write};
use std::net::TcpStream;
use innominatus_guest::testing::FakeHost;
use innominatus_guest::*;
use serde_json::json;
use support::*;

fn send(request: &HttpRequest) -> Result<HttpResponse, HttpError> {
    let path = request.url.strip_prefix("http://127.0.0.1:34599").unwrap();
    let service = request.credential.as_deref().unwrap().strip_prefix("aws:").unwrap();
    let (body, extra) = match &request.body {
        HttpBody::Empty => (vec![], ""),
        HttpBody::Raw(bytes) => (bytes.clone(), ""),
        HttpBody::Form(fields) => (
            fields.iter().map(|(k, v)| format!("{}={}", percent_encoding::utf8_percent_encode(k, percent_encoding::NON_ALPHANUMERIC), percent_encoding::utf8_percent_encode(v, percent_encoding::NON_ALPHANUMERIC))).collect::<Vec<_>>().join("&").into_bytes(),
            "content-type: application/x-www-form-urlencoded\r\n",
        ),
        HttpBody::Json(_) => panic!(),
    };
    let mut stream = TcpStream::connect("127.0.0.1:34599").unwrap();
    let headers: String = request.headers.iter().map(|(k, v)| format!("{k}: {v}\r\n")).collect();
    write!(stream, "{} {path} HTTP/1.0\r\nx-service: {service}\r\ncontent-length: {}\r\n{extra}{headers}\r\n", request.method, body.len()).unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(HttpResponse { status, headers: vec![], body: answer[split + 4..].to_vec() })
}
fn host() -> FakeHost {
    ["GET", "PUT", "POST", "DELETE"].into_iter().fold(
        FakeHost::new().with_settings(json!({"region": "eu-west-1", "endpoint": "http://127.0.0.1:34599"})),
        |host, method| host.answer_with(method, "http", send),
    )
}
fn prov(t: &Target<Json>) -> State {
    let mut kept = t.prior.as_ref().map(|p| p.state.clone());
    for _ in 0..9 {
        let h = host();
        let out = component(|c| c.provision(h.host(), remembering(t, kept.clone())));
        for line in h.requests() { eprintln!("   {line}"); }
        match out.unwrap() { Progress::Ready(s) => return s, Progress::Pending(p) => { eprintln!("pending {}", p.reason); kept = Some(p.state); } }
    }
    panic!()
}
fn depr(t: &Target<Json>) {
    for _ in 0..9 {
        let h = host();
        match component(|c| c.deprovision(h.host(), t.clone())).unwrap() { Removal::Gone => return, Removal::Pending(p) => eprintln!("pending {}", p.reason) }
    }
    panic!()
}
fn stat(t: &Target<Json>) -> Status { let h = host(); let s = component(|c| c.get_status(h.host(), t.clone())).unwrap(); eprintln!("{s:?}"); s }
#[test]
fn all() {
    for (kind, cases) in [
        ("s3", vec![json!({}), json!({"versioning": true, "lifecycle": {"expirationDays": 30, "noncurrentDays": 7, "abortMultipartDays": 2}, "tags": {"team": "a & b"}, "kmsKey": "alias/x",
            "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::{bucket}/x/*"}]}}), json!({}), json!({"forceDestroy": true})]),
        ("postgres", vec![json!({"version": "16.4"}), json!({"version": "16.6", "storage": "50Gi", "instanceClass": "db.t4g.small", "backupRetentionDays": 14, "multiAz": true, "tags": {"team": "a"}}), json!({"version": 17, "allowMajorUpgrade": true}), json!({"skipFinalSnapshot": true})]),
    ] {
        let mut state = None;
        for params in cases {
            eprintln!("== {kind} {params}");
            let t = target(kind, params);
            let s = prov(&remembering(&t, state.clone()));
            let made = remembering(&t, Some(s.clone()));
            eprintln!("-- again");
            assert_eq!(prov(&made), s);
            assert_eq!(stat(&made).health, Health::Ready);
            state = Some(s);
            if kind == "s3" && t.params.get("forceDestroy").is_some() {
                let b = state.as_ref().unwrap().get("bucket").unwrap().as_str().unwrap().to_owned();
                for key in ["a%20b%2Bc", "d%26e", "f"] { for _ in 0..2 {
                    let r = HttpRequest { purpose: "x".into(), method: "PUT".into(), url: format!("http://127.0.0.1:34599/{b}/{key}"), headers: vec![], body: HttpBody::Raw(b"x".to_vec()), credential: Some("aws:s3".into()), idempotency: None, capture: vec![], timeout: None };
                    assert_eq!(send(&r).unwrap().status, 200);
                } }
            }
        }
        let t = target(kind, if kind == "s3" { json!({"forceDestroy": true}) } else { json!({}) });
        depr(&remembering(&t, state.clone()));
        depr(&remembering(&t, state));
        depr(&target(kind, json!({})));
    }
}
