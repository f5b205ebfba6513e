//! Guest text that people will see: no control, no hidden or direction-changing characters, bounded.

/// Ends a text that was cut off.
const CUT: &str = "… [cut]";

/// The text on one line, every dangerous character written as an escape, at most about `max` bytes.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.chars() {
        if out.len() + c.len_utf8() > max {
            out.push_str(CUT);
            break;
        }
        if is_dangerous(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character could change how the text around it is shown.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}'                  // Arabic letter mark
            | '\u{200b}'                // zero width space (joiners stay: scripts need them)
            | '\u{200e}'..='\u{200f}'   // direction marks
            | '\u{2028}'..='\u{202e}'   // separators, embeddings, overrides
            | '\u{2060}'..='\u{2069}'   // invisible operators, isolates
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'   // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_terminals_and_eyes_would_fall_for() {
        assert_eq!(clean("a\nb\u{1b}[31m", 99), "a\\nb\\u{1b}[31m");
        assert_eq!(clean("user\u{202e}txt", 99), "user\\u{202e}txt");
        assert_eq!(clean("schön 👩\u{200d}💻", 99), "schön 👩\u{200d}💻");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(clean("aé", 2), format!("a{CUT}"));
        assert_eq!(clean("aé", 3), "aé");
    }
}
