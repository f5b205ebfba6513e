//! Whether one set of wants goes beyond another, and in what: an update that asks for no more than what was answered
//! needs no new answer.

use std::collections::BTreeSet;

use innominatus_model::{Capability, HostPattern, HttpRule, HttpTarget, Want};

use super::effective::Gap;
use super::words::words;

/// What `now` asks for and `before` did not, a line for each thing. Only what is written counts: that a setting leads
/// elsewhere is the operator's own doing.
pub fn wider(before: &[Want], now: &[Want]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for want in now.iter().filter(|want| !want.capability.is_always_granted()) {
        let known = before.iter().find(|known| known.capability == want.capability);
        let none = Want::plain(want.capability, "");
        let known = match known {
            Some(known) => known,
            None => {
                let what = match want.capability {
                    Capability::Secrets => "make secrets of its own",
                    Capability::Http => "send requests",
                    _ => "all of it",
                };
                gaps.push(Gap::new(want.capability, what));
                &none
            }
        };
        let more = |what: String| Gap::new(want.capability, what);
        let rules = want.http.iter().filter_map(|rule| uncovered(rule, &known.http));
        gaps.extend(rules.map(|rule| more(words(&rule))));
        for (name, kind) in &want.credentials {
            if known.credentials.get(name) != Some(kind) {
                gaps.push(more(format!("the credential `{name}` ({})", kind.as_str())));
            }
        }
        let more_references = want.references.difference(&known.references);
        gaps.extend(more_references.map(|name| more(format!("your secret called `{name}`"))));
    }
    gaps
}

/// The part of a line that no other line covers.
pub(super) fn uncovered(rule: &HttpRule, known: &[HttpRule]) -> Option<HttpRule> {
    let covering = |known: &&HttpRule| {
        target_covers(&known.target, &rule.target)
            && is_below(&rule.path, &known.path)
            && (known.secrets || !rule.secrets)
    };
    let covered: BTreeSet<_> = known.iter().filter(covering).flat_map(|known| &known.methods).collect();
    let left: BTreeSet<_> = rule.methods.iter().filter(|method| !covered.contains(method)).copied().collect();
    (!left.is_empty()).then(|| HttpRule { methods: left, ..rule.clone() })
}

fn target_covers(known: &HttpTarget, asked: &HttpTarget) -> bool {
    match (known, asked) {
        (HttpTarget::Setting(known), HttpTarget::Setting(asked)) => known == asked,
        (
            HttpTarget::Origin { scheme, host, port },
            HttpTarget::Origin { scheme: asked_scheme, host: asked_host, port: asked_port },
        ) => scheme == asked_scheme && port == asked_port && host_covers(host, asked_host),
        _ => false,
    }
}

fn host_covers(known: &HostPattern, asked: &HostPattern) -> bool {
    match asked {
        HostPattern::Exact(host) => known.matches(host),
        // Whatever is below a suffix is below what the suffix itself is below.
        HostPattern::Below(suffix) => {
            known == asked || matches!(known, HostPattern::Below(_)) && known.matches(suffix)
        }
    }
}

/// In whole segments, as requests are matched.
fn is_below(path: &str, prefix: &str) -> bool {
    let (path, prefix) = (path.trim_end_matches('/'), prefix.trim_end_matches('/'));
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use innominatus_model::BindingKind;

    use super::*;
    use crate::read_manifest;

    /// The wants of a manifest with this under `capabilities:`, as flow YAML.
    fn wants(capabilities: &str) -> Vec<Want> {
        let text = format!(
            "{{apiVersion: innominatus.io/v1, kind: Platform, metadata: {{name: a, version: 1.0.0}}, \
             compatibility: {{minCoreVersion: 1.0.0}}, provisioners: [{{name: b, type: cc, version: 1.0.0, \
             component: b.wasm, capabilities: {capabilities}}}]}}"
        );
        let (manifest, _) =
            read_manifest("test", text.as_bytes()).unwrap_or_else(|error| panic!("{:?}", error.diagnostics));
        manifest.provisioners[0].wants.clone()
    }

    fn http(lines: &str) -> String {
        format!("[{{name: http, reason: r, http: [{lines}]}}]")
    }

    fn beyond(before: &str, now: &str) -> Vec<String> {
        wider(&wants(before), &wants(now)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_equal_or_narrower_is_nothing_new() {
        let before = http(
            "{host: '*.example.com', methods: [GET, PUT], path: /v1, secrets: true}, {setting: endpoint}",
        );
        for now in [
            before.clone(),
            http("{host: a.b.example.com, methods: [GET], path: /v1}"),
            http("{host: '*.b.example.com', methods: [PUT], path: /v1/x, secrets: true}"),
            http("{setting: endpoint, methods: [HEAD]}"),
            "[]".to_owned(),
            "[{name: log, reason: r}]".to_owned(),
        ] {
            assert_eq!(beyond(&before, &now), Vec::<String>::new(), "{now}");
        }
    }

    #[test]
    fn everything_beyond_is_told() {
        let before = http("{host: '*.example.com', methods: [GET, PUT], path: /v1}, {setting: endpoint}");
        for (now, told) in [
            ("{host: example.com, path: /v1}", "http: GET, HEAD to https://example.com below /v1"),
            (
                "{host: a.example.com, methods: [GET, DELETE], path: /v1}",
                "http: DELETE to https://a.example.com below /v1",
            ),
            (
                "{host: a.example.com, methods: [GET], path: /v10}",
                "http: GET to https://a.example.com below /v10",
            ),
            ("{host: a.example.com, methods: [GET]}", "http: GET to https://a.example.com"),
            (
                "{host: a.example.com, methods: [GET], path: /v1, secrets: true}",
                "http: GET to https://a.example.com below /v1, its secrets included",
            ),
            (
                "{host: a.example.com, port: 8443, methods: [GET], path: /v1}",
                "http: GET to https://a.example.com:8443 below /v1",
            ),
            (
                "{host: '*.example.org', methods: [GET], path: /v1}",
                "http: GET to https://*.example.org below /v1",
            ),
            ("{setting: other, methods: [GET]}", "http: GET to the URL in the setting `other`"),
        ] {
            assert_eq!(beyond(&before, &http(now)), [told], "{now}");
        }
        assert_eq!(
            beyond("[]", "[{name: secrets, reason: r, references: [db]}]"),
            ["secrets: make secrets of its own", "secrets: your secret called `db`"]
        );
        assert_eq!(
            beyond("[]", &http("{host: a.io, methods: [GET]}")),
            ["http: send requests", "http: GET to https://a.io"]
        );
    }

    #[test]
    fn another_credential_under_the_same_name_is_something_new() {
        let mut before = wants(&http("{host: a.io}"));
        before[0].credentials.insert("api".into(), BindingKind::Bearer);
        let mut now = before.clone();
        assert_eq!(wider(&before, &now), []);
        now[0].credentials.insert("api".into(), BindingKind::Basic);
        assert_eq!(wider(&before, &now)[0].what, "the credential `api` (basic)");
    }
}
