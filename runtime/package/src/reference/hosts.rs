//! Names of repositories that stand for others: where the source of a platform is, is seldom where its artifacts are.

/// Prefixes of repositories, and what is put in their place. Empty by default: nothing stands for anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostMap(Vec<(String, String)>);

impl HostMap {
    /// From prefixes and replacements: `github.com/acme` to `registry.example.com/acme`. A slash at an end says
    /// nothing.
    pub fn new<A: Into<String>, B: Into<String>>(entries: impl IntoIterator<Item = (A, B)>) -> Self {
        let trimmed = |text: String| text.trim_end_matches('/').to_owned();
        Self(entries.into_iter().map(|(from, to)| (trimmed(from.into()), trimmed(to.into()))).collect())
    }

    /// What a repository stands for, if it does: the longest prefix that ends where a segment does. The answer is not
    /// looked up again.
    pub fn map(&self, repository: &str) -> Option<String> {
        let fits = |from: &str| {
            let rest = repository.strip_prefix(from)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let found = self.0.iter().filter_map(|(from, to)| Some((from.len(), fits(from)?, to)));
        found.max_by_key(|(length, _, _)| *length).map(|(_, rest, to)| format!("{to}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_counts_and_ends_with_a_segment() {
        let hosts = HostMap::new([
            ("github.com", "ghcr.io"),
            ("github.com/acme/", "registry.acme.example"),
            ("corp", "r.corp.example:5000/x"),
        ]);
        assert_eq!(hosts.map("github.com/other/p").as_deref(), Some("ghcr.io/other/p"));
        assert_eq!(hosts.map("github.com/acme/p").as_deref(), Some("registry.acme.example/p"));
        assert_eq!(hosts.map("corp/p").as_deref(), Some("r.corp.example:5000/x/p"));
        assert_eq!(hosts.map("github.community/p"), None);
        assert_eq!(HostMap::default().map("github.com/p"), None);
    }
}
