//! Names that follow from a resource's own, so that a second run finds the same things.

/// A DNS label: lower case letters, digits and `-`. The host's names are labels but for capitals and dots.
pub(crate) fn label(name: &str) -> String {
    let fold = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(fold).collect::<String>().trim_matches('-').to_owned()
}
