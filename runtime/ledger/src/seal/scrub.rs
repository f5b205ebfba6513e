//! Scrubbing: no known secret leaves in a log line, an event or an answer.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use innominatus_model::{Json, Secret};

use super::spelling::Spellings;
use super::{broken, find_tokens};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Shorter secrets are not looked for: they would tear ordinary words apart.
const SHORTEST: usize = 6;

/// A line of a secret of several lines is looked for by itself when it has at least so many characters.
const SHORTEST_LINE: usize = 16;

/// Replaces known secrets, in the forms in which they usually appear, and every token.
///
/// The forms: as it is; in base64 of both alphabets, also inside of a longer text (`user:password`, a JSON document, a
/// form); in hexadecimal;
/// escaped for URLs, for JSON, and in a JSON string inside of another; in the other spellings of
/// JSON, XML and URLs; each of them broken into lines; single long lines of a secret of several lines. A secret that a guest has put through anything
/// else is not recognised.
#[derive(Clone)]
pub struct Scrubber {
    /// `None` when there is nothing to look for.
    forms: Option<AhoCorasick>,
    spellings: Spellings,
}

impl Scrubber {
    /// Knows these secrets; those shorter than 6 characters are left out.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms = BTreeSet::new();
        let mut spellings = Spellings::default();
        for secret in secrets {
            let text = secret.expose();
            if text.chars().count() >= SHORTEST {
                add_forms(text, &mut forms);
                spellings.add(text);
            }
            for line in text.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST_LINE) {
                add_forms(line, &mut forms);
                spellings.add(line);
            }
        }
        let build = |forms| {
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                // Made for one call and a few short texts: a faster one costs more to make than it ever saves.
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(forms);
            automaton.expect("secrets are few and short against the automaton's limits")
        };
        Self { forms: (!forms.is_empty()).then(|| build(forms)), spellings }
    }

    /// The text without secrets and tokens; borrowed when there are none in it.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = self.without_secrets(text);
        match without_tokens(&text) {
            Some(scrubbed) => Cow::Owned(scrubbed),
            None => text,
        }
    }

    /// The text without secrets; tokens stay, because it is for the guest that holds them.
    pub fn without_secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let plain = match &self.forms {
            // All forms are text, so matches begin and end between characters.
            Some(forms) if forms.is_match(text) => {
                let mut out = String::with_capacity(text.len());
                forms.replace_all_with(text, &mut out, |_, _, out| {
                    out.push_str(REDACTED);
                    true
                });
                Cow::Owned(out)
            }
            _ => Cow::Borrowed(text),
        };
        let broken = self.forms.as_ref().and_then(|forms| broken::without(forms, &plain));
        let plain = broken.map_or(plain, Cow::Owned);
        match self.spellings.without(&plain) {
            Some(scrubbed) => Cow::Owned(scrubbed),
            None => plain,
        }
    }

    /// Scrubs every text in a value, the keys of objects among them.
    pub fn scrub_json(&self, value: &mut Json) {
        match value {
            Json::String(text) => {
                if let Cow::Owned(scrubbed) = self.scrub(text) {
                    *text = scrubbed;
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.scrub_json(item)),
            Json::Object(entries) => {
                let scrub = |(key, mut value): (String, Json)| {
                    self.scrub_json(&mut value);
                    (self.scrub(&key).into_owned(), value)
                };
                *entries = std::mem::take(entries).into_iter().map(scrub).collect();
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let forms = self.forms.as_ref().map_or(0, AhoCorasick::patterns_len);
        write!(f, "Scrubber({forms} forms)")
    }
}

fn without_tokens(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut from = 0;
    for range in find_tokens(text) {
        out.push_str(&text[from..range.start]);
        out.push_str(REDACTED);
        from = range.end;
    }
    (from > 0).then(|| out + &text[from..])
}

fn add_forms(text: &str, forms: &mut BTreeSet<String>) {
    forms.insert(text.to_owned());
    for hex in [hex::<true>, hex::<false>] {
        forms.insert(hex(text));
    }
    let json = |text: &str| {
        let quoted = Json::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    // An answer quotes a request, and a log line the answer.
    let (once, twice) = (json(text), json(&json(text)));
    forms.insert(json(&twice));
    forms.extend([once, twice]);
    for escape in [percent::<true>, percent::<false>] {
        let escaped = escape(text);
        forms.insert(escaped.replace("%20", "+"));
        forms.insert(escaped);
    }
    // Whoever echoes a request in base64 echoes its body, in which the text is escaped.
    for inside in BTreeSet::from([text, &json(text), &percent::<true>(text)]) {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.extend((0..3).filter_map(|before| inside_base64(inside, before, &engine)));
        }
    }
}

fn hex<const UPPER: bool>(text: &str) -> String {
    text.bytes().map(|byte| if UPPER { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// Percent-encodes everything but what RFC 3986 leaves unreserved.
fn percent<const UPPER: bool>(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ if UPPER => out.push_str(&format!("%{byte:02X}")),
            _ => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}

/// The base64 digits that say nothing but `text`, when it begins `before` bytes after a group of three.
fn inside_base64(text: &str, before: usize, engine: &impl Engine) -> Option<String> {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(text.as_bytes());
    let digits = engine.encode(&bytes);
    // Six bits to a digit: those that hold a bit of a neighbour are left out.
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    digits.get(first..last).filter(|digits| digits.len() >= SHORTEST).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::super::Keyring;
    use super::*;

    const SECRET: &str = "p\"ss w/rd\\ÿ>?";

    fn scrubber(secrets: &[&str]) -> Scrubber {
        Scrubber::new(&secrets.iter().copied().map(Secret::new).collect::<Vec<_>>())
    }

    #[test]
    fn a_secret_is_found_in_each_of_its_forms() {
        let scrubber = scrubber(&[SECRET]);
        for (text, expected) in [
            (format!("connecting with {SECRET}."), "connecting with [redacted]."),
            (serde_json::json!({ "password": SECRET }).to_string(), "{\"password\":\"[redacted]\"}"),
            (
                serde_json::json!({ "body": serde_json::json!({ "p": SECRET }).to_string() }).to_string(),
                "{\"body\":\"{\\\"p\\\":\\\"[redacted]\\\"}\"}",
            ),
            ("db://app:p%22ss%20w%2Frd%5C%C3%BF%3E%3F@db".into(), "db://app:[redacted]@db"),
            ("db://app:p%22ss%20w%2frd%5c%c3%bf%3e%3f@db".into(), "db://app:[redacted]@db"),
            ("a=1&p=p%22ss+w%2Frd%5C%C3%BF%3E%3F&b=2".into(), "a=1&p=[redacted]&b=2"),
        ] {
            assert_eq!(scrubber.scrub(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins_and_ends() {
        let scrubber = scrubber(&["correct horse", SECRET]);
        for secret in ["correct horse", SECRET] {
            for (before, after) in [("", ""), ("u:", ""), ("u", "x"), ("user:", "\n"), ("abc", "abc")] {
                for engine in [&STANDARD, &URL_SAFE] {
                    let text = engine.encode(format!("{before}{secret}{after}"));
                    let scrubbed = scrubber.scrub(&text);
                    assert!(scrubbed.contains(REDACTED), "{before}{secret}{after} as {text}");
                    // What is left over decodes to less than half of the secret.
                    let left = scrubbed.replace(REDACTED, "").len();
                    let around = engine.encode(format!("{before}{after}")).len();
                    assert!(left <= around + 8, "{text} became {scrubbed}");
                }
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_the_base64_of_a_document() {
        let scrubber = scrubber(&[SECRET]);
        let json = serde_json::json!({ "user": "u", "password": SECRET, "more": 1 }).to_string();
        let form = format!("user=u&password={}&more=1", percent::<true>(SECRET));
        for document in [json, form] {
            for begin in ["", " ", "  "] {
                let text = STANDARD.encode(format!("{begin}{document}"));
                assert!(scrubber.scrub(&text).contains(REDACTED), "{document} as {text}");
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_of_several_lines() {
        let secret = "correct horse battery staple, and a good deal more than fits into one line of base64";
        let text = STANDARD.encode(format!("user:{secret}"));
        for (lines, indent) in [(64, "\n"), (76, "\r\n"), (64, "\n    ")] {
            let lines: Vec<&str> =
                (0..text.len()).step_by(lines).map(|at| &text[at..text.len().min(at + lines)]).collect();
            let scrubbed = scrubber(&[secret]).scrub(&lines.join(indent)).into_owned();
            assert!(scrubbed.contains(REDACTED) && scrubbed.len() < 24, "{scrubbed}");
        }
    }

    #[test]
    fn longer_secrets_win_and_short_ones_are_left_alone() {
        let scrubber = scrubber(&["hunter2", "hunter2-and-more", "short"]);
        assert_eq!(scrubber.scrub("hunter2-and-more hunter2 short"), "[redacted] [redacted] short");
        assert!(matches!(scrubber.scrub("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_of_several_lines_is_found_line_by_line() {
        let key = "-----BEGIN-----\nMIIBVgIBADANBgkqhkiG9w0B\nshort\n";
        assert_eq!(scrubber(&[key]).scrub("read MIIBVgIBADANBgkqhkiG9w0B, short"), "read [redacted], short");
    }

    #[test]
    fn tokens_are_scrubbed_without_being_known() {
        let ring = Keyring::from_text(&"17".repeat(32)).unwrap();
        let token = ring.token(&innominatus_model::Name::new("default").unwrap(), "c/a", "x");
        assert_eq!(scrubber(&[]).scrub(&format!("<{token}> {token}é")), "<[redacted]> [redacted]é");
    }

    #[test]
    fn a_value_is_scrubbed_in_all_its_texts() {
        let mut value = serde_json::json!({"a": ["hunter22", 1, null], "x hunter22": {"b": "<hunter22>"}});
        scrubber(&["hunter22"]).scrub_json(&mut value);
        let expected =
            serde_json::json!({"a": ["[redacted]", 1, null], "x [redacted]": {"b": "<[redacted]>"}});
        assert_eq!(value, expected);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", scrubber(&["hunter22"])).contains("hunter"));
    }
}
