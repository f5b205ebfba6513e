//! What is asked for and what is granted.

use std::collections::BTreeMap;

use innominatus_api::wire::{
    AskView, CapabilityView, CredentialView, DiagnosticView, EntryGrants as EntryView,
    Examination as ExaminationView, GrantView, GrantsView, HttpGrantView, HttpRuleView, ReferenceView,
};
use innominatus_engine::{Examination, Overview};
use innominatus_ledger::InstalledProvisioner;
use innominatus_model::{Capability, Grant, HttpDestination, HttpGrant, HttpRule, HttpTarget, Want};
use innominatus_package::{
    Approval, EntryGrants, Gap, Grants, asks, effective, grants_in_words, render_grants,
};

fn rule(rule: &HttpRule) -> HttpRuleView {
    let (scheme, host, port, setting) = match &rule.target {
        HttpTarget::Origin { scheme, host, port } => {
            (Some(scheme.as_str().to_owned()), Some(host.to_string()), Some(*port), None)
        }
        HttpTarget::Setting(name) => (None, None, None, Some(name.clone())),
    };
    HttpRuleView {
        scheme,
        host,
        port,
        setting,
        methods: rule.methods.iter().map(ToString::to_string).collect(),
        path: rule.path.clone(),
        secrets: rule.secrets,
    }
}

fn line(grant: &HttpGrant) -> HttpGrantView {
    HttpGrantView {
        rule: rule(&grant.rule),
        reads: grant.reads.iter().map(|(method, path)| format!("{method} {path}")).collect(),
        addresses: grant.addresses.iter().map(ToString::to_string).collect(),
        request_bytes: grant.limits.request_bytes,
        response_bytes: grant.limits.response_bytes,
        concurrency: grant.limits.concurrency,
        timeout_ms: grant.limits.timeout_ms,
        ca: grant.ca_file.clone(),
        proxy: grant.proxy.clone(),
    }
}

pub(crate) fn grant(grant: &Grant) -> GrantView {
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    GrantView {
        http: grant.http.iter().map(line).collect(),
        credentials: grant
            .credentials
            .iter()
            .map(|(name, binding)| {
                let kind = binding.kind().as_str().to_owned();
                (name.clone(), CredentialView { kind, secrets: names(binding.secrets()) })
            })
            .collect(),
        generate: grant.generate,
        references: grant
            .references
            .iter()
            .map(|(name, reference)| {
                let hosts = reference.hosts.iter().map(ToString::to_string).collect();
                (name.clone(), ReferenceView { secret: reference.secret.clone(), hosts })
            })
            .collect(),
        words: grants_in_words(grant),
    }
}

fn capability(want: &Want, granted: bool, lines: Vec<String>, missing: Vec<String>) -> CapabilityView {
    CapabilityView {
        name: want.capability.to_string(),
        reason: want.reason.clone(),
        granted,
        asks: lines,
        http: want.http.iter().map(rule).collect(),
        credentials: want
            .credentials
            .iter()
            .map(|(name, kind)| (name.clone(), kind.as_str().to_owned()))
            .collect::<BTreeMap<_, _>>(),
        references: want.references.iter().cloned().collect(),
        missing,
    }
}

/// What an entry that is installed asks for, and what of it is granted.
/// `leads` is where the settings lead that lines name; a line with one that leads nowhere counts as open.
pub(crate) fn capabilities(
    entry: &InstalledProvisioner,
    leads: &BTreeMap<String, HttpDestination>,
) -> Vec<CapabilityView> {
    let grant = entry.grant();
    let wanted: Vec<Capability> = entry.wants().iter().map(|want| want.capability).collect();
    let setting = |name: &str| leads.get(name).cloned();
    let gaps = effective(entry.wants(), &wanted, &EntryGrants::from(&grant), &setting).missing;
    let missing = |of: Capability| {
        let open = |gap: &&Gap| {
            gap.capability == of && gap.why.as_deref().is_none_or(|why| !why.contains("the setting"))
        };
        gaps.iter().filter(open).map(ToString::to_string).collect()
    };
    let view = |want: &Want| {
        let lines = asks(want, None);
        capability(want, grant.allows(want.capability), lines, missing(want.capability))
    };
    entry.wants().iter().map(view).collect()
}

pub(crate) fn examination(examination: &Examination) -> ExaminationView {
    let platform = &examination.platform;
    ExaminationView {
        name: platform.name.to_string(),
        version: platform.version.to_string(),
        digest: platform.digest.to_string(),
        installed: examination.installed,
        asks: examination
            .asks
            .iter()
            .map(|ask| AskView {
                entry: ask.entry.clone(),
                kind: ask.kind.to_string(),
                capability: capability(&ask.want, false, ask.lines.clone(), Vec::new()),
            })
            .collect(),
        choices: examination.choices.iter().map(ToString::to_string).collect(),
        names_secrets: examination.names_secrets,
        sample: examination.sample.clone(),
        diagnostics: examination.warnings.iter().map(DiagnosticView::from).collect(),
    }
}

/// What every installed entry may do, beyond what all may. Platforms come by name and version.
pub(crate) fn grants(platforms: &[Overview]) -> GrantsView {
    let mut items = Vec::new();
    let mut file = Grants::default();
    for Overview { platform, serving, .. } in platforms {
        for entry in &platform.provisioners {
            let allowed = entry.grant();
            if allowed == Grant::default() {
                continue;
            }
            let label = format!("{}/{}", platform.name, entry.name);
            let reviewed = Some(Approval::Version(platform.version.clone()));
            // One stands there once: as it serves, or else as it was last.
            let later = platforms.iter().any(|it| it.serving && it.platform.name == platform.name);
            if *serving || !later {
                let granted = EntryGrants { approved_for: reviewed, ..EntryGrants::from(&allowed) };
                file.entries.insert(label.clone(), granted);
            }
            items.push(EntryView {
                entry: label,
                version: platform.version.to_string(),
                grant: grant(&allowed),
            });
        }
    }
    GrantsView { items, file: render_grants(&file) }
}
