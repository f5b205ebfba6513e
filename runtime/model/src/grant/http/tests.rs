//! Patterns and rules against destinations.

use super::*;

fn to(host: &str, path: &str) -> HttpDestination {
    HttpDestination { scheme: Scheme::Https, host: host.into(), port: 443, path: path.into() }
}

fn rule(host: &str, path: &str) -> HttpRule {
    HttpRule {
        target: HttpTarget::Origin {
            scheme: Scheme::Https,
            host: HostPattern::parse(host).unwrap(),
            port: 443,
        },
        methods: BTreeSet::from([HttpMethod::Get]),
        path: path.into(),
        secrets: false,
    }
}

#[test]
fn hosts_match_whole_labels() {
    let cases = [
        ("api.example.com", "api.example.com", true),
        ("api.example.com", "evil.api.example.com", false),
        ("*.example.com", "a.example.com", true),
        ("*.example.com", "b.a.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", ".example.com", false),
        ("*.example.com", "evilexample.com", false),
        ("*.example.com", "a.example.com.evil.org", false),
        ("::1", "::1", true),
    ];
    for (pattern, host, expected) in cases {
        assert_eq!(HostPattern::parse(pattern).unwrap().matches(host), expected, "{pattern} {host}");
    }
}

#[test]
fn patterns_that_say_too_much_are_refused() {
    let cases = [
        ("", InvalidHost::Empty),
        ("*", InvalidHost::Star),
        ("*.com", InvalidHost::TopLevel),
        ("a.*.com", InvalidHost::Star),
        ("*.*.com", InvalidHost::Star),
        ("EXAMPLE.com", InvalidHost::Character),
        ("example.com.", InvalidHost::Character),
        ("exämple.com", InvalidHost::Character),
        ("user@example.com", InvalidHost::Character),
        ("example.com/path", InvalidHost::Character),
        ("*.127.0.0.1", InvalidHost::TopLevel),
    ];
    for (pattern, expected) in cases {
        assert_eq!(HostPattern::parse(pattern).unwrap_err(), expected, "{pattern}");
    }
}

#[test]
fn paths_match_whole_segments() {
    let cases = [
        ("/", "/anything", true),
        ("/v1", "/v1", true),
        ("/v1", "/v1/x", true),
        ("/v1/", "/v1/x", true),
        ("/v1", "/v1x", false),
        ("/v1", "/v1/..%2fadmin", false),
        ("/v1", "/v1/..%5cadmin", false),
        ("/v1", "/V1", false),
    ];
    for (prefix, path, expected) in cases {
        let matches =
            rule("a.example.com", prefix).matches(HttpMethod::Get, &to("a.example.com", path), |_| None);
        assert_eq!(matches, expected, "{prefix} {path}");
    }
}

#[test]
fn a_setting_matches_its_own_origin_only() {
    let mut rule = rule("a.example.com", "/");
    rule.target = HttpTarget::Setting("endpoint".into());
    let setting = |name: &str| (name == "endpoint").then(|| to("moto.example.com", "/base"));
    assert!(rule.matches(HttpMethod::Get, &to("moto.example.com", "/x"), setting));
    assert!(!rule.matches(HttpMethod::Get, &to("other.example.com", "/x"), setting));
    assert!(!rule.matches(HttpMethod::Put, &to("moto.example.com", "/x"), setting));
    assert!(!rule.matches(HttpMethod::Get, &to("moto.example.com", "/x"), |_| None));
}
