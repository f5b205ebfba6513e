//! `registries.yaml`: where names lead, how registries are spoken to, and where platforms are looked for.

mod hosts;
mod indexes;
mod read;

use std::collections::BTreeMap;

use innominatus_model::Name;

pub use read::read_registries;

use crate::config::{is_local, is_loopback};
use crate::{Glob, RegistryCredentials};

/// What `registries.yaml` says. The default says nothing: names lead where they say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registries {
    /// By host, with its port if it has one.
    pub hosts: BTreeMap<String, HostSettings>,
    /// Repositories that are kept elsewhere: the beginning of a name, and what stands there instead.
    pub mappings: BTreeMap<String, String>,
    /// Where platforms are looked for, in the order of the file; no name stands twice.
    pub indexes: Vec<Index>,
    /// Which index answers for which names; in the order of the file.
    pub namespaces: Vec<(Glob, Name)>,
}

/// How one registry is spoken to. The default is TLS with the machine's authorities.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostSettings {
    /// Without TLS. Only for this machine, unless `insecure` says that it is meant.
    pub plain_http: bool,
    /// Plain HTTP over a network is meant.
    pub insecure: bool,
    /// A file with certificates (PEM) that are trusted here besides the machine's: absolute, or seen from the file.
    pub ca: Option<String>,
    /// What is shown to it.
    pub credentials: Option<RegistryCredentials>,
    /// Hosts besides its own that it may send a client to for a token; credentials go to none else.
    pub token_realms: Vec<String>,
}

/// A place where platforms are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// What the file calls it.
    pub name: Name,
    /// Where it is.
    pub source: IndexSource,
}

/// Where an index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexSource {
    /// A folder: absolute, or seen from the file.
    Folder(String),
    /// A repository in a registry, without tag.
    Oci(String),
}

impl Registries {
    /// Where a repository is really kept. The longest beginning counts, whole parts only, once: what stands there instead
    /// is not looked up again. `None` where nothing is said of it.
    pub fn mapped(&self, repository: &str) -> Option<String> {
        if is_local(repository) {
            return None;
        }
        let (scheme, bare) = match repository.strip_prefix("oci://") {
            Some(bare) => ("oci://", bare),
            None => ("", repository),
        };
        let fitting = self.mappings.iter().filter_map(|(from, to)| Some((from, to, rest(bare, from)?)));
        let (_, to, rest) = fitting.max_by_key(|(from, ..)| from.len())?;
        Some(format!("{scheme}{to}{rest}"))
    }

    /// How a host is spoken to.
    pub fn host(&self, host: &str) -> HostSettings {
        self.hosts.get(host).cloned().unwrap_or_default()
    }

    /// Whether a host may be spoken to without TLS. Of a host of this machine nothing has to be said.
    pub fn may_be_plain(&self, host: &str) -> bool {
        match self.hosts.get(host) {
            Some(settings) => settings.plain_http,
            None => is_loopback(host),
        }
    }

    /// The index of this name.
    pub fn index(&self, name: &Name) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == *name)
    }

    /// The one index that answers for a platform's name. Where namespaces are written no other is asked, so that nobody
    /// can offer a name that belongs to somebody else; without any, every index is.
    pub fn indexes_for(&self, platform: &str) -> Vec<&Index> {
        if self.namespaces.is_empty() {
            return self.indexes.iter().collect();
        }
        let letters = |glob: &Glob| glob.as_str().bytes().filter(|byte| *byte != b'*').count();
        let exact = |glob: &Glob| !glob.as_str().contains('*');
        let fitting = self.namespaces.iter().rev().filter(|(glob, _)| glob.matches(platform));
        let found = fitting.max_by_key(|(glob, _)| (exact(glob), letters(glob)));
        found.and_then(|(_, name)| self.index(name)).into_iter().collect()
    }
}

/// What follows a beginning, at the border of a part.
fn rest<'a>(repository: &'a str, beginning: &str) -> Option<&'a str> {
    let rest = repository.strip_prefix(beginning)?;
    (rest.is_empty() || rest.starts_with(['/', ':', '@'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_is_replaced() {
        let mappings = [
            ("github.com", "ghcr.io"),
            ("github.com/acme", "registry.acme.example/mirror"),
            ("ghcr.io", "elsewhere.example"),
        ];
        let mappings = mappings.map(|(from, to)| (from.to_owned(), to.to_owned())).into();
        let registries = Registries { mappings, ..Registries::default() };
        for (from, to) in [
            ("github.com/innominatus/platform-aws", Some("ghcr.io/innominatus/platform-aws")),
            ("github.com/acme/aws:2", Some("registry.acme.example/mirror/aws:2")),
            ("oci://github.com/acme/aws", Some("oci://registry.acme.example/mirror/aws")),
            ("github.com/acme-evil/aws", Some("ghcr.io/acme-evil/aws")),
            ("github.community/acme/aws", None),
            ("./github.com/acme", None),
            ("localhost:5000/a", None),
        ] {
            assert_eq!(registries.mapped(from).as_deref(), to, "{from}");
        }
    }
}
