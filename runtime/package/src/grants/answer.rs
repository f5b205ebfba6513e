//! Answers that name nothing but what is asked for: "as asked for", and a grants file to begin with.

use std::collections::BTreeSet;

use innominatus_model::{
    Binding, BindingKind, Capability, HostPattern, HttpDestination, HttpGrant, HttpRule, HttpTarget, Scheme,
    SecretGrant, Want, judge_address,
};
use ipnet::IpNet;

use super::EntryGrants;
use super::effective::{add, resolved};
use super::wider::uncovered;

/// A host that leads nowhere, for a person to replace (RFC 2606).
const NOWHERE: &str = "host.invalid";

/// A want leads to a setting that is not there, and a grant names hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it wants to send requests to the URL in the setting `{setting}`, which holds no URL")]
pub struct NoSetting {
    /// The setting.
    pub setting: String,
}

/// Grants a want as it is, as far as that is possible without naming a secret: credentials and references are the
/// operator's to name. Lines of settings that are not there are passed over, unless there are no others.
pub fn as_asked(
    want: &Want,
    setting: &dyn Fn(&str) -> Option<HttpDestination>,
) -> Result<EntryGrants, NoSetting> {
    let mut granted =
        EntryGrants { generate: want.capability == Capability::Secrets, ..EntryGrants::default() };
    for rule in want.http.iter().filter_map(|rule| resolved(rule, setting)) {
        add(&mut granted.http, HttpGrant::new(rule));
    }
    match want.http.first().map(|rule| &rule.target) {
        Some(HttpTarget::Setting(name)) if granted.http.is_empty() => {
            Err(NoSetting { setting: name.clone() })
        }
        _ => Ok(granted),
    }
}

/// Grants what is new in a want, as it is, to what is granted already: what was asked for before was answered before, and is
/// not granted by this. A new line gets the terms (addresses, proxy, bounds) of one that leads to the same place.
pub fn as_asked_beyond(
    granted: &mut EntryGrants,
    before: &[Want],
    want: &Want,
    setting: &dyn Fn(&str) -> Option<HttpDestination>,
) -> Result<(), NoSetting> {
    let Some(known) = before.iter().find(|known| known.capability == want.capability) else {
        granted.join(as_asked(want, setting)?);
        return Ok(());
    };
    let rules: Vec<_> = want.http.iter().filter_map(|rule| uncovered(rule, &known.http)).collect();
    if rules.is_empty() {
        return Ok(());
    }
    for line in as_asked(&Want { http: rules, ..want.clone() }, setting)?.http {
        let same = granted.http.iter().find(|known| known.rule.target == line.rule.target).cloned();
        add(
            &mut granted.http,
            HttpGrant { rule: line.rule.clone(), reads: Vec::new(), ..same.unwrap_or(line) },
        );
    }
    Ok(())
}

/// Grants a want whole.
fn sample(want: &Want, setting: &dyn Fn(&str) -> Option<HttpDestination>) -> EntryGrants {
    let mut granted =
        EntryGrants { generate: want.capability == Capability::Secrets, ..EntryGrants::default() };
    for rule in want.http.iter().filter_map(|rule| resolved(rule, setting)) {
        let addresses = addresses(&rule.target);
        add(&mut granted.http, HttpGrant { addresses, ..HttpGrant::new(rule) });
    }
    if granted.http.is_empty() {
        let target =
            HttpTarget::Origin { scheme: Scheme::Https, host: nowhere(), port: Scheme::Https.default_port() };
        for rule in &want.http {
            add(&mut granted.http, HttpGrant::new(HttpRule { target: target.clone(), ..rule.clone() }));
        }
    }
    for (name, kind) in &want.credentials {
        let secret = |part: &str| format!("{name}/{part}");
        let binding = match kind {
            BindingKind::Bearer => Binding::Bearer { token: secret("token") },
            BindingKind::Basic => Binding::Basic { username: "user".into(), password: secret("password") },
            BindingKind::Header => Binding::Header { name: "x-api-key".into(), value: secret("api-key") },
            BindingKind::AwsSigV4 => Binding::AwsSigV4 {
                access_key_id: secret("access-key-id"),
                secret_access_key: secret("secret-access-key"),
                session_token: None,
                region: "eu-central-1".into(),
                service: None,
            },
        };
        granted.credentials.insert(name.clone(), binding);
    }
    for name in &want.references {
        let reference = SecretGrant { secret: name.clone(), hosts: vec![nowhere()] };
        granted.references.insert(name.clone(), reference);
    }
    granted
}

/// Grants all wants of an entry whole, with names that a person is to replace: for a grants file to begin with. Its secrets
/// of the operator may go where its requests go.
pub fn sample_of<'w>(
    wants: impl IntoIterator<Item = &'w Want>,
    setting: &dyn Fn(&str) -> Option<HttpDestination>,
) -> EntryGrants {
    let mut granted = EntryGrants::default();
    wants.into_iter().for_each(|want| granted.join(sample(want, setting)));
    let hosts: BTreeSet<HostPattern> = granted
        .http
        .iter()
        .filter_map(|line| match &line.rule.target {
            HttpTarget::Origin { host, .. } => Some(host.clone()),
            HttpTarget::Setting(_) => None,
        })
        .collect();
    if !hosts.is_empty() {
        granted.references.values_mut().for_each(|it| it.hosts = hosts.iter().cloned().collect());
    }
    granted
}

/// What has to be granted besides where the host is an address that is not public.
fn addresses(target: &HttpTarget) -> Vec<IpNet> {
    let HttpTarget::Origin { host: HostPattern::Exact(host), .. } = target else { return Vec::new() };
    let refused = host.parse().ok().and_then(|address| judge_address(address, &[]).err());
    refused.map(|refused| IpNet::from(refused.address)).into_iter().collect()
}

fn nowhere() -> HostPattern {
    HostPattern::Exact(NOWHERE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_are_not_public_have_to_be_granted() {
        let of = |host: &str| {
            let host = HostPattern::parse(host).unwrap();
            let granted = addresses(&HttpTarget::Origin { scheme: Scheme::Http, host, port: 80 });
            granted.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("127.0.0.1"), ["127.0.0.1/32"]);
        assert_eq!(of("10.1.2.3"), ["10.1.2.3/32"]);
        assert_eq!(of("100.64.0.1"), ["100.64.0.1/32"], "what egress refuses is what is named");
        for public in ["93.184.216.34", "s3.example.com", "*.example.com"] {
            assert_eq!(of(public), Vec::<String>::new(), "{public}");
        }
    }
}
