//! The spellings that a text may have in JSON, XML and URLs. Each writer escapes another set of characters, each in one
//! of several ways, so that no list of forms is whole: a character is looked for in all of its spellings at once.

use std::fmt::Write as _;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::REDACTED;

/// A longer text is looked for as it is only. Keys and passwords are shorter.
const LONGEST: usize = 8 * 1024;
/// Bytes of what finds one: enough for the longest text in which every character is special.
const LARGEST: usize = 64 << 20;

/// Texts to be found however they are spelled.
#[derive(Clone, Default)]
pub(super) struct Spellings(Vec<Spelling>);

#[derive(Clone)]
struct Spelling {
    /// What no spelling changes: the longest run of letters and digits.
    core: String,
    pattern: String,
    /// Made when first a text has the core in it: most have not, and making it costs more than looking.
    found: OnceLock<Option<Regex>>,
}

impl Spellings {
    /// Looks for this one, too. One that nobody escapes is found as it is.
    pub(super) fn add(&mut self, text: &str) {
        if text.len() <= LONGEST && !text.chars().all(|c| c.is_ascii_alphanumeric()) {
            let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
            let core = runs.max_by_key(|run| run.len()).unwrap_or_default().to_owned();
            let pattern = text.chars().map(spelled).collect();
            self.0.push(Spelling { core, pattern, found: OnceLock::new() });
        }
    }

    /// The text without them, if they are in it.
    pub(super) fn without(&self, text: &str) -> Option<String> {
        if !text.contains(['\\', '&', '%', '+']) {
            return None;
        }
        let mut scrubbed: Option<String> = None;
        for spelling in &self.0 {
            let text = scrubbed.as_deref().unwrap_or(text);
            let Some(found) = spelling.found_in(text) else { continue };
            if found.is_match(text) {
                scrubbed = Some(found.replace_all(text, REDACTED).into_owned());
            }
        }
        scrubbed
    }
}

impl Spelling {
    /// What finds it, if it may be there.
    fn found_in(&self, text: &str) -> Option<&Regex> {
        if !text.contains(&self.core) {
            return None;
        }
        let build = || {
            let built = RegexBuilder::new(&self.pattern).size_limit(LARGEST).build();
            built.inspect_err(|error| tracing::warn!(%error, "a secret is looked for as it is only")).ok()
        };
        self.found.get_or_init(build).as_ref()
    }
}

/// A pattern for one character.
fn spelled(c: char) -> String {
    if c.is_ascii_alphanumeric() {
        return c.to_string();
    }
    // Inside of further strings, backslashes multiply.
    let mut pattern = format!("(?:\\\\*{}", regex::escape(c.encode_utf8(&mut [0; 4])));
    let units: String =
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\\\+u(?i:{unit:04x})")).collect();
    let bytes: String =
        c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%(?:25)*(?i:{byte:02x})")).collect();
    let code = u32::from(c);
    let written = write!(pattern, "|{units}|{bytes}|&(?:amp;)*#(?:0*{code}|[xX]0*(?i:{code:x}));");
    debug_assert!(written.is_ok(), "a string takes what is written to it");
    pattern.push_str(match c {
        '&' => "|&(?:amp;)+",
        '<' => "|&(?:amp;)*lt;",
        '>' => "|&(?:amp;)*gt;",
        '"' => "|&(?:amp;)*quot;",
        '\'' => "|&(?:amp;)*apos;",
        ' ' => "|\\+",
        '\n' => "|\\\\+n",
        '\r' => "|\\\\+r",
        '\t' => "|\\\\+t",
        _ => "",
    });
    pattern.push(')');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "ab12/CD34+ef=\"x\" <y>&'z' \\ \u{e9}\u{1f511}\n!";

    #[test]
    fn a_secret_is_found_however_it_is_spelled() {
        let mut spellings = Spellings::default();
        spellings.add(SECRET);
        let each = |spell: &dyn Fn(char) -> String| SECRET.chars().map(spell).collect::<String>();
        let json = |c: char| serde_json::Value::from(c.to_string()).to_string().trim_matches('"').to_owned();
        let json = |c: char| if c == '"' { "\\\"".to_owned() } else { json(c) };
        let unicode = |c: char| match c.is_ascii_alphanumeric() {
            true => c.to_string(),
            false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
        };
        let percent = |keep: &'static str| {
            move |c: char| match c.is_ascii_alphanumeric() || keep.contains(c) {
                true => c.to_string(),
                false => c.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
            }
        };
        let entities = |c: char| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => format!("&#x{:X};", u32::from(c)),
        };
        let spelled: Vec<String> = vec![
            each(&|c| if c == '/' { "\\/".to_owned() } else { json(c) }),
            each(&unicode),
            each(&|c| if "<>&=".contains(c) { unicode(c) } else { json(c) }),
            each(&percent("/")),
            each(&percent("!'()*-._~")),
            each(&percent(";,/?:@&=+$-_.!~*'()#")),
            each(&|c| if c == ' ' { "+".to_owned() } else { percent("-._~")(c) }),
            each(&entities),
            each(&|c| entities(c).replace('&', "&amp;")),
            each(&|c| percent("-")(c).replace('%', "%25")),
            each(&|c| unicode(c).replace('\\', "\\\\")),
        ];
        for text in spelled {
            let found = spellings.without(&format!("before {text} after"));
            assert_eq!(found.as_deref(), Some("before [redacted] after"), "{text}");
        }
        assert_eq!(spellings.without("ab12\\/CD34"), None);
    }

    #[test]
    fn what_nobody_escapes_costs_nothing() {
        let mut spellings = Spellings::default();
        spellings.add("plainletters0123");
        assert!(spellings.0.is_empty());
    }

    #[test]
    fn the_longest_of_special_characters_is_found() {
        let secret = "/+=%".repeat(LONGEST / 4);
        let mut spellings = Spellings::default();
        spellings.add(&secret);
        let spelled = secret.replace('/', "\\/");
        assert_eq!(spellings.without(&spelled).as_deref(), Some(REDACTED));
    }
}
