//! N2: the table of addresses. What is refused is also tried from outside, in egress's `tests/addresses.rs`.

use super::*;

fn refusal(address: &str, granted: &[&str]) -> Option<String> {
    let granted: Vec<IpNet> = granted.iter().map(|net| net.parse().unwrap()).collect();
    judge_address(address.parse().unwrap(), &granted)
        .err()
        .map(|refused| format!("{} {}", refused.address, refused.kind))
}

#[test]
fn n2_public_addresses_are_reached() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "2001:200::1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        // Teredo through 8.8.4.4 to 8.8.8.8.
        "2001:0:808:404:0:ffff:f7f7:f7f7",
    ];
    for address in public {
        assert_eq!(refusal(address, &[]), None, "{address}");
    }
}

#[test]
fn n2_an_address_that_is_granted_is_reached() {
    let cases = [
        ("127.0.0.1", "127.0.0.1/32"),
        ("10.1.2.3", "10.0.0.0/8"),
        ("fd12::1", "fd00::/8"),
        ("169.254.169.254", "169.254.169.254/32"),
        ("::ffff:10.1.2.3", "10.1.2.3/32"),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.3/128"),
        ("64:ff9b::10.1.2.3", "10.1.2.3/32"),
        ("64:ff9b:1::1", "64:ff9b:1::/48"),
    ];
    for (address, granted) in cases {
        assert_eq!(refusal(address, &[granted]), None, "{address} under {granted}");
    }
}

#[test]
fn n2_a_grant_for_one_address_is_for_no_other() {
    let cases = [
        ("127.0.0.2", "127.0.0.1/32"),
        ("192.168.0.1", "10.0.0.0/8"),
        ("::1", "127.0.0.1/32"),
        // A range that was meant for hosts is not meant for what hands out their credentials.
        ("169.254.169.254", "169.254.0.0/16"),
        ("100.100.100.200", "100.64.0.0/10"),
        ("fd00:ec2::254", "fd00::/8"),
        ("::ffff:169.254.169.254", "::ffff:0:0/96"),
        ("64:ff9b::169.254.169.254", "64:ff9b::/96"),
        ("::ffff:169.254.169.254", "0.0.0.0/0"),
        // The range of a wrapping is no grant for everything that can be wrapped.
        ("64:ff9b::10.0.0.1", "64:ff9b::/96"),
    ];
    for (address, granted) in cases {
        assert_ne!(refusal(address, &[granted]), None, "{address} under {granted}");
    }
}

#[test]
fn n2_both_ends_of_a_tunnel_are_judged() {
    // Teredo: a public client behind a private server, and the other way round.
    assert_eq!(refusal("2001:0:a00:1:0:ffff:f7f7:f7f7", &[]).unwrap(), "10.0.0.1 private");
    assert_eq!(refusal("2001:0:808:808:0:ffff:f5ff:fffe", &[]).unwrap(), "10.0.0.1 private");
}

#[test]
fn n2_a_refusal_names_the_line_that_would_allow_it() {
    let refused = judge_address("::ffff:10.0.0.5".parse().unwrap(), &[]).unwrap_err();
    assert_eq!(refused.grant().to_string(), r#"addresses: ["10.0.0.5/32"]"#);
    let refused = judge_address("fd00:ec2::254".parse().unwrap(), &[]).unwrap_err();
    assert_eq!(refused.grant().to_string(), r#"addresses: ["fd00:ec2::254/128"]"#);
}
