//! What comes of asking and granting: component imports ∩ wanted ∩ granted, and what lies outside of it.

use std::collections::BTreeSet;

use innominatus_model::{
    Capability, Grant, HostPattern, HttpDestination, HttpGrant, HttpMethod, HttpRule, HttpTarget, Want,
};

use super::EntryGrants;
use super::words::{place, words};

/// What an entry may do, and what it may not though somebody wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// What it may do.
    pub grant: Grant,
    /// Asked for and not granted.
    pub missing: Vec<Gap>,
    /// Granted and not asked for: has no effect.
    pub unwanted: Vec<Gap>,
}

/// One thing that is on one side only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which capability it belongs to.
    pub capability: Capability,
    /// In words: `PUT to https://s3.example.com`.
    pub what: String,
    /// More about it.
    pub why: Option<String>,
}

impl Gap {
    pub(super) fn new(capability: Capability, what: impl Into<String>) -> Self {
        Self { capability, what: what.into(), why: None }
    }

    fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.why {
            Some(why) => write!(f, "{}: {} ({why})", self.capability, self.what),
            None => write!(f, "{}: {}", self.capability, self.what),
        }
    }
}

/// The wants that need an answer: what the component cannot call, and what everybody may do, is no question.
pub fn asked<'a>(wants: &'a [Want], imports: &'a [Capability]) -> impl Iterator<Item = &'a Want> {
    wants.iter().filter(|want| !want.capability.is_always_granted() && imports.contains(&want.capability))
}

/// Joins what an entry asks for with what it is granted. `setting` gives the origin of the URL in a setting of the
/// platform.
pub fn effective(
    wants: &[Want],
    imports: &[Capability],
    granted: &EntryGrants,
    setting: &dyn Fn(&str) -> Option<HttpDestination>,
) -> Effective {
    let find = |capability| asked(wants, imports).find(|want| want.capability == capability);
    let mut joined = Joined { grant: Grant::default(), missing: Vec::new(), unwanted: Vec::new(), setting };
    let mut capabilities = BTreeSet::new();
    match find(Capability::Http) {
        Some(want) => {
            joined.http(want, granted);
            if !joined.grant.http.is_empty() {
                capabilities.insert(Capability::Http);
            }
        }
        None => joined.no_http(granted, wants),
    }
    let want = find(Capability::Secrets);
    joined.secrets(want, granted);
    if joined.grant.generate || !joined.grant.references.is_empty() {
        capabilities.insert(Capability::Secrets);
    }
    for want in asked(wants, imports).filter(|want| !want.capability.is_linked()) {
        let gap = Gap::new(want.capability, "all of it");
        joined.missing.push(gap.because("this runtime does not link it yet"));
    }
    let Joined {
        grant: Grant { generate, wanted_http, http, credentials, references, .. },
        missing,
        unwanted,
        ..
    } = joined;
    let mut grant = Grant::new(capabilities);
    grant.generate = generate;
    grant.wanted_http = wanted_http;
    grant.http = http;
    grant.credentials = credentials;
    grant.references = references;
    Effective { grant, missing, unwanted }
}

struct Joined<'a> {
    grant: Grant,
    missing: Vec<Gap>,
    unwanted: Vec<Gap>,
    setting: &'a dyn Fn(&str) -> Option<HttpDestination>,
}

impl Joined<'_> {
    fn http(&mut self, want: &Want, granted: &EntryGrants) {
        let wanted: Vec<(&HttpRule, Option<HttpRule>)> =
            want.http.iter().map(|rule| (rule, resolved(rule, self.setting))).collect();
        // A setting may lead elsewhere tomorrow, so a line beside it is kept; the authoriser looks at each call.
        let open = wanted.iter().any(|(rule, _)| matches!(rule.target, HttpTarget::Setting(_)));
        let unknown = wanted.iter().any(|(_, resolved)| resolved.is_none());
        for line in &granted.http {
            let meets =
                wanted.iter().filter_map(|(_, rule)| rule.as_ref()).any(|rule| meet(rule, &line.rule));
            if !meets && !unknown {
                self.unwanted.push(Gap::new(Capability::Http, words(&line.rule)));
            }
            if meets || open {
                self.grant.http.push(line.clone());
            }
        }
        let leads = wanted.iter().any(|(_, rule)| rule.is_some());
        for (written, rule) in &wanted {
            match rule {
                Some(rule) => self.short_of(written, rule),
                // Whoever leaves the setting out has no use for it, as long as the rest leads somewhere.
                None if leads => {}
                None => {
                    let HttpTarget::Setting(name) = &written.target else { continue };
                    let gap = Gap::new(Capability::Http, words(written));
                    self.missing.push(gap.because(format!("the setting `{name}` holds no URL")));
                }
            }
        }
        if !self.grant.http.is_empty() {
            self.grant.wanted_http.clone_from(&want.http);
        }
        for (name, kind) in &want.credentials {
            let gap = || Gap::new(Capability::Http, format!("the credential `{name}` ({})", kind.as_str()));
            match granted.credentials.get(name) {
                Some(binding) if binding.kind() == *kind => {
                    self.grant.credentials.insert(name.clone(), binding.clone());
                }
                Some(binding) => {
                    let why = format!("the grants file has one of kind {}", binding.kind().as_str());
                    self.missing.push(gap().because(why));
                }
                None => self.missing.push(gap()),
            }
        }
        for name in granted.credentials.keys().filter(|name| !want.credentials.contains_key(*name)) {
            self.unwanted.push(Gap::new(Capability::Http, format!("the credential `{name}`")));
        }
    }

    /// What of one line of the manifest no line of the operator covers.
    fn short_of(&mut self, written: &HttpRule, rule: &HttpRule) {
        let covering = |method: HttpMethod| {
            self.grant
                .http
                .iter()
                .filter(move |line| covers(&line.rule, rule) && line.rule.methods.contains(&method))
        };
        let (granted, missing): (Vec<HttpMethod>, Vec<HttpMethod>) =
            rule.methods.iter().partition(|method| covering(**method).next().is_some());
        let in_part: Vec<String> = self
            .grant
            .http
            .iter()
            .filter(|line| meet(rule, &line.rule) && !covers(&line.rule, rule))
            .map(|line| words(&line.rule))
            .collect();
        let without_secrets = written.secrets && !granted.is_empty() && {
            granted.iter().any(|method| !covering(*method).any(|line| line.rule.secrets))
        };
        if !missing.is_empty() {
            let part = HttpRule { methods: missing.into_iter().collect(), secrets: false, ..written.clone() };
            let gap = Gap::new(Capability::Http, words(&part));
            self.missing.push(match in_part.as_slice() {
                [] => gap,
                lines => gap.because(format!("granted in part: {}", lines.join("; "))),
            });
        }
        if without_secrets {
            self.missing.push(Gap::new(Capability::Http, format!("its secrets to {}", place(written))));
        }
    }

    fn no_http(&mut self, granted: &EntryGrants, wants: &[Want]) {
        let why = not_asked(Capability::Http, wants);
        let lines = granted.http.iter().map(|line| words(&line.rule));
        let credentials = granted.credentials.keys().map(|name| format!("the credential `{name}`"));
        for what in lines.chain(credentials) {
            self.unwanted.push(Gap::new(Capability::Http, what).because(why));
        }
    }

    fn secrets(&mut self, want: Option<&Want>, granted: &EntryGrants) {
        let gap = |what: String| Gap::new(Capability::Secrets, what);
        let generate = || gap("generate secrets of its own".into());
        match want {
            Some(_) if granted.generate => self.grant.generate = true,
            Some(_) => self.missing.push(generate()),
            None if granted.generate => self.unwanted.push(generate()),
            None => {}
        }
        let wanted = want.map(|want| want.references.clone()).unwrap_or_default();
        for name in &wanted {
            match granted.references.get(name) {
                Some(reference) => _ = self.grant.references.insert(name.clone(), reference.clone()),
                None => self.missing.push(gap(format!("refer to `{name}`"))),
            }
        }
        for name in granted.references.keys().filter(|name| !wanted.contains(*name)) {
            self.unwanted.push(gap(format!("refer to `{name}`")));
        }
    }
}

fn not_asked(capability: Capability, wants: &[Want]) -> &'static str {
    if wants.iter().any(|want| want.capability == capability) {
        "the component does not import it"
    } else {
        "platform.yaml does not ask for it"
    }
}

/// The rule with the origin that its setting leads to now.
pub(super) fn resolved(
    rule: &HttpRule,
    setting: &dyn Fn(&str) -> Option<HttpDestination>,
) -> Option<HttpRule> {
    let HttpTarget::Setting(name) = &rule.target else { return Some(rule.clone()) };
    let HttpDestination { scheme, host, port, .. } = setting(name)?;
    let target = HttpTarget::Origin { scheme, host: HostPattern::Exact(host), port };
    Some(HttpRule { target, ..rule.clone() })
}

/// Whether there is a request that both lines are about.
fn meet(a: &HttpRule, b: &HttpRule) -> bool {
    let hosts = |a: &HostPattern, b: &HostPattern| host_covers(a, b) || host_covers(b, a);
    let paths = path_covers(&a.path, &b.path) || path_covers(&b.path, &a.path);
    origins(a, b, hosts) && paths && !a.methods.is_disjoint(&b.methods)
}

/// Whether every request of `asked`, methods aside, is one of `line`.
fn covers(line: &HttpRule, asked: &HttpRule) -> bool {
    origins(line, asked, host_covers) && path_covers(&line.path, &asked.path)
}

fn origins(a: &HttpRule, b: &HttpRule, hosts: impl Fn(&HostPattern, &HostPattern) -> bool) -> bool {
    let HttpTarget::Origin { scheme, host, port } = &a.target else { return false };
    let HttpTarget::Origin { scheme: other_scheme, host: other_host, port: other_port } = &b.target else {
        return false;
    };
    (scheme, port) == (other_scheme, other_port) && hosts(host, other_host)
}

fn host_covers(wide: &HostPattern, narrow: &HostPattern) -> bool {
    match (wide, narrow) {
        (HostPattern::Below(suffix), HostPattern::Below(other)) => other == suffix || wide.matches(other),
        (wide, HostPattern::Exact(host)) => wide.matches(host),
        (HostPattern::Exact(_), HostPattern::Below(_)) => false,
    }
}

/// At the border of a segment, as the authoriser has it.
fn path_covers(wide: &str, narrow: &str) -> bool {
    let wide = wide.trim_end_matches('/');
    narrow.strip_prefix(wide).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Lines that a list of grants already has are not added again.
pub(super) fn add(lines: &mut Vec<HttpGrant>, line: HttpGrant) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrower_host_is_covered_and_a_wider_one_is_not() {
        let host = |text| HostPattern::parse(text).unwrap();
        for (wide, narrow, expected) in [
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "*.a.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "*.badexample.com", false),
            ("*.a.example.com", "*.example.com", false),
            ("a.example.com", "*.example.com", false),
            ("a.example.com", "a.example.com", true),
        ] {
            assert_eq!(host_covers(&host(wide), &host(narrow)), expected, "{wide} {narrow}");
        }
        for (wide, narrow, expected) in [
            ("/", "/v1", true),
            ("/v1", "/", false),
            ("/v1", "/v1x", false),
            ("/v1/", "/v1", true),
            ("/v1", "/v1/a", true),
        ] {
            assert_eq!(path_covers(wide, narrow), expected, "{wide} {narrow}");
        }
    }
}
