//! Where a registry is, and which other hosts have to do with it.

use std::net::IpAddr;

use innominatus_model::judge_address;
use innominatus_package::Repository;
use url::{Host, Url};

use super::RemoteConfig;
use crate::RegistryError;

/// Names that a well-known registry has in references, and the host that answers for them.
const ALIASES: [(&str, &str); 2] =
    [("docker.io", "registry-1.docker.io"), ("index.docker.io", "registry-1.docker.io")];
/// Registries whose credentials are checked by another host, as is known of them.
const REALMS: [(&str, &str); 2] =
    [("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// A registry's address.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// As references name it.
    pub(super) registry: String,
    /// As it answers: host, and port where one was written.
    pub(super) host: String,
    origin: Url,
}

impl Place {
    pub(super) fn of(registry: &str, config: &RemoteConfig) -> Result<Self, RegistryError> {
        let host = ALIASES.iter().find(|(name, _)| *name == registry).map_or(registry, |(_, host)| host);
        let wrong = || RegistryError::Setup { problem: format!("`{registry}` is not a host") };
        let tls = Url::parse(&format!("https://{host}/")).map_err(|_| wrong())?;
        let plain =
            config.plain.contains(registry) || is_this_machine(&tls) && !config.tls.contains(registry);
        let origin = if plain { Url::parse(&format!("http://{host}/")).map_err(|_| wrong())? } else { tls };
        Ok(Self { registry: registry.to_owned(), host: host.to_owned(), origin })
    }

    /// Whether TLS is not spoken.
    pub(super) fn is_plain(&self) -> bool {
        self.origin.scheme() == "http"
    }

    /// A path below the API's root.
    pub(super) fn api(&self, path: &str) -> Result<Url, RegistryError> {
        self.origin
            .join(&format!("/v2/{path}"))
            .map_err(|_| RegistryError::Setup { problem: format!("`{}` has no such path", self.registry) })
    }

    /// A path of a repository.
    pub(super) fn url(&self, repository: &Repository, path: &str) -> Result<Url, RegistryError> {
        self.api(&format!("{}/{path}", repository.path()))
    }

    /// Whether a request there goes to the registry itself: credentials go nowhere else.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.origin.origin()
    }

    /// Whether credentials may be checked there. A registry names the host itself, so that a bad one could name its
    /// own.
    pub(super) fn is_realm(&self, url: &Url, config: &RemoteConfig) -> bool {
        if self.is_home(url) {
            return true;
        }
        let Some(host) = url.host_str() else { return false };
        let with_port = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let configured = config.realms.get(&self.registry).is_some_and(|realms| realms.contains(&with_port));
        let known = REALMS.iter().any(|(registry, realm)| *registry == self.host && *realm == with_port);
        // Without TLS only where the registry has none either.
        let safe = url.scheme() == "https" || url.scheme() == "http" && self.is_plain();
        (configured || known) && safe && url.username().is_empty() && url.password().is_none()
    }

    /// Whether an answer may be fetched from there instead, without credentials; why not, in words after "it sends to".
    pub(super) fn may_send_to(&self, url: &Url) -> Result<(), String> {
        let shown = format!("`{}`", url.host_str().unwrap_or_default().escape_debug());
        if !(url.scheme() == "https" || url.scheme() == "http" && self.is_plain()) {
            return Err(format!("{shown} without TLS"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{shown} with a password in the address"));
        }
        // Who is inside already may be sent to others inside.
        if address(&self.origin).is_some_and(|own| judge_address(own, &[]).is_err())
            || is_this_machine(&self.origin)
        {
            return Ok(());
        }
        if is_this_machine(url) {
            return Err(format!("{shown}, which is this machine"));
        }
        match address(url).map(|address| judge_address(address, &[])) {
            Some(Err(refused)) => Err(refused.to_string()),
            _ => Ok(()),
        }
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(_) => address(url).is_some_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(registry: &str) -> Place {
        Place::of(registry, &RemoteConfig::default()).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_is_for_this_machine_and_for_whoever_is_configured() {
        for (registry, plain) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("registry.example.com", false),
            ("10.0.0.1:5000", false),
        ] {
            assert_eq!(place(registry).is_plain(), plain, "{registry}");
        }
        let config = RemoteConfig {
            plain: ["10.0.0.1:5000".to_owned()].into(),
            tls: ["localhost:5000".to_owned()].into(),
            ..RemoteConfig::default()
        };
        assert!(Place::of("10.0.0.1:5000", &config).unwrap().is_plain());
        assert!(!Place::of("10.0.0.1:5001", &config).unwrap().is_plain());
        assert!(!Place::of("localhost:5000", &config).unwrap().is_plain());
    }

    #[test]
    fn credentials_are_checked_by_the_registry_or_by_who_is_known() {
        let mut config = RemoteConfig::default();
        let example = place("r.example.com");
        assert!(example.is_realm(&url("https://r.example.com/token"), &config));
        for evil in [
            "https://auth.example.com/token",
            "http://r.example.com/token",
            "https://r.example.com:444/token",
            "https://r.example.com.evil.example/token",
            "https://auth.docker.io/token",
        ] {
            assert!(!example.is_realm(&url(evil), &config), "{evil}");
        }
        assert!(place("docker.io").is_realm(&url("https://auth.docker.io/token"), &config));
        config.realms.insert("r.example.com".to_owned(), ["auth.example.com".to_owned()].into());
        assert!(example.is_realm(&url("https://auth.example.com/token"), &config));
        assert!(!example.is_realm(&url("http://auth.example.com/token"), &config));
        assert!(!example.is_realm(&url("https://x@auth.example.com/token"), &config));
    }

    #[test]
    fn nobody_outside_sends_inside() {
        let outside = place("r.example.com");
        for good in ["https://cdn.example.net/x", "https://8.8.8.8/x"] {
            assert!(outside.may_send_to(&url(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://cdn.example.net/x",
            "https://169.254.169.254/x",
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://[::1]/x",
            "https://u:p@cdn.example.net/x",
            "file:///etc/passwd",
        ] {
            assert!(outside.may_send_to(&url(bad)).is_err(), "{bad}");
        }
        assert!(place("127.0.0.1:5000").may_send_to(&url("http://127.0.0.1:6000/x")).is_ok());
    }
}
