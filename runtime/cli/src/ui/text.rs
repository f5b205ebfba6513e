//! Text that others wrote, made safe to show.

use std::fmt::Write;

/// Whether a character moves the cursor, hides, or turns the order of what stands around it.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line, with deceptive characters escaped: `\n`, `\u{202e}`.
pub(crate) fn show(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c if is_deceptive(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// The text's own lines, each safe; a final line end gives no empty line.
pub(crate) fn show_lines(text: &str) -> Vec<String> {
    text.lines().map(show).collect()
}

/// A JSON value for people: texts without quotes, everything else compact.
pub(crate) fn show_value(value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) => show(text),
        None => show(&value.to_string()),
    }
}

/// JSON text with deceptive characters as `\uXXXX`. They only ever stand in strings, where that means the
/// same. serde_json itself escapes no more than it must.
pub(crate) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c != '\n' && is_deceptive(c) {
            for unit in c.encode_utf16(&mut units) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// As a person would type it into a shell.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", show(word).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        assert_eq!(show("a\u{1b}[2Jb\r\nc\td"), r"a\u{1b}[2Jb\r\nc\td");
        assert_eq!(show("\u{202e}gpj.exe\u{200b}\u{2066}"), r"\u{202e}gpj.exe\u{200b}\u{2066}");
        assert_eq!(show("\u{9b}31m\u{7f}"), r"\u{9b}31m\u{7f}");
        assert_eq!(show("grün 数据 👍"), "grün 数据 👍");
    }

    #[test]
    fn lines_stay_lines_where_lines_are_wanted() {
        assert_eq!(show_lines("a\nb\u{7}\n"), ["a", r"b\u{7}"]);
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = serde_json::json!({ "k\u{202e}": "x\u{7f}\u{e0041}\u{1b}" });
        let escaped = escape_json(&value.to_string());
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }

    #[test]
    fn words_are_quoted_for_the_shell_where_they_must_be() {
        assert_eq!(shell("a/b.yaml"), "a/b.yaml");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell("a b"), "'a b'");
        assert_eq!(shell(""), "''");
    }
}
