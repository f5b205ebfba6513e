//! `dns`: a host name that leads to this machine.

use innominatus_guest::prelude::*;

use crate::label::label;
use crate::scope;
use crate::settings::address;

/// A name under `.localhost`, which every browser takes to this machine.
#[derive(Debug, Clone, Copy)]
pub struct Dns;

/// Params of `dns`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DnsParams {
    /// The host name to use instead of a made one. It must lead to this machine.
    #[schemars(
        regex(pattern = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"),
        length(max = 253)
    )]
    host: Option<String>,
    /// The port of this machine where routes are served. The golden path `deploy-compose` fills this in.
    #[schemars(range(min = 1, max = 65535))]
    route_port: Option<u16>,
}

impl Dns {
    fn name(target: &Target<DnsParams>) -> String {
        let made = || {
            let name = label(&target.name);
            [&[name.as_str()], scope::parts(target).as_slice(), &["localhost"]].concat().join(".")
        };
        target.params.host.clone().unwrap_or_else(made)
    }
}

impl Provisioner for Dns {
    type Params = DnsParams;

    fn offer(&self) -> Offer {
        Offer::new("dns").verb("update").output(OutputSpec::text("host"))
    }

    fn provision(&self, _host: &Host<'_>, target: &Target<DnsParams>) -> Result<Progress, Failure> {
        Ok(State::new().output("host", Self::name(target)).into())
    }

    fn get_hints(&self, host: &Host<'_>, target: &Target<DnsParams>) -> Result<Vec<Hint>, Failure> {
        Ok(vec![Hint::url(
            "Routes of this host",
            address(host, target, target.params.route_port, &Self::name(target))?,
        )])
    }
}
