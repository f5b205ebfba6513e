//! Names that follow from a resource's own, so that a second run finds the same things.

/// The longest DNS label.
const LIMIT: usize = 63;

/// A DNS label: lower case letters, digits and `-`. The host's names are labels but for capitals and dots; a
/// long one is cut, and told apart from others that begin the same way.
pub(crate) fn label(name: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let label = name.chars().map(fold).collect::<String>().trim_matches('-').to_owned();
    if label.len() <= LIMIT {
        return label;
    }
    let sum =
        name.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}-{sum:08x}", label[..LIMIT - 9].trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_stays_unique() {
        assert_eq!(label("Hello.World"), "hello-world");
        let (a, b) = (label(&"a".repeat(80)), label(&format!("{}b", "a".repeat(79))));
        assert!(a.len() <= LIMIT && b.len() <= LIMIT);
        assert_ne!(a, b);
    }
}
