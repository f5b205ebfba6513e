//! The one authoriser at its seam: every call, every export, and the places around what is granted.

use std::collections::BTreeSet;

use innominatus_model::{Capability, HostPattern, HttpRule, State};
use serde_json::json;

use super::*;
use crate::{HttpBody, HttpError, LogLevel, SecretError};

fn request(method: HttpMethod, url: &str) -> Call {
    Call::Http {
        request: Box::new(HttpRequest {
            purpose: "test".into(),
            method,
            url: url.into(),
            headers: vec![],
            body: HttpBody::Empty,
            credential: None,
            idempotency: None,
            capture: vec![],
            timeout_ms: None,
        }),
    }
}

fn rule(methods: &[HttpMethod]) -> HttpRule {
    HttpRule {
        target: HttpTarget::Origin {
            scheme: Scheme::Https,
            host: HostPattern::parse("api.example.com").unwrap(),
            port: 443,
        },
        methods: methods.iter().copied().collect::<BTreeSet<_>>(),
        path: "/v1".into(),
        secrets: false,
    }
}

fn granted(wanted: HttpRule, granted: HttpRule) -> Grant {
    let mut grant = Grant::new([Capability::Http]);
    grant.wanted_http.push(wanted);
    grant.http.push(HttpGrant::new(granted));
    grant
}

fn calls() -> Vec<Call> {
    vec![
        Call::Log { level: LogLevel::Info, message: String::new(), fields: vec![] },
        Call::ClockNow,
        Call::ClockRemaining,
        Call::RandomBytes { count: 1 },
        Call::SettingsGet,
        Call::Checkpoint { state: State::default() },
        Call::Progress { message: String::new(), percent: None },
        Call::SecretReference { name: "a".into() },
        Call::SecretGenerate { name: "a".into(), recipe: "password".into(), options: Json::Null },
        request(HttpMethod::Get, "https://api.example.com/v1"),
        request(HttpMethod::Put, "https://api.example.com/v1"),
    ]
}

fn everything() -> Grant {
    let all = rule(&HttpMethod::ALL);
    let mut grant = Grant::new(Capability::ALL);
    grant.wanted_http.push(all.clone());
    grant.http.push(HttpGrant::new(all));
    let secret = SecretGrant { secret: "s".into(), hosts: vec![] };
    grant.references.insert("a".into(), secret);
    grant
}

fn is_allowed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Allow(_))
}

/// Every call × every export × with and without the grant.
#[test]
fn the_deny_matrix() {
    for export in Export::ALL {
        for call in calls() {
            let granted = Authoriser::new(export, "p/e", everything()).judge(&call);
            assert_eq!(is_allowed(&granted), export.may(call.access()), "{export:?} {}", call.name());
            let bare = Authoriser::new(export, "p/e", Grant::default()).judge(&call);
            let allowed = export.may(call.access()) && call.capability().is_always_granted();
            assert_eq!(is_allowed(&bare), allowed, "{export:?} {}", call.name());
        }
    }
}

fn denial(grant: Grant, call: &Call) -> Denial {
    match Authoriser::new(Export::Provision, "aws/aws-s3", grant).judge(call) {
        Verdict::Deny(Outcome::Http(Err(HttpError::Denied(denial)))) => denial,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wanted_and_granted_goes_through() {
    let grant = granted(rule(&[HttpMethod::Get]), rule(&[HttpMethod::Get, HttpMethod::Put]));
    let authoriser = Authoriser::new(Export::Provision, "aws/aws-s3", grant.clone());
    let verdict = authoriser.judge(&request(HttpMethod::Get, "https://API.example.com/v1/../v1/x?q=1"));
    let Verdict::Allow(Permit { access: Access::Read, http: Some(http), .. }) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!((http.to.host.as_str(), http.to.path.as_str()), ("api.example.com", "/v1/x"));
    // Granted more than wanted: what was not wanted stays closed.
    let denial = denial(grant, &request(HttpMethod::Put, "https://api.example.com/v1/x"));
    assert!(denial.remedy.contains("platform.yaml does not ask for it"), "{}", denial.remedy);
}

#[test]
fn a_denial_says_which_grant_would_allow_it() {
    let mut grant = granted(rule(&[HttpMethod::Put]), rule(&[HttpMethod::Get]));
    let denied = denial(grant.clone(), &request(HttpMethod::Put, "https://api.example.com/v1/x?secret=1"));
    assert_eq!(denied.wanted, "PUT https://api.example.com/v1/x");
    let line = r#"- {host: "api.example.com", methods: [PUT], path: "/v1/x"}"#;
    assert!(denied.remedy.contains(line) && denied.remedy.contains("aws/aws-s3"), "{}", denied.remedy);
    let whole = r#"(all that it asks for there: `- {host: "api.example.com", methods: [PUT], path: "/v1"}`)"#;
    assert!(denied.remedy.ends_with(whole), "{}", denied.remedy);
    grant.http.clear();
    let denied = denial(grant, &request(HttpMethod::Put, "https://u@api.example.com/v1/x"));
    assert!(denied.remedy.contains("credential binding"), "{}", denied.remedy);
}

#[test]
fn places_around_a_granted_one_stay_closed() {
    let grant = granted(rule(&HttpMethod::ALL), rule(&HttpMethod::ALL));
    let around = [
        "http://api.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://api.example.com/v2",
        "https://api.example.com/v1/../admin",
        "https://api.example.com/v1/%2e%2e/admin",
        "https://api.example.com/v1/..%2fadmin",
        "https://api.example.com.evil.org/v1",
        "https://evil-api.example.com/v1",
        "https://api.example.com./v1",
        "https://169.254.169.254/v1",
        "file:///v1",
    ];
    for url in around {
        denial(grant.clone(), &request(HttpMethod::Get, url));
    }
}

#[test]
fn a_post_that_only_looks_may_be_sent_from_an_export_that_looks() {
    let mut grant = granted(rule(&[HttpMethod::Post]), rule(&[HttpMethod::Post]));
    let search = request(HttpMethod::Post, "https://api.example.com/v1/search");
    let judge = |grant: &Grant| Authoriser::new(Export::GetStatus, "p/e", grant.clone()).judge(&search);
    assert!(!is_allowed(&judge(&grant)));
    grant.http[0].reads.push((HttpMethod::Post, "/v1/search".into()));
    assert!(is_allowed(&judge(&grant)));
}

#[test]
fn a_want_may_name_the_setting_with_the_url() {
    let mut wanted = rule(&[HttpMethod::Get]);
    wanted.target = HttpTarget::Setting("endpoint".into());
    let authoriser = Authoriser::new(Export::Provision, "p/e", granted(wanted, rule(&[HttpMethod::Get])));
    let call = request(HttpMethod::Get, "https://api.example.com/v1");
    assert!(!is_allowed(&authoriser.judge(&call)));
    let settings = json!({"endpoint": "https://api.example.com/ignored"});
    assert!(is_allowed(&authoriser.clone().with_settings(settings.clone()).judge(&call)));
    // Another method at the same place is one more method there, and not another host.
    let delete = request(HttpMethod::Delete, "https://api.example.com/v1/x");
    let verdict = authoriser.clone().with_settings(settings).judge(&delete);
    assert!(format!("{verdict:?}").contains("{setting: endpoint, methods: [DELETE], path: "), "{verdict:?}");
    let elsewhere = json!({"endpoint": "https://other.example.com"});
    assert!(!is_allowed(&authoriser.with_settings(elsewhere).judge(&call)));
}

#[test]
fn a_credential_has_to_be_granted_by_name() {
    let mut grant = granted(rule(&[HttpMethod::Get]), rule(&[HttpMethod::Get]));
    let mut call = request(HttpMethod::Get, "https://api.example.com/v1");
    if let Call::Http { request } = &mut call {
        request.credential = Some("aws:rds".into());
    }
    assert!(denial(grant.clone(), &call).remedy.contains("under `credentials:` of `aws/aws-s3`"));
    grant.credentials.insert("aws".into(), Binding::Bearer { token: "t".into() });
    let verdict = Authoriser::new(Export::Provision, "p/e", grant).judge(&call);
    let Verdict::Allow(Permit { http: Some(http), .. }) = verdict else { panic!("{verdict:?}") };
    assert_eq!(http.service.as_deref(), Some("rds"));
    assert!(http.binding.is_some());
}

#[test]
fn secrets_may_be_granted_for_references_alone() {
    let mut grant = Grant::new([Capability::Secrets]);
    let call = Call::SecretGenerate { name: "a".into(), recipe: "password".into(), options: json!({}) };
    let judge = |grant: &Grant| Authoriser::new(Export::Provision, "p/e", grant.clone()).judge(&call);
    assert!(is_allowed(&judge(&grant)));
    grant.generate = false;
    let Verdict::Deny(Outcome::Minted(Err(SecretError::Denied(denial)))) = judge(&grant) else {
        panic!("it is allowed")
    };
    assert!(denial.remedy.contains("generate: true"), "{}", denial.remedy);
}
