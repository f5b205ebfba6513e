//! URLs as guests and attackers write them, damaged: each is refused, or is read in one way only.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use innominatus_effect::http::destination;
use innominatus_testkit::damage::{Damage, rounds};

const URLS: &[&str] = &[
    "https://api.example.com/v1/things?name=a&b=c",
    "http://127.0.0.1:8080/a/../b/./c//d",
    "https://user:password@example.com/",
    "http://[::ffff:169.254.169.254]:80/latest/meta-data",
    "http://0x7f.1/%2e%2e/%2f%5c",
    "https://xn--bcher-kva.example/%F0%9F%92%A9",
    "HTTPS://EXAMPLE.COM:443/#fragment",
    "https://example.com.:8443/a;b=c,d?e=f?g=h",
    "http://2130706433/?a[]=1",
    "https:\\\\example.com\\@evil.example/",
    "ftp://example.com/",
];

#[test]
fn damaged_urls_are_refused_or_read_in_one_way() {
    let mut damage = Damage::new(5);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..rounds(40_000) {
        let bytes = damage.of(URLS);
        let text = String::from_utf8_lossy(&bytes);
        let Ok((url, to)) = destination(&text) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        // What is sent is what was judged: read again, it leads to the same place, and nothing in it could be taken
        // for something else by another reader.
        let (again, same) =
            destination(url.as_str()).unwrap_or_else(|error| panic!("{text:?}: {url}: {error}"));
        assert_eq!((&again, &same), (&url, &to), "{text:?}");
        assert!(
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none(),
            "{text:?}"
        );
        assert!(url.as_str().is_ascii() && !url.as_str().contains(['\\', ' ']), "{text:?}: {url}");
        assert!(!to.host.is_empty() && !to.host.contains(['/', '@', '?', '#', '%']), "{text:?}: {}", to.host);
        let steps = |part: &str| part == ".." || part == ".";
        assert!(to.path.starts_with('/') && !to.path.split('/').any(steps), "{text:?}: {}", to.path);
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}
