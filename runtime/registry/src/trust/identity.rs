//! Patterns for identities: who a certificate may name.

/// Whether a pattern names somebody: it is not made of stars alone.
pub(super) fn names_somebody(pattern: &str) -> bool {
    pattern.chars().any(|c| c != '*')
}

/// Whether an identity is of this pattern. `*` stands for any characters but `/`, `**` for any. A star that crossed `/`
/// would let a branch called like a path stand for another repository's workflow.
pub(super) fn matches(pattern: &str, identity: &str) -> bool {
    names_somebody(pattern) && run(pattern.as_bytes(), identity.as_bytes())
}

/// Goes through both once; on a mismatch it lets the last star, or else the last double star, take one byte more.
fn run(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on: behind the star in the pattern, and how far in the text it reached.
    let (mut single, mut double) = (None::<(usize, usize)>, None::<(usize, usize)>);
    loop {
        if pattern[p..].starts_with(b"**") {
            p += 2;
            (single, double) = (None, Some((p, t)));
            continue;
        }
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                single = Some((p, t));
                continue;
            }
            (Some(wanted), Some(is)) if wanted == is => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        if let Some((behind, reached)) = single.filter(|(_, at)| text.get(*at).is_some_and(|c| *c != b'/')) {
            single = Some((behind, reached + 1));
            (p, t) = (behind, reached + 1);
        } else if let Some((behind, reached)) = double.filter(|(_, at)| *at < text.len()) {
            (single, double) = (None, Some((behind, reached + 1)));
            (p, t) = (behind, reached + 1);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASES: &str = "https://github.com/acme/aws/.github/workflows/release.yml@refs/tags/*";

    #[test]
    fn stars_stay_within_a_segment_and_double_stars_do_not() {
        let cases = [
            (RELEASES, "https://github.com/acme/aws/.github/workflows/release.yml@refs/tags/v1.0.0", true),
            (RELEASES, "https://github.com/acme/aws/.github/workflows/release.yml@refs/heads/main", false),
            (RELEASES, "https://github.com/acme/aws/.github/workflows/release.yml@refs/tags/a/b", false),
            (RELEASES, "https://github.com/acme/aws2/.github/workflows/release.yml@refs/tags/v1", false),
            ("https://github.com/acme/*/r.yml@*", "https://github.com/acme/x/r.yml@main", true),
            ("https://github.com/acme/*/r.yml@*", "https://github.com/acme/x/y/r.yml@main", false),
            ("https://github.com/acme/**", "https://github.com/acme/x/y/r.yml@refs/tags/v1", true),
            ("https://github.com/acme/**", "https://github.com/acme-evil/x", false),
            ("https://github.com/**@refs/tags/*", "https://github.com/a/b@refs/heads/x@refs/tags/v1", true),
            ("https://github.com/**@refs/tags/*", "https://github.com/a/b@refs/tags/v/1", false),
            ("*@acme.example", "ann@acme.example", true),
            ("*@acme.example", "ann@acme.example.org", false),
            ("a*b*c", "aXbYbZc", true),
            ("a**b*c", "a/b/b.c", true),
            ("a**b*c", "a/b/b/c", false),
            ("a***b", "a/x/b", true),
            ("ann", "ann", true),
            ("ann", "anne", false),
            ("anne", "ann", false),
            ("ann*", "ann", true),
            ("*", "ann", false),
            ("**", "ann", false),
            ("", "", false),
        ];
        for (pattern, identity, is) in cases {
            assert_eq!(matches(pattern, identity), is, "{pattern} for {identity}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let pattern = "*a**a".repeat(40);
        assert!(!matches(&pattern, &format!("{}b", "a".repeat(20_000))));
    }
}
