//! Names that follow from a resource's own, so that a second run finds the same things.

/// The Compose service (and host name) of a resource: `<kind>-<name>`, a DNS label.
pub(crate) fn service(kind: &str, name: &str) -> String {
    let folded = fold(&format!("{kind}-{name}"), '-');
    shorten(folded.trim_end_matches('-'), 63, '-')
}

/// A name that SQL, MongoDB and RabbitMQ take without quotes: lower case letters, digits and `_`.
pub(crate) fn identifier(name: &str, limit: usize) -> String {
    let mut folded = fold(name, '_');
    if folded.starts_with(|first: char| first.is_ascii_digit()) || folded.is_empty() {
        folded.insert(0, '_');
    }
    shorten(&folded, limit, '_')
}

fn fold(name: &str, filler: char) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { filler };
    name.chars().map(fold).collect()
}

/// Cuts a long name, and tells it apart from others that begin the same way.
fn shorten(name: &str, limit: usize, joiner: char) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let sum =
        name.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}{joiner}{sum:08x}", &name[..limit - 9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_where_they_are_used() {
        assert_eq!(service("postgres", "hello-world-db"), "postgres-hello-world-db");
        assert_eq!(service("redis", "main.Cache"), "redis-main-cache");
        assert_eq!(identifier("hello-world-db", 63), "hello_world_db");
        assert_eq!(identifier("1st", 63), "_1st");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_unique() {
        let a = service("postgres", &"a".repeat(80));
        let b = service("postgres", &format!("{}b", "a".repeat(79)));
        assert_eq!(a.len(), 63);
        assert_ne!(a, b);
        assert_eq!(identifier(&"x".repeat(40), 32).len(), 32);
    }
}
