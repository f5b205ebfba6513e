//! Names are valid everywhere, differ for different resources and say whose they are.

use innominatus_guest::{Json, testing};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn identity(tenant: &str, environment: &str, application: &str, uid: &str) -> Identity {
    let target: Target<Json> = Target {
        tenant: tenant.to_owned(),
        environment: environment.to_owned(),
        application: application.to_owned(),
        id: "res_1".to_owned(),
        labels: vec![("uid".to_owned(), uid.to_owned())],
        ..testing::target("s3", "name", json!({}))
    };
    Identity::of(&target)
}

fn is_valid(name: &str, limit: usize) -> bool {
    (3..=limit).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && !name.starts_with("sthree-")
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[test]
fn a_name_can_be_read_and_ends_in_ten_digits() {
    let cases = [
        (("default", "default", "shop", "s3.default#web.uploads"), None, "shop-web-uploads-"),
        (("default", "prod", "shop", "s3.default#uploads"), Some("acme"), "acme-shop-prod-uploads-"),
        (("default", "default", "1st", "s3.default#Über"), None, "in-1st-ber-"),
        (("default", "default", "sthree", "s3.default#x"), None, "in-sthree-x-"),
        (("default", "default", "xn--a", "s3.default#x"), None, "xn-a-x-"),
    ];
    for ((tenant, environment, application, uid), prefix, expected) in cases {
        let name = identity(tenant, environment, application, uid).name(prefix, 63);
        let digits = name.strip_prefix(expected).unwrap_or_else(|| panic!("{name}"));
        assert!(digits.len() == 10 && is_valid(&name, 63), "{name}");
    }
}

#[test]
fn parts_do_not_run_into_each_other() {
    assert_ne!(identity("ab", "c", "x", "y").digest, identity("a", "bc", "x", "y").digest);
    assert_ne!(identity("a", "b", "x-y", "z").digest, identity("a", "b", "x", "y-z").digest);
}

#[test]
fn tags_say_whose_a_thing_is() {
    let ours = identity("default", "default", "shop", "s3.default#web.uploads");
    assert_eq!(ours.owner(ours.tags()), Owner::Ours);
    assert_eq!(ours.owner(&Tags::default()), Owner::Nobody);
    let mut namesake = ours.tags().clone();
    namesake.set(ID, "res_2");
    assert_eq!(ours.owner(&namesake), Owner::Namesake("res_2".to_owned()));
    let other = identity("default", "default", "shop", "s3.default#web.logs");
    let Owner::Other(shown) = ours.owner(other.tags()) else { panic!() };
    assert_eq!(shown, "`s3.default/web.logs` of application `shop` in environment `default`");
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z0-9-]{0,70}", "[a-b-]{1,3}", "\\PC{1,12}"]
}

proptest! {
    #[test]
    fn names_are_valid_and_differ(
        parts in proptest::collection::hash_set((part(), part(), part(), part()), 2..40),
        prefix in proptest::option::of("[a-z][a-z0-9-]{0,19}"),
    ) {
        let names = |limit| {
            let name = |(a, b, c, d): &(String, String, String, String)| {
                identity(a, b, c, d).name(prefix.as_deref(), limit)
            };
            parts.iter().map(name).collect::<std::collections::HashSet<_>>()
        };
        for limit in [63, 64] {
            let names = names(limit);
            prop_assert_eq!(names.len(), parts.len());
            for name in names {
                prop_assert!(is_valid(&name, limit), "{}", name);
            }
        }
    }

    #[test]
    fn tags_hold_what_aws_takes(uid in "\\PC{0,300}") {
        let identity = identity("default", "default", "shop", &uid);
        for tag in &identity.tags().0 {
            prop_assert!(tag.value.chars().count() <= 256);
            let fits = |letter: char| letter.is_alphanumeric() || " _.:/=+-@".contains(letter);
            prop_assert!(tag.value.chars().all(fits), "{}", tag.value);
        }
    }
}
