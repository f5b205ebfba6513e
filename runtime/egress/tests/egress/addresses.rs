//! N2: addresses that are not public are refused, however they are written, and the refusal names the grant.

use innominatus_effect::http::destination;
use innominatus_model::HttpMethod;

use crate::support::{MemoryVault, Reply, Scripted, Server, egress_with, get, remedy, request, strict, text};

/// How an address is written in a URL, what is refused, and why.
const REFUSED: &[(&str, &str, &str)] = &[
    ("127.0.0.1", "127.0.0.1/32", "loopback"),
    ("127.255.255.254", "127.255.255.254/32", "loopback"),
    ("127.1", "127.0.0.1/32", "loopback"),
    ("2130706433", "127.0.0.1/32", "loopback"),
    ("0x7f000001", "127.0.0.1/32", "loopback"),
    ("0x7f.1", "127.0.0.1/32", "loopback"),
    ("0x7f.0x0.0x0.0x1", "127.0.0.1/32", "loopback"),
    ("017700000001", "127.0.0.1/32", "loopback"),
    ("0177.0.0.1", "127.0.0.1/32", "loopback"),
    ("127.0.1", "127.0.0.1/32", "loopback"),
    ("%31%32%37.0.0.1", "127.0.0.1/32", "loopback"),
    ("１２７.0.0.1", "127.0.0.1/32", "loopback"),
    ("127。0。0。1", "127.0.0.1/32", "loopback"),
    ("0.0.0.0", "0.0.0.0/32", "unspecified"),
    ("0", "0.0.0.0/32", "unspecified"),
    ("0.1.2.3", "0.1.2.3/32", "unspecified"),
    ("10.0.0.1", "10.0.0.1/32", "private"),
    ("10.255.255.255", "10.255.255.255/32", "private"),
    ("012.0.0.1", "10.0.0.1/32", "private"),
    ("167772161", "10.0.0.1/32", "private"),
    ("172.16.0.1", "172.16.0.1/32", "private"),
    ("172.31.255.255", "172.31.255.255/32", "private"),
    ("192.168.0.1", "192.168.0.1/32", "private"),
    ("192.168.255.255", "192.168.255.255/32", "private"),
    ("0xc0a80001", "192.168.0.1/32", "private"),
    ("100.64.0.1", "100.64.0.1/32", "shared"),
    ("100.127.255.255", "100.127.255.255/32", "shared"),
    ("100.100.100.200", "100.100.100.200/32", "metadata"),
    ("169.254.169.254", "169.254.169.254/32", "metadata"),
    ("2852039166", "169.254.169.254/32", "metadata"),
    ("0xa9fea9fe", "169.254.169.254/32", "metadata"),
    ("0xa9.0xfe.43518", "169.254.169.254/32", "metadata"),
    ("0251.0376.0251.0376", "169.254.169.254/32", "metadata"),
    ("169.254.170.2", "169.254.170.2/32", "metadata"),
    ("168.63.129.16", "168.63.129.16/32", "metadata"),
    ("169.254.0.1", "169.254.0.1/32", "link-local"),
    ("192.0.0.8", "192.0.0.8/32", "protocols"),
    ("192.0.0.192", "192.0.0.192/32", "metadata"),
    ("192.0.2.1", "192.0.2.1/32", "documentation"),
    ("198.51.100.1", "198.51.100.1/32", "documentation"),
    ("203.0.113.1", "203.0.113.1/32", "documentation"),
    ("192.88.99.1", "192.88.99.1/32", "reserved"),
    ("198.18.0.1", "198.18.0.1/32", "benchmarks"),
    ("198.19.255.255", "198.19.255.255/32", "benchmarks"),
    ("224.0.0.1", "224.0.0.1/32", "multicast"),
    ("239.255.255.255", "239.255.255.255/32", "multicast"),
    ("240.0.0.1", "240.0.0.1/32", "reserved"),
    ("255.255.255.254", "255.255.255.254/32", "reserved"),
    ("255.255.255.255", "255.255.255.255/32", "broadcast"),
    ("[::]", "::/128", "unspecified"),
    ("[::1]", "::1/128", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "::1/128", "loopback"),
    ("[::ffff:127.0.0.1]", "127.0.0.1/32", "loopback"),
    ("[::ffff:7f00:1]", "127.0.0.1/32", "loopback"),
    ("[::ffff:169.254.169.254]", "169.254.169.254/32", "metadata"),
    ("[::ffff:10.0.0.1]", "10.0.0.1/32", "private"),
    ("[0:0:0:0:0:ffff:c0a8:1]", "192.168.0.1/32", "private"),
    ("[::127.0.0.1]", "127.0.0.1/32", "loopback"),
    ("[::a9fe:a9fe]", "169.254.169.254/32", "metadata"),
    ("[64:ff9b::169.254.169.254]", "169.254.169.254/32", "metadata"),
    ("[64:ff9b::7f00:1]", "127.0.0.1/32", "loopback"),
    ("[64:ff9b:1::8.8.8.8]", "64:ff9b:1::808:808/128", "translated"),
    ("[2002:7f00:1::]", "127.0.0.1/32", "loopback"),
    ("[2002:a9fe:a9fe::1]", "169.254.169.254/32", "metadata"),
    ("[2002:c0a8:1::1]", "192.168.0.1/32", "private"),
    ("[2001:0:a00:1:0:ffff:f7f7:f7f7]", "10.0.0.1/32", "private"),
    ("[2001:0:808:808:0:ffff:5601:5601]", "169.254.169.254/32", "metadata"),
    ("[fd00:ec2::254]", "fd00:ec2::254/128", "metadata"),
    ("[fc00::1]", "fc00::1/128", "private"),
    ("[fd12:3456::1]", "fd12:3456::1/128", "private"),
    ("[fe80::1]", "fe80::1/128", "link-local"),
    ("[febf::1]", "febf::1/128", "link-local"),
    ("[fec0::1]", "fec0::1/128", "site-local"),
    ("[ff02::1]", "ff02::1/128", "multicast"),
    ("[2001:db8::1]", "2001:db8::1/128", "documentation"),
    ("[3fff::1]", "3fff::1/128", "documentation"),
    ("[2001:2::1]", "2001:2::1/128", "benchmarks"),
    ("[2001:10::1]", "2001:10::1/128", "protocols"),
    ("[100::1]", "100::1/128", "discarded"),
    ("[4000::1]", "4000::1/128", "reserved"),
    ("[5f00::1]", "5f00::1/128", "reserved"),
    ("[1::1]", "1::1/128", "reserved"),
];

#[tokio::test]
async fn n2_an_address_in_a_url_is_judged_in_every_form() {
    let resolver = Scripted::nobody();
    let egress = egress_with(resolver.clone());
    for (written, granted, why) in REFUSED {
        let url = format!("http://{written}/latest/meta-data?x=hidden");
        let get = request(HttpMethod::Get, &url);
        let result = egress.send("p/e", &get, &strict(&url), None, &MemoryVault::default()).await.unwrap();
        let said = remedy(result);
        assert!(said.contains(&format!("addresses: [\"{granted}\"]")), "{written}: {said}");
        assert!(said.contains(why), "{written}: {said}");
        assert!(!said.contains("hidden"), "{said}");
    }
    assert_eq!(resolver.asked(), [""; 0], "nothing was looked up");
}

#[tokio::test]
async fn n2_a_name_is_judged_by_what_it_leads_to() {
    for (written, granted, why) in REFUSED {
        let (_, to) = destination(&format!("http://{written}/")).unwrap();
        let egress = egress_with(Scripted::says(&[&to.host]));
        let url = "http://metadata.google.internal/computeMetadata/v1/";
        let get = request(HttpMethod::Get, url);
        let said =
            remedy(egress.send("p/e", &get, &strict(url), None, &MemoryVault::default()).await.unwrap());
        assert!(said.contains(&format!("addresses: [\"{granted}\"]")), "{written}: {said}");
        assert!(said.contains(why), "{written}: {said}");
    }
}

#[test]
fn n2_the_table_has_forms_enough() {
    assert!(REFUSED.len() >= 60, "{}", REFUSED.len());
}

#[tokio::test]
async fn n2_the_granted_address_is_reached() {
    let server = Server::always(Reply::ok("here")).await;
    assert_eq!(text(&get(&server.url("/")).await.unwrap()), "here");

    let url = server.url("/");
    let mut other = strict(&url);
    other.grant.addresses = vec!["127.0.0.2/32".parse().unwrap()];
    let result = egress_with(Scripted::nobody())
        .send("p/e", &request(HttpMethod::Get, &url), &other, None, &MemoryVault::default())
        .await
        .unwrap();
    assert!(remedy(result).contains("127.0.0.1/32"));
    assert_eq!(server.seen().len(), 1);
}
