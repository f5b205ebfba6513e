//! Which addresses a request may be sent to: the public ones, and those that the operator names.
//!
//! An address that carries another one (mapped, translated, tunnelled) is judged by the one inside. What is not
//! known to be public is not.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// An address that is not simply reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Special {
    /// What kind, for people.
    kind: &'static str,
    /// Whether a grant has to name it alone: a range around it is not meant for it.
    alone: bool,
}

/// An address that may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not a public address but {kind}")]
pub struct RefusedAddress {
    /// What was refused: the address inside, if it carried one.
    pub address: IpAddr,
    /// What kind, for people.
    pub kind: &'static str,
}

impl RefusedAddress {
    /// The line of a grant that would allow it.
    pub fn grant(&self) -> impl fmt::Display {
        format!("addresses: [\"{}\"]", IpNet::from(self.address))
    }
}

/// Services that cloud providers put at fixed addresses, most of which hand out credentials.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254)),
];

/// The IPv4 registry of special purposes, without what is reachable from everywhere.
const V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a provider's customers"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// The IPv6 registry likewise. What it does not name and `PUBLIC_V6` does not hold is reserved.
const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    // How it embeds addresses depends on the network, so none is taken out of it.
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "translated by the local network"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discarded"),
    (Ipv6Addr::new(0x2001, 0x0002, 0, 0, 0, 0, 0, 0), 48, "for benchmarks"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved for protocols"),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32, "for documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documentation"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "site-local"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

/// Where an address carries another one.
enum Place {
    /// As it is, so many bits from the end.
    Plain(u32),
    /// At the end, with its bits turned over.
    Inverted,
}

/// IPv6 addresses that carry IPv4 ones.
const CARRIERS: &[(Ipv6Addr, u32, &[Place])] = &[
    // Mapped, compatible, NAT64, 6to4; of Teredo the server and the client.
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, &[Place::Plain(0)]),
    (Ipv6Addr::UNSPECIFIED, 96, &[Place::Plain(0)]),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, &[Place::Plain(0)]),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, &[Place::Plain(80)]),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, &[Place::Plain(64), Place::Inverted]),
];

/// All that is given out for public use.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether an address may be connected to, under the addresses that a grant names.
pub fn judge_address(address: IpAddr, granted: &[IpNet]) -> Result<(), RefusedAddress> {
    let named = |special: Special, form: &IpAddr| {
        granted
            .iter()
            .any(|net| net.contains(form) && (!special.alone || net.prefix_len() == net.max_prefix_len()))
    };
    for form in carried(address) {
        if let Some(special) = special(form)
            && !named(special, &form)
            && !named(Special { alone: true, ..special }, &address)
        {
            return Err(RefusedAddress { address: form, kind: special.kind });
        }
    }
    Ok(())
}

/// What an address says of itself.
fn special(address: IpAddr) -> Option<Special> {
    if METADATA.contains(&address) {
        return Some(Special { kind: "a cloud provider's metadata service", alone: true });
    }
    let kind = match address {
        IpAddr::V4(address) => {
            V4.iter().find(|(net, bits, _)| within_v4(address, *net, *bits)).map(|(_, _, kind)| *kind)
        }
        IpAddr::V6(address) => {
            let known =
                V6.iter().find(|(net, bits, _)| within_v6(address, *net, *bits)).map(|(_, _, kind)| *kind);
            known.or_else(|| (!within_v6(address, PUBLIC_V6.0, PUBLIC_V6.1)).then_some("reserved"))
        }
    };
    kind.map(|kind| Special { kind, alone: false })
}

/// The addresses that one carries, or itself.
fn carried(address: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V6(outer) = address else { return vec![address] };
    if outer == Ipv6Addr::UNSPECIFIED || outer == Ipv6Addr::LOCALHOST {
        return vec![address];
    }
    let Some((_, _, places)) = CARRIERS.iter().find(|(net, bits, _)| within_v6(outer, *net, *bits)) else {
        return vec![address];
    };
    let at = |place: &Place| match place {
        Place::Plain(shift) => low_half(u128::from(outer) >> shift),
        Place::Inverted => !low_half(u128::from(outer)),
    };
    places.iter().map(|place| IpAddr::V4(Ipv4Addr::from(at(place)))).collect()
}

/// The last four bytes.
fn low_half(bits: u128) -> u32 {
    let [.., a, b, c, d] = bits.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn within_v4(address: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    (u32::from(address) ^ u32::from(net)).checked_shr(32 - bits).unwrap_or(0) == 0
}

fn within_v6(address: Ipv6Addr, net: Ipv6Addr, bits: u32) -> bool {
    (u128::from(address) ^ u128::from(net)).checked_shr(128 - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests;
