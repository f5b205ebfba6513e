//! From names to addresses: resolved once for each connection, judged, and only what passes is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use innominatus_model::judge_address;
use ipnet::IpNet;

/// Looks up names. Exchangeable, so that tests can be the DNS that lies.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Every address of a host name.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Gives the client only what may be connected to.
pub(crate) struct Guarded {
    pub(crate) resolver: Arc<dyn Resolver>,
    /// None behind a proxy: the only name asked for then is that of the proxy, which the operator chose.
    pub(crate) granted: Option<Vec<IpNet>>,
}

impl reqwest::dns::Resolve for Guarded {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = Arc::clone(&self.resolver);
        let granted = self.granted.clone();
        Box::pin(async move {
            let found = resolver.resolve(name.as_str()).await?;
            let allowed = match granted {
                Some(granted) => allowed(found, &granted)?,
                None => found,
            };
            // The port is the URL's; the client puts it in.
            let addresses = allowed.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// Those of a name's addresses that may be reached; an error if there are some and none may.
fn allowed(found: Vec<IpAddr>, granted: &[IpNet]) -> Result<Vec<IpAddr>, Trouble> {
    let mut first = None;
    let mut passed = found;
    passed.retain(|address| match judge_address(*address, granted) {
        Ok(()) => true,
        Err(refused) => {
            first.get_or_insert(refused);
            false
        }
    });
    match first {
        Some(refused) if passed.is_empty() => Err(Box::new(refused)),
        None if passed.is_empty() => Err(Box::new(io::Error::from(io::ErrorKind::NotFound))),
        _ => Ok(passed),
    }
}
