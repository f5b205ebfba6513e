//! Where something stands in a file that its author wrote.

/// Line and column of an entry of the manifest by its name, both from 1; zeros where it is not found, which means the
/// whole file.
pub(crate) fn entry(manifest: &[u8], name: &str) -> (u32, u32) {
    let text = String::from_utf8_lossy(manifest);
    // `metadata.name` may be the same word, and stands without a dash.
    let is_entry = |line: &str| {
        let line = line.trim_start();
        let item = line.strip_prefix("- ").map(str::trim_start)?;
        let value = item.strip_prefix('{').unwrap_or(item).trim_start().strip_prefix("name:")?;
        let value = value.split(['#', ',', '}']).next().unwrap_or_default();
        (value.trim().trim_matches(['"', '\'']) == name).then_some(())
    };
    let found = text.lines().enumerate().find(|(_, line)| is_entry(line).is_some());
    found.map_or((0, 0), |(at, line)| {
        let column = line.find("name:").map_or(1, |byte| line[..byte].chars().count() + 1);
        (number(at + 1), number(column))
    })
}

/// For places in files: nobody writes four thousand million lines.
pub(crate) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_its_name() {
        let text = b"metadata:\n  name: acme\nprovisioners:\n  - name: acme  # first\n    type: x\n  - {name: \"b\", type: y}\n";
        assert_eq!(entry(text, "acme"), (4, 5));
        assert_eq!(entry(text, "b"), (6, 6));
        assert_eq!(entry(text, "c"), (0, 0));
    }
}
