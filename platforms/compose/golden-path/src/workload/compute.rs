//! Limits and requests, in the units of Compose: CPUs as a decimal number, memory in powers of 1024.

use innominatus_guest::{Failure, Json, PathHost};
use serde_json::{Map, json};

use crate::score::{Amounts, Compute};

/// `deploy.resources` of a service, if its container says anything.
pub(crate) fn deploy(host: &PathHost<'_>, service: &str, compute: &Compute) -> Result<Option<Json>, Failure> {
    let limits = Quantities::of(&compute.limits)?;
    let mut reservations = Quantities::of(&compute.requests)?;
    // Docker refuses to reserve more than it allows.
    if let (Some(wanted), Some(limit)) = (reservations.bytes, limits.bytes)
        && wanted > limit
    {
        host.warn(format!(
            "service `{service}` requests more memory than its limit; the request is left out"
        ));
        reservations.bytes = None;
    }
    if let (Some(wanted), Some(limit)) = (reservations.milli_cpus, limits.milli_cpus)
        && wanted > limit
    {
        host.warn(format!("service `{service}` requests more CPU than its limit; the request is left out"));
        reservations.milli_cpus = None;
    }
    let mut resources = Map::new();
    for (key, quantities) in [("limits", limits), ("reservations", reservations)] {
        let quantities = quantities.to_json();
        if !quantities.is_empty() {
            resources.insert(key.to_owned(), Json::Object(quantities));
        }
    }
    Ok((!resources.is_empty()).then(|| json!({"resources": resources})))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quantities {
    milli_cpus: Option<u64>,
    bytes: Option<u64>,
}

impl Quantities {
    fn of(amounts: &Amounts) -> Result<Self, Failure> {
        let read = |text: &Option<String>, parse: fn(&str) -> Option<u64>| {
            text.as_deref().map(|text| parse(text).ok_or(text)).transpose().map_err(|text| {
                Failure::permanent("quantity", format!("`{text}` is not an amount of CPU or memory"))
            })
        };
        Ok(Self { milli_cpus: read(&amounts.cpu, milli_cpus)?, bytes: read(&amounts.memory, bytes)? })
    }

    fn to_json(self) -> Map<String, Json> {
        let cpus = self.milli_cpus.map(|milli| ("cpus".to_owned(), json!(decimal(milli))));
        let memory = self.bytes.map(|bytes| ("memory".to_owned(), json!(in_units(bytes))));
        cpus.into_iter().chain(memory).collect()
    }
}

fn milli_cpus(text: &str) -> Option<u64> {
    match text.strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => scaled(text, 1000),
    }
}

fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 12] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("Ei", 1 << 60),
        ("K", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("E", 1_000_000_000_000_000_000),
    ];
    match UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor))) {
        Some((number, factor)) => scaled(number, factor),
        None => scaled(text, 1),
    }
}

/// A decimal number times a factor, rounded up: half a thousandth is still something.
fn scaled(text: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    // Beyond 18 digits nothing changes any more, and the product below still fits.
    let fraction = &fraction[..fraction.len().min(18)];
    if fraction.is_empty() {
        return Some(whole);
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = (fraction.parse::<u128>().ok()? * u128::from(factor)).div_ceil(scale);
    whole.checked_add(u64::try_from(part).ok()?)
}

fn decimal(milli: u64) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// In the largest unit that holds it exactly.
fn in_units(bytes: u64) -> String {
    let units = [("G", 1_u64 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    let unit = units.into_iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    unit.map_or_else(|| format!("{bytes}B"), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_size() {
        let cases = [
            ("256Mi", "256M"),
            ("1.5Gi", "1536M"),
            ("128M", "125000K"),
            ("1K", "1000B"),
            ("2Gi", "2G"),
            ("0.5Ki", "512B"),
            ("64", "64B"),
        ];
        for (score, compose) in cases {
            assert_eq!(in_units(bytes(score).unwrap()), compose, "{score}");
        }
        assert_eq!(bytes("18Ei"), None);
    }

    #[test]
    fn cpus_are_decimal() {
        let cases = [("1000m", "1"), ("0.24", "0.24"), ("125m", "0.125"), ("2", "2"), ("0.0251", "0.026")];
        for (score, compose) in cases {
            assert_eq!(decimal(milli_cpus(score).unwrap()), compose, "{score}");
        }
    }
}
